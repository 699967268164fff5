"""What a model can read of traces."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import service
from tools.arguments import EventId, Identifier, IssueId, MaxTokens

if TYPE_CHECKING:
    from views.trace_tree import TraceResult


async def get_trace(
    trace: Annotated[Identifier, Field(description="Trace ID or URL")] | None = None,
    event: EventId | None = None,
    issue: IssueId | None = None,
    max_tokens: MaxTokens | None = None,
) -> "TraceResult":
    """Get what happened around an error: its trace's spans on the way to what failed, the slow and repeated (N+1) ones,
    errors and logs. Give a trace, an event, or an issue (its latest event)."""
    return await service.traces.get_trace(trace, event=event, issue=issue)
