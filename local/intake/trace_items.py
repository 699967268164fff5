"""Writes what comes in an envelope beside its event: spans, logs, and how many items there were of each type."""

# ruff: noqa: S608 - values travel as parameters; only question marks are put into SQL

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from local.intake.envelopes import Envelope, Item
from local.intake.logs import Log, read_logs
from local.intake.spans import CONTAINER, Span, read_span, read_spans, read_transaction
from local.store import Store
from local.values import Json, compact, parse

MOST_TYPES = 100
"""Of items of one project; what comes in still others is counted as "other"."""

_COUNT_ITEMS = (
    "INSERT INTO received_items SELECT p.id, CASE WHEN EXISTS"
    " (SELECT 1 FROM received_items WHERE project_id = ?1 AND type = ?2)"
    " OR (SELECT COUNT(*) FROM received_items WHERE project_id = ?1) < ?3 THEN ?2 ELSE 'other' END, ?4"
    " FROM projects p WHERE p.id = ?1 ON CONFLICT DO UPDATE SET count = count + excluded.count"
)
_INSERT_SPAN = f"INSERT OR IGNORE INTO spans VALUES (NULL{', ?' * 20})"
_INSERT_LOG = f"INSERT INTO logs VALUES (NULL{', ?' * 12})"


def record_items(store: Store, project: int, envelope: Envelope, received: int) -> None:
    """All of it in one transaction. An item that is broken is counted and left out; a span sent twice is kept once."""
    others = [item for item in envelope.items if item.type != "event"]
    if not others:
        return
    spans = [span for item in others for span in _spans(item, envelope.header, received)]
    logs = [log for item in others if item.type == "log" for log in _logs(item, received)]
    counted = Counter(item.type[:64] for item in others)
    with store.writing() as connection:
        connection.executemany(_INSERT_SPAN, [_span_row(project, span) for span in spans])
        connection.executemany(_INSERT_LOG, [_log_row(project, log) for log in logs])
        connection.executemany(
            _COUNT_ITEMS,
            [(project, kind, MOST_TYPES, count) for kind, count in sorted(counted.items())],
        )


def _spans(item: Item, header: dict[str, Json], received: int) -> list[Span]:
    read: Callable[[Json, int, dict[str, Json]], list[Span]]
    if item.type == "transaction":
        read = read_transaction
    elif item.type == "span":
        read = read_spans if item.content_type == CONTAINER else read_span
    else:
        return []
    with suppress(ValueError):
        return read(parse(item.payload), received, header)
    return []


def _logs(item: Item, received: int) -> list[Log]:
    with suppress(ValueError):
        return read_logs(parse(item.payload), received)
    return []


def _span_row(project: int, span: Span) -> tuple[object, ...]:
    return (
        project,
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        span.segment_id,
        span.event_id,
        span.is_segment,
        span.timestamp,
        span.start / 1_000_000,
        span.duration,
        span.self_time,
        span.op,
        span.name,
        span.description,
        span.status,
        span.segment_name,
        span.environment,
        span.release,
        span.user,
        compact(span.attributes),
    )


def _log_row(project: int, log: Log) -> tuple[object, ...]:
    return (
        log.item_id,
        project,
        log.trace_id,
        log.span_id,
        log.timestamp,
        log.nanoseconds,
        log.severity,
        log.severity_number,
        log.message,
        log.environment,
        log.release,
        compact(log.attributes),
    )
