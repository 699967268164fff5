"""What the server did since it was started, as Prometheus reads it (https://prometheus.io/docs/practices/naming/).

No label has values that a caller could make up: names come from the catalogues, outcomes from fixed sets, callers from
the configuration.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sentry.transport.cache import Statistics
from sentry.transport.traffic import BUCKETS
from sentry_mcp import __version__
from service.calls import Call

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""From what is remembered, in a millisecond, to what is given up, after 30 s."""
ENDLESS = frozenset(("GET /mcp", "subscriptions/listen"))
"""Streams, which take as long as somebody listens."""
ELSEWHERE = "(identity provider)"
"""Callers whom the server does not know itself, all of them: there is no telling how many there will be."""

Gauges = Mapping[str, tuple[str, Callable[[], Awaitable[float | None]]]]
"""By name: what it is, and how much of it there is now; None where nobody can say."""


class Metrics:
    def __init__(self, statistics: Callable[[], Iterable[Statistics]], gauges: Gauges) -> None:
        """`statistics` of the clients that ask Sentry."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # when a series began, which doubles them
        self._registry = registry = CollectorRegistry()
        self._calls = Counter(
            "sentry_mcp_calls", "Calls by route, name and outcome.", ["route", "name", "outcome"], registry=registry
        )
        self._seconds = Histogram(
            "sentry_mcp_call_duration_seconds",
            "How long calls took, but for streams without end.",
            ["route", "name"],
            buckets=SECONDS,
            registry=registry,
        )
        self._of_callers = Counter(
            "sentry_mcp_caller_calls",
            "Calls by configured caller, whatever became of them.",
            ["caller"],
            registry=registry,
        )
        self._refused = Counter(
            "sentry_mcp_limit_refusals", "Calls that a limit of ours refused.", ["limit"], registry=registry
        )
        ProcessCollector(registry=registry)
        self._gauges = gauges
        self._now = _Now(statistics)
        registry.register(self._now)

    def count(self, call: Call, seconds: float) -> None:
        self._calls.labels(call.route, call.name, call.outcome or "ok").inc()
        if call.route not in ENDLESS:
            self._seconds.labels(call.route, call.name).observe(seconds)
        if call.caller:
            self._of_callers.labels(call.caller if call.is_configured else ELSEWHERE).inc()

    def count_refusal(self, limit: str) -> None:
        """`limit` is the name of a setting of `[limits]`, or `guesses`."""
        self._refused.labels(limit).inc()

    async def text(self, accept: str) -> tuple[bytes, str]:
        """All of it, and its media type: OpenMetrics where that is asked for."""
        self._now.amounts = [(name, words, await ask()) for name, (words, ask) in self._gauges.items()]
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type


class _Now(Collector):
    """What others have counted, read when it is asked for."""

    def __init__(self, statistics: Callable[[], Iterable[Statistics]]) -> None:
        self._statistics = statistics
        self.amounts: Sequence[tuple[str, str, float | None]] = ()
        """Of each gauge: its name, what it is, how much there is."""

    def describe(self) -> Iterable[Metric]:
        return ()  # so that registering it does not ask for anything yet

    def collect(self) -> Iterator[Metric]:
        version = GaugeMetricFamily("sentry_mcp_build_info", "The version that runs.", labels=["version"])
        version.add_metric([__version__], 1)
        yield version
        for name, words, amount in self.amounts:
            yield GaugeMetricFamily(f"sentry_mcp_{name}", words, amount)
        found = list(self._statistics())
        yield from _of_reads(found)
        yield from _of_requests(found)


def _of_reads(found: list[Statistics]) -> Iterator[Metric]:
    reads = CounterMetricFamily(
        "sentry_mcp_cache_reads", "Reads, by where their answer came from: hit, joined or miss.", labels=["result"]
    )
    for result, count in {
        "hit": sum(one.hits for one in found),
        "joined": sum(one.joined for one in found),
        "miss": sum(one.misses for one in found),
    }.items():
        reads.add_metric([result], count)
    yield reads


def _of_requests(found: list[Statistics]) -> Iterator[Metric]:
    traffics = [one.traffic for one in found]
    requests = CounterMetricFamily(
        "sentry_mcp_sentry_requests", "Requests to Sentry by method and outcome.", labels=["method", "outcome"]
    )
    for method, outcome in sorted({key for traffic in traffics for key in traffic.outcomes}):
        requests.add_metric([method, outcome], sum(traffic.outcomes[method, outcome] for traffic in traffics))
    yield requests
    yield CounterMetricFamily(
        "sentry_mcp_sentry_retries",
        "Requests that were sent again after a failure.",
        sum(traffic.resent for traffic in traffics),
    )
    counts = accumulate(map(sum, zip(*(traffic.buckets for traffic in traffics), strict=True)))
    yield HistogramMetricFamily(
        "sentry_mcp_sentry_request_duration_seconds",
        "How long Sentry took for each.",
        buckets=[(str(bound), count) for bound, count in zip((*BUCKETS, "+Inf"), counts, strict=False)],
        sum_value=sum(traffic.seconds for traffic in traffics),
    )
    yield GaugeMetricFamily(
        "sentry_mcp_sentry_requests_in_flight",
        "Requests that Sentry has not answered yet.",
        sum(traffic.in_flight for traffic in traffics),
    )
