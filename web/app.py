"""The HTTP side as one ASGI app: MCP at /mcp, and room for routes beside it that share its client."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette


def create_app(
    server: MCPServer[Any], host: str, open_client: Callable[[], AbstractAsyncContextManager[object]]
) -> Starlette:
    """The app that serves on `host`; `open_client` is entered before anything is served, and left last."""
    # A web page that a browser on this machine opens must not reach us by a name that it rebinds (DNS).
    names = [f"[{host}]" if ":" in host else host, "127.0.0.1", "localhost", "[::1]"]
    app = server.streamable_http_app(
        streamable_http_path="/mcp",
        host=host,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=True,
            allowed_hosts=[f"{name}:*" for name in names],
            allowed_origins=[f"http://{name}:*" for name in names],
        ),
    )
    mcp_lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[Any]:
        async with open_client(), mcp_lifespan(app) as state:
            yield state

    app.router.lifespan_context = lifespan
    return app
