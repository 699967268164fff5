"""The Sentry client: opened once, shared by all."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
from anyio.abc import TaskGroup

from sentry.connection import Connection
from sentry.endpoints.activity import Activities
from sentry.endpoints.caller import Caller
from sentry.endpoints.code_mappings import CodeMappings
from sentry.endpoints.commits import Commits
from sentry.endpoints.events import Events
from sentry.endpoints.explore import Explore
from sentry.endpoints.flags import Flags
from sentry.endpoints.issue_lists import IssueLists
from sentry.endpoints.issues import Issues
from sentry.endpoints.projects import Projects
from sentry.endpoints.releases import Releases
from sentry.endpoints.server import Server
from sentry.endpoints.short_ids import ShortIds
from sentry.endpoints.tags import Tags
from sentry.endpoints.traces import Traces
from sentry.paths import LISTS
from sentry.references import organization_in
from sentry.site import Site
from sentry.transport.cache import Cache, Lifetime, Source, Statistics
from sentry.transport.deadlines import within_deadline

if TYPE_CHECKING:
    import httpx

    from sentry.transport.pool import Transport
    from sentry.transport.shared import SharedAnswers, SharesAnswers


_logger = logging.getLogger(__name__)


class SentryClient:
    """Everything Sentry can be asked, by HTTP: `async with SentryClient(connection) as client`.

    It is composed of groups of endpoints, which share one caller; its methods are theirs, each within one deadline.
    Opening it does no I/O: the connection pool is made by the first request, so that a server starts where Sentry
    is down. `http_transport` stands in for the network, such as `httpx.ASGITransport` for a Sentry in this process.
    With `tasks`, in which it reads, it is open from the start, until `close`. `clock` tells how old answers are.
    Answers of other servers are found in what is `shared`.
    Several clients can count in the same `statistics`.
    """

    def __init__(
        self,
        connection: Connection,
        http_transport: "httpx.AsyncBaseTransport | None" = None,
        tasks: TaskGroup | None = None,
        clock: Callable[[], float] = time.monotonic,
        shared: "SharesAnswers | None" = None,
        statistics: Statistics | None = None,
    ) -> None:
        self.connection = connection
        others = tuple(token.get_secret_value() for token in connection.other_tokens)
        self.site = Site(connection.base, connection.token.get_secret_value(), others)
        self._http_transport = http_transport
        self._cache = Cache(connection.cache_ttl, connection.cache_size, clock, statistics)
        self._stack = AsyncExitStack()
        self._tasks = tasks
        self._opened: Transport | None = None
        self._shared: SharedAnswers | None = None
        if shared is not None:
            token = connection.token.get_secret_value()
            self._shared = shared.of(token, lambda: self._cache.drop(Lifetime.ISSUE))

        self._short_ids = ShortIds(self._cache.seconds(Lifetime.PROJECT))
        caller = Caller(connection, self._transport, self._short_ids)
        self._organizations = caller.organizations
        projects = Projects(caller)
        releases = Releases(caller, projects)
        lists = IssueLists(caller, projects)
        issues = Issues(caller, lists)
        events, tags, commits = Events(caller, issues), Tags(issues), Commits(caller)
        traces = Traces(caller, clock)
        explore = Explore(caller, projects)
        server = Server(connection, self._transport, lambda: caller.dialect)

        self.identify = within_deadline(connection, caller.identify)
        self.describe_server = within_deadline(connection, server.describe)
        self.usual_organization = within_deadline(connection, caller.organization)
        self.list_organizations = within_deadline(connection, caller.organizations.list)
        self.list_projects = within_deadline(connection, projects.list_projects)
        self.find_project = within_deadline(connection, projects.find_project)
        self.get_project = within_deadline(connection, projects.get_project)
        self.list_issues = within_deadline(connection, lists.list_issues)
        self.get_issue = within_deadline(connection, issues.get_issue)
        self.update_issue = within_deadline(connection, issues.update_issue, is_write=True)
        self.add_comment = within_deadline(connection, issues.add_comment, is_write=True)
        self.get_events = within_deadline(connection, events.get_events)
        self.get_event = within_deadline(connection, events.get_event)
        self.get_stacktrace = within_deadline(connection, events.get_stacktrace)
        self.get_activity = within_deadline(connection, Activities(issues).get_activity)
        self.get_oldest_event = within_deadline(connection, events.get_oldest_event)
        self.get_short_id = within_deadline(connection, issues.get_short_id)
        self.get_tags = within_deadline(connection, tags.get_tags)
        self.get_tag_values = within_deadline(connection, tags.get_tag_values)
        self.count_events = within_deadline(connection, tags.count_events)
        self.get_suspect_commits = within_deadline(connection, commits.get_suspect_commits)
        self.get_suspect_flags = within_deadline(connection, Flags(caller).get_suspect_flags)
        self.get_code_mappings = CodeMappings(caller, clock).get_code_mappings  # which has a shorter one
        self.list_releases = within_deadline(connection, releases.list_releases)
        self.get_release = within_deadline(connection, releases.get_release)
        self.get_release_commits = within_deadline(connection, releases.get_release_commits)
        self.get_release_deploys = within_deadline(connection, releases.get_release_deploys)
        self.get_trace = within_deadline(connection, traces.get_trace)
        self.get_trace_counts = within_deadline(connection, traces.get_trace_counts)
        self.get_trace_logs = within_deadline(connection, traces.get_trace_logs)
        self.search_events = within_deadline(connection, explore.search_events)
        self.get_event_series = within_deadline(connection, explore.get_event_series)
        self.get_attributes = within_deadline(connection, explore.get_attributes)
        self.get_outcomes = within_deadline(connection, explore.get_outcomes)

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self.close)
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

    async def close(self) -> None:
        """Let the connections go; what is under way must have ended."""
        opened, self._opened, self._tasks = self._opened, None, None
        if self._shared is not None:
            self._shared.close()
        if opened is not None:
            _logger.info(
                "Of %d reads, %.0f %% cost Sentry no request", self.statistics.reads, self.statistics.hit_rate * 100
            )
            with anyio.CancelScope(shield=True):
                await opened.close()

    @property
    def statistics(self) -> Statistics:
        return self._cache.statistics

    async def reach(self) -> bool | None:
        """Whether the token is accepted, None where that is not told: asks Sentry for as little as can be, however busy
        the client is; raises SentryError when it does not answer within some seconds, or fails."""
        return await self._transport().reach()

    def are_current(self, sources: Iterable[Source | None]) -> bool:
        """Whether each of these answers is what a read would get now, without a request to Sentry."""
        return self._cache.are_current(sources)

    def age(self, sources: Iterable[Source | None]) -> float:
        """How many seconds ago the oldest of these answers was read that may have changed since."""
        return self._cache.age(sources)

    def forget(self, *names: str) -> None:
        """Something happened in the issue with this number and short ID, or as much of that as is known: what is
        remembered of it, and of lists, is asked of Sentry again, and an answer that is under way is not kept."""
        self._cache.forget(self._changed_with(names))

    async def forget_everywhere(self, *names: str) -> None:
        """As `forget`, and no server takes the answers that are shared of it by now. What other servers remember they
        forget themselves, told after this: what they read again before could be such an answer."""
        if self._shared is not None:
            await self._shared.forget(self._changed_with(names))
        self.forget(*names)  # after that: what was read from there meanwhile is not kept

    def _changed_with(self, names: Iterable[str]) -> set[str]:
        issues = self._short_ids.with_short_ids(names)
        return {*issues, LISTS} if issues else issues

    def other_organization(self, *references: str | None, organization: str | None = None) -> str | None:
        """The organization that one of these names of issues, events or projects stands behind, or the one that is
        given, if it is not the usual one: what is found there is to be asked for by it, too."""
        found = (organization_in(text, self.connection.url) for text in references if text)
        return self._organizations.other_organization(next(filter(None, (organization, *found)), None))

    def _transport(self) -> "Transport":
        if self._opened is None:
            # Imported by the first request: httpx and what it needs cost a tenth of the start.
            from sentry.transport.pool import Transport

            if self._tasks is None:
                raise RuntimeError("SentryClient is used outside of `async with`")
            self._opened = Transport(self.connection, self._cache, self._tasks, self._http_transport, self._shared)
        return self._opened
