"""Where the parts meet: the Sentry client, what the server answers over it, and MCP over that."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from prompts.catalogue import map_prompt_errors, register_prompts
from resources.catalogue import register_resources
from resources.completions import register_completions
from scoped_server import ScopedServer
from sentry.connection import Connection
from sentry_mcp import __version__
from service.access.callers import ANYBODY
from service.access.switches import Switches
from service.answers import Answers
from service.current import FindClient, serving, under
from settings import Settings, SettingsError, check_confirmed
from tools.catalogue import build_tools, is_offered
from tools.introduction import introduction

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from sentry.client import SentryClient
    from sentry.protocol import SentryClientProtocol
    from views.reader import Reader
    from web.callers.known import KnownCallers
    from web.calls import Calls

OpenClient = Callable[[], "AbstractAsyncContextManager[SentryClientProtocol]"]


class Application:
    """The server's parts, made once of its settings.

    The client is opened by MCP's lifespan, or over HTTP by the app around it, for all of the app's routes.
    `open_client` replaces the client that the settings name.
    """

    def __init__(self, settings: Settings, open_client: OpenClient | None = None) -> None:
        self._settings = settings
        self.answers = Answers(lambda: _reader(settings))
        self._opened = _given(open_client) if open_client else lambda: _late(settings)
        self._shared: FindClient | None = None
        self.server = self._mcp_server(settings)

    def http_app(self, calls: "Calls") -> "Starlette":
        """The ASGI app that serves; `calls` counts what is under way. Raises SettingsError."""
        from web.app import create_app

        settings = self._settings
        callers = _known_callers(settings) if settings.knows_callers else None
        return create_app(self.server, settings, calls, self._shared_client, callers)

    @asynccontextmanager
    async def _shared_client(self) -> AsyncGenerator[None]:
        async with self._opened() as self._shared:
            try:
                yield
            finally:
                self._shared = None

    def _mcp_server(self, settings: Settings) -> ScopedServer:
        @asynccontextmanager
        async def lifespan(_: MCPServer[FindClient]) -> AsyncGenerator[FindClient]:
            if self._shared is not None:
                yield self._shared
                return
            async with self._opened() as find_client:
                yield find_client

        tools = build_tools(self.answers, settings.switches.of(ANYBODY), settings.sentry_org)
        if not tools:
            raise SettingsError("read_only, tools and exclude_tools leave no tool to offer")
        server = ScopedServer(
            name="sentry-mcp",
            title="Sentry",
            version=__version__,
            tools=list(tools),
            lifespan=lifespan,
            middleware=[
                _leave_out_words_of_bugs,
                _serve_with_its_client,
                _switched(settings.switches),
                _introduce,
                map_prompt_errors,
            ],
            subscriptions=False,  # nothing is published yet: a 2026 client would be told that it is
            log_level=settings.log_level,
            cache_hints={
                name: CacheHint(ttl_ms=3_600_000, scope="private" if settings.knows_callers else "public")
                for name in ("tools/list", "prompts/list", "resources/list", "resources/templates/list")
            },
        )
        register_resources(server, self.answers)
        register_prompts(server, self.answers)
        register_completions(server, self.answers)
        return server


def build_server(settings: Settings, open_client: OpenClient | None = None) -> ScopedServer:
    """The MCP server, ready for any transport."""
    return Application(settings, open_client).server


def connection(settings: Settings) -> Connection:
    """What the client needs of the settings; the token must be there."""
    if settings.token is None:
        raise ValueError("The settings hold no token")
    return Connection(
        url=settings.sentry_url,
        token=settings.token,
        organization=settings.sentry_org or None,
        ca_file=settings.ca_file or None,
        timeout=settings.timeout,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        max_concurrent_requests=settings.max_concurrent_requests,
        max_answer_size=settings.max_answer_size,
        cache_ttl=settings.cache_ttl,
        cache_size=settings.cache_size,
    )


# Loaded when they are first needed: until then they would only cost time at the start.


@asynccontextmanager
async def _late(settings: Settings) -> AsyncGenerator[FindClient]:
    """The client of the settings: opened now, made when it is first asked."""
    made: list[SentryClient] = []
    stack = AsyncExitStack()
    tasks = await stack.enter_async_context(anyio.create_task_group())

    def find_client() -> "SentryClientProtocol":
        if not made:
            from sentry.client import SentryClient

            made.append(SentryClient(connection(settings), tasks=tasks))
        return made[0]

    try:
        yield find_client
    finally:  # an error of the block stays what it is: the task group does not get to see it
        tasks.cancel_scope.cancel()
        for client in made:
            await client.close()
        await stack.aclose()


def _known_callers(settings: Settings) -> "KnownCallers":
    from pathlib import Path

    from service.access.configured import CallersError
    from web.callers.known import KnownCallers

    file = Path(settings.callers_file) if settings.callers_file else None
    try:
        known = KnownCallers(settings.callers, file)
    except CallersError as error:
        raise SettingsError(f"The file of callers, {settings.callers_file[:80]!a}: {error}") from None
    if not settings.identity_provider_issuer:
        check_confirmed(settings, known.listed)
    return known


def _given(open_client: OpenClient) -> Callable[[], AbstractAsyncContextManager[FindClient]]:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[FindClient]:
        async with open_client() as client:
            yield lambda: client

    return opened


def _reader(settings: Settings) -> "Reader":
    from views.reader import Reader
    from views.secrets.redaction import Redaction

    redaction = Redaction(pii=settings.redact_pii, keys=frozenset(settings.redact_keys))
    return Reader(budget=settings.token_budget, redaction=redaction)


async def _leave_out_words_of_bugs(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: the SDK logs a bug of ours, and tells its words, in which somebody else's may stand."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):  # told without what was sent
        raise
    except Exception as error:
        raise RuntimeError("Internal server error") from error


async def _serve_with_its_client(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: what this request asks is asked of the client that MCP's lifespan opened."""
    with serving(ctx.lifespan_context):
        return await call_next(ctx)


def _switched(switches: Switches) -> ServerMiddleware[Any]:
    """Middleware: whoever asks has what is left to them."""

    async def switched(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        with under(switches):
            return await call_next(ctx)

    return switched


async def _introduce(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: the server is introduced by the tools that are there for who asks."""
    result = await call_next(ctx)
    if ctx.method not in ("initialize", "server/discover") or not isinstance(result, Mapping):
        return result
    return {**result, "instructions": introduction(is_offered)}
