"""What a model can do with releases."""

from mcp.server.mcpserver import Context

from resources import reads
from sentry.protocol import SentryClientProtocol
from tools.arguments import Cursor, Limit, MaxTokens, Project, Release
from views.releases import ReleaseList, ReleaseResult, release_list


async def list_releases(
    ctx: Context[SentryClientProtocol],
    project: Project | None = None,
    query: str | None = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> ReleaseList:
    """List releases, the newest first. query is a part of the version."""
    client = ctx.request_context.lifespan_context
    return release_list(await client.list_releases(project=project, query=query, limit=limit, cursor=cursor))


async def get_release(
    ctx: Context[SentryClientProtocol],
    release: Release,
    max_tokens: MaxTokens | None = None,
) -> ReleaseResult:
    """Get one release: the issues new in it, commits, deploys, authors, health."""
    return await reads.release(ctx.request_context.lifespan_context, None, release)
