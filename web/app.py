"""The HTTP side as one ASGI app: MCP at /mcp, REST beside it, over one client."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

from sentry.clients import Clients
from service.answers import Answers
from service.cleaning import Clean
from service.current import FindClient
from settings import Settings
from web.callers.authentication import Authentication
from web.callers.known import KnownCallers
from web.callers.resource_metadata import metadata_routes, metadata_url, wanted_scopes
from web.callers.sentry_tokens import SentryTokens
from web.calls import Calls
from web.characters import refuse_half_characters
from web.limits.guesses import SlowsGuesses
from web.limits.handlers import HandlersAtOnce
from web.limits.middleware import Limits
from web.limits.sessions import IDLE
from web.names import OnlyByItsNames
from web.operations.audit_file import AuditFile
from web.operations.parts import Operations
from web.operations.prefix import BelowPrefix
from web.rest.app import Answering, Rest
from web.rest.responses import failed

if TYPE_CHECKING:
    from alerts.inbox import Inbox
    from shared.store import Store
    from web.limits.windows import Windows
    from web.webhooks import Webhooks


def create_app(
    server: MCPServer[Any],
    settings: Settings,
    calls: Calls,
    open_client: Callable[[], AbstractAsyncContextManager[FindClient]],
    answering: Answering,
    answers: Answers,
    callers: KnownCallers | None = None,
    clients: Clients | None = None,
    store: "Store | None" = None,
    *,
    audit: AuditFile | None = None,
    webhooks: "Webhooks | None" = None,
    find_inbox: "Callable[[], Inbox | None] | None" = None,
    make_clean: Callable[[], Clean],
) -> Starlette:
    """The app that serves; `calls` counts what is under way, `open_client` is entered before anything is served, and
    left last; in `answering` a request that is none of MCP's is answered. Without `callers` whoever reaches it is
    served; without `clients` no caller brings a Sentry token. `audit` is where changes are told, if in a file;
    `webhooks` takes what Sentry sends, where it may; `find_inbox` gives the inbox while anything is served, where there
    are alerts; `make_clean` makes what cleans texts for whoever runs the server."""
    server.middleware[:0] = [calls, HandlersAtOnce(settings), refuse_half_characters]
    app = server.streamable_http_app(
        streamable_http_path="/mcp",
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # OnlyByItsNames is
        max_request_body_size=settings.limits_request_size,
        max_sessions=settings.limits_sessions,
        session_idle_timeout=IDLE,
        stateless_http=settings.is_shared,  # a session would be in the memory of one of several servers
    )
    windows = _windows(store) if callers is not None else None
    operations = Operations(server, calls, callers, audit, make_clean, clients, store, find_inbox)
    rest = app.router.default = Rest(answers, answering, settings, make_clean)
    app.add_exception_handler(Exception, failed)
    if settings.identity_provider_issuer:
        app.router.routes[:0] = metadata_routes(settings)
    if webhooks is not None:
        app.routes.extend(webhooks.routes())
    # The last one that is added is the first that a request meets.
    operations.inside(app)
    app.add_middleware(Limits, settings, windows)
    app.add_middleware(SentryTokens, clients, is_needed=clients is not None and settings.token is None)
    if callers is not None:
        metadata = partial(metadata_url, settings) if settings.identity_provider_issuer else None
        app.add_middleware(Authentication, callers, wanted_scopes(settings), metadata)
        app.add_middleware(SlowsGuesses)
    hosts = None if callers is not None and not settings.allowed_hosts else settings.allowed_hosts
    app.add_middleware(OnlyByItsNames, hosts, settings.allowed_origins)
    operations.around(app)
    if settings.path_prefix:
        app.add_middleware(BelowPrefix, settings.path_prefix)
    mcp_lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[Any]:
        async with AsyncExitStack() as stack:
            rest.find_client = find_client = await stack.enter_async_context(open_client())
            is_without_token = clients is not None and settings.token is None
            await stack.enter_async_context(operations.running(None if is_without_token else find_client))
            if callers is not None:
                await stack.enter_async_context(callers.watching())
            if clients is not None:
                await stack.enter_async_context(clients.opened())
            yield await stack.enter_async_context(mcp_lifespan(app))

    app.router.lifespan_context = lifespan
    return app


def _windows(store: "Store | None") -> "Windows":
    from web.limits.windows import Windows  # loaded where callers are counted alone

    return Windows(store)
