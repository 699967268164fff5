"""What each step makes of an alert, wherever it is kept. Pure, no I/O."""

from dataclasses import replace

from alerts.alert import Alert, Happening, Outcome, State
from alerts.inbox import MAX_ATTEMPTS, InboxError, NotClaimedError
from sentry.errors import NotFoundError

BACK_AGAIN = 60.0
"""Seconds until an alert that was given back can be claimed, each time twice as long."""


def begun(happening: Happening, source: str, now: float) -> Alert:
    """Without an ID yet."""
    alert = Alert(id=0, told=happening, source=source, received=now)
    if happening.is_work:
        return alert
    return replace(alert, state=State.DONE, finished=now, outcome=Outcome.TOLD)


def by_now(happening: Happening, now: float) -> Happening:
    """What is told of the future happened now."""
    return replace(happening, happened=min(happening.happened, now))


def taken(alert: Alert, who: str, now: float, lease: float) -> Alert:
    return replace(alert, state=State.CLAIMED, attempts=alert.attempts + 1, claimed_by=who, lease_ends=now + lease)


def come_back(alert: Alert) -> Alert:
    """When its lease has run out, or it was held back long enough."""
    is_too_often = alert.state == State.CLAIMED and alert.attempts >= MAX_ATTEMPTS
    return replace(alert, state=State.PARKED) if is_too_often else alert


def released(alert: Alert) -> Alert:
    return replace(alert, state=State.NEW, attempts=alert.attempts - 1) if alert.state == State.CLAIMED else alert


def prolonged(alert: Alert, now: float, lease: float) -> Alert:
    return replace(alert, lease_ends=now + lease)


def ended(alert: Alert, outcome: Outcome, note: str, now: float) -> Alert:
    if outcome != Outcome.GIVEN_BACK:
        return replace(alert, state=State.DONE, finished=now, outcome=outcome, note=note)
    return replace(
        alert,
        state=State.PARKED if alert.attempts >= MAX_ATTEMPTS else State.NEW,
        not_before=now + BACK_AGAIN * 2 ** (alert.attempts - 1),
        outcome=outcome,
        note=note,
    )


def is_free(alert: Alert, now: float) -> bool:
    """Whether anybody may claim it."""
    if alert.state == State.CLAIMED:
        return alert.lease_ends <= now and alert.attempts < MAX_ATTEMPTS
    return alert.state == State.NEW and alert.not_before <= now


def number_of(claim: str) -> int:
    return int(claim.partition(".")[0])


def held(alert: Alert | None, who: str, claim: str) -> Alert:
    """What `who` has by this claim, or is parked, which anybody may end; raises NotClaimedError, NotFoundError."""
    number, _, attempt = claim.partition(".")
    if alert is None:
        raise NotFoundError(f"Alert {number} was not found.", status_code=404)
    if alert.state == State.DONE:
        raise NotClaimedError(f"Alert {number} is done with already.")
    if alert.state == State.PARKED:
        return alert
    if alert.state != State.CLAIMED:
        raise NotClaimedError(f"Alert {number} is claimed by nobody: claim it first, by claim_alert(alert={number}).")
    if not attempt:  # two of the same name could mean each their own
        raise NotClaimedError(f"Alert {number} is claimed. Name your claim as you got it, such as {number}.1.")
    if alert.claimed_by != who or attempt != str(alert.attempts):
        raise NotClaimedError(f"Alert {number} is somebody else's now: another claimed it. Leave it to them.")
    return alert


def full() -> InboxError:
    return InboxError("The inbox is full: nobody works off what is in it.", status_code=503)
