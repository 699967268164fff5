"""Makes an event of any origin safe to keep: bounded in depth and size, valid text, secrets replaced.

Secrets go as Sentry's server-side scrubbing takes them
(https://docs.sentry.io/security-legal-pii/scrubbing/server-side-scrubbing/): the value under a key that names
one, and what looks like a card number, become "[Filtered]" in extra, contexts, local variables, the
request, the user and the data of breadcrumbs. Messages, source lines, tags and cookies stay as they are, as
on Sentry.
"""

import re
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from local.values import Json

DEEPEST = 20
"""Levels of an event; what lies deeper is left out."""

LONGEST_TEXT = 8192
"""Characters of any one text."""

LONGEST_LIST = 500
"""Elements of a list, members of an object."""

LONGEST_KEY = 200
"""Characters of the name of a member."""

MOST_VALUES = 40_000
"""Values in one event, counted over all levels."""

MOST_CHARACTERS = 1_000_000
"""Characters in one event, counted over all texts."""

FILTERED = "[Filtered]"

_SCRUBBED_SECTIONS = frozenset({"extra", "contexts", "vars", "request", "user", "data"})
# Identifiers whose digits pass the check of card numbers as one in ten of those that have 13 to 19.
_IDENTIFIERS = frozenset(
    "trace_id span_id parent_span_id segment_id sentry.trace.parent_span_id sentry.segment.id sentry.segment_id"
    " thread.id thread_id".split()
)
# What identifies an event comes first: it is never what the budget leaves out.
_FIRST = ("exception", "logentry", "message", "stacktrace", "threads", "tags", "user", "contexts", "request")

_SECRET_KEY = re.compile(
    r"passw(or)?d|secret|api[-_ ]?key|authorization|access[-_ ]?token|auth[-_ ]?token|^(x[-_])?auth$|bearer"
    r"|credential|mysql_pwd|private[-_ ]?key|stripetoken|card[-_ ]?num(ber)?",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![0-9A-Za-z.])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z]|\.\d)")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _Budget:
    """What is left for the rest of the event."""

    def __init__(self) -> None:
        self.values = MOST_VALUES
        self.characters = MOST_CHARACTERS
        self.longest_text = LONGEST_TEXT

    def room(self, wanted: int) -> int:
        """How many of the members of an object or list there is room for; they are spent."""
        granted = min(wanted, LONGEST_LIST, self.values)
        self.values -= granted
        return granted


def clean(event: dict[str, Json]) -> dict[str, Json]:
    """The event, safe to keep; the same object is not changed."""
    budget = _Budget()
    first = [key for key in _FIRST if key in event]
    rest = [key for key in event if key not in _FIRST]
    cleaned: dict[str, Json] = {}
    for key in (first + rest)[:LONGEST_LIST]:
        name = _text(key[:LONGEST_KEY], budget)  # before its value, which may take all that is left
        cleaned[name] = _clean(event[key], 1, key in _SCRUBBED_SECTIONS, budget)
    return cleaned


def clean_values(values: dict[str, Json]) -> dict[str, Json]:
    """The members of an object that is no event, safe to keep and without secrets."""
    return _object(values, 2, True, _Budget())


def _clean(value: Json, depth: int, scrub: bool, budget: _Budget) -> Json:
    if isinstance(value, str):
        return _text(value, budget, scrub)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value, scrub)
    if depth >= DEEPEST:
        return None
    if isinstance(value, dict):
        return _object(cast("dict[str, Json]", value), depth + 1, scrub, budget)
    return _list(cast("list[Any]", value), depth + 1, scrub, budget)


def _object(value: dict[str, Json], depth: int, scrub: bool, budget: _Budget) -> dict[str, Json]:
    cleaned: dict[str, Json] = {}
    for key, member in islice(value.items(), budget.room(len(value))):
        if len(key) > LONGEST_KEY or not key.isascii():
            key = _text(key[:LONGEST_KEY], budget)
        if scrub and member is not None and is_secret(key):
            cleaned[key] = FILTERED
        elif isinstance(member, str):  # by far the most frequent
            cleaned[key] = _text(member, budget, scrub and key not in _IDENTIFIERS)
        elif isinstance(member, int) and key in _IDENTIFIERS:
            cleaned[key] = _number(member, False)
        else:
            cleaned[key] = _clean(member, depth, scrub or key in _SCRUBBED_SECTIONS, budget)
    return cleaned


def _list(value: list[Json], depth: int, scrub: bool, budget: _Budget) -> list[Json]:
    if scrub and len(value) == 2 and isinstance(value[0], str) and is_secret(value[0][:LONGEST_KEY]):
        return [_text(value[0], budget), FILTERED]  # headers and query strings come as pairs
    return [_clean(element, depth, scrub, budget) for element in value[: budget.room(len(value))]]


def _text(value: str, budget: _Budget, scrub: bool = False) -> str:
    if len(value) > budget.longest_text:
        value = value[: max(budget.longest_text - 3, 0)] + "..."
    budget.characters -= len(value)
    if budget.characters < LONGEST_TEXT:
        budget.longest_text = max(budget.characters, 0)
    if not value.isascii() or "\x00" in value:
        value = storable(value)
    if scrub and len(value) >= 13:
        value = _CARD.sub(_filter_card, value)
    return value


def _number(value: float, scrub: bool) -> Json:
    if value != value or value in (float("inf"), float("-inf")):
        return None
    if scrub and 10**12 <= value < 10**19 and is_card(str(value)):
        return FILTERED
    return value if isinstance(value, float) or abs(value) < 2**63 else str(value)


def storable(value: str) -> str:
    """The text without what no database and no UTF-8 can hold: lone surrogates and NUL."""
    return _UNSTORABLE.sub("\ufffd", value)


@lru_cache(maxsize=4096)
def is_secret(key: str) -> bool:
    """Whether a key names a secret."""
    return _SECRET_KEY.search(key) is not None


def is_card(number: str) -> bool:
    """Whether digits (and what separates them) pass the check of card numbers (ISO/IEC 7812, Luhn)."""
    digits = [int(digit) for digit in number if digit.isdecimal()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and sum(digits) > 0 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _filter_card(found: re.Match[str]) -> str:
    return FILTERED if is_card(found.group()) else found.group()
