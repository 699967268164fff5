"""What a model can read of issues."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from resources import reads
from resources.reads import Include
from sentry.errors import InvalidRequestError
from sentry.protocol import SentryClientProtocol
from sentry.search import diagnose
from tools.arguments import Cursor, EventOfIssue, IssueId, Limit, MaxTokens, Project, Query, Sort
from views.issues import IssueList, IssueResult, issue_list


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
    try:
        page = await client.list_issues(
            project=project,
            query=query,
            environment=environment,
            period=period,
            sort=sort,
            limit=limit,
            cursor=cursor,
        )
    except InvalidRequestError as error:
        wrong = diagnose(query)
        if wrong is None or error.status_code is None:
            raise
        raise InvalidRequestError(
            f"{error.message} {wrong}", status_code=error.status_code, sentry=error.sentry
        ) from error
    found = issue_list(page)
    wrong = None if page.items else diagnose(query)
    return found.model_copy(update={"omitted": [str(wrong)]}) if wrong else found


async def get_issue(
    ctx: Context[SentryClientProtocol],
    issue: IssueId,
    event: EventOfIssue | None = None,
    include: Annotated[
        list[Include], Field(description="More, for a request each: top tag values, suspect commits")
    ] = [],  # noqa: B006 - pydantic copies it, and the schema shows it
    max_tokens: MaxTokens | None = None,
) -> IssueResult:
    """Get an issue whole: status, counts, users, releases, and an event's stack trace, breadcrumbs, request."""
    return await reads.issue(ctx.request_context.lifespan_context, issue, event, tuple(include))
