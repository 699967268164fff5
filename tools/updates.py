"""How a model changes issues."""

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import service
from sentry.changes import IgnoreUntil, IssueChange, Priority, Status
from tools.arguments import Identifier, IssueIds, Text

if TYPE_CHECKING:
    from views.updates import BulkUpdate, IssueUpdate


_NAMES = re.compile(r"https?://\S+?(?=,?(?:\s|$)|,https?://)|[^\s,]+")
"""Issues with commas or spaces between them; commas within a URL belong to it."""
Count = Annotated[int | None, Field(ge=1, le=1_000_000)]


def issues_in(text: str) -> list[str]:
    """The names of issues that stand in an argument."""
    return _NAMES.findall(text)


async def update_issue(
    issue: IssueIds,
    status: Status | None = None,
    in_release: Annotated[Text | None, Field(description="Resolved in this version or latest")] = None,
    in_commit: Annotated[str | None, Field(description="Resolved by repository@sha")] = None,
    ignore_until: IgnoreUntil | None = None,
    ignore_minutes: Count = None,
    ignore_events: Count = None,
    ignore_users: Count = None,
    assigned_to: Annotated[
        Identifier | None, Field(description="E-mail, user name, user:ID, team:ID, or nobody")
    ] = None,
    priority: Priority | None = None,
    comment: str | None = None,
) -> "IssueUpdate | BulkUpdate":
    """Change issues: resolve (now, in a release or commit), ignore (until a condition), assign, rank, comment."""
    change = IssueChange(
        status=status,
        in_release=in_release,
        ignore_until=ignore_until,
        ignore_minutes=ignore_minutes,
        ignore_events=ignore_events,
        ignore_users=ignore_users,
        assigned_to=assigned_to,
        priority=priority,
    )
    return await service.updates.update_issues(issues_in(issue), change, in_commit=in_commit, comment=comment)
