"""Traces: the spans of one request through all projects, how many there are, and the logs that were written in it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sentry.dialects import INSTEAD_OF_TRACES, Dialect, Route, routes_of
from sentry.endpoints.caller import Caller
from sentry.errors import ForbiddenError, InvalidRequestError, NotFoundError, UnsupportedError
from sentry.models import Trace, TraceCounts, TraceLog
from sentry.models.pages import Page
from sentry.models.traces import SPANS, STATUS, old_trace, trace_of, trace_row
from sentry.transport.answers import PAGE, OneOf, PageOf, Reply, RouteMissingError
from sentry.transport.cache import Lifetime
from sentry.transport.nesting import Nested
from sentry.values import as_list, as_object

ALL_PROJECTS = ("project", "-1")
"""All that the token may see, and not only those that its user has joined."""
ASK_AGAIN = 3600.0
"""Seconds for which an organization counts no traces that says so."""
AROUND = timedelta(days=1)
"""How far from the moment that is known of a trace its logs are looked for."""
RECENT = "30d"
"""Where none is known: what is older Sentry scans but in part."""
FIELDS = ("sentry.item_id", "timestamp", "timestamp_precise", "severity", "message", "span_id", "project")
WARNINGS = "severity:[warn,warning,error,fatal]"
OWN_LOGS = 200
"""Rows that GlitchTip gives at most."""
TELL_APART = "multiple projects"
"""In the words with which an organization refuses that several projects are looked into at once."""
_SPANS = Nested("children", trace_row, SPANS)


@dataclass(frozen=True)
class Traces:
    caller: Caller
    clock: Callable[[], float] = time.monotonic
    _uncounted: dict[str, float] = field(default_factory=dict[str, float])
    """Until when an organization that counts no traces is not asked again."""

    async def get_trace(
        self,
        trace: str,
        *,
        organization: str | None = None,
        timestamp: datetime | None = None,
        event: str | None = None,
    ) -> Trace:
        """https://docs.sentry.io/api/explore/retrieve-a-trace/; older servers by a route that is withdrawn by now, and
        has transactions alone. `timestamp` is some moment in it: with that Sentry looks at less. `event` is an error
        that is to be in it, however many there are. Raises UnsupportedError where there are no traces."""
        owner = await self.caller.organization(organization)
        wanted = f"Trace {trace}"
        of_error = [("errorId", event)] if event else []

        async def whole() -> Trace:
            return await self.caller.get(
                *("organizations", owner, "trace", trace),
                params=[("additional_attributes", STATUS), ALL_PROJECTS, *_at(timestamp), *of_error],
                wanted=wanted,
                lifetime=Lifetime.ISSUE,
                read=_trace,
                parsed_by=_SPANS,
            )

        async def transactions() -> Trace:
            return await self.caller.get(
                *("organizations", owner, "events-trace", trace),
                params=[ALL_PROJECTS, *_at(timestamp)],
                wanted=wanted,
                lifetime=Lifetime.ISSUE,
                read=_old_trace,
            )

        try:
            return await self.caller.first(
                "read a trace", {Route.ORGANIZATION: whole, Route.EVENTS_TRACE: transactions}
            )
        except (RouteMissingError, UnsupportedError) as error:
            kind = self.caller.dialect or Dialect.TODAY
            if isinstance(error, RouteMissingError) and error.is_page and not kind.is_glitchtip:
                raise
            raise UnsupportedError(
                f"This Sentry ({kind.value}) has no traces. {INSTEAD_OF_TRACES[kind]}", status_code=error.status_code
            ) from error

    async def get_trace_counts(
        self, trace: str, *, organization: str | None = None, timestamp: datetime | None = None
    ) -> TraceCounts | None:
        """https://docs.sentry.io/api/explore/retrieve-trace-metadata/; None where that is not told, which is then not
        asked for again for an hour."""
        kind = self.caller.dialect or Dialect.TODAY
        owner = await self.caller.organization(organization)
        if not routes_of(kind, "count what is in a trace") or self.clock() < self._uncounted.get(owner, 0.0):
            return None
        try:
            return await self.caller.get(
                *("organizations", owner, "trace-meta", trace),
                params=[ALL_PROJECTS, *_at(timestamp)],
                wanted=f"The count of what is in trace {trace}",
                lifetime=Lifetime.ISSUE,
                read=OneOf(TraceCounts),
            )
        except (RouteMissingError, ForbiddenError, NotFoundError):
            self._uncounted[owner] = self.clock() + ASK_AGAIN
            return None

    async def get_trace_logs(
        self,
        trace: str,
        *,
        organization: str | None = None,
        timestamp: datetime | None = None,
        projects: Sequence[str] | None = None,
    ) -> Page[TraceLog]:
        """Its first logs, and where there are more than a page of them the first warnings and errors, too, in the order
        of time (https://docs.sentry.io/api/explore/query-explore-events-in-table-format/). `projects` are the numbers
        of those that are looked into, None for all."""
        owner = await self.caller.organization(organization)
        of_projects = [("project", number) for number in projects] if projects is not None else [ALL_PROJECTS]
        if not of_projects:
            return Page([])

        async def rows(*path: str, params: list[tuple[str, str]], most: int = PAGE) -> Page[TraceLog]:
            return await self.caller.get(
                *("organizations", owner, *path),
                params=params,
                wanted=f"The list of logs of trace {trace}",
                lifetime=Lifetime.ISSUE,
                read=_ReadLogs(most),
            )

        async def found(query: str) -> Page[TraceLog]:
            within = [*of_projects, *_around(timestamp), ("per_page", str(PAGE))]
            fields = [("field", name) for name in FIELDS]
            sort = [("sort", "timestamp"), ("sort", "timestamp_precise")]
            asked = [("dataset", "logs"), *fields, ("query", query), *sort]
            try:
                return await rows("events", params=[*asked, *within])
            except InvalidRequestError as error:
                if TELL_APART not in (error.sentry or "").lower():
                    raise
            asked = [("traceId", trace), ("orderby", "timestamp"), ("query", query)]
            return await rows("trace-logs", params=[*asked, *within])

        async def of_today() -> Page[TraceLog]:
            page = await found(f"trace:{trace}")
            return _merged(page, await found(f"trace:{trace} {WARNINGS}")) if page.next_cursor else page

        async def own() -> Page[TraceLog]:
            numbers = [] if projects is None else of_projects
            params = [("traceId", trace), *numbers, ("limit", str(OWN_LOGS))]
            return _merged(await rows("logs", params=params, most=OWN_LOGS))

        return await self.caller.first("read the logs of a trace", {Route.ORGANIZATION: of_today, Route.LOGS: own})


@dataclass(frozen=True)
class _ReadLogs:
    """Explore wraps its rows in `{"data": [...], "meta": {...}}`, GlitchTip does not."""

    most: int

    def __call__(self, reply: Reply) -> Page[TraceLog]:
        wrapped = as_object(reply.body)
        body = reply.body if wrapped is None else wrapped.get("data")
        return PageOf(TraceLog, self.most)(replace(reply, body=body))


def _trace(reply: Reply) -> Trace:
    return trace_of(as_list(reply.body) or [], is_cut=reply.is_cut)


def _old_trace(reply: Reply) -> Trace:
    return old_trace(reply.body)


def _at(timestamp: datetime | None) -> list[tuple[str, str]]:
    """Whole seconds, so that who asks for it by its event and who asks by its ID are told the same."""
    return [("timestamp", str(int(timestamp.timestamp())))] if timestamp else []


def _around(timestamp: datetime | None) -> list[tuple[str, str]]:
    if timestamp is None:
        return [("statsPeriod", RECENT)]
    try:
        ends = [(timestamp + far).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") for far in (-AROUND, AROUND)]
    except OverflowError:
        return [("statsPeriod", RECENT)]
    return [("start", ends[0]), ("end", ends[1])]


def _merged(*pages: Page[TraceLog]) -> Page[TraceLog]:
    """In the order of time, each once; with a cursor where one of them has more."""
    every = {(log.id or number): log for number, log in enumerate(log for page in pages for log in page.items)}
    rows = sorted(every.values(), key=lambda log: log.at or 0)
    return Page(rows, next((page.next_cursor for page in pages if page.next_cursor), None))
