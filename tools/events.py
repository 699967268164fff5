"""What a model can do with events."""

from mcp.server.mcpserver import Context

from sentry.protocol import SentryClientProtocol
from tools.arguments import Cursor, EventId, EventOfIssue, Frames, IssueId, Limit, MaxTokens, Project
from views import events as views
from views.events import EventList, EventResult
from views.traces.stacktraces import StacktraceResult, stacktrace


async def get_events(
    ctx: Context[SentryClientProtocol],
    issue: IssueId,
    query: str | None = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> EventList:
    """List the events of an issue, one row each, the newest first. For one in full, get_event."""
    client = ctx.request_context.lifespan_context
    page = await client.get_events(issue, query=query, limit=limit, cursor=cursor)
    return views.event_list(issue, page)


async def get_event(
    ctx: Context[SentryClientProtocol],
    event: EventOfIssue,
    issue: IssueId | None = None,
    project: Project | None = None,
    max_tokens: MaxTokens | None = None,
) -> EventResult:
    """Get one event whole: stack trace, breadcrumbs, request, user, tags, contexts. An ID needs no issue."""
    client = ctx.request_context.lifespan_context
    return views.event(await client.get_event(event, issue=issue, project=project))


async def get_stacktrace(
    ctx: Context[SentryClientProtocol],
    event: EventId | None = None,
    issue: IssueId | None = None,
    frames: Frames = "app",
    max_tokens: MaxTokens | None = None,
) -> StacktraceResult:
    """Get the stack trace of an event, or of an issue's latest: chained causes, the failing call last."""
    client = ctx.request_context.lifespan_context
    return stacktrace(await client.get_stacktrace(event, issue=issue), frames)
