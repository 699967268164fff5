"""Sentry's search syntax, as far as a query can be seen to be wrong without asking. Pure, no I/O.

https://docs.sentry.io/concepts/search/ and https://docs.sentry.io/concepts/search/searchable-properties/issues/.
An unknown key is no mistake, it is a tag. What is doubtful is left to Sentry: this explains a refusal, or
an empty list, and never stands in a query's way.
"""

import difflib
import re
from dataclasses import dataclass

from sentry.dialects import Search

STATES = (
    "unresolved",
    "resolved",
    "ignored",
    "archived",
    "unhandled",
    "assigned",
    "unassigned",
    "for_review",
    "linked",
    "unlinked",
    "new",
    "ongoing",
    "regressed",
    "escalating",
)
LEVELS = ("fatal", "error", "warning", "info", "debug", "sample")
RELATIVE = ("age", "lastSeen", "last_seen", "firstSeen", "first_seen")
KEYS = ("is", "level", "release", "firstRelease", "environment", "assigned", "timesSeen", "age", "lastSeen", "has")
"""Keys whose near misses are worth a word."""
MISTAKEN_KEYS = {"status": "is", "state": "is", "severity": "level", "version": "release", "env": "environment"}

_TOKEN = re.compile(r'!?[\w.\-]+:(?:"(?:\\.|[^"\\])*"|\[[^\]]*\]|\S*)|"(?:\\.|[^"\\])*"|\S+')
_KEYED = re.compile(r"(!?)([\w.\-]+):(.*)", re.DOTALL)
_AFTER_COLON = re.compile(r"([\w.\-]+): +(?=[\w\"\[<>=*!-]|$)")
_ASSIGNED = re.compile(r"([\w.]+)\s*(==|=|>=|<=|>|<)\s*(\S+)")
_AGE = re.compile(r"[+-]\d+[wdhms]|[<>]=?.+|\d{4}-\d\d-\d\d.*")
_PLAIN_AGE = re.compile(r"(\d+)\s*([wdhms])\w*")


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, and the nearest form that Sentry takes."""

    problems: tuple[str, ...]
    suggestion: str

    def __str__(self) -> str:
        return f"{' '.join(self.problems)} Nearest valid query: {self.suggestion}"


def diagnose(query: str) -> Diagnosis | None:
    """None when nothing is seen to be wrong."""
    problems: list[str] = []
    if query.replace('\\"', "").count('"') % 2:
        problems.append('A quotation mark (") is not closed.')
        query = query.rstrip() + '"'
    query = _without_spaces_after_colons(query, problems)
    terms: list[str] = []
    for term in _TOKEN.findall(query):
        better, problem = _look(term)
        if problem:
            problems.append(problem)
        if better:
            terms.append(better)
    if not problems:
        return None
    return Diagnosis(tuple(dict.fromkeys(problems)), " ".join(terms) or "is:unresolved")


def not_searched(query: str, search: Search) -> list[str]:
    """The terms that this search does not know, as they were written."""
    terms: list[str] = _TOKEN.findall(query)
    return [term for term in terms if (keyed := _KEYED.fullmatch(term)) and _is_unknown(keyed, search)]


def _is_unknown(keyed: re.Match[str], search: Search) -> bool:
    negated, key, value = keyed.groups()
    if key == "is" and not negated:
        return value not in search.states
    is_of_others = any(
        key.startswith(name) if name.endswith(".") else name in (key, f"{key}:{value}") for name in search.unknown
    )
    return bool(negated or value.startswith("[") or "*" in value.replace("\\*", "") or is_of_others)


def _without_spaces_after_colons(query: str, problems: list[str]) -> str:
    """`level: error` is meant as a key; `TypeError: x` is the title of an error, which stands in quotes."""
    parts = re.split(r'("(?:\\.|[^"\\])*")', query)
    for position in range(0, len(parts), 2):
        found = _AFTER_COLON.search(parts[position])
        if found is None:
            continue
        if found[1][0].isupper():
            problems.append("Text with a colon stands in quotation marks.")
            before, text = parts[position][: found.start()], parts[position][found.start() :]
            parts[position] = f'{before}"{text.rstrip()}" '
        else:
            problems.append("There is no space after a colon.")
            parts[position] = _AFTER_COLON.sub(r"\1:", parts[position])
    return "".join(parts).strip()


def _look(term: str) -> tuple[str, str | None]:
    """The term as Sentry takes it, and what was wrong with it."""
    if term in ("AND", "&&"):
        return "", "Terms are joined by AND without the word."
    if term in ("OR", "||"):
        return "", "OR is not known in a search for issues; several values of one key are key:[a, b]."
    if not term.startswith('"') and term.strip("()") != term and term[0] in "()":
        return term.strip("()"), "Parentheses are not known in a search for issues."
    keyed = _KEYED.fullmatch(term)
    if keyed is None:
        assigned = None if term.startswith('"') else _ASSIGNED.fullmatch(term)
        if assigned is None or assigned[1].isdigit():
            return term, None
        operator = "" if assigned[2] in ("=", "==") else assigned[2]
        return (
            f"{assigned[1]}:{operator}{assigned[3]}",
            f"A key and its value are joined by a colon, not by {assigned[2]}.",
        )
    return _look_keyed(keyed[1], keyed[2], keyed[3])


def _look_keyed(negated: str, key: str, value: str) -> tuple[str, str | None]:
    problem: str | None = None
    if key.lower() in MISTAKEN_KEYS:
        better = MISTAKEN_KEYS[key.lower()]
        problem, key = f"{key}: is {better}: in Sentry.", better
    elif key not in KEYS and (near := _near(key, KEYS)):
        problem, key = f"{key}: would be a tag; the property is {near}:.", near
    if not value:
        return f"has:{key}", problem or f"{key}: has no value; has:{key} finds events that have it."
    if key == "is" and not value.startswith(("[", '"')) and value not in STATES:
        near = _near(value, STATES, 0.4) or "unresolved"
        return f"{negated}is:{near}", f"is:{value} is not a state; the states are {', '.join(STATES)}."
    if key == "level" and value.isalpha() and value not in LEVELS:
        near = _near(value, LEVELS, 0.4) or "error"
        return f"{negated}level:{near}", f"{value} is not a level; the levels are {', '.join(LEVELS)}."
    if key in RELATIVE and not _AGE.fullmatch(value):
        plain = _PLAIN_AGE.fullmatch(value)
        better = f"-{plain[1]}{plain[2]}" if plain else "-24h"
        return f"{negated}{key}:{better}", f"{key}: takes a time such as -24h (within) or +7d (before)."
    return f"{negated}{key}:{value}", problem


def _near(word: str, known: tuple[str, ...], cutoff: float = 0.8) -> str | None:
    lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), list(lower), n=1, cutoff=cutoff)
    return lower[found[0]] if found else None
