"""Spans that Sentry objects to: what repeated how often, which statements, how long they took, under which parent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from statistics import median

from sentry.values import Json, as_list, as_object
from views.bounds import number, raw, rows
from views.kinds.reading import Facts, Kind, Occurred, figure, milliseconds, text
from views.results import Detail, Evidence
from views.wording import joined

SPANS = 1_000
"""Spans that are looked at: Sentry keeps as many of a transaction."""
LIKENESS = 400
"""Characters by which statements are compared."""
STATEMENTS = 8
DISPLAY = ("Offending Spans", "Repeated")
_VALUE = (
    r"(?:'[^']*'|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b[0-9a-f]{16,64}\b|\b\d[\w.]*|%s|\?|\$\d+)"
)
_VALUES = re.compile(rf"{_VALUE}(?:, ?{_VALUE})*")
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
    percent: int | None = None  # of its transaction's duration
    size: Evidence | None = None
    place: Evidence | None = None  # in the source

    def line(self) -> str:
        """`25 times, 312 ms in all (median 12 ms; 31% of the transaction): db: SELECT ... (values differ)`."""
        percent = f"{self.percent}% of the transaction" if self.percent else None
        middle = f"median {milliseconds(self.median_ms)}" if self.median_ms is not None else None
        aside = joined([middle, percent], "; ")
        took = joined(
            [
                f"{milliseconds(self.total_ms)}{' in all' if self.times > 1 else ''}"
                if self.total_ms is not None
                else None,
                f"({aside})" if aside else None,
            ],
            " ",
        )
        often = f"{self.times:,} times" if self.times > 1 else None
        differ = " (values differ)" if self.differ else ""
        head = joined([often, took], ", ")
        lines = joined([head, self.op, self.statement.replace("\n", "\n  ") + differ], ": ")
        return lines + (f"\n  {aside}" if (aside := joined([self.size, self.place], ", ")) else "")


@dataclass
class _Alike:
    first: dict[str, Json]
    op: str | None
    statement: str
    differ: bool = False
    times: int = 0
    durations: list[float] = field(default_factory=list[float])


def _facts(occurred: Occurred) -> Facts | None:
    data = occurred.data
    if not offenders(occurred) and not data.get("repeating_spans") and not data.get("repeating_spans_compact"):
        return None
    alone = next(_named(occurred, offenders(occurred)), None) is None and len(_in_words(occurred)) > 1
    return {
        "Transaction": text(data.get("transaction_name")),
        "Parent span": _parent(occurred),
        "Spans": f"{_times(occurred):,} in all" if alone else None,
    }


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
    every = next((as_list(entry.data) for entry in occurred.event.entries if entry.type == "spans"), None) or []
    return (span for span in rows(every[:SPANS]) if ids and str(span.get("span_id")) in ids)


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
    return list(dict.fromkeys(said for one in found[:SPANS] if (said := text(one))))


def _folded(spans: Iterator[dict[str, Json]]) -> list[_Alike]:
    """Equal statements, and those that differ but in their values, once."""
    alike: dict[tuple[str | None, str], _Alike] = {}
    for span in spans:
        op, statement = text(span.get("op")), text(span.get("description")) or "(no description)"
        shape = _VALUES.sub("<>", statement[:LIKENESS])
        one = alike.setdefault((op, shape), _Alike(span, op, statement))
        one.times += 1
        one.differ = one.differ or statement != one.statement
        took = _took(span.get("start_timestamp"), span.get("timestamp"))
        one.durations += [took] if took is not None else []
    return list(alike.values())


def _statement(one: _Alike, whole: float | None) -> Statement:
    total = sum(one.durations) if one.durations else None
    data = as_object(one.first.get("data")) or {}
    return Statement(
        times=one.times,
        op=one.op,
        statement=one.statement,
        differ=one.differ,
        total_ms=round(total, 1) if total is not None else None,
        median_ms=round(median(one.durations), 1) if one.durations[1:] else None,
        percent=round(100 * total / whole) if total and whole and total <= whole else None,
        size=_size(data),
        place=_place(data),
    )


def _took(start: Json, end: Json) -> float | None:
    """In milliseconds."""
    first, last = figure(start), figure(end)
    took = (last - first) * 1_000 if first is not None and last is not None else -1
    return took if 0 <= took < 1e10 else None


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
