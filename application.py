"""Where the parts meet: the Sentry client, what the server answers over it, and MCP over that."""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult
from pydantic import ValidationError

from opening import (
    OpenClient,
    OpenedClient,
    clients_of_callers,
    inbox_file,
    opened_by,
    opened_late,
    store_of,
    whose,
)
from prompts.catalogue import map_prompt_errors, register_prompts
from resources.catalogue import register_resources
from resources.completions import register_completions
from scoped_server import ScopedServer
from sentry_mcp import __version__
from service.access.callers import ANYBODY
from service.answers import Answers
from service.audit import auditing
from service.changes import changing
from service.cleaning import Clean, cleaned, cleaning
from service.confirming import Once
from service.current import FindClient, serving, under
from service.inbox import with_inbox
from service.shown import shown
from settings import Settings, SettingsError, check_confirmed
from shared.events import Events
from shared.sealing import sealing
from tools.catalogue import build_tools, is_offered
from tools.introduction import introduction

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from alerts.inbox import Inbox
    from commands.channel import Channel
    from shared.store import Store
    from telling import Live
    from views.reader import Reader
    from web.callers.known import KnownCallers
    from web.calls import Calls
    from web.operations.audit_file import AuditFile
    from web.webhooks import Webhooks


class Application:
    """The server's parts, made once of its settings.

    The client is opened by MCP's lifespan, or over HTTP by the app around it, for all of the app's routes.
    `open_client` replaces the client that the settings name; `channel` is told of alerts, too.
    """

    def __init__(
        self, settings: Settings, open_client: OpenClient | None = None, channel: "Channel | None" = None
    ) -> None:
        self._settings = settings
        self.answers = Answers(lambda: _reader(settings))
        self.store: Store | None = None
        """What is shared with other servers, over HTTP, where the settings say so."""
        self.events = Events()
        self._channel = channel
        self._live = _live(settings, self.events, channel) if settings.alerts else None
        self._once = Once()
        self._accepts_tokens = settings.accept_sentry_tokens and open_client is None
        self._has_token = settings.token is not None or open_client is not None
        self._opened = opened_by(open_client) if open_client else lambda: opened_late(settings, self.store)
        self._shared: OpenedClient | None = None
        self._audit = _audit_file(settings, self._clean) if settings.audit_file else None
        if settings.alerts:
            _check_inbox(settings)
        self.server = self._mcp_server(settings)

    def http_app(self, calls: "Calls") -> "Starlette":
        """The ASGI app that serves; `calls` counts what is under way. Raises SettingsError."""
        from web.app import create_app

        settings = self._settings
        callers = _known_callers(settings) if settings.knows_callers else None
        if settings.is_shared:
            self.store = store_of(settings)
            self.events.span(self.store, whose(settings))
            from shared.once import first_in  # only now: store_of has said so where what it needs is not installed

            self._once.is_first = first_in(self.store)
        if callers is not None:
            shown.is_callers = callers.knows
        clients = clients_of_callers(settings) if self._accepts_tokens else None
        if self._live is not None:
            self._live.clients = clients
            self._live.updates.has_sessions = not settings.is_shared
            if callers is not None:
                callers.on_change = self._live.updates.forget
        return create_app(
            self.server,
            settings,
            calls,
            self._shared_client,
            self._answering,
            self.answers,
            callers,
            clients,
            self.store,
            audit=self._audit,
            webhooks=self._webhooks(),
            find_inbox=(lambda: self.inbox) if settings.alerts else None,
            make_clean=lambda: self._clean,
        )

    @asynccontextmanager
    async def _shared_client(self) -> AsyncGenerator[FindClient]:
        async with (
            self.store.opened() if self.store else nullcontext(),
            self._opened() as self._shared,
            self._lived(self._shared),
        ):
            try:
                yield self._shared
            finally:
                self._shared = None

    def _lived(self, client: OpenedClient) -> AbstractAsyncContextManager[None]:
        return self._live.running(client, self.store, has_token=self._has_token) if self._live else nullcontext()

    def end_streams(self) -> None:
        """Those that have no end by themselves: whoever listens there can do so elsewhere."""
        if self._live is not None:
            self._live.updates.end()

    @property
    def inbox(self) -> "Inbox | None":
        """Of alerts, while anything is served, where the settings say that there are any."""
        return self._live.inbox if self._live is not None else None

    def _webhooks(self) -> "Webhooks | None":
        settings = self._settings
        if not settings.alerts or not settings.webhook_secrets:
            return None
        from web.webhooks import Webhooks

        return Webhooks(lambda: self.inbox, settings.webhook_secrets, settings.sentry_org)

    def _clean(self, text: str) -> str:
        """Without secrets, for whoever runs the server, and in errors."""
        return self._made_clean(text)

    @cached_property
    def _made_clean(self) -> Clean:
        """Made for the first text: a server is ready before there is any."""
        settings = self._settings
        return cleaning(settings.token, pii=settings.redact_pii, keys=settings.redact_keys)

    async def _leave_out_secrets(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Middleware: the SDK's errors repeat what was asked for, be it a token in the wrong place."""
        try:
            result = await call_next(ctx)
        except MCPError as error:
            told = error.error
            raise MCPError(told.code, self._clean(told.message), cleaned(told.data, self._clean)) from error
        match result:
            case {"isError": True}:
                return cast("dict[str, Any]", cleaned(result, self._clean))
            case CallToolResult(is_error=True):
                return CallToolResult.model_validate(cleaned(result.model_dump(by_alias=True), self._clean))
            case _:
                return result

    @contextmanager
    def _answering(self, find_client: FindClient) -> Generator[None]:
        """In this block a request is answered, whichever way it came."""
        with (
            serving(find_client),
            under(self._settings.switches),
            auditing(self._audit),
            with_inbox(self.inbox),
            changing(self._live),
        ):
            yield

    async def _answer(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Middleware: with the client that MCP's lifespan opened."""
        with self._answering(ctx.lifespan_context):
            return await call_next(ctx)

    async def _introduce(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Middleware: the server is introduced by the tools that are there for who asks, and by what is true of it."""
        result = await call_next(ctx)
        if ctx.method not in ("initialize", "server/discover") or not isinstance(result, Mapping):
            return result
        told = {**result, "instructions": introduction(is_offered)}
        if self._live is not None:
            told["capabilities"] = self._live.updates.announced(result["capabilities"], ctx)
        return told

    def _mcp_server(self, settings: Settings) -> ScopedServer:
        @asynccontextmanager
        async def lifespan(_: MCPServer[FindClient]) -> AsyncGenerator[FindClient]:
            if self._shared is not None:
                yield self._shared
                return
            async with self._opened() as find_client, self._lived(find_client):
                yield find_client

        tools = build_tools(self.answers, settings.switches.of(ANYBODY), settings.sentry_org, self._once)
        if not tools:
            raise SettingsError("read_only, tools and exclude_tools leave no tool to offer")
        server = ScopedServer(
            name="sentry-mcp",
            title="Sentry",
            version=__version__,
            tools=list(tools),
            lifespan=lifespan,
            request_state_security=sealing(settings),
            subscriptions=False,  # unless there is something to tell: then self._live
            middleware=[
                self._leave_out_secrets,
                _leave_out_words_of_bugs,
                self._answer,
                self._introduce,
                *([self._live.updates] if self._live else ()),
                *([self._channel] if self._channel else ()),
                map_prompt_errors,
            ],
            log_level=settings.log_level,
            cache_hints={
                name: CacheHint(ttl_ms=3_600_000, scope="private" if settings.knows_callers else "public")
                for name in ("tools/list", "prompts/list", "resources/list", "resources/templates/list")
            },
        )
        if self._live is not None:
            server.tell_updates(self._live.updates)
        register_resources(server, self.answers)
        register_prompts(server, self.answers)
        register_completions(server, self.answers)
        return server


def build_server(settings: Settings, open_client: OpenClient | None = None) -> ScopedServer:
    """The MCP server, ready for any transport."""
    return Application(settings, open_client).server


# Loaded when they are first needed: until then they would only cost time at the start.


def _known_callers(settings: Settings) -> "KnownCallers":
    from pathlib import Path

    from service.access.configured import CallersError
    from web.callers.known import KnownCallers

    provider = None
    if settings.identity_provider_issuer:
        from web.callers.identity_provider import provider_of

        provider = provider_of(settings)
    file = Path(settings.callers_file) if settings.callers_file else None
    try:
        known = KnownCallers(settings.callers, file, provider)
    except CallersError as error:
        raise SettingsError(f"The file of callers, {settings.callers_file[:80]!a}: {error}") from None
    if not settings.identity_provider_issuer:
        check_confirmed(settings, known.listed)
    return known


def _audit_file(settings: Settings, clean: Clean) -> "AuditFile":
    from web.operations.audit_file import AuditFile

    try:
        return AuditFile(settings.audit_file, clean)
    except OSError as error:
        raise SettingsError(f"audit_file: {settings.audit_file[:80]!a} cannot be written ({error.strerror})") from None


def _live(settings: Settings, events: Events, channel: "Channel | None") -> "Live":
    from telling import Live

    return Live(settings, events, channel)


def _check_inbox(settings: Settings) -> None:
    if settings.is_shared:
        store_of(settings)
        return
    from alerts.database import check
    from alerts.inbox import InboxError

    file = inbox_file(settings)
    try:
        check(file)
    except InboxError as error:
        raise SettingsError(f"alerts_path: {str(file)[:160]!a}: {error.message}") from None


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
