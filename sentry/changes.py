"""What can be changed of an issue."""

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["unresolved", "resolved", "ignored", "resolvedInNextRelease"]
Priority = Literal["high", "medium", "low"]
IgnoreUntil = Literal["escalating", "forever"]


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

    def body(self) -> dict[str, Any]:
        """The JSON that Sentry's PUT takes."""
        details: dict[str, Any] = {
            "inRelease": self.in_release,
            "inCommit": {"commit": self.in_commit, "repository": self.repository} if self.in_commit else None,
            "ignoreDuration": self.ignore_minutes,
            "ignoreCount": self.ignore_events,
            "ignoreUserCount": self.ignore_users,
        }
        details = {key: value for key, value in details.items() if value is not None}
        body: dict[str, Any] = {
            "status": self.status,
            "statusDetails": details or None,
            "substatus": self._substatus(),
            "assignedTo": self.assigned_to,
            "priority": self.priority,
        }
        return {key: value for key, value in body.items() if value is not None}

    def _substatus(self) -> str | None:
        """How an `ignored` ends, in the words of today's Sentry; older servers read only the details."""
        if self.status != "ignored":
            return None
        if self.ignore_until is not None:
            return {"escalating": "archived_until_escalating", "forever": "archived_forever"}[self.ignore_until]
        has_condition = any((self.ignore_minutes, self.ignore_events, self.ignore_users))
        return "archived_until_condition_met" if has_condition else None
