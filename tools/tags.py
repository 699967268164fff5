"""What a model can do with tags."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry.protocol import SentryClientProtocol
from tools.arguments import IssueId
from views.tags import TagValuesResult, tag_values


async def get_tag_values(
    ctx: Context[SentryClientProtocol],
    issue: IssueId,
    tag: Annotated[str, Field(description="e.g. release, environment, user, browser, or a tag of your own")],
) -> TagValuesResult:
    """Get how an issue's events spread over one tag."""
    client = ctx.request_context.lifespan_context
    return tag_values(issue, await client.get_tag_values(issue, tag))
