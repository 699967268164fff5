"""The Sentry client: opened once, shared by all."""

import logging
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
from anyio.abc import TaskGroup

from sentry.connection import Connection
from sentry.endpoints.clues import ClueCalls
from sentry.endpoints.events import EventCalls
from sentry.endpoints.projects import ProjectCalls
from sentry.endpoints.releases import ReleaseCalls
from sentry.endpoints.routes import Routes
from sentry.endpoints.short_ids import ShortIds
from sentry.transport.cache import Cache, Kind, Statistics

if TYPE_CHECKING:
    import httpx

    from sentry.endpoints.organizations import Organizations
    from sentry.transport.pool import Transport


_logger = logging.getLogger(__name__)


class SentryClient(EventCalls, ClueCalls, ProjectCalls, ReleaseCalls):
    """Everything Sentry can be asked, by HTTP: `async with SentryClient(connection) as client`.

    Opening it does no I/O: the connection pool is made by the first request, so that a server over stdio
    answers at once, and starts where Sentry is down. `http_transport` stands in for the network, such as
    `httpx.ASGITransport` for a Sentry in this process.
    """

    def __init__(self, connection: Connection, http_transport: "httpx.AsyncBaseTransport | None" = None) -> None:
        self.connection = connection
        self._http_transport = http_transport
        self._routes = Routes()
        self._cache = Cache(connection.cache_ttl, connection.cache_size)
        self._short_ids = ShortIds(self._cache.lifetime(Kind.PROJECT))
        self._stack = AsyncExitStack()
        self._tasks: TaskGroup | None = None
        self._opened: tuple[Transport, Organizations] | None = None

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self._close)
        self._tasks = await self._stack.enter_async_context(anyio.create_task_group())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends what is under way. An error of the block stays what it is: the task group, which would wrap
        it in a group, does not get to see it."""
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()
        await self._stack.aclose()

    async def _close(self) -> None:
        opened, self._opened, self._tasks = self._opened, None, None
        if opened is not None:
            _logger.info(
                "Of %d reads, %.0f %% cost Sentry no request", self.statistics.reads, self.statistics.hit_rate * 100
            )
            with anyio.CancelScope(shield=True):
                await opened[0].close()

    @property
    def statistics(self) -> Statistics:
        return self._cache.statistics

    @property
    def _transport(self) -> "Transport":
        return self._open()[0]

    @property
    def _organizations(self) -> "Organizations":
        return self._open()[1]

    def _open(self) -> "tuple[Transport, Organizations]":
        if self._opened is None:
            # Imported by the first request: httpx and what it needs cost a tenth of the start.
            from sentry.endpoints.organizations import Organizations
            from sentry.transport.pool import Transport

            if self._tasks is None:
                raise RuntimeError("SentryClient is used outside of `async with`")
            transport = Transport(self.connection, self._cache, self._tasks, self._http_transport)
            self._opened = transport, Organizations(self.connection, transport)
        return self._opened
