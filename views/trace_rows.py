"""The lines of a trace: its spans, several that do the same, errors and logs, each in what it happened in."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from sentry.models import Span, TraceError, TraceLog
from views.bounds import identifier, raw, short_id, slug, word
from views.results import Detail, Evidence, Identifier, ShortId, Slug, Word
from views.trace_pruning import OFTEN, Alike, Pruned, failed, is_in_turn, is_query, self_time
from views.wording import counted, joined

LOGS = 40
"""Lines of logs that are made of one trace."""
DEEPEST = 40
"""Levels that are told by an indentation."""
MUCH = 0.05
"""Of a span's time: what less of it was its own is not worth telling."""
MILLISECOND = 0.001
SEVERE, WARNINGS = ("error", "fatal", "critical"), ("warn", "warning")
OF_SEVERE, OF_WARNINGS, OF_LOGS = 30, 55, 90
"""How soon logs give way; what else does, `views.trace_pruning` says."""


class TraceRow(Detail):
    """A span, several that do the same, an error or occurrence, or a log; `depth` says what is in what. Moments are
    in milliseconds from the beginning of the trace."""

    kind: Literal["span", "spans", "error", "occurrence", "log"]
    depth: int = 0
    at_ms: float | None = None
    ms: float | None = None
    self_ms: float | None = None  # in which none of those in it went on
    times: int = 1
    least_ms: float | None = None  # of several
    most_ms: float | None = None
    differ: bool = False  # in their values: `text` is that of the first
    n_plus_one: bool = False
    failed: int = 0  # of several
    op: Evidence | None = None
    text: Evidence | None = None
    status: Word | None = None
    level: Word | None = None
    project: Slug | None = None
    span_id: Identifier | None = None
    event_id: Identifier | None = None
    short_id: ShortId | None = None
    is_this: bool = False  # that was asked for
    between: int = 0  # spans around it that are not shown, up to one that is
    hidden: int = 0  # spans around it of projects that whoever asks cannot see
    more: int = 0  # spans in it that are not shown
    rank: int = Field(0, exclude=True)

    @property
    def size(self) -> int:
        """How many spans it stands for, those in it, too."""
        return self.times + self.more if self.kind in ("span", "spans") else 0

    def line(self, project: str | None) -> str:
        """With its project, where it is another than that around it."""
        at = f"{'-' if self.at_ms < 0 else '+'}{duration(abs(self.at_ms))}" if self.at_ms is not None else None
        return " " * min(self.depth, DEEPEST) + joined([at, self._words(project)], " ")

    def _words(self, around: str | None) -> str:
        project = self.project if self.project != around else None
        match self.kind:
            case "log":
                again = f" ({self.times} times)" if self.times > 1 else ""
                return f"log {self.level or 'info'}: {self.text or ''}{again}"
            case "error" | "occurrence":
                event = f"event {self.event_id}" if self.event_id else None
                level = self.level if self.level != "error" or self.kind == "error" else None
                head = joined([level or "issue", self.short_id, event, project], " ")
                return f"{head}: {self.text or '(no title)'}{' (this event)' if self.is_this else ''}"
            case _:
                return self._span(project)

    def _span(self, project: str | None) -> str:
        took = duration(self.ms) if self.ms is not None and self.kind == "span" else None
        what = joined([self.op, self.text if self.text != self.op else None], " ") or "(no name)"
        aside = [
            project,
            self.status if self.status not in ("ok", "unset", "unknown") else None,
            f"{self.failed} failed" if self.failed else None,
            f"self {duration(self.self_ms)}" if self.self_ms and self.self_ms >= MUCH * (self.ms or 0) else None,
            f"in {counted(self.between, 'span')} not shown" if self.between else None,
            f"called by {counted(self.hidden, 'span')} that you cannot see" if self.hidden else None,
            f"{self.more:,} more in it" if self.more else None,
        ]
        head = joined([took, f"{self.times:,} x" if self.times > 1 else None, what], " ")
        return joined([head, self._together(), f"({found})" if (found := joined(aside, ", ")) else None], " ")

    def _together(self) -> str | None:
        if self.kind == "span" or self.ms is None:
            return None
        spread = f"{duration(self.least_ms or 0).removesuffix(' ms')}..{duration(self.most_ms or 0)}"
        differ = "(values differ) " if self.differ else ""
        return f"{differ}{spread}, {duration(self.ms)} together{', N+1' if self.n_plus_one else ''}"


def duration(milliseconds: float) -> str:
    """`0.4 ms`, `12 ms`, `1.24 s`, `620 s`."""
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms".replace(".0 ms", " ms")
    if milliseconds < 1_000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1_000:,.2f} s" if milliseconds < 100_000 else f"{milliseconds / 1_000:,.0f} s"


class Rows:
    """Makes the lines of what is shown."""

    def __init__(self, pruned: Pruned, began: float | None, event: str | None) -> None:
        self._of = pruned
        self._began = began
        self._event = event

    def rows(self, logs: Sequence[TraceLog]) -> list[TraceRow]:
        of = self._of
        within: dict[int, list[TraceRow | int]] = {}
        between: dict[int, int] = {}
        for number in of.rank:
            parent, between[number] = of.shown_around(number)
            within.setdefault(parent, []).append(number)
        for number, groups in of.groups.items():
            within.setdefault(number, []).extend(self._alike(one, rank) for one, rank in groups)
        for number, errors in of.errors.items():
            within.setdefault(number, []).extend(self.error(one, rank, 0) for one, rank in errors)
        for place, row in self._placed(logs):
            within.setdefault(place, []).append(row)
        for items in within.values():
            items.sort(key=self._time)
        rows: list[TraceRow] = []
        waiting: list[tuple[TraceRow | int, int]] = [(one, 0) for one in reversed(within.get(-1, []))]
        while waiting:
            item, depth = waiting.pop()
            if isinstance(item, int):
                inner = within.get(item, [])
                rows.append(self._span(item, depth, between[item], inner))
                waiting += [(one, depth + 1) for one in reversed(inner)]
            elif rows and item.kind == "log" and rows[-1].kind == "log" and _is_same(rows[-1], item, depth):
                rows[-1] = rows[-1].with_changes(times=rows[-1].times + 1)
            else:
                rows.append(item.with_changes(depth=depth))
        return rows

    def _time(self, item: TraceRow | int) -> float:
        at = self._at(self._of.spans[item].start) if isinstance(item, int) else item.at_ms
        return float("inf") if at is None else at

    def _at(self, moment: float | None) -> float | None:
        return None if moment is None or self._began is None else round((moment - self._began) * 1_000, 3)

    def _span(self, number: int, depth: int, between: int, inner: Iterable[TraceRow | int]) -> TraceRow:
        span, below = self._of.spans[number], self._of.below
        shown = sum(1 + below[one] if isinstance(one, int) else one.size for one in inner)
        return TraceRow(
            kind="span",
            depth=depth,
            self_ms=_rounded(self_time(self._of, number)),
            status=word(span.status),
            span_id=identifier(span.id),
            between=between,
            hidden=span.hidden,
            more=max(below[number] - shown, 0),
            rank=self._of.rank[number],
            **self._any_span(span),
            ms=_rounded(span.duration),
        )

    def _any_span(self, span: Span) -> dict[str, Any]:
        return {
            "at_ms": self._at(span.start),
            "op": raw(span.op),
            "text": raw(span.description),
            "project": slug(span.project),
        }

    def _alike(self, alike: Alike, rank: int) -> TraceRow:
        spans = [self._of.spans[number] for number in alike.numbers]
        first = min(spans, key=lambda one: one.start or float("inf"))
        took = [span.duration for span in spans if span.duration is not None]
        return TraceRow(
            kind="spans",
            times=len(spans),
            least_ms=_rounded(min(took, default=None)),
            most_ms=_rounded(max(took, default=None)),
            differ=alike.differ,
            n_plus_one=len(spans) >= OFTEN and is_query(first) and is_in_turn(spans),
            failed=sum(map(failed, spans)),
            more=sum(self._of.below[number] for number in alike.numbers),
            rank=rank,
            **self._any_span(first),
            ms=_rounded(alike.total) if took else None,
        )

    def error(self, error: TraceError, rank: int, depth: int) -> TraceRow:
        return TraceRow(
            kind="occurrence" if error.is_occurrence else "error",
            depth=depth,
            at_ms=self._at(error.start),
            text=raw(error.title or error.culprit),
            level=word(error.level),
            project=slug(error.project),
            event_id=identifier(error.event_id),
            short_id=short_id(error.short_id),
            is_this=self._event is not None and error.event_id == self._event,
            rank=rank,
        )

    def _placed(self, logs: Sequence[TraceLog]) -> Iterator[tuple[int, TraceRow]]:
        """Each log, and the span that is shown in which it was written, -1 for none."""
        of = self._of
        wanted = {log.span_id for log in logs if log.span_id}
        known = {span.id: number for number, span in enumerate(of.spans) if span.id in wanted} if wanted else {}
        for log in logs:
            moment = self._moment(log)
            number = known.get(log.span_id or "")
            if number is None:
                place = self._at_that_time(moment)
            else:
                place = number if number in of.rank else of.shown_around(number)[0]
            severity = (log.severity or "info").lower()
            rank = OF_SEVERE if severity in SEVERE else OF_WARNINGS if severity in WARNINGS else OF_LOGS
            yield (
                place,
                TraceRow(
                    kind="log",
                    at_ms=self._at(moment),
                    text=raw(log.message),
                    level=word(severity),
                    project=slug(log.project),
                    span_id=identifier(log.span_id),
                    rank=max(rank, of.rank.get(place, 0)),
                ),
            )

    def _moment(self, log: TraceLog) -> float | None:
        """Where it is told in milliseconds, it was not before what began in the same one."""
        at, began = log.at, self._began
        is_same = at is not None and began is not None and at < began < at + MILLISECOND
        return began if is_same and not log.is_precise else at

    def _at_that_time(self, moment: float | None) -> int:
        """The span that is shown in which a moment is, the innermost by when they began."""
        spans, place, latest = self._of.spans, -1, float("-inf")
        for number in self._of.rank:
            start, took = spans[number].start, spans[number].duration
            is_in = moment is not None and start is not None and start <= moment <= start + (took or 0) / 1_000
            if is_in and start is not None and start >= latest:
                place, latest = number, start
        return place


def chosen(logs: Sequence[TraceLog]) -> list[TraceLog]:
    """As many as are shown: errors before warnings before what else was logged, in the order of time."""
    order = {**dict.fromkeys(SEVERE, 0), **dict.fromkeys(WARNINGS, 1)}
    found = sorted(enumerate(logs), key=lambda one: (order.get((one[1].severity or "").lower(), 2), one[0]))
    return [log for _, log in sorted(found[:LOGS])]


def _is_same(row: TraceRow, other: TraceRow, depth: int) -> bool:
    return (row.depth, row.level, row.text) == (depth, other.level, other.text)


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)
