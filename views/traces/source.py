"""Whether an event has the source of our calls: without source maps, or its files, it shows names and lines alone."""

from typing import Any

from sentry.models import Event
from views.bounds import number, rows
from views.traces.chains import CHAIN
from views.traces.folding import calls_of, is_ours
from views.traces.languages import JAVASCRIPT, family

SHOWN = {*JAVASCRIPT, "python", "ruby", "php", "go", "elixir", "perl"}
"""Languages whose source SDKs send, or Sentry finds by source maps; of others an event seldom has any."""


def lacks_source(event: Event) -> bool:
    """Whether none of our calls has source, though each is known by its line. In languages whose calls seldom have
    any, an older event is no better."""
    calls = _our_calls(event)
    languages = {family(call.get("platform") or event.platform) for call in calls}
    return bool(languages & SHOWN) and not any(map(_has_source, calls))


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
