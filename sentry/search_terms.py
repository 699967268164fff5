"""One term of a search: whether it fits its key, and what was probably meant. Pure, no I/O.

https://docs.sentry.io/concepts/search/searchable-properties/issues/
"""

import difflib
import re

STATES = (
    "unresolved",
    "resolved",
    "archived",
    "ignored",
    "assigned",
    "unassigned",
    "for_review",
    "linked",
    "unlinked",
    "new",
    "ongoing",
    "regressed",
    "escalating",
    "archived_until_escalating",
    "archived_until_condition_met",
    "archived_forever",
)
OTHER_STATES = ("muted", "reprocessing", "until_escalating", "until_condition_met", "forever")
"""States that some Sentry takes, but that nobody is taught."""
LEVELS = ("fatal", "error", "warning", "info", "debug", "sample")
DATES = ("age", "firstSeen", "first_seen", "lastSeen", "last_seen", "event.timestamp", "timestamp")
NUMBERS = ("timesSeen", "times_seen", "issue.id", "project.id", "stack.lineno", "stack.colno")
BOOLEANS = ("error.handled", "error.unhandled", "error.main_thread", "stack.in_app")
KEYS = (
    *("is", "level", "release", "firstRelease", "environment", "assigned", "timesSeen", "age", "lastSeen", "firstSeen"),
    *("has", "message", "title"),
)
"""Keys whose near misses are worth a word, and whose value may be meant where a space comes first."""
MISTAKEN_KEYS = {"status": "is", "state": "is", "severity": "level", "version": "release", "env": "environment"}
KNOWN = frozenset((*KEYS, *DATES, *NUMBERS, *BOOLEANS))

KEYED = re.compile(r"(!?)([\w.\-]+):(.*)", re.ASCII | re.DOTALL)
_ASSIGNED = re.compile(r"([\w.]+)(==|=|>=|<=|>|<)(\S+)", re.ASCII)
_TIME = re.compile(
    r"[+-]\d+[wdhm]|(?:[<>]=?|!?=)?\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_PLAIN_TIME = re.compile(r"([<>]?)=?([+-]?)(\d{1,9})\s*(w|d|h|m(?!o))\w*", re.ASCII)
_ONE_NUMBER = r"-?\d+(?:\.\d*)?[kmbKMB]?"
_NUMBER = re.compile(rf"(?:[<>]=?|!?=)?{_ONE_NUMBER}|\[ *{_ONE_NUMBER}(?: *, *{_ONE_NUMBER})* *\]", re.ASCII)
_NAME = re.compile(r'[\w.\-]+|"[\w.:\-]+"|tags\[.+\]', re.ASCII)
_BOOLEAN = re.compile(r"true|false|0|1", re.IGNORECASE)


def key_of(term: str) -> str | None:
    """The key of `key:value`; None of words and phrases."""
    found = KEYED.fullmatch(term)
    return found[2] if found else None


def wrong_with(term: str) -> tuple[str, str] | None:
    """The nearest term that Sentry takes, and what is wrong with this one; None when nothing is."""
    found = KEYED.fullmatch(term)
    if found is None:
        return None
    negated, key, value = found.groups()
    bare = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if key == "is" and bare not in STATES and bare not in OTHER_STATES:
        first = re.split(r"[\[\],\s]+", bare.strip("["))[0]
        near = first if first in STATES else _near(first, STATES, 0.4) or "unresolved"
        if bare.startswith("["):
            return f"{negated}is:{near}", "is: takes one state, not a list."
        said = f"is:{value} is not a state" if value else "is: names no state"
        return f"{negated}is:{near}", f"{said}; the states are {', '.join(STATES)}."
    if key == "level" and value.isalpha() and value not in LEVELS:
        near = _near(value, LEVELS, 0.4) or "error"
        return f"{negated}level:{near}", f"{value} is not a level; the levels are {', '.join(LEVELS)}."
    if key in DATES and (negated or not _TIME.fullmatch(value)):
        return _time(negated, key, bare), f"{key}: takes a time such as -24h (within) or +7d (before)."
    if key in NUMBERS and not _NUMBER.fullmatch(value):
        digits = re.search(r"\d{1,9}", value)
        better = bare if _NUMBER.fullmatch(bare) else f">={digits[0]}" if digits else ">10"
        return f"{negated}{key}:{better}", f"{key}: takes a number such as 100 or >100."
    if key in BOOLEANS and not _BOOLEAN.fullmatch(value):
        return f"{negated}{key}:true", f"{key}: takes true or false."
    if key == "has" and not _NAME.fullmatch(value):
        first = re.search(r"[\w.\-]+", value, re.ASCII)
        return f"{negated}has:{first[0] if first else 'user'}", "has: takes the name of one tag or property."
    if not value:
        return f"has:{key}", f"{key}: has no value; has:{key} finds events that have it."
    return None


def _time(negated: str, key: str, value: str) -> str:
    plain = _PLAIN_TIME.fullmatch(value)
    if plain is None:
        return f"{key}:-24h"
    compared, sign, number, unit = plain.groups()
    # Of a span more is earlier, of a moment later.
    is_before = sign == "+" or (compared == (">" if key == "age" and not sign else "<"))
    return f"{key}:{'+' if is_before != bool(negated) else '-'}{number}{unit}"


def meant_by(term: str) -> tuple[str | None, str]:
    """The term that was probably meant, and what this one says."""
    if assigned := _ASSIGNED.fullmatch(term):
        key, operator, value = assigned.groups()
        said = f"{term} is searched as text; a key and its value are joined by a colon, not by {operator}."
        return (f"{key}:{operator.strip('=') and operator}{value}" if key in KNOWN else None), said
    found = KEYED.fullmatch(term)
    if found is None or found[2] in KNOWN:
        return None, ""
    better = MISTAKEN_KEYS.get(found[2].lower()) or _near(found[2], KEYS, 0.8 if len(found[2]) > 4 else 1.0)
    said = f"{found[2]}: may be searched as a tag, unlike Sentry's own {better}:."
    return (f"{found[1]}{better}:{found[3]}" if better else None), said


def _near(word: str, known: tuple[str, ...], cutoff: float) -> str | None:
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(lower), n=1, cutoff=cutoff)
    return lower[near[0]] if near else None
