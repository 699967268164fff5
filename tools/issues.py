"""What a model can do with issues."""

from typing import Annotated

import anyio
from mcp.server.mcpserver import Context
from pydantic import Field

from sentry.errors import InvalidRequestError
from sentry.protocol import IssueChange, SentryClientProtocol, Status
from sentry.references import LATEST
from sentry.waiting import side_by_side
from tools.arguments import Cursor, EventOfIssue, IssueId, Limit, MaxTokens, Project, Query, Sort
from views import issues as views
from views.issues import IssueExtras, IssueList, IssueResult
from views.updates import IssueUpdate, issue_update


async def list_issues(
    ctx: Context[SentryClientProtocol],
    project: Project | None = None,
    query: Query = "is:unresolved",
    environment: str | None = None,
    period: Annotated[str | None, Field(description="Seen within, e.g. 24h, 14d")] = None,
    sort: Sort | None = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> IssueList:
    """List issues, one row each, the most recently seen first. For one in full, get_issue."""
    client = ctx.request_context.lifespan_context
    page = await client.list_issues(
        project=project,
        query=query,
        environment=environment,
        period=period,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return views.issue_list(page)


async def get_issue(
    ctx: Context[SentryClientProtocol],
    issue: IssueId,
    event: EventOfIssue = "latest",
    max_tokens: MaxTokens | None = None,
) -> IssueResult:
    """Get an issue whole: status, counts, users, releases, and an event's stack trace, breadcrumbs, request."""
    client = ctx.request_context.lifespan_context
    async with anyio.create_task_group() as tasks:
        found = side_by_side(tasks, client.get_issue(issue))
        example = side_by_side(tasks, client.get_event(event, issue=issue))
    if example.error is None:
        return views.issue(found.result(), example.result())
    if event != LATEST:
        example.result()
    return views.issue(found.result(), None, extras=IssueExtras(missing={"event": example.error.message}))


async def update_issue(
    ctx: Context[SentryClientProtocol],
    issue: IssueId,
    status: Status | None = None,
    assigned_to: Annotated[
        str | None, Field(description="E-mail, user name, user:ID or team:ID; empty to clear")
    ] = None,
    comment: str | None = None,
) -> IssueUpdate:
    """Change an issue's status or assignee, or comment on it. Shows it before and after."""
    client = ctx.request_context.lifespan_context
    change = IssueChange(status=status, assigned_to=assigned_to)
    if not change.body() and not comment:
        raise InvalidRequestError("Nothing to change: give status, assigned_to or comment.")
    before = await client.get_issue(issue, fresh=True)
    after = await client.update_issue(issue, change) if change.body() else before
    if comment:
        await client.add_comment(issue, comment)
    return issue_update(before, after, comment=comment)
