"""The HTTP side as one ASGI app: MCP at /mcp, and room for routes beside it that share its client."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

from web.calls import Calls
from web.characters import refuse_half_characters
from web.names import OnlyThisMachine

MAX_SESSIONS = 2_000
"""Of clients up to 2025-11-25 at once: each takes 40 kB until it ends, or was idle for half an hour."""


def create_app(
    server: MCPServer[Any], calls: Calls, open_client: Callable[[], AbstractAsyncContextManager[object]]
) -> Starlette:
    """The app that serves; `calls` counts what is under way, `open_client` is entered before anything is served, and
    left last."""
    server.middleware[:0] = [calls, refuse_half_characters]
    app = server.streamable_http_app(
        streamable_http_path="/mcp",
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # OnlyThisMachine is
        max_sessions=MAX_SESSIONS,
    )
    app.add_middleware(OnlyThisMachine)
    mcp_lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[Any]:
        async with open_client(), mcp_lifespan(app) as state:
            yield state

    app.router.lifespan_context = lifespan
    return app
