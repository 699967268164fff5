"""A trace as a model reads it: the tree of what is worth reading, errors and logs where they belong in it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple, Self, TypeVar

from sentry.models import Trace, TraceCounts, TraceLog
from sentry.models.pages import Page
from views.bounds import identifier, line, of_organization, slug
from views.provenance import Markers
from views.results import Identifier, Moment, Result, Slug, Step, each
from views.trace_pruning import prune
from views.trace_rows import Rows, TraceRow, chosen, duration
from views.wording import counted, joined, read, when

ROWS = 400
"""Lines that are made of one trace."""
UNPLACED = 10
CHARACTERS_A_ROW = 40
"""Of an ordinary one at least."""
SHARES = (0.8, 0.65, 0.5, 0.4, 0.3, 0.22, 0.16, 0.11, 0.07, 0.04, 0.02)
NO_SPANS = "Sentry has no spans of it: they were not sampled, are gone by now, or this Sentry keeps errors alone."
CUT = "These are the first {} spans, of more than are read: search_events with dataset=spans finds others."
HIDDEN = "{} of projects that you cannot see."
T = TypeVar("T", bound="TraceResult")


class _Around(NamedTuple):
    """What a line stands in: the line shown nearest around it by its place, -1 for none, the depth of lines in it, and
    how many spans are in between that are not shown."""

    place: int
    depth: int
    between: int


_NOTHING = _Around(-1, 0, 0)


class TraceResult(Result):
    trace_id: Identifier
    organization: Slug | None = None  # where it is not the one that is asked without a name
    began: Moment | None = None
    ms: float | None = None
    spans: int = 0
    errors: int = 0  # and occurrences
    logs: int = 0
    hidden_spans: int = 0  # of projects that whoever asks cannot see
    rows: list[TraceRow]
    unplaced: list[TraceRow] = []  # errors whose span is not known

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        lines = [*self._tree()]
        if self.unplaced:
            lines.append("errors whose span is not known:" if self.spans else "errors:")
            lines += [row.line(None) for row in self.unplaced]
        block = [marks.announcement, marks.block("\n".join(lines))] if lines else []
        return "\n".join([self._head(), *block, *self.omitted])

    def has(self) -> tuple[int, int]:
        """How many errors and logs stand in it."""
        errors = sum(row.kind in ("error", "occurrence") for row in self.rows) + len(self.unplaced)
        return errors, sum(row.times for row in self.rows if row.kind == "log")

    def _head(self) -> str:
        errors, logs = self.has()
        has = [
            counted(self.spans, "span"),
            _of(errors, self.errors, "error") if self.errors else None,
            _of(logs, self.logs, "log") if self.logs else None,
        ]
        took = f"{duration(self.ms)} from {read(self.began)}" if self.ms is not None else None
        return f"Trace {self.trace_id}: {joined([joined(has, ', '), took])}"

    def _tree(self) -> Iterator[str]:
        projects: list[str | None] = [None]
        for row in self.rows:
            del projects[row.depth + 1 :]
            yield row.line(projects[-1])
            projects += [row.project or projects[-1]] * (row.depth + 2 - len(projects))

    @property
    def whole(self) -> str:
        trace = of_organization(self.organization, self.trace_id)
        return f'get_trace(trace="{trace}", max_tokens=20000)'

    def within(self, characters: int) -> Self:
        return _with_best(self, characters // CHARACTERS_A_ROW)

    def shown(self, scale: float) -> Self:
        return self._shortened(max(160 * scale, 80))

    def steps(self) -> Iterator[Step]:
        """Long texts, then line by line what says least: logs that are no warnings, what was slow beside the way to an
        error, what was done often, other errors, the first one last."""
        yield lambda found: found._shortened(80)
        for share in SHARES:
            most = int(len(self.rows) * share)
            yield partial(_with_fewer, most=most)
        yield lambda found: found._shortened(40).with_changes(unplaced=found.unplaced[:2])

    def _shortened(self, most: float) -> Self:
        def short(row: TraceRow) -> TraceRow:
            return row.with_texts(line, text=most, op=40)

        return self.with_changes(rows=each(self.rows, short), unplaced=each(self.unplaced, short))


def trace_tree(
    trace_id: str,
    trace: Trace,
    logs: Page[TraceLog],
    counts: TraceCounts | None = None,
    *,
    event: str | None = None,
    organization: str | None = None,
    notes: Iterable[str] = (),
) -> TraceResult:
    """A trace with its logs; `event` is the one whose trace was asked for, `organization` where it is not the usual."""
    began, ended = _ends(trace, logs.items)
    pruned = prune(trace, event)
    tree = Rows(pruned, began, event)
    unplaced = sorted(trace.errors, key=lambda one: (one.event_id != event, one.start or 0))
    errors = sum(1 for _ in trace.all_errors())
    said = [
        NO_SPANS if not trace.spans and not notes else None,
        CUT.format(f"{len(trace.spans):,}") if trace.is_cut else None,
        HIDDEN.format(_hidden(trace)) if trace.hidden or trace.hidden_errors else None,
    ]
    found = TraceResult(
        trace_id=identifier(trace_id) or "",
        organization=slug(organization),
        began=when(datetime.fromtimestamp(began, UTC)) if began else None,
        ms=round((ended - began) * 1_000, 3) if trace.spans and began and ended else None,
        spans=max(len(trace.spans), (counts.spans or 0) if counts and trace.is_cut else 0),
        errors=errors,
        logs=max(len(logs.items), (counts.logs or 0) if counts else 0),
        hidden_spans=trace.hidden,
        rows=tree.rows(chosen(logs.items)),
        unplaced=[tree.error(one, 0, 0) for one in unplaced[:UNPLACED]],
        omitted=[*notes, *(note for note in said if note)],
    )
    return _with_others(_with_best(found, ROWS))


def _with_others(found: T) -> T:
    """With a line that says what else there is in a trace, and what finds it."""
    shown = sum(row.times for row in found.rows if row.kind in ("span", "spans"))
    left = [
        (every - told, dataset)
        for every, told, dataset in zip(
            (found.spans, found.errors, found.logs), (shown, *found.has()), ("spans", "errors", "logs"), strict=True
        )
        if every > told
    ]
    if not left:
        return found
    what = joined([counted(count, dataset.removesuffix("s")) for count, dataset in left], ", ")
    of = f', organization="{found.organization}"' if found.organization else ""
    datasets = joined([f'"{dataset}"' for _, dataset in left], " or ")
    return found.without(what, f'search_events(query="trace:{found.trace_id}"{of}, dataset={datasets})')


def _ends(trace: Trace, logs: Sequence[TraceLog]) -> tuple[float | None, float | None]:
    """When a trace began and ended; of one without spans, when its errors and logs were first and last seen."""
    starts = [span.start for span in trace.spans if span.start is not None]
    ends = [span.start + (span.duration or 0) / 1_000 for span in trace.spans if span.start is not None]
    if not starts:
        ends = [error.start for error in trace.all_errors() if error.start is not None]
        ends += [log.at for log in logs if log.at is not None]
        starts = ends
    return min(starts, default=None), max(ends, default=None)


def _hidden(trace: Trace) -> str:
    errors = counted(trace.hidden_errors, "error") if trace.hidden_errors else None
    return joined([counted(trace.hidden, "span") if trace.hidden else None, errors], " and ")


def _of(shown: int, every: int, noun: str) -> str:
    return f"{shown:,} of {counted(every, noun)}" if shown < every else counted(every, noun)


def _with_fewer(found: T, most: int) -> T:
    fewer = _with_best(found, most)
    if fewer is found:
        return found
    return fewer.without("spans and logs that say less", found.whole)


def _with_best(found: T, most: int) -> T:
    """So many lines, the most telling one at least. A span says how many in it, and around it, are not shown."""
    rows, most = found.rows, max(most, 1)
    if len(rows) <= most:
        return found
    kept = set(sorted(range(len(rows)), key=lambda number: _gives_way(rows[number], number))[:most])
    result: list[TraceRow] = []
    around: list[_Around] = []
    """By depth, what the current row is in."""
    more: dict[int, int] = {}
    for number, row in enumerate(rows):
        del around[row.depth :]
        place, depth, between = around[-1] if around else _NOTHING
        if number in kept:
            around.append(_Around(len(result), depth + 1, 0))
            result.append(row.with_changes(depth=depth, between=row.between + between))
        else:
            around.append(_Around(place, depth, between + row.between + 1))
            if row.kind in ("span", "spans"):
                more[place] = more.get(place, 0) + row.times + row.more
    return found.with_changes(
        rows=[row.with_changes(more=row.more + more.get(number, 0)) for number, row in enumerate(result)]
    )


def _gives_way(row: TraceRow, number: int) -> tuple[int, bool, int]:
    """The higher, the sooner: of what says as much, an error comes before the span that it was raised in."""
    return row.rank, row.kind not in ("error", "occurrence"), number
