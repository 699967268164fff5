"""Spans that Sentry objects to: what repeated how often, which statements, how long they took, under which parent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from statistics import median

from sentry.values import Json, as_list, as_object
from views.bounds import RAW, number, raw, rows
from views.kinds.reading import Facts, Kind, Occurred, figure, milliseconds, text
from views.results import Detail, Evidence
from views.wording import joined

SPANS = 1_000
"""Spans that are looked at: Sentry keeps as many of a transaction."""
COMPARED = 1_000_000
"""Characters of all statements that are compared: longer ones by their ends."""
STATEMENTS = 8
DISPLAY = ("Offending Spans", "Repeated")
_VALUE = (
    r"(?:'[^']*'|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b[0-9a-f]{16,64}\b|\b\d[\w.]*|%s|\?|\$\d+)"
)
_VALUES = re.compile(rf"{_VALUE}(?:, ?{_VALUE})*")
_APART = 0.99
"""Of what spans add up to: what is less on the clock is no matter of rounding."""
# Of the HTTP attributes of a span: https://develop.sentry.dev/sdk/performance/span-data-conventions/
_SIZES = ("http.response_content_length", "http.response_transfer_size", "http.decoded_response_content_length")


class Statement(Detail):
    """Spans that do the same, `times` of them."""

    times: int
    op: Evidence | None = None
    statement: Evidence
    differ: bool = False  # in their values: `statement` is the first of them
    total_ms: float | None = None
    median_ms: float | None = None  # of several
    timed: int | None = None  # of how many that is, where not of all
    wall_ms: float | None = None  # where they overlap: less than they add up to
    percent: int | None = None  # of its transaction's duration on the clock
    size: Evidence | None = None
    place: Evidence | None = None  # in the source

    def line(self) -> str:
        """`25 times, 312 ms in all (median 12 ms; 31% of the transaction): db: SELECT ... (values differ)`.

        Where they overlap `1,000 ms added up, 100 ms of wall-clock`; `100 times; 20 of them timed: 200 ms in all`.
        """
        percent = f"{self.percent}% of the transaction" if self.percent else None
        middle = f"median {milliseconds(self.median_ms)}" if self.median_ms is not None else None
        aside = joined([middle, percent], "; ")
        took = joined([self._total(), f"({aside})" if aside else None], " ")
        often = f"{self.times:,} times" if self.times > 1 else None
        differ = " (values differ)" if self.differ else ""
        of = f"; {self.timed:,} of them timed: " if self.timed else ", "
        head = joined([often, took], of)
        lines = joined([head, self.op, self.statement.replace("\n", "\n  ") + differ], ": ")
        return lines + (f"\n  {aside}" if (aside := joined([self.size, self.place], ", ")) else "")

    def _total(self) -> str | None:
        if self.total_ms is None:
            return None
        if self.wall_ms is not None:
            return f"{milliseconds(self.total_ms)} added up, {milliseconds(self.wall_ms)} of wall-clock"
        return f"{milliseconds(self.total_ms)}{' in all' if self.times > 1 else ''}"


@dataclass
class _Alike:
    first: dict[str, Json]
    op: str | None
    statement: str
    differ: bool = False
    times: int = 0
    intervals: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """From when to when, in milliseconds."""

    @property
    def durations(self) -> list[float]:
        return [end - start for start, end in self.intervals]


def _facts(occurred: Occurred) -> Facts | None:
    data = occurred.data
    if not offenders(occurred) and not data.get("repeating_spans") and not data.get("repeating_spans_compact"):
        return None
    return {
        "Transaction": text(data.get("transaction_name")),
        "Parent span": _parent(occurred),
        "Spans": _how_many(occurred),
    }


def _how_many(occurred: Occurred) -> str | None:
    """Where no statement says it."""
    times, words = _times(occurred), len(_in_words(occurred))
    found = list(_named(occurred, offenders(occurred)))
    if len(found) >= times or (not found and words == 1):
        return None
    if found:
        several = len(_folded(iter(found))) > 1
        return f"{times:,} in all, {len(found):,} of them told" if several else None
    where = f"among the first {SPANS:,} spans of the event" if len(_spans(occurred)) > SPANS else "sent along"
    return f"{times:,} in all" if words else f"{times:,} in all, none of them {where}"


def repeated(occurred: Occurred) -> tuple[list[Statement], int]:
    """What Sentry objects to, the longest first, as many as are shown; and how many there are."""
    found = _folded(_named(occurred, offenders(occurred)))
    if not found:
        words = _in_words(occurred)
        times = _times(occurred) if len(words) == 1 else _counted(occurred.data.get("num_pattern_repetitions")) or 1
        return [Statement(times=times, statement=one) for one in words[:STATEMENTS]], len(words)
    if len(found) == 1:
        found[0].times = max(found[0].times, _times(occurred))
    found.sort(key=lambda one: -sum(one.durations))
    whole = _duration_of_event(occurred)
    return [_statement(one, whole) for one in found[:STATEMENTS]], len(found)


def before(occurred: Occurred) -> list[Statement]:
    """What Sentry takes for the cause: the query whose rows the others were made for."""
    causes = _ids(occurred.data.get("cause_span_ids")) - offenders(occurred)
    return [_statement(one, None) for one in _folded(_named(occurred, causes))[:3]]


def offenders(occurred: Occurred) -> set[str]:
    return _ids(occurred.data.get("offender_span_ids"))


def _ids(value: Json) -> set[str]:
    return {one for one in islice(as_list(value) or [], SPANS) if isinstance(one, str)}


def _named(occurred: Occurred, ids: set[str]) -> Iterator[dict[str, Json]]:
    """The spans of these IDs."""
    return (span for span in rows(_spans(occurred)[:SPANS]) if ids and str(span.get("span_id")) in ids)


def _spans(occurred: Occurred) -> list[Json]:
    return next((as_list(entry.data) for entry in occurred.event.entries if entry.type == "spans"), None) or []


def _times(occurred: Occurred) -> int:
    """As Sentry counted: some of the spans may not have been sent along."""
    counted = occurred.data.get("number_repeating_spans") or occurred.data.get("num_repeating_spans")
    return max(_counted(counted), len(offenders(occurred)), 1)


def _counted(value: Json) -> int:
    """A number, which may come as a text."""
    digits = value[:9] if isinstance(value, str) else ""
    return int(digits) if digits.isascii() and digits.isdigit() else max(number(value) or 0, 0)


def _in_words(occurred: Occurred) -> list[str]:
    """Where the spans were not sent along."""
    data = occurred.data
    compact = data.get("repeating_spans_compact") or data.get("repeating_spans")
    rows_of_display = occurred.occurrence.evidence_display if occurred.occurrence else []
    found = as_list(compact) or [compact or next((row.value for row in rows_of_display if row.name in DISPLAY), None)]
    return list(dict.fromkeys(said for one in found[:SPANS] if (said := _said(one))))


def _folded(spans: Iterator[dict[str, Json]]) -> list[_Alike]:
    """Equal statements, and those that differ but in their values, once."""
    every = list(spans)
    whole = {said for span in every if isinstance(said := span.get("description"), str)}
    shapes = {said: shape_of(said, COMPARED // len(whole)) for said in whole}
    alike: dict[tuple[str | None, str], _Alike] = {}
    for span in every:
        op, said = text(span.get("op")), span.get("description")
        statement = _said(said) or "(no description)"
        shape = shapes[said] if isinstance(said, str) else statement
        one = alike.setdefault((op, shape), _Alike(span, op, statement))
        one.times += 1
        one.differ = one.differ or said != one.first.get("description")
        interval = _interval(span.get("start_timestamp"), span.get("timestamp"))
        one.intervals += [interval] if interval else []
    return list(alike.values())


def shape_of(statement: str, room: int) -> str:
    """Without values; of one longer than there is room for the two ends: what it filters and sorts by stands last."""
    half = min(room, RAW) // 2
    ends = [statement] if len(statement) <= 2 * half else [statement[:half], statement[-half:]]
    return "\n".join(_VALUES.sub("<>", one) for one in ends)


def _said(value: Json) -> str | None:
    """With an ellipsis where its end is not looked at."""
    return f"{value[: RAW - 1]}…" if isinstance(value, str) and len(value) > RAW else text(value)


def _statement(one: _Alike, whole: float | None) -> Statement:
    durations = one.durations
    total = sum(durations) if durations else None
    wall = _on_the_clock(one.intervals)
    data = as_object(one.first.get("data")) or {}
    return Statement(
        times=one.times,
        op=one.op,
        statement=one.statement,
        differ=one.differ,
        total_ms=round(total, 1) if total is not None else None,
        median_ms=round(median(durations), 1) if durations[1:] else None,
        timed=len(durations) if 0 < len(durations) < one.times else None,
        wall_ms=round(wall, 1) if total and wall < total * _APART else None,
        percent=round(100 * wall / whole) if wall and whole and wall <= whole else None,
        size=_size(data),
        place=_place(data),
    )


def _interval(start: Json, end: Json) -> tuple[float, float] | None:
    """In milliseconds."""
    first, last = figure(start), figure(end)
    if first is None or last is None or not 0 <= (last - first) * 1_000 < 1e10:
        return None
    return first * 1_000, last * 1_000


def _on_the_clock(intervals: list[tuple[float, float]]) -> float:
    """How long at least one of them went on, in milliseconds."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(intervals):
        total += max(end - max(start, until), 0)
        until = max(until, end)
    return total


def _duration_of_event(occurred: Occurred) -> float | None:
    start, end = occurred.event.start_timestamp, occurred.event.end_timestamp
    took = (end - start).total_seconds() * 1_000 if start and end else 0
    return took if took > 0 else None


def _parent(occurred: Occurred) -> str | None:
    if said := text(occurred.data.get("parent_span")):
        return said
    span = next(_named(occurred, _ids(occurred.data.get("parent_span_ids"))), None) or {}
    return joined([text(span.get("op")), text(span.get("description"))], " - ") or None


def _size(data: dict[str, Json]) -> str | None:
    size = next((found for name in _SIZES if (found := figure(data.get(name)))), None)
    return f"{size / 1_000:,.0f} kB" if size and size >= 1_000 else None


def _place(data: dict[str, Json]) -> str | None:
    """In the source, where the SDK says it: https://opentelemetry.io/docs/specs/semconv/attributes-registry/code/"""
    file = raw(data.get("code.filepath") or data.get("code.file.path"))
    line = number(data.get("code.lineno") or data.get("code.line.number"))
    function = raw(data.get("code.function") or data.get("code.function.name"))
    place = joined([file, str(line) if file and line else None], ":")
    return joined([place, f"in {function}" if function else None], " ") or None


KIND = Kind(
    _facts,
    display=frozenset(DISPLAY),
    data=frozenset(
        """transaction_name op parent_span parent_span_ids cause_span_ids offender_span_ids repeating_spans
        repeating_spans_compact number_repeating_spans num_repeating_spans num_pattern_repetitions detector_id
        span_evidence_key_value transaction_duration slow_span_duration pattern_span_ids pattern_size""".split()
    ),
)
