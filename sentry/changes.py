"""What can be changed of an issue."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sentry.models import Issue

Status = Literal["unresolved", "resolved", "ignored", "resolvedInNextRelease"]
Priority = Literal["high", "medium", "low"]
IgnoreUntil = Literal["escalating", "forever"]
RESOLVED_IN = ("inRelease", "inNextRelease", "inUpcomingRelease", "inCommit")
"""What an issue's details may say of how it was resolved, other than at once; Sentry may turn one into another."""

_SUBSTATUS = {"escalating": "archived_until_escalating", "forever": "archived_forever"}


@dataclass(frozen=True)
class IssueChange:
    """What to change of an issue; None leaves as it is (https://docs.sentry.io/api/events/update-an-issue/).

    `in_release` is a version or `latest`, `in_commit` a commit id with its repository. The conditions end
    an `ignored`: minutes from now, events or users from now on, when Sentry sees it escalate, or never.
    `assigned_to` is an e-mail, a user name, `user:ID`, `team:ID`; "" clears it.
    """

    status: Status | None = None
    in_release: str | None = None
    in_commit: str | None = None
    repository: str | None = None
    ignore_minutes: int | None = None
    ignore_events: int | None = None
    ignore_users: int | None = None
    ignore_until: IgnoreUntil | None = None
    assigned_to: str | None = None
    priority: Priority | None = None

    def body(self, *, in_details: bool = False) -> dict[str, Any]:
        """The JSON that Sentry's PUT takes; `in_details` for a server that takes the next release only there."""
        details: dict[str, Any] = {
            "inRelease": self.in_release,
            "inCommit": {"commit": self.in_commit, "repository": self.repository} if self.in_commit else None,
            "ignoreDuration": self.ignore_minutes,
            "ignoreCount": self.ignore_events,
            "ignoreUserCount": self.ignore_users,
        }
        details = {key: value for key, value in details.items() if value is not None}
        status: str | None = self.status
        if in_details and status == "resolvedInNextRelease":
            status, details["inNextRelease"] = "resolved", True
        body: dict[str, Any] = {
            "status": status,
            "statusDetails": details or None,
            "substatus": self._substatus(),
            "assignedTo": self.assigned_to,
            "priority": self.priority,
        }
        return {key: value for key, value in body.items() if value is not None}

    def parts(self) -> list[str]:
        """What it consists of, by the names of these fields; with the value where a server may know only others."""
        return [*self.given(), f"status={self.status}", f"ignore_until={self.ignore_until}"]

    def given(self) -> dict[str, Any]:
        """The fields that are given, by their names here."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def _substatus(self) -> str | None:
        """How an `ignored` ends, in the words of today's Sentry; older servers read only the details."""
        if self.status != "ignored":
            return None
        if self.ignore_until is not None:
            return _SUBSTATUS[self.ignore_until]
        has_condition = any((self.ignore_minutes, self.ignore_events, self.ignore_users))
        return "archived_until_condition_met" if has_condition else None

    def not_confirmed(self, after: "Issue") -> list[str]:
        """The fields of this change that the issue, as Sentry answered it, does not show: some servers take what they
        do not know, and do nothing."""
        details = after.status_details
        is_resolved = after.status in ("resolved", "resolvedInNextRelease")
        in_release = after.status == "resolvedInNextRelease" or any(details.get(key) for key in RESOLVED_IN)
        shown = {
            "status": is_resolved if self.status == "resolved" else in_release or after.status == self.status,
            "in_release": in_release,
            "in_commit": in_release,
            "ignore_minutes": bool(details.get("ignoreUntil")),
            "ignore_events": bool(details.get("ignoreCount")),
            "ignore_users": bool(details.get("ignoreUserCount")),
            "ignore_until": after.substatus == _SUBSTATUS.get(self.ignore_until or "")
            or (self.ignore_until == "forever" and after.substatus is None),
            "assigned_to": (after.assigned_to is not None) == bool(self.assigned_to),
            "priority": after.priority == self.priority,
        }
        return [name for name, is_shown in shown.items() if getattr(self, name) is not None and not is_shown]
