"""Changing issues: one, or up to fifty at once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from sentry.changes import IssueChange, Status
from sentry.errors import InvalidRequestError, SentryError
from sentry.models import Issue
from service.audited import Change, audited
from service.changes import tell_of_update
from service.current import current_client
from service.side_by_side import Outcome, all_of
from views.updates import BulkUpdate, IssueUpdate, bulk_update, issue_update

T = TypeVar("T")

MAX_ISSUES = 50
MAX_MESSAGES = 5
"""Failures whose words are told when every change failed."""
NOBODY = "nobody"
"""Whom an issue is assigned to when its assignee is cleared."""


async def update_issues(
    issues: list[str], change: IssueChange, *, in_commit: str | None = None, comment: str | None = None
) -> IssueUpdate | BulkUpdate:
    """Makes one change of each issue, and shows each before and after.

    `in_commit` is `repository@sha`; a change without a status gets the one that its details stand for. An issue that is
    named twice is changed once. What of it was not made, or perhaps, is told of each issue; raises SentryError when
    nothing was.
    """
    change = _implied(change, in_commit)
    if change.assigned_to is not None and change.assigned_to.strip().casefold() == NOBODY:
        change = replace(change, assigned_to="")
    if not change.body() and not comment:
        raise InvalidRequestError("Nothing to change: give status, assigned_to, priority or comment.")
    names = each_once(issues)
    client = current_client()
    found = dict(zip(names, await all_of(client.get_issue(name, fresh=True) for name in names), strict=True))
    same = by_identity(found)
    changed = await all_of(_update(name, before, change, comment) for name, before in same.items())
    ended = dict(zip(same, changed, strict=True))
    lost = {name: Outcome[IssueUpdate](error=outcome.error) for name, outcome in found.items() if outcome.error}
    outcomes = {name: outcome for name in names if (outcome := ended.get(name) or lost.get(name))}
    if len(outcomes) == 1:
        return next(iter(outcomes.values())).result()
    failures = [outcome.error for outcome in outcomes.values() if outcome.error is not None]
    if len(failures) == len(outcomes):
        raise _failure_of_all(failures)
    return bulk_update([(name, made.error) if made.error else made.result() for name, made in outcomes.items()])


def each_once(issues: list[str]) -> list[str]:
    """The names of the issues to change; raises InvalidRequestError where they are none, or too many."""
    names = list(dict.fromkeys(issues))
    if not 1 <= len(names) <= MAX_ISSUES:
        raise InvalidRequestError(f"1 to {MAX_ISSUES} issues can be changed at once, not {len(names)}.")
    return names


def by_identity(found: dict[str, Outcome[Issue]]) -> dict[str, Issue]:
    """The issues that were found, each by the first of its names: its number, its short ID and its URL are one."""
    first: dict[str, str] = {}
    return {
        name: outcome.value
        for name, outcome in found.items()
        if outcome.value is not None and first.setdefault(outcome.value.id or name, name) == name
    }


def _implied(change: IssueChange, in_commit: str | None) -> IssueChange:
    """With the status that the details stand for; details of two statuses contradict each other."""
    if in_commit is not None:
        repository, at, commit = in_commit.rpartition("@")
        if not (repository and at and commit):
            raise InvalidRequestError("in_commit is repository@sha, such as acme/shop@4f2d1c7, with the whole SHA.")
        change = replace(change, in_commit=commit, repository=repository)
    resolves = change.in_release or change.in_commit
    ignores = change.ignore_until or change.ignore_minutes or change.ignore_events or change.ignore_users
    if resolves and (ignores or change.status not in (None, "resolved")):
        raise InvalidRequestError("in_release and in_commit go with the status resolved.")
    if ignores and change.status not in (None, "ignored"):
        raise InvalidRequestError("The ignore_ conditions go with the status ignored.")
    if change.in_release and change.in_commit:
        raise InvalidRequestError("Give in_release or in_commit: an issue is resolved in one of them.")
    if change.ignore_until and (change.ignore_minutes or change.ignore_events or change.ignore_users):
        raise InvalidRequestError(
            f"Give ignore_until={change.ignore_until} or a condition: an issue that waits for a condition is ignored "
            "until then."
        )
    implied: Status | None = "resolved" if resolves else "ignored" if ignores else None
    return replace(change, status=change.status or implied)


async def _update(issue: str, before: Issue, change: IssueChange, comment: str | None) -> IssueUpdate:
    client = current_client()
    after = before
    if change.body():
        try:
            after = await _made(
                Change("update_issue", issue, before, change.given()), lambda: client.update_issue(issue, change)
            )
        except SentryError as error:
            if comment:
                error.message += " The comment was not posted."
            raise
    not_posted: SentryError | None = None
    if comment:
        try:
            await _made(
                Change("add_comment", issue, after, {"comment": comment}), lambda: client.add_comment(issue, comment)
            )
        except SentryError as error:
            if not change.body():
                raise
            not_posted = error
    organization = client.other_organization(issue)
    return issue_update(before, after, change=change, comment=comment, not_posted=not_posted, organization=organization)


async def _made(change: Change, write: Callable[[], Awaitable[T]]) -> T:
    """Who listens is told, too, where nobody knows whether it was made."""
    try:
        result = await audited(change, write)
    except SentryError as error:
        if error.is_outcome_unknown:
            await tell_of_update(change.issue, change.before)
        raise
    await tell_of_update(change.issue, change.before)
    return result


def _failure_of_all(failures: list[SentryError]) -> SentryError:
    """What became of each, as the failure of the one that matters most: of which nobody knows whether it was made."""
    messages = list(dict.fromkeys(error.message for error in failures))
    error = next((error for error in failures if error.is_outcome_unknown), failures[0])
    more = len(messages) - MAX_MESSAGES
    error.message = " ".join(messages[:MAX_MESSAGES]) + (f" {more} more failed." if more > 0 else "")
    return error
