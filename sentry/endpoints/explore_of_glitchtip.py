"""What GlitchTip has of Explore: a list of logs, slow transactions, spans that repeat (GlitchTip 6; its `apps/logs` and
`apps/performance`). It knows no fields, no functions and no syntax: what it would not heed is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sentry.datasets import KNOWN, is_function
from sentry.endpoints.caller import Caller
from sentry.endpoints.event_query import EventQuery
from sentry.endpoints.issue_query import read_period
from sentry.errors import InvalidRequestError, UnsupportedError
from sentry.models.explore import EventRows, Row, cell
from sentry.paths import quoted
from sentry.search import OPERATORS, terms
from sentry.search_terms import KEYED
from sentry.transport.answers import PAGE, Reply, rows
from sentry.transport.cache import Lifetime
from sentry.values import as_object

LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
_LEVELS = {**{level: level for level in LEVELS}, "warning": "warn"}
_LONGEST = timedelta(days=3_650)

# By Sentry's name the name of a row's field.
LOGS = {
    "id": "id", "sentry.item_id": "id", "timestamp": "timestamp", "severity": "level", "level": "level",
    "severity_number": "severityNumber", "message": "body", "trace": "traceID", "span_id": "spanID",
    "trace.parent_span_id": "spanID", "project": "projectId", "project.id": "projectId", "environment": "environment",
    "service": "service", "host": "host",
}  # fmt: skip
TRANSACTIONS = {
    "transaction": "transaction", "span.op": "op", "http.request.method": "method", "count()": "count",
    "avg(span.duration)": "avgDuration", "p50(span.duration)": "p50", "p95(span.duration)": "p95",
    "failure_count()": "errorCount", "epm()": "throughput", "last_seen()": "lastSeen", "project": "project",
    "project.id": "project",
}  # fmt: skip
REPEATED = {
    "transaction": "transactionName", "span.op": "op", "span.description": "description", "count()": "totalSpans",
    "count_unique(trace)": "transactionCount", "avg(span.duration)": "avgDuration", "sum(span.duration)": "totalTime",
}  # fmt: skip
_USUAL_OF_TRANSACTIONS = (
    *("transaction", "count()", "avg(span.duration)", "p50(span.duration)", "p95(span.duration)"),
    *("failure_count()", "last_seen()", "project"),
)
_SEARCHED = {
    "severity": "level", "level": "level", "trace": "traceId", "environment": "environment", "service": "service",
    "host": "host",
}  # fmt: skip
_SORTS = {"avg(span.duration)": "avg_duration", "count()": "count"}
OF_ALL_TIME = "GlitchTip counts transactions of all time: listed are those that were last seen within the period."
REPEATED_ASIDE = "With fields=transaction,span.description,count() GlitchTip tells spans that repeat (N+1)."
REPEATED_ALONE = "GlitchTip tells of single spans those alone that repeat in a transaction (N+1)."


@dataclass(frozen=True)
class ExploreOfGlitchTip:
    caller: Caller
    owner: str
    asked: EventQuery

    async def logs(self) -> EventRows:
        """The newest first."""
        if functions := [name for name in self.asked.fields if is_function(name)]:
            raise UnsupportedError(f"GlitchTip lists logs and counts none: leave out {functions[0]}.")
        if self.asked.sort not in (None, "-timestamp"):
            raise UnsupportedError("GlitchTip lists the newest logs first. Leave sort out.")
        params = [*self._scope(), *self._terms(_SEARCHED, "logs")]
        if self.asked.environment:
            params.append(("environment", self.asked.environment))
        return await self._get("logs", params, _Rows(self.asked.fields, tuple(LOGS.items()), self.asked.limit))

    async def transactions(self) -> EventRows:
        """The slowest first, unless they are sorted by how many there were; with `span.description` spans that
        repeat."""
        is_usual = self.asked.fields == KNOWN["spans"].fields
        fields = _USUAL_OF_TRANSACTIONS if is_usual else self.asked.fields
        repeated = "span.description" in fields
        known = REPEATED if repeated else TRANSACTIONS
        fields = tuple(name for name in fields if name in known or name != "timestamp")
        if lacking := [name for name in fields if name not in known]:
            raise UnsupportedError(
                f"GlitchTip has no spans but those of transactions, without {', '.join(map(quoted, lacking))}. "
                f"Ask for some of {', '.join(known)}."
            )
        if self.asked.environment:
            raise UnsupportedError("GlitchTip does not tell transactions by their environment. Leave it out.")
        read = _Rows(fields, tuple(known.items()), self.asked.limit)
        if repeated:
            page = await self._get("n-plus-one", [*self._scope(), *self._terms({}, "repeated spans")], read)
            return _noted(page, REPEATED_ALONE)
        by = (self.asked.sort or "").removeprefix("-")
        sort = f"{'-' if (self.asked.sort or '-')[0] == '-' else ''}{_SORTS.get(by, 'avg_duration')}"
        params = [*self._scope(), *self._terms({"transaction": "query"}, "transactions"), ("sort", sort)]
        page = await self._get("transaction-groups", params, read)
        other = (
            None if by in _SORTS or is_usual else f"They are sorted by one of {', '.join(_SORTS)} alone: the former."
        )
        return _noted(page, OF_ALL_TIME, other, REPEATED_ASIDE if is_usual else None)

    def _scope(self) -> list[tuple[str, str]]:
        since = datetime.now(UTC) - min(read_period(self.asked.period)[1], _LONGEST)
        begun = since.replace(second=0, microsecond=0)  # the same question again, for a minute
        named = [("start", f"{begun:%Y-%m-%dT%H:%M:%SZ}"), ("limit", str(self.asked.limit))]
        named += [("cursor", self.asked.cursor)] if self.asked.cursor else []
        return [*(("project", project) for project in self.asked.projects), *named]

    def _terms(self, known: Mapping[str, str], what: str) -> list[tuple[str, str]]:
        """The query as parameters: terms by a key that is known, and text. Raises UnsupportedError for all else."""
        found: list[tuple[str, str]] = []
        text: list[str] = []
        for match in terms(self.asked.query):
            term = match[0]
            keyed = KEYED.fullmatch(term)
            if keyed is None and term not in OPERATORS and term[0] not in "()":
                text.append(term.strip('"'))
                continue
            if term == "is_transaction:true":
                continue
            name = known.get(keyed[2]) if keyed and not keyed[1] else None
            if keyed is None or name is None or "*" in keyed[3]:
                keys = "".join(f"{key}: " for key in known)
                raise UnsupportedError(f"GlitchTip does not search {what} by {quoted(term)}. It knows {keys}and text.")
            values = [value.strip().strip('"') for value in keyed[3].strip("[]").split(",")]
            found += [(name, _level(value) if name == "level" else value) for value in values]
        if text and what == "repeated spans":
            raise UnsupportedError("GlitchTip does not search the spans that repeat. Leave query out.")
        return [*found, *([("query", " ".join(text))] if text else [])]

    async def _get(self, route: str, params: list[tuple[str, str]], read: "_Rows") -> EventRows:
        return await self.caller.get(
            *("organizations", self.owner, route),
            params=params,
            wanted=f"The list of {self.asked.dataset}",
            lifetime=Lifetime.ISSUE,
            read=read,
        )


@dataclass(frozen=True)
class _Rows:
    """Reads a list as rows with these fields, each by its name in GlitchTip."""

    fields: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    most: int = PAGE

    def __call__(self, reply: Reply) -> EventRows:
        names = dict(self.names)
        found = [self._row(row, names) for row in rows(reply)[: self.most]]
        types = {name: "duration" for name in self.fields if name.endswith("(span.duration)")}
        types |= dict.fromkeys(("timestamp", "last_seen()"), "date")
        units = {name: "millisecond" for name, kind in types.items() if kind == "duration"}
        return EventRows(found, reply.next_cursor, fields=self.fields, types=types, units=units)

    def _row(self, row: Mapping[str, Any], names: Mapping[str, str]) -> Row:
        """What has no name of its own is an attribute of a log."""
        attributes = as_object(row.get("data")) or {}
        found: Row = {}
        for field in self.fields:
            value = row.get(names[field]) if field in names else attributes.get(field)
            typed = as_object(value)
            found[field] = cell(typed["value"] if typed and "value" in typed else value)
        if isinstance(trace := found.get("trace"), str):
            found["trace"] = trace.replace("-", "")  # as everybody else writes it
        return found


def _level(value: str) -> str:
    """Raises InvalidRequestError for one that GlitchTip would not heed."""
    level = _LEVELS.get(value.lower())
    if level is None:
        raise InvalidRequestError(f"{quoted(value)} is no severity of logs. They are {', '.join(LEVELS)}.")
    return level


def _noted(page: EventRows, *notes: str | None) -> EventRows:
    return replace(page, notes=(*page.notes, *filter(None, notes)))
