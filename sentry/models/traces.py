"""Traces: spans, each with the errors that were raised in it, and the logs that were written meanwhile.

A trace has tens of thousands of spans, so that these are tuples and not `SentryModel`s, which take ten times as long to
make; they are as tolerant: a field that does not fit counts as absent.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, NamedTuple

from pydantic import AliasChoices, BeforeValidator, Field

from sentry.models.tolerance import MOST, Moment, SentryModel
from sentry.values import Json, as_list, as_object, objects

SPANS = 20_000
"""Of one trace that are read: Sentry itself gives 10,000 at most."""
LONGEST = 2_048
"""Characters of a text that are kept; what names something has far fewer."""
NAME = 200
STATUS = "span.status"
_LONG = 1e12
_FIRST, _LAST = 1_199_145_600.0, 32_503_680_000.0  # the years 2008 to 3000: no other number is a time in seconds


_A_SECOND = 1_000_000_000


def _nanoseconds(value: Json) -> int | None:
    """An integer as today's Sentry counts them, which some send as a text or a float."""
    try:
        found = int(value[:20]) if isinstance(value, str) else int(value) if isinstance(value, int | float) else 0
    except (ValueError, OverflowError):
        return None
    return found if _FIRST * _A_SECOND <= found <= _LAST * _A_SECOND else None


Nanoseconds = Annotated[int | None, BeforeValidator(_nanoseconds)]


class TraceError(NamedTuple):
    """An error, or an occurrence: what Sentry found by itself."""

    event_id: str | None = None
    issue_id: str | None = None
    short_id: str | None = None
    level: str | None = None
    title: str | None = None
    culprit: str | None = None
    project: str | None = None
    start: float | None = None
    is_occurrence: bool = False


class Span(NamedTuple):
    """`parent` is the number of the span around it among a trace's spans, always lower than its own; -1 for none.
    Moments are in seconds since 1970, `duration` in milliseconds."""

    parent: int
    id: str | None = None
    op: str | None = None
    description: str | None = None
    start: float | None = None
    duration: float | None = None
    status: str | None = None
    project: str | None = None
    event_id: str | None = None
    """Of the transaction that it is, or is in."""
    is_transaction: bool = False
    errors: tuple[TraceError, ...] = ()
    hidden: int = 0
    """Spans between it and the one around it that are not shown to whoever asks."""


@dataclass(frozen=True)
class Trace:
    """`errors` are those whose span is not known. `is_cut` says that there are more spans than were read; `hidden` are
    spans, and `hidden_errors` errors, of projects that whoever asks may not see."""

    spans: Sequence[Span] = ()
    errors: Sequence[TraceError] = ()
    is_cut: bool = False
    hidden: int = 0
    hidden_errors: int = 0

    def all_errors(self) -> Iterable[TraceError]:
        for span in self.spans:
            if span.errors:
                yield from span.errors
        yield from self.errors


class TraceCounts(SentryModel):
    """https://docs.sentry.io/api/explore/retrieve-trace-metadata/"""

    spans: int | None = Field(None, validation_alias="spansCount")
    errors: int | None = Field(None, validation_alias="errorsCount")
    logs: int | None = Field(None, validation_alias="logsCount")
    occurrences: int | None = Field(None, validation_alias="performanceIssuesCount")


class TraceLog(SentryModel):
    """A row of Sentry's logs, or of GlitchTip's own."""

    id: str = Field("", validation_alias=AliasChoices("sentry.item_id", "id"))
    timestamp: Moment = None
    nanoseconds: Nanoseconds = Field(None, validation_alias="timestamp_precise")
    """Since 1970; a timestamp is told in milliseconds."""
    severity: str | None = Field(None, validation_alias=AliasChoices("severity", "level"))
    message: str | None = Field(None, validation_alias=AliasChoices("message", "body"))
    span_id: str | None = Field(None, validation_alias=AliasChoices("span_id", "spanID"))
    project: str | None = None
    project_id: str | None = Field(None, validation_alias=AliasChoices("project.id", "projectId"))

    @property
    def is_precise(self) -> bool:
        return self.nanoseconds is not None

    @property
    def at(self) -> float | None:
        """Seconds since 1970."""
        if self.nanoseconds is not None:
            return self.nanoseconds / _A_SECOND
        return self.timestamp.timestamp() if self.timestamp else None


def trace_row(parent: int, row: dict[str, Any]) -> Span | TraceError | None:
    """A row of https://docs.sentry.io/api/explore/retrieve-a-trace/, without its children; None for what is neither."""
    kind = row.get("event_type")
    if kind == "span" or kind is None:
        return _span(parent, row)
    return _error(row) if kind in ("error", "occurrence") else None


def trace_of(rows: Sequence[Span | TraceError | None], *, is_cut: bool = False) -> Trace:
    """Of rows as `trace_row` makes them, in which a parent stands before its children."""
    spans: list[Span] = []
    errors: list[TraceError] = []
    places: list[int] = []
    """Of each row the number of the span that it is, or, of what is none, that it is in."""
    for row in rows:
        if isinstance(row, Span):
            places.append(len(spans))
            parent = places[row.parent] if row.parent >= 0 else -1
            spans.append(row if row.parent == parent else row._replace(parent=parent))
        else:
            places.append(-1)
            if row is not None:
                errors.append(row)
    return Trace(spans, errors, is_cut=is_cut)


def old_trace(answer: Json) -> Trace:
    """Of `{"transactions": [{..., "children": [...]}], "orphan_errors": [...]}`, which older Sentry gives, or of the
    list of transactions before that: no spans, but the transactions in which they were, at most 100 of them."""
    found = as_object(answer) or {"transactions": answer}
    spans: list[Span] = []
    waiting = [(-1, row) for row in reversed(objects(found.get("transactions"))[:SPANS])]
    while waiting and len(spans) < SPANS:
        parent, row = waiting.pop()
        waiting += [(len(spans), child) for child in reversed(objects(row.get("children"))[:SPANS])]
        spans.append(_old_transaction(parent, row))
    errors = [_old_error(row) for row in objects(found.get("orphan_errors"))[:MOST]]
    return Trace(spans, errors, is_cut=bool(waiting))


def _span(parent: int, row: dict[str, Any]) -> Span:
    get = row.get
    errors: tuple[TraceError, ...] = ()
    if get("errors") or get("occurrences"):
        errors = (*map(_error, _some(get("errors"))), *map(_occurrence, _some(get("occurrences"))))
    start, duration, more = get("start_timestamp"), get("duration"), get("additional_attributes")
    if type(start) is not float or not _FIRST <= start <= _LAST:
        start = _moment(start)
    if type(duration) is not float or not 0 <= duration < _LONG:
        duration = _duration(duration, start, get("end_timestamp"))
    attributes = as_object(more)
    status = (attributes.get(STATUS) if attributes else None) or get("status")
    name, op, description = get("event_id"), get("op"), get("description")
    project, transaction = get("project_slug"), get("transaction_id")
    # What fits, as nearly all does, is not handed on to be made fit: that would take most of the time.
    return Span(
        parent,
        name if type(name) is str and 0 < len(name) <= NAME else _name(name),
        op if type(op) is str and 0 < len(op) <= NAME else _name(op),
        description
        if type(description) is str and 0 < len(description) <= LONGEST
        else _text(description) or _text(get("name")),
        start,
        duration,
        status if type(status) is str and 0 < len(status) <= NAME else _name(status),
        project if type(project) is str and 0 < len(project) <= NAME else _name(project),
        transaction if type(transaction) is str and 0 < len(transaction) <= NAME else _name(transaction),
        get("is_transaction") is True,
        errors,
    )


def _error(row: dict[str, Any]) -> TraceError:
    return TraceError(
        _name(row.get("event_id")),
        _name(row.get("issue_id")),
        _name(row.get("short_id")),
        _name(row.get("level")),
        _text(row.get("description")) or _text(row.get("title")) or _text(row.get("message")),
        _text(row.get("culprit")),
        _name(row.get("project_slug")),
        _moment(row.get("start_timestamp")),
        row.get("event_type") == "occurrence",
    )


def _occurrence(row: dict[str, Any]) -> TraceError:
    return _error(row)._replace(is_occurrence=True)


def _old_transaction(parent: int, row: dict[str, Any]) -> Span:
    start = _moment(row.get("start_timestamp"))
    errors = map(_old_error, _some(row.get("errors")))
    occurrences = (_old_error(one)._replace(is_occurrence=True) for one in _some(row.get("performance_issues")))
    return Span(
        parent,
        _name(row.get("span_id")),
        _name(row.get("transaction.op")),
        _text(row.get("transaction")),
        start,
        _duration(row.get("transaction.duration"), start, row.get("timestamp")),
        _name(row.get("transaction.status")),
        _name(row.get("project_slug")),
        _name(row.get("event_id")),
        is_transaction=True,
        errors=(*errors, *occurrences),
    )


def _old_error(row: dict[str, Any]) -> TraceError:
    return _error(row)._replace(short_id=_name(row.get("issue_short_id")) or _name(row.get("issue")))


def _some(value: Json) -> Iterable[dict[str, Any]]:
    return objects(list(islice(as_list(value) or (), MOST)))


def _text(value: Json) -> str | None:
    return value[:LONGEST] if isinstance(value, str) and value else None


def _name(value: Json) -> str | None:
    if isinstance(value, str):
        return value[:NAME] or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else None


def _moment(value: Json) -> float | None:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value[:40])
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if _FIRST <= value <= _LAST else None


def _duration(value: Json, start: float | None, end: Json) -> float | None:
    """In milliseconds; from its two ends where it is not told."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) and 0 <= value < _LONG else None
    until = _moment(end)
    return (until - start) * 1_000 if until is not None and start is not None and until >= start else None
