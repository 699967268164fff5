"""Spans of the server's calls, for whoever collects them by OTLP: where the usual environment names one
(https://opentelemetry.io/docs/specs/otel/protocol/exporter/), and the extra `otel` is installed."""

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.calls import current_call
from service.cleaning import Clean
from web.operations.requests import POLLED

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
FLUSHING = 2_000
"""Milliseconds in which the last spans can leave."""

_logger = logging.getLogger(__name__)
_tracer = trace.get_tracer("sentry-mcp")
_propagator = TraceContextTextMapPropagator()


def start_tracing(make_clean: Callable[[], Clean]) -> "TracerProvider | None":
    """What exports spans from now on; None where none is wanted, or can be."""
    is_wanted = any(os.environ.get(name, "").strip() for name in ENDPOINTS)
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if not is_wanted or is_off or os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip() != "otlp":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        _logger.warning("Spans are not exported: pip install 'sentry-mcp-server[otel]' brings what that needs")
        return None
    from web.operations.spans import Cleaned

    named = Resource.create({"service.name": "sentry-mcp"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=named, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(Cleaned(OTLPSpanExporter(), make_clean())))
    trace.set_tracer_provider(provider)
    return provider


class Traced:
    """ASGI middleware behind authentication: a span for each request that was let in, in the client's trace if it names
    one. The SDK's spans are below it. `tracestate`, which is a text of the client's, is left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in POLLED:
            await self._app(scope, receive, send)
            return
        parent = Headers(scope=scope).getlist("traceparent")
        context = _propagator.extract({"traceparent": parent[0]}) if len(parent) == 1 else None
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with _tracer.start_as_current_span("HTTP", context, SpanKind.SERVER, record_exception=False) as span:
            try:
                await self._app(scope, receive, sending)
            finally:
                _describe(span, scope, status)


def _describe(span: trace.Span, scope: Scope, status: int) -> None:
    if not span.is_recording():
        return
    route = "/mcp" if scope["path"] == "/mcp" else getattr(scope.get("route"), "path", "other")
    method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "_OTHER"
    span.update_name(f"{method} {route}")
    attributes: dict[str, Any] = {
        "http.request.method": method,
        "http.route": route,
        "url.scheme": scope.get("scheme", "http"),
        "http.response.status_code": status,
    }
    if (call := current_call.get()) is not None:
        attributes |= {"sentry_mcp.request_id": call.request, "sentry_mcp.caller": call.caller}
        attributes |= {"sentry_mcp.outcome": call.outcome} if call.outcome else {}
    span.set_attributes(attributes)
    if status >= 500:
        span.set_status(trace.StatusCode.ERROR)
