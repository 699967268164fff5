"""Which resources change, told to who subscribed: by `subscriptions/listen` of 2026-07-28, and to sessions up to
2025-11-25 by `resources/subscribe`. Each hears of what they may read."""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import anyio
from anyio.abc import TaskGroup
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated, ServerEvent
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionFilter,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

from resources.catalogue import CATALOGUE, is_there, name_of_uri
from sentry.values import as_object
from service.access.callers import Caller, ExpiringCaller
from service.changes import Changed
from service.current import brings_token, current_caller
from shared.events import Events

MOST = 500
"""Resources that one may subscribe to, in a session or by one request."""
LONGEST = 500
"""Characters of a URI that is remembered; none that is told has as many."""
_logger = logging.getLogger(__name__)
_STATE = "sentry-mcp.subscriptions"
Context = ServerRequestContext[Any, Any]
Uris = list[tuple[str, str]]
"""The name of each resource, and its URI."""
Told = Sequence[tuple[Changed, Uris]]
"""What changed, and the resources that do with it."""
Readable = Callable[["_Reader"], frozenset[str]]
"""The URIs of those that changed, as far as one may read them."""
_wanted: ContextVar[frozenset[str]] = ContextVar("wanted")


class Updates(InMemorySubscriptionBus):
    """The SDK's SubscriptionBus, which `events` reach as the resources that they change."""

    def __init__(self, events: Events, most: int) -> None:
        """`most` may listen at once."""
        super().__init__()
        self.has_sessions = True
        """Whether there is anybody to be told who does not listen: not over HTTP without sessions."""
        self._readers: dict[object, Callable[[Readable], None]] = {}
        self._sessions: set[_Session] = set()
        self._tasks: TaskGroup | None = None
        self._listening = ListenHandler(self, max_subscriptions=most)
        events.subscribe(self._hear)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Sessions are told as long as the block lasts."""
        async with anyio.create_task_group() as self._tasks:
            try:
                yield
            finally:
                self.end()
                self._tasks.cancel_scope.cancel()
                self._tasks = None

    def end(self) -> None:
        """Who listens is told that it is over, and can listen elsewhere."""
        self._listening.close()

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        reader, wanted, name = _Reader.asking(), _wanted.get(), object()

        def hear(readable: Readable) -> None:
            for uri in wanted & readable(reader):
                listener(ResourceUpdated(uri))

        self._readers[name] = hear
        stop = super().subscribe(listener)

        def unsubscribe() -> None:
            self._readers.pop(name, None)
            stop()

        return unsubscribe

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Middleware of MCP's: who asks in a session that is told of updates may read other things than before, or show
        another token that holds longer."""
        session: _Session | None = _connection(ctx).state.get(_STATE)
        if session is not None:
            session.reader = _Reader.asking()
        return await call_next(ctx)

    async def listen(self, ctx: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        """What is acknowledged is what will be told: of lists nothing is, for they do not change."""
        uris = [uri for uri in dict.fromkeys(params.notifications.resource_subscriptions or ()) if _is_told(uri)]
        _check_count(len(uris))
        wanted = SubscriptionFilter(resource_subscriptions=uris or None)
        token = _wanted.set(frozenset(uris))
        try:
            return await self._listening(ctx, params.model_copy(update={"notifications": wanted}))
        finally:
            _wanted.reset(token)

    async def subscribe_session(self, ctx: Context, params: SubscribeRequestParams) -> EmptyResult:
        connection = _connection(ctx)
        if not self._can_be_told(ctx):
            raise MCPError(METHOD_NOT_FOUND, "This server has no sessions: it cannot tell of updates in them.")
        if brings_token():
            raise MCPError(INVALID_PARAMS, "Who brings a Sentry token of their own is told of no updates.")
        uri = str(params.uri)
        if not _is_told(uri):
            raise MCPError(INVALID_PARAMS, f"Unknown resource: {uri[:LONGEST]}")
        session = connection.state.get(_STATE)
        if session is None:
            session = connection.state[_STATE] = _Session(ctx.session)
            self._sessions.add(session)
            connection.exit_stack.callback(self._sessions.discard, session)
        _check_count(len(session.uris | {uri}))
        session.reader = _Reader.asking()
        session.uris.add(uri)
        return EmptyResult()

    async def unsubscribe_session(self, ctx: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        session = _connection(ctx).state.get(_STATE)
        if session is not None:
            session.uris.discard(str(params.uri))
        return EmptyResult()

    def forget(self, caller: str) -> None:
        """Whoever of this name has subscribed in a session may read other things now, or nothing."""
        for session in self._sessions:
            if session.reader is not None and session.reader.caller.name == caller:
                session.reader = None
                session.pending.clear()

    def announced(self, capabilities: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
        """The capabilities with what is true of updates: the SDK announces all or nothing."""
        told: dict[str, Any] = {}
        for name, about in capabilities.items():
            stated = as_object(about)
            told[name] = {**stated, "listChanged": False} if stated and "listChanged" in stated else about
        can_subscribe = self._can_be_told(ctx) and not brings_token()
        told["resources"] = {**told.get("resources", {}), "subscribe": can_subscribe}
        return told

    def _can_be_told(self, ctx: Context) -> bool:
        return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS or self.has_sessions

    def _hear(self, changes: Sequence[Changed]) -> None:
        """A stream whose client is given more than it can read ends: what changed several times is told it once."""
        told = [(changed, _uris(changed)) for changed in changes]

        @cache
        def readable(reader: _Reader) -> frozenset[str]:
            return reader.readable(told)

        for hear in tuple(self._readers.values()):
            hear(readable)
        for session in self._sessions:
            if session.reader is not None:
                session.pending |= session.uris & readable(session.reader)
            if session.pending and not session.is_told and self._tasks is not None:
                session.is_told = True
                self._tasks.start_soon(session.tell)


@dataclass(frozen=True)
class _Reader:
    """Who subscribed, as they were then, and which resources they may read."""

    caller: Caller
    names: frozenset[str]

    @classmethod
    def asking(cls) -> "_Reader":
        """Who asks now. What those may read who bring a Sentry token of their own, that token alone says."""
        names = () if brings_token() else (entry.name for entry in CATALOGUE if is_there(entry.name))
        return cls(current_caller(), frozenset(names))

    def readable(self, told: Told) -> frozenset[str]:
        if isinstance(self.caller, ExpiringCaller) and self.caller.expires < time.time():
            return frozenset()
        return frozenset(
            uri
            for changed, uris in told
            if self.caller.may_see_place(changed.organization, changed.project)
            for name, uri in uris
            if name in self.names
        )


@dataclass(eq=False)
class _Session:
    """A session up to 2025-11-25. What changes again before it was told is told once."""

    session: ServerSession
    reader: _Reader | None = None
    uris: set[str] = field(default_factory=set[str])
    pending: set[str] = field(default_factory=set[str])
    is_told: bool = False

    async def tell(self) -> None:
        try:
            while self.pending:
                await self.session.send_resource_updated(self.pending.pop())
        except Exception:  # of one session: the others, and the server, go on
            _logger.exception("A session could not be told of updates")
        finally:
            self.is_told = False


def _uris(changed: Changed) -> Uris:
    uris: Uris = []
    if changed.alert:
        uris += [("alerts", "sentry://alerts"), ("alert", f"sentry://alerts/{changed.alert}")]
    if changed.issue:
        uris += [("issues", "sentry://issues"), ("issue", f"sentry://issues/{changed.issue}")]
    if changed.issue and changed.short_id:
        uris.append(("issue", f"sentry://issues/{changed.short_id}"))
    if changed.issue and changed.organization and changed.project:
        uris.append(("project_issues", f"sentry://projects/{changed.organization}/{changed.project}/issues"))
    return uris


_TOLD = frozenset(("alerts", "alert", "issues", "issue", "project_issues"))


def _is_told(uri: str) -> bool:
    """Whether who asks could read this resource, and is told when it changes."""
    name = name_of_uri(uri) if len(uri) <= LONGEST else ""
    return name in _TOLD and is_there(name) and not brings_token()


def _check_count(count: int) -> None:
    if count > MOST:
        raise MCPError(INVALID_PARAMS, f"At most {MOST} resources can be subscribed to at once.")


def _connection(ctx: Context) -> Connection:
    """What lasts as long as the session: it is told to handlers by no other way yet."""
    return ctx.session._connection  # pyright: ignore[reportPrivateUsage]
