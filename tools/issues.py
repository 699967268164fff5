"""What a model can read of issues."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import service
from tools.arguments import (
    Cursor,
    EventOfIssue,
    Include,
    IssueId,
    Limit,
    Listed,
    MaxTokens,
    Organization,
    Period,
    Project,
    Query,
    Sort,
    Text,
)

if TYPE_CHECKING:
    from views.issues import IssueList, IssueResult


async def list_issues(
    project: Project | None = None,
    query: Query = "is:unresolved",
    environment: Text | None = None,
    period: Period | None = None,
    sort: Sort | None = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
    organization: Organization | None = None,
) -> "IssueList":
    """List issues, the most recently seen first. For one in full, get_issue."""
    return await service.issues.list_issues(
        organization=organization,
        project=project,
        query=query,
        environment=environment,
        period=period,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )


async def get_issue(
    issue: IssueId,
    event: EventOfIssue | None = None,
    include: Annotated[list[Include], Listed, Field(description="More, at a request each")] = [],  # noqa: B006 - copied
    max_tokens: MaxTokens | None = None,
) -> "IssueResult":
    """Get an issue whole: status, counts, users, releases, and an event's stack trace, breadcrumbs, request."""
    return await service.issues.get_issue(issue, event, tuple(include))
