"""Whether an event has the source of our calls: without source maps, or its files, it shows names and lines alone."""

from typing import Any

from sentry.models import Event
from views.bounds import number, rows
from views.traces.chains import CHAIN
from views.traces.folding import calls_of, is_ours


def lacks_source(event: Event) -> bool:
    """Whether none of our calls has source, though each is known by its line. Languages whose calls never have any,
    such as compiled ones, name no line."""
    calls = _our_calls(event)
    return bool(calls) and not any(map(_has_source, calls))


def has_source(event: Event) -> bool:
    return any(map(_has_source, _our_calls(event)))


def _our_calls(event: Event) -> list[dict[str, Any]]:
    """Those with a line; where the server marks none as ours, all of them."""
    values = rows(event.entry("exception").get("values")) or rows(event.entry("threads").get("values"))
    holders = [*values[-CHAIN:], {"stacktrace": event.entry("stacktrace")}]
    calls = [call for holder in holders for call in calls_of(holder)]
    return [
        call
        for call in [*filter(is_ours, calls)] or calls
        if number(call.get("lineNo", call.get("lineno"))) is not None
    ]


def _has_source(call: dict[str, Any]) -> bool:
    return bool(call.get("context") or call.get("context_line"))
