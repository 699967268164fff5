"""Spans as they may leave: the SDK names some by what a client asked for, whatever that is."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, Status

from service.cleaning import Clean

LONGEST = 200
"""Characters of one text."""


class Cleaned(SpanExporter):
    """Passes spans on, each of their texts cleaned and cut, without `tracestate` and exceptions' words."""

    def __init__(self, to: SpanExporter, clean: Clean) -> None:
        self._to = to
        self._clean = clean

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._to.export([self._cleaned(span) for span in spans])

    def shutdown(self) -> None:
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._to.force_flush(timeout_millis)

    def _cleaned(self, span: ReadableSpan) -> ReadableSpan:
        described = span.status.description
        return ReadableSpan(
            name=self._text(span.name),
            context=_without_state(span.context),
            parent=_without_state(span.parent),
            resource=span.resource,
            attributes=self._attributes(span.attributes),
            events=[
                Event(event.name, {"exception.type": str((event.attributes or {}).get("exception.type", ""))})
                for event in span.events
            ],
            kind=span.kind,
            instrumentation_scope=span.instrumentation_scope,
            status=Status(span.status.status_code, self._text(described) if described else None),
            start_time=span.start_time,
            end_time=span.end_time,
        )

    def _attributes(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        return {name: self._text(value) if isinstance(value, str) else value for name, value in (given or {}).items()}

    def _text(self, text: str) -> str:
        return self._clean(text)[:LONGEST]


def _without_state(context: SpanContext | None) -> SpanContext | None:
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
