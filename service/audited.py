"""What is written in Sentry is told to an audit log: who asks for which change before it is asked for, and what became
of it after, so that a crash between the two leaves the first."""

import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import anyio

from sentry.errors import SentryError
from sentry.models import Issue
from service.audit import Audit, Entry, current_audit
from service.calls import current_call
from service.current import current_caller

T = TypeVar("T")

_logger = logging.getLogger("sentry_mcp.audit")


class AuditUnavailableError(SentryError):
    """The audit log cannot be written: nothing is asked of Sentry then."""

    error = "audit_unavailable"


NOT_TOLD = (
    "Nothing was changed: the audit log of this server cannot be written, and no change is made without it. Whoever "
    "runs the server finds the reason in its log."
)


@dataclass
class Change:
    """One request that changes an issue: `asked` is what for, `before` the issue as it was."""

    action: str
    issue: str
    before: Issue
    asked: Entry
    number: str = field(default_factory=lambda: secrets.token_hex(8))

    def intent(self) -> Entry:
        call, before = current_call.get(), self.before
        route = " ".join(filter(None, (call.protocol, call.route, call.name))) if call else "stdio"
        issue = {"named": self.issue, "id": before.id, "short_id": before.short_id, "project": before.project.slug}
        return {
            **_stamp("asked", self.number),
            "caller": current_caller().name,
            "request_id": call.request if call else None,
            "route": route,
            "action": self.action,
            "issue": issue,
            "asked": self.asked,
            "before": state(before),
        }


async def audited(change: Change, write: Callable[[], Awaitable[T]]) -> T:
    """What `write` gives, which is asked only when the audit log says so; raises what it raises, and
    AuditUnavailableError. What comes after Sentry has answered is told as far as can be."""
    audit, began = current_audit(), time.monotonic()
    intent = change.intent()
    if audit is not None:
        try:
            await audit.write(intent)
        except OSError as error:
            words = "No change is made, as the audit log cannot be written: %s"
            _logger.error(words, error.strerror)  # noqa: TRY400 - a full disk is no bug to trace
            raise AuditUnavailableError(NOT_TOLD, status_code=503) from None
    ended: Entry = {"outcome": "unknown"}  # until Sentry has answered, and where the caller does not wait for it
    try:
        result = await write()
        ended = {"outcome": "done", "after": state(result) if isinstance(result, Issue) else None}
        return result  # noqa: TRY300 - what follows is for all ends
    except SentryError as error:
        outcome = "unknown" if error.is_outcome_unknown else "not_done"
        ended = {"outcome": outcome, "error": error.error, "status_code": error.status_code}
        raise
    finally:
        ended["seconds"] = round(time.monotonic() - began, 3)
        with anyio.CancelScope(shield=True):
            await _tell(audit, intent, {**_stamp("answered", change.number), **ended})


async def _tell(audit: Audit | None, intent: Entry, ended: Entry) -> None:
    if audit is None:
        entry = {**intent, **ended}
        _logger.info("%s", json.dumps(entry), extra={"fields": {"message": "change", "audit": entry}})
        return
    try:
        await audit.write(ended)
    except OSError as error:
        words = "The end of a change is not in the audit log (%s): %s"
        _logger.error(words, error.strerror, ended)  # noqa: TRY400 - a full disk is no bug to trace


def state(issue: Issue) -> Entry:
    """What a change can change of an issue."""
    who = issue.assigned_to
    return {
        "status": issue.status,
        "substatus": issue.substatus,
        "status_details": issue.status_details or None,
        "priority": issue.priority,
        "assigned_to": {"type": who.type, "id": who.id, "name": who.name} if who else None,
    }


def _stamp(stage: str, number: str) -> Entry:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"time": now, "stage": stage, "change": number}
