"""Alerts: what waits in the inbox, who works on it, and what became of it."""

import re
import time

from alerts.alert import WORK, Alert, Kind, Outcome, State, Wanted
from alerts.inbox import NotClaimedError
from alerts.steps import number_of
from sentry.changes import IssueChange
from sentry.errors import ForbiddenError, InvalidRequestError, NotFoundError, SentryError
from sentry.paths import quoted
from service import issues, updates
from service.access.callers import PROJECT, Scope
from service.changes import forget_issue, tell_of_alert
from service.confirming import must_confirm
from service.current import current_caller
from service.heard import unless_heard
from service.inbox import current_inbox
from views import alerts as views
from views.alerts import AlertFinished, AlertList, AlertResult
from views.updates import IssueUpdate

NEW_PLACES = 5.0
"""Seconds after which a waiting claim looks again for projects that its caller may see."""
_CLAIM = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,6})?")
_CURSOR = re.compile(r"[0-9]{1,18}")
_AGO = re.compile(r"([0-9]{1,6})([mhdw])")
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


async def list_alerts(
    *,
    state: str | None = None,
    project: str | None = None,
    kind: str | None = None,
    since: str | None = None,
    limit: int = 25,
    cursor: str | None = None,
) -> AlertList:
    """Alerts, the newest first; `since` is so long ago, such as 24h."""
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise InvalidRequestError("The cursor is none: give the one of the page before.")
    received = time.time() - _ago(since) if since else None
    wanted = await _wanted(project, kind, State(state) if state else None, since=received)
    found = await current_inbox().look(wanted, limit + 1, int(cursor) if cursor else None)
    return views.alert_list(found, limit)


async def get_alert(alert: str) -> AlertResult:
    return views.told(await _found(alert))


async def claim_alert(
    alert: str | None = None, *, project: str | None = None, kind: str | None = None, wait_seconds: int = 0
) -> AlertResult:
    """The oldest alert that waits is the caller's now, or the one that is named; one that is theirs already stays so
    for longer. It comes with its issue."""
    if kind and _kind(kind) not in WORK:
        raise InvalidRequestError(
            f"What is of the kind {_kind(kind)} is told and no more. Claim one of {', '.join(sorted(WORK))}."
        )
    who, inbox, until = current_caller().name, current_inbox(), time.time() + wait_seconds
    if alert is not None:
        named = await _found(alert)
        if named.state in (State.DONE, State.PARKED):
            raise NotClaimedError(_why_not(named))
        if "." in alert:  # a claim of one's own, which may have been lost
            return views.claimed(await inbox.prolong(who, alert, await _wanted()))
    while True:
        wanted = await _wanted(project, kind, number=_number(alert) if alert else None)
        # Of a project that had no alert yet a waiting claim hears when it looks again for what its caller may see.
        turn = until if wanted.places is None else min(until, time.time() + NEW_PLACES)
        found = await inbox.claim(who, wanted, turn)
        if found is not None or time.time() >= until:
            break
    if found is None and alert is not None:
        raise NotClaimedError(_why_not(await _found(alert)))
    if found is None:
        return views.claimed(None)
    unless_heard(lambda: inbox.release(who, found.claim))
    await tell_of_alert(found)
    return await _with_issue(found)


async def finish_alert(alert: str, outcome: str, note: str | None = None, *, comment: bool = False) -> AlertFinished:
    """It is done with, or given back; with `comment` the note stands beneath its issue, too."""
    who, inbox, wanted = current_caller().name, current_inbox(), await _wanted()
    _number(alert)
    posted: IssueUpdate | None = None
    if comment:
        if not note:
            raise InvalidRequestError("There is no note to post as a comment.")
        _check_may_comment()
        held = await inbox.prolong(who, alert, wanted)
        if not held.told.issue:
            raise InvalidRequestError(f"Alert {held.id} is of no issue that could be commented on.")
        made = await updates.update_issues([held.told.issue], IssueChange(), comment=note)
        posted = made if isinstance(made, IssueUpdate) else None
    try:
        ended = await inbox.finish(who, alert, wanted, Outcome(outcome), note or "")
    except SentryError as error:
        if comment:
            error.message += " The note was posted as a comment: finish the alert without comment."
        raise
    await tell_of_alert(ended)
    return views.finished(ended, posted)


async def _found(alert: str) -> Alert:
    found = await current_inbox().get(await _wanted(number=_number(alert)))
    if found is None:
        raise NotFoundError(f"Alert {_number(alert)} was not found.", status_code=404)
    return found


def _why_not(alert: Alert) -> str:
    """Why it cannot be claimed."""
    match alert.state:
        case State.DONE:
            return f"Alert {alert.id} is done with already."
        case State.PARKED:
            return f"Alert {alert.id} is parked, after {alert.attempts} attempts: it is a person's."
        case State.CLAIMED:
            return f"Alert {alert.id} is somebody else's, until their lease ends."
        case State.NEW:
            return f"Alert {alert.id} was given back a moment ago: claim it a little later."


async def _with_issue(found: Alert) -> AlertResult:
    if not found.told.issue:
        return views.claimed(found)
    if not current_caller().may_use("get_issue", Scope.ISSUES_READ):
        return views.claimed(found, missing="this caller may not read issues")
    await forget_issue(found.told.issue, found.told.short_id)
    try:
        return views.claimed(found, await issues.get_issue(found.told.issue))
    except SentryError as error:  # of which the alert tells enough to go on
        return views.claimed(found, missing=error.message)


def _check_may_comment() -> None:
    caller = current_caller()
    if not caller.may_use("update_issue", Scope.ISSUES_WRITE):
        raise ForbiddenError("This caller may not comment on issues. Finish the alert without comment.")
    if must_confirm():
        raise ForbiddenError("Comments of this caller's are confirmed by a person: post it with update_issue.")


async def _wanted(
    project: str | None = None,
    kind: str | None = None,
    state: State | None = None,
    *,
    since: float | None = None,
    number: int | None = None,
) -> Wanted:
    """Of what the caller may see."""
    caller, places = current_caller(), None
    if project is not None and not PROJECT.fullmatch(project.strip().lower()):
        raise InvalidRequestError(f"{quoted(project)} is no project: give its slug, or organization/slug.")
    if caller.is_bounded:
        places = frozenset(place for place in await current_inbox().places() if caller.may_see_place(*place))
    return Wanted(
        places=places,
        project=project.strip().lower() if project else None,
        kinds=frozenset((_kind(kind),)) if kind else None,
        states=frozenset((state,)) if state else None,
        since=since,
        id=number,
    )


def _number(alert: str) -> int:
    """Raises InvalidRequestError for what names no alert."""
    if not _CLAIM.fullmatch(alert):
        raise InvalidRequestError("An alert is named by its number, such as 17, or by its claim, 17.2.")
    return number_of(alert)


def _kind(text: str) -> Kind:
    try:
        return Kind(text.strip().lower())
    except ValueError:
        raise InvalidRequestError(f"There is no kind {quoted(text)}. It is one of {', '.join(Kind)}.") from None


def _ago(text: str) -> float:
    found = _AGO.fullmatch(text.strip().lower())
    if not found:
        raise InvalidRequestError("since is how long ago, such as 30m, 24h or 7d.")
    return int(found[1]) * float(_SECONDS[found[2]])
