"""What was asked of Sentry, in plain numbers, and each request as a span (https://opentelemetry.io/docs/specs/semconv/http/).

OpenTelemetry's interface alone: without an SDK behind it nothing is recorded, and next to nothing is done.
"""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from sentry.errors import SentryError

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds up to which a request took, one count for each, and one for those that took longer."""
_WORDS = frozenset(
    "api 0 organizations projects issues events releases tags values shortids eventids shared groups latest oldest "
    "recommended hashes comments notes activities commits deploys committers suspect flags code-mappings stats "
    "previous-issues members teams users environments client-config _health version stacktrace-link".split()
)
"""Of Sentry's paths; what stands between them names somebody's things."""

_tracer = trace.get_tracer("sentry-mcp")


@dataclass
class Exchange:
    """One request, and what is known of its answer so far."""

    status: int | None = None


@dataclass
class Traffic:
    """Since the start. `answered` is when Sentry, and no proxy for it, was last heard, in seconds of time.monotonic."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """By method, and by `ok`, an error's name, or `cancelled`."""
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0
    resent: int = 0
    in_flight: int = 0
    answered: float | None = None
    is_token_refused: bool = False
    """Whether that answer said that the token is none."""

    @contextmanager
    def exchange(self, method: str, url: str, resend: int) -> Generator[Exchange]:
        """Counts the request that this block makes; `resend` of those before it failed."""
        exchange, began, outcome = Exchange(), time.monotonic(), "cancelled"
        self.in_flight += 1
        self.resent += resend > 0
        with _tracer.start_as_current_span(
            "sentry", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield exchange
                outcome = "ok"
            except SentryError as error:
                outcome = error.error
                raise
            finally:
                ended = time.monotonic()
                self.in_flight -= 1
                self.outcomes[method, outcome] += 1
                self.buckets[bisect_left(BUCKETS, ended - began)] += 1
                self.seconds += ended - began
                if exchange.status is not None and exchange.status < 500:
                    self.answered = ended
                    self.is_token_refused = exchange.status == HTTPStatus.UNAUTHORIZED
                if span.is_recording():
                    _describe(span, method, url, resend, exchange, outcome)


def _describe(span: trace.Span, method: str, url: str, resend: int, exchange: Exchange, outcome: str) -> None:
    parts = urlsplit(url)
    route = route_of(parts.path)
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "url.template": route, "server.address": parts.hostname or ""})
    if resend:
        span.set_attribute("http.request.resend_count", resend)
    if exchange.status is not None:
        span.set_attribute("http.response.status_code", exchange.status)
    if outcome != "ok":
        span.set_attribute("error.type", outcome)
        span.set_status(StatusCode.ERROR)


def route_of(path: str) -> str:
    """`/api/0/issues/{}/events/` of `/api/0/issues/5/events/`: what is nobody's name."""
    _, api, after = path.partition("/api/0/")
    segments = (after if api else path).split("/")
    return api + "/".join(segment if segment in _WORDS or not segment else "{}" for segment in segments)
