"""What the app has for those who run it, put together."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette

from alerts.inbox import InboxError
from sentry.client import SentryClient
from sentry.clients import Clients
from sentry.transport.cache import Statistics
from service.cleaning import Clean
from service.current import FindClient
from web.callers.known import KnownCallers
from web.calls import Calls
from web.operations.audit_file import AuditFile
from web.operations.messages import note_message
from web.operations.metrics import Metrics
from web.operations.readiness import Check, Problem, Readiness, SentryAnswers
from web.operations.requests import Requests
from web.operations.routes import routes
from web.operations.tracing import FLUSHING, Traced, start_tracing

if TYPE_CHECKING:
    from alerts.inbox import Inbox
    from shared.store import Store


@dataclass
class Operations:
    """`checks` by name: each is a line of /ready. `gauges` by name: each is one of /metrics."""

    server: MCPServer[FindClient]
    calls: Calls
    callers: KnownCallers | None
    audit: AuditFile | None
    make_clean: Callable[[], Clean]
    clients: Clients | None = None
    """With Sentry tokens of callers' own."""
    store: "Store | None" = None
    find_inbox: "Callable[[], Inbox | None] | None" = None
    """Where there are alerts, while the app runs."""
    find_client: FindClient | None = None
    """While the app runs."""
    checks: dict[str, Check] = field(default_factory=dict[str, Check])
    gauges: dict[str, tuple[str, Callable[[], Awaitable[float | None]]]] = field(
        default_factory=dict[str, tuple[str, Callable[[], Awaitable[float | None]]]]
    )

    def __post_init__(self) -> None:
        self.checks["sentry"] = SentryAnswers(lambda: self.find_client)
        if self.callers is not None:
            self.checks["callers"] = self._callers
        if self.audit is not None:
            self.checks["audit_file"] = self.audit.problem
        if self.store is not None:
            self.checks["store"] = self._store
        self.gauges["calls_in_flight"] = "Calls that are not answered yet.", self._under_way
        if self.find_inbox is not None:
            self.checks["alerts"] = self._alerts
            self.gauges["alerts_waiting"] = "Alerts that could be claimed.", self._alerts_waiting
        self.metrics = Metrics(self._statistics, self.gauges)
        self.readiness = Readiness(self.checks, lambda: self.calls.are_refused)
        self._tracing = start_tracing(self.make_clean)

    def inside(self, app: Starlette) -> None:
        """What callers who were let in meet."""
        self.server.middleware.insert(0, note_message)
        app.routes.extend(routes(self.metrics, self.readiness))
        if self._tracing is not None:
            app.add_middleware(Traced)

    def around(self, app: Starlette) -> None:
        """What everybody meets first."""
        app.add_middleware(
            Requests,
            self.calls,
            self.metrics,
            self.make_clean,
            knows_callers=self.callers is not None,
        )

    @asynccontextmanager
    async def running(self, find_client: FindClient | None) -> AsyncGenerator[None]:
        """`find_client` None: there is no client but those of callers' own tokens."""
        self.find_client = find_client
        try:
            yield
        finally:
            self.find_client = None
            if self._tracing is not None:
                await anyio.to_thread.run_sync(self._tracing.force_flush, FLUSHING)

    async def _callers(self) -> Problem | str | None:
        if self.callers is None or not self.callers.problem:
            return None
        words, since = "are not all known, see the log", self.callers.file_unheeded_since
        return Problem(words, since) if since is not None else words

    async def _store(self) -> Problem | None:
        since = self.store.lost_since if self.store is not None else None
        return Problem("cannot be reached", since) if since is not None else None

    async def _alerts(self) -> str | None:
        try:
            if (inbox := self._inbox()) is not None:
                await inbox.touch()
        except InboxError:
            return "cannot be written"
        return None

    async def _alerts_waiting(self) -> float | None:
        try:
            return await inbox.waiting() if (inbox := self._inbox()) is not None else None
        except InboxError:
            return None

    def _inbox(self) -> "Inbox | None":
        return self.find_inbox() if self.find_inbox is not None else None

    async def _under_way(self) -> float:
        return self.calls.under_way

    def _statistics(self) -> Iterator[Statistics]:
        client = self.find_client() if self.find_client is not None else None
        if isinstance(client, SentryClient):
            yield client.statistics
        if self.clients is not None:
            yield self.clients.statistics
