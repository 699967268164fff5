"""Takes Sentry's search syntax apart (https://docs.sentry.io/concepts/search/). Pure.

`is:unresolved !browser:Chrome* user.email:"a b@example.com" level:[error,fatal] timesSeen:>10 free text`
"""

import re
from dataclasses import dataclass

from local.clock import DAY, HOUR, MINUTE, SECOND, moment, now
from local.errors import ApiError, bad_request

KEY = r"(?P<key>[A-Za-z0-9_.@-]+|tags\[[^\]\n]{1,200}\]|\"[^\"]+\")"
_TOKEN = re.compile(
    rf"(?P<negated>!?){KEY}:(?P<operator>>=|<=|>|<|=|!=)?"
    r"(?P<value>\[[^\]]*\]|\"(?:[^\"\\]|\\.)*\"|[^\s\"]*)(?=\s|$)"
)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|([^,\s][^,]*)")
_DURATION = re.compile(r"(?P<sign>[+-])(?P<number>\d{1,6})(?P<unit>[smhdw])")
_PERIOD = re.compile(r"(?P<number>\d{1,6})(?P<unit>[smhdw])")
_NUMBER = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)([kmb]?)", re.IGNORECASE)

_UNIT = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}

MOST_TERMS = 250
MOST_VALUES = 500
"""Of all terms together: SQLite takes expressions of a thousand levels, and each of these may be one."""

MOST_BYTES = 20_000
"""Of a query, in UTF-8: SQLite takes patterns of up to 50,000, and what stands for itself is written in two."""


@dataclass(frozen=True)
class Term:
    """One `key:value`. Several values are alternatives; `operator` is one of `= > >= < <=`."""

    key: str
    values: tuple[str, ...]
    negated: bool = False
    operator: str = "="


@dataclass(frozen=True)
class Query:
    """All terms must hold. `text` is what stands beside them."""

    terms: list[Term]
    text: str


def parse_query(query: str) -> Query:
    """Raises ApiError (400) for what is no query, or one too long."""
    query = storable(query)
    terms: list[Term] = []
    words: list[str] = []
    position = 0
    while position < len(query):
        if query[position].isspace():
            position += 1
            continue
        found = _TOKEN.match(query, position)
        if found:
            terms.append(term_of(found))
            position = found.end()
            continue
        word, position = word_at(query, position)
        if word in ("OR", "AND"):
            raise invalid('Boolean statements containing "OR" or "AND" are not supported in this search')
        words.append(word)
    check_size(terms)
    return Query(terms, " ".join(words))


def check_size(terms: list[Term]) -> None:
    """Raises ApiError (400) for too many."""
    if len(terms) > MOST_TERMS or sum(len(term.values) for term in terms) > MOST_VALUES:
        raise invalid(f"Query has more than {MOST_TERMS} terms or {MOST_VALUES} values")


def storable(query: str) -> str:
    """A query without NUL, which ends a path into JSON before its quotes do. Raises ApiError (400) for one too long."""
    if len(query.encode("utf-8", "replace")) > MOST_BYTES:
        raise invalid(f"Query is longer than {MOST_BYTES} bytes")
    return query.replace("\x00", "\ufffd")


def invalid(reason: str) -> ApiError:
    return bad_request(f"Error parsing search query: {reason}")


def word_at(query: str, start: int) -> tuple[str, int]:
    """A word of free text or a quoted one, and where it ends."""
    if query[start] == '"':
        end = query.find('"', start + 1)
        if end < 0:
            raise invalid(
                f"Parse error at '{query[start : start + 20]}' (column {start + 1})."
                " This is commonly caused by unmatched quotes. Enclose any text in double quotes."
            )
        return query[start + 1 : end], end + 1
    end = start
    while end < len(query) and not query[end].isspace():
        end += 1
    word = query[start:end]
    if word[0] in "()" or (word[-1] in "()" and word.count("(") != word.count(")")):
        raise invalid(
            f"Parse error at '{word[:20]}' (column {start + 1})."
            " This is commonly caused by unmatched parentheses. Enclose any text in double quotes."
        )
    return word, end


def term_of(found: re.Match[str]) -> Term:
    """The term of a match with the groups `negated`, `key`, `operator` and `value`."""
    key = found["key"].strip('"')
    key = key.removeprefix("tags[").removesuffix("]") if key.startswith("tags[") else key
    value, operator = found["value"], found["operator"] or "="
    if value.startswith("[") and value.endswith("]"):
        values = tuple(_unescape(quoted) or bare.strip() for quoted, bare in _QUOTED.findall(value[1:-1]))
    elif value.startswith('"'):
        values = (_unescape(value[1:-1]),)
    else:
        values = (value,)
    if not values or (values == ("",) and not value.startswith('"')):
        raise invalid(f"Empty string after '{key}:'")
    negated = bool(found["negated"]) != (operator == "!=")
    return Term(key, values, negated, "=" if operator == "!=" else operator)


def _unescape(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted)


def period(value: str) -> int | None:
    """Milliseconds of `24h`, `14d`, `30m`, `1w`; None for anything else."""
    found = _PERIOD.fullmatch(value.strip())
    return int(found["number"]) * _UNIT[found["unit"]] if found else None


def time_bound(term: Term, value: str) -> tuple[str, int]:
    """The comparison and the moment (ms) of `-24h` (since then), `+7d` (before then), `>2026-01-31`.

    Raises ApiError (400).
    """
    found = _DURATION.fullmatch(value)
    if found:
        then = now() - int(found["number"]) * _UNIT[found["unit"]]
        return (">=" if found["sign"] == "-" else "<="), then
    when = None if value.isdecimal() else moment(value)
    if when is None:
        raise invalid(
            f"Invalid date: {value}. Expected +/-duration (e.g. +1h) or ISO 8601-like (e.g. 2026-01-31T00:00:00)."
        )
    return term.operator, when


def number(value: str) -> float:
    """`500` or `2k`. Raises ApiError (400)."""
    found = _NUMBER.fullmatch(value)
    if not found:
        raise invalid(f"Invalid number: {value}. Expected number then optional k, m, or b suffix (e.g. 500k).")
    return float(found[1]) * {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}[found[2].lower()]


def like(pattern: str) -> str:
    """Sentry's `*` as a LIKE pattern; everything else stands for itself (ESCAPE is a backslash)."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")
