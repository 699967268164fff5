"""The HTTP side as one ASGI app: MCP at /mcp, and room for routes beside it that share its client."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

from sentry.clients import Clients
from settings import Settings
from web.callers.authentication import Authentication
from web.callers.known import KnownCallers
from web.callers.resource_metadata import metadata_routes, metadata_url, wanted_scopes
from web.callers.sentry_tokens import SentryTokens
from web.calls import Calls
from web.characters import refuse_half_characters
from web.names import OnlyByItsNames


def create_app(
    server: MCPServer[Any],
    settings: Settings,
    calls: Calls,
    open_client: Callable[[], AbstractAsyncContextManager[object]],
    callers: KnownCallers | None = None,
    clients: Clients | None = None,
) -> Starlette:
    """The app that serves; `calls` counts what is under way, `open_client` is entered before anything is served, and
    left last. Without `callers` whoever reaches it is served; without `clients` no caller brings a Sentry token."""
    server.middleware[:0] = [calls, refuse_half_characters]
    app = server.streamable_http_app(
        streamable_http_path="/mcp",
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # OnlyByItsNames is
        max_request_body_size=settings.limits_request_size,
        max_sessions=settings.limits_sessions,
    )
    if settings.identity_provider_issuer:
        app.router.routes[:0] = metadata_routes(settings)
    # The last one that is added is the first that a request meets.
    app.add_middleware(SentryTokens, clients, is_needed=clients is not None and settings.token is None)
    if callers is not None:
        app.add_middleware(
            Authentication,
            callers,
            wanted_scopes(settings),
            partial(metadata_url, settings) if settings.identity_provider_issuer else None,
        )
    hosts = None if callers is not None and not settings.allowed_hosts else settings.allowed_hosts
    app.add_middleware(OnlyByItsNames, hosts, settings.allowed_origins)
    mcp_lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[Any]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(open_client())
            if callers is not None:
                await stack.enter_async_context(callers.watching())
            if clients is not None:
                await stack.enter_async_context(clients.opened())
            yield await stack.enter_async_context(mcp_lifespan(app))

    app.router.lifespan_context = lifespan
    return app
