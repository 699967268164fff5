"""Reads the spans that SDKs send: a transaction with its children, one span alone, or a container of many. Pure, and
safe for any JSON: what is no span is left out, as Sentry does.

https://develop.sentry.dev/sdk/telemetry/spans/span-protocol/
"""

from collections.abc import Iterable
from dataclasses import dataclass

from local.clock import MINUTE, microseconds
from local.intake.attributes import Attributes, read_attributes, short_text, span_id_of, take, trace_id_of, user_of
from local.intake.cleaning import LONGEST_TEXT, clean
from local.intake.incoming import OLDEST, event_id_of
from local.values import Json, items, mapping, text

CONTAINER = "application/vnd.sentry.items.span.v2+json"

MOST_SPANS = 1_000
"""Of one transaction or container, as SDKs send at most; the rest is left out."""

_UNUSED = ("spans", "breadcrumbs", "extra", "modules", "debug_meta", "_metrics_summary")


@dataclass
class Span:
    """`timestamp` is when it began (ms), `start` the same in microseconds, `duration` and `self_time` milliseconds."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    start: int
    duration: float
    op: str
    name: str
    description: str
    status: str | None
    attributes: Attributes
    segment_id: str | None = None
    segment_name: str | None = None
    event_id: str | None = None
    is_segment: bool = False
    environment: str | None = None
    release: str | None = None
    user: str | None = None
    self_time: float = 0.0

    @property
    def timestamp(self) -> int:
        return self.start // 1000


def read_transaction(sent: Json, received: int, header: dict[str, Json]) -> list[Span]:
    """The transaction, which is a span itself, and its children; nothing when it is none."""
    raw = mapping(sent)
    event = clean({key: value for key, value in raw.items() if key not in _UNUSED})
    context = mapping(mapping(event.get("contexts")).get("trace"))
    name = short_text(event.get("transaction"), LONGEST_TEXT) or "<unlabeled transaction>"
    root = _read_span(
        {**context, "description": name, "start_timestamp": event.get("start_timestamp")},
        event.get("timestamp"),
        received,
    )
    if root is None:
        return []
    shared = _shared(event)
    root.attributes = {**read_attributes(event.get("tags")), **_measured(event), **shared, **root.attributes}
    root.is_segment = True
    family = [root, *_children(raw, received)]
    event_id = event_id_of(event.get("event_id")) or event_id_of(header.get("event_id"))
    for span in family:
        span.trace_id = root.trace_id
        span.segment_id, span.segment_name, span.event_id = root.span_id, name, event_id
        span.release = short_text(event.get("release"))
        span.environment = short_text(event.get("environment"))
        span.attributes = {**shared, **span.attributes}
        span.user = user_of(shared)
    return _with_self_times(family)


def read_span(sent: Json, received: int, header: dict[str, Json]) -> list[Span]:
    """One span that was sent alone."""
    raw = mapping(sent)
    span = _read_span(raw, raw.get("timestamp") or raw.get("end_timestamp"), received)
    if span is None:
        return []
    span.is_segment = raw.get("is_segment") is True or span.parent_span_id is None
    span.segment_id = span_id_of(raw.get("segment_id"))
    _place(span, header)
    return _with_self_times([span])


def read_spans(sent: Json, received: int, header: dict[str, Json]) -> list[Span]:
    """A container of spans: `{"items": [...]}`."""
    found: list[Span] = []
    for raw in items(mapping(sent).get("items"))[:MOST_SPANS]:
        row = mapping(raw)
        attributes = mapping(row.get("attributes"))
        span = _read_span({**row, "data": attributes}, row.get("end_timestamp"), received)
        if span is None:
            continue
        span.name = short_text(row.get("name"), LONGEST_TEXT) or span.name
        span.description = take(span.attributes, "sentry.description") or span.name
        span.is_segment = row.get("is_segment") is True
        _place(span, header)
        found.append(span)
    return _with_self_times(found)


def _read_span(raw: dict[str, Json], end: Json, received: int) -> Span | None:
    """What all forms have in common; None for what is no span."""
    trace_id, span_id = trace_id_of(raw.get("trace_id")), span_id_of(raw.get("span_id"))
    began, ended = microseconds(raw.get("start_timestamp")), microseconds(end)
    if not trace_id or not span_id or began is None or ended is None or ended < began:
        return None
    if not received - OLDEST < began // 1000 < received + MINUTE:
        return None
    attributes = {**read_attributes(raw.get("tags")), **_measured(raw), **read_attributes(raw.get("data"))}
    op = short_text(raw.get("op")) or take(attributes, "span.op") or "default"
    attributes.pop("span.op", None)
    if "origin" not in attributes and short_text(raw.get("origin")):
        attributes["origin"] = short_text(raw.get("origin")) or ""
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=span_id_of(raw.get("parent_span_id")),
        start=began,
        duration=(ended - began) / 1000,
        op=op,
        name=op,
        description=short_text(raw.get("description"), LONGEST_TEXT) or "",
        status=short_text(raw.get("status")),
        attributes=attributes,
    )


def _children(transaction: dict[str, Json], received: int) -> Iterable[Span]:
    for raw in items(transaction.get("spans"))[:MOST_SPANS]:
        span = _read_span(mapping(raw), mapping(raw).get("timestamp"), received)
        if span is not None:
            yield span


def _place(span: Span, header: dict[str, Json]) -> None:
    """What a transaction says once for all its spans stands in the attributes of each that comes without one; the
    envelope's header says it where the span does not."""
    attributes, trace = span.attributes, mapping(header.get("trace"))
    if span.is_segment and not span.segment_id:
        span.segment_id = span.span_id
    span.segment_id = span_id_of(take(attributes, "sentry.segment.id", "sentry.segment_id")) or span.segment_id
    span.segment_name = take(attributes, "sentry.segment.name", "sentry.transaction", "transaction")
    if span.segment_name is None:
        span.segment_name = span.description if span.is_segment else short_text(trace.get("transaction"))
    span.release = take(attributes, "sentry.release", "release") or short_text(trace.get("release"))
    span.environment = take(attributes, "sentry.environment", "environment") or short_text(trace.get("environment"))
    span.user = user_of(attributes)


def _shared(event: dict[str, Json]) -> Attributes:
    """What a transaction says of all its spans."""
    sdk, user, contexts = mapping(event.get("sdk")), mapping(event.get("user")), mapping(event.get("contexts"))
    said: dict[str, Json] = {
        "sdk.name": text(sdk.get("name")),
        "sdk.version": text(sdk.get("version")),
        "platform": text(event.get("platform")),
        "server_name": text(event.get("server_name")),
        "user.id": text(user.get("id")),
        "user.name": text(user.get("username")) or text(user.get("name")),
        "user.email": text(user.get("email")),
        "user.ip_address": None if user.get("ip_address") == "{{auto}}" else text(user.get("ip_address")),
        **{f"{kind}.name": text(mapping(contexts.get(kind)).get("name")) for kind in ("browser", "os", "runtime")},
    }
    return read_attributes({name: value for name, value in said.items() if value})


def _measured(holder: dict[str, Json]) -> Attributes:
    """`{"lcp": {"value": 2807.3, "unit": "millisecond"}}` as `measurements.lcp`."""
    measured = mapping(holder.get("measurements"))
    return read_attributes({f"measurements.{name}": value for name, value in measured.items()})


def _with_self_times(spans: list[Span]) -> list[Span]:
    """Each span's time in which none of its children ran, of those that came with it."""
    children: dict[str, list[tuple[int, float]]] = {}
    for span in spans:
        if span.parent_span_id:
            children.setdefault(span.parent_span_id, []).append((span.start, span.start + span.duration * 1000))
    for span in spans:
        busy, until, ends = 0.0, float(span.start), span.start + span.duration * 1000
        for begins, end in sorted(children.get(span.span_id, ())):
            begin, end = max(float(begins), until), min(end, ends)
            if end > begin:
                busy += end - begin
                until = end
        span.self_time = max(span.duration - busy / 1000, 0.0)
    return spans
