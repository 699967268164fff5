"""Reads the logs that SDKs send. Pure, and safe for any JSON: what is no log is left out, as Sentry does.

https://develop.sentry.dev/sdk/telemetry/logs/
"""

import uuid
from dataclasses import dataclass

from local.clock import MINUTE, microseconds
from local.intake.attributes import Attributes, read_attributes, short_text, span_id_of, take, trace_id_of
from local.intake.cleaning import LONGEST_TEXT
from local.intake.incoming import OLDEST
from local.values import Json, items, mapping, text, whole

MOST_LOGS = 1_000
"""Of one container; SDKs send a hundred at once."""

SEVERITIES = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}
"""Levels and their numbers (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber)."""
_ALIASES = {"warning": "warn", "critical": "fatal", "log": "info"}


@dataclass(frozen=True)
class Log:
    """`timestamp` is milliseconds."""

    item_id: str
    trace_id: str | None
    span_id: str | None
    timestamp: int
    nanoseconds: int
    severity: str
    severity_number: int
    message: str
    environment: str | None
    release: str | None
    attributes: Attributes


def read_logs(sent: Json, received: int) -> list[Log]:
    """A container of logs: `{"items": [...]}`."""
    found = (_read_log(mapping(raw), received) for raw in items(mapping(sent).get("items"))[:MOST_LOGS])
    return [log for log in found if log is not None]


def _read_log(raw: dict[str, Json], received: int) -> Log | None:
    body, logged = text(raw.get("body")), microseconds(raw.get("timestamp"))
    if body is None or logged is None or not received - OLDEST < logged // 1000 < received + MINUTE:
        return None
    attributes = read_attributes(raw.get("attributes"))
    severity = (text(raw.get("level")) or "").lower()
    severity = _ALIASES.get(severity, severity) if _ALIASES.get(severity, severity) in SEVERITIES else "info"
    number = whole(raw.get("severity_number"))
    sequence = whole(attributes.pop("sentry.timestamp.sequence", None)) or 0
    parent = take(attributes, "sentry.trace.parent_span_id")
    return Log(
        item_id=uuid.uuid4().hex,
        trace_id=trace_id_of(raw.get("trace_id")),
        span_id=span_id_of(raw.get("span_id")) or span_id_of(parent),
        timestamp=logged // 1000,
        nanoseconds=logged * 1000 + min(max(sequence, 0), 999),
        severity=severity,
        severity_number=number if number and 1 <= number <= 24 else SEVERITIES[severity],
        message=short_text(body, LONGEST_TEXT) or "",
        environment=take(attributes, "sentry.environment"),
        release=take(attributes, "sentry.release"),
        attributes=attributes,
    )
