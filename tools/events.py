"""What a model can do with events."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import service
from tools.arguments import Cursor, EventId, EventOfIssue, Frames, IssueId, Limit, Listed, MaxTokens, Project, Text

if TYPE_CHECKING:
    from views.events import EventList, EventResult
    from views.traces.stacktraces import StacktraceResult


async def get_events(
    issue: IssueId,
    query: Text | None = None,
    tags: Annotated[list[Text], Listed, Field(description="Shown in rows")] = [],  # noqa: B006 - copied
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> "EventList":
    """List an issue's events, newest first. For one in full, get_event."""
    return await service.events.list_events(issue, query=query, tags=tuple(tags), limit=limit, cursor=cursor)


async def get_event(
    event: EventOfIssue,
    issue: IssueId | None = None,
    project: Project | None = None,
    max_tokens: MaxTokens | None = None,
) -> "EventResult":
    """Get one event whole: stack trace, breadcrumbs, request, user, tags, contexts. An ID needs no issue."""
    return await service.events.get_event(event, issue=issue, project=project)


async def get_stacktrace(
    event: EventId | None = None,
    issue: IssueId | None = None,
    frames: Frames = "app",
    max_tokens: MaxTokens | None = None,
) -> "StacktraceResult":
    """Get the stack trace of an event, or of an issue's latest: chained causes, the failing call last."""
    return await service.events.get_stacktrace(event, issue=issue, frames=frames)
