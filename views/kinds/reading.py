"""What a kind of evidence reads of an event, and what it says that it has told."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from sentry.models import Event, Occurrence
from sentry.values import Json, as_list, as_object
from views.bounds import ITEMS, raw, rows

Facts = dict[str, Json]
"""By the words that a person reads before them; what is None or empty is not told."""
OF_DETECTOR = frozenset("conditions config data_sources data_packet_source_id detector_id value".split())
"""Fields of `evidenceData` that say how Sentry came to open an issue: of checks and metric alerts."""
_NEW_WORD = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9A-Z])(?=[A-Z][a-z])|-")


@dataclass(frozen=True)
class Occurred:
    """An event, and what Sentry found in it. `data` are the fields of `evidenceData`, their names in snake_case."""

    event: Event
    occurrence: Occurrence | None
    data: dict[str, Json]

    def context(self, name: str) -> dict[str, Json]:
        return fields((self.event.contexts or {}).get(name))


@dataclass(frozen=True)
class Kind:
    """A kind of evidence: `facts` are None where an event has none of it. The rest is what they make superfluous."""

    facts: Callable[[Occurred], Facts | None]
    display: frozenset[str] = frozenset()
    """Rows of `evidenceDisplay`, by name."""
    data: frozenset[str] = frozenset()
    """Fields of `evidenceData`."""
    contexts: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Fields of these contexts."""
    tags: re.Pattern[str] = re.compile("(?!)")
    entry: str = ""


def fields(value: Json) -> dict[str, Json]:
    """An object's first fields, their names in snake_case: Sentry also writes camelCase, browsers write hyphens."""
    found = as_object(value) or {}
    return {_NEW_WORD.sub("_", name[:200]).lower(): item for name, item in islice(found.items(), ITEMS)}


def first_rows(value: Json, most: int = 10) -> list[dict[str, Json]]:
    """The first objects of a list, as `fields` reads them."""
    return [fields(row) for row in rows((as_list(value) or [])[:most])]


def text(value: Json) -> str | None:
    """None where there is nothing to tell."""
    return None if value in (None, "", [], {}) else raw(value)


def figure(value: Json) -> float | None:
    """A number that can be counted with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 and math.isfinite(value) else None


def number_words(value: float) -> str:
    """`1,711.4`, `100`, `0.0025`."""
    return f"{value:.4g}" if abs(value) < 100 else f"{value:,.1f}".removesuffix(".0")


def told_apart(value: float, other: float) -> tuple[str, str]:
    """Two numbers in words that differ where they do: `100.04` and `100`."""
    found = number_words(value), number_words(other)
    digits = 5
    while value != other and found[0] == found[1]:
        found = f"{value:,.{digits}g}", f"{other:,.{digits}g}"
        digits += 1
    return found


def milliseconds(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def seconds(value: Json) -> str | None:
    """A period: `90 s`, `5 min`, `1 h`, `7 d`."""
    found = figure(value)
    if found is None or found <= 0:
        return None
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if found >= size and found % size == 0:
            return f"{found / size:,.0f} {unit}"
    return f"{number_words(found)} s"
