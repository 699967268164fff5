"""Takes apart what Explore searches by: Sentry's search syntax with AND, OR and parentheses, and with conditions on
aggregates. Pure.

`(transaction:/pay OR transaction:/cart) level:error p95(span.duration):>1s`
"""

import re
from dataclasses import dataclass
from typing import Literal

from local.searching.syntax import KEY, MOST_TERMS, Term, check_size, invalid, storable, term_of, word_at

DEEPEST = 30
"""Parentheses in parentheses."""

_TERM = re.compile(
    rf"(?P<negated>!?){KEY}:(?P<operator>>=|<=|>|<|=|!=)?"
    r"(?P<value>\[[^\]]*\]|\"(?:[^\"\\]|\\.)*\"|[^\s\"()]*)(?=[\s()]|$)"
)
_AGGREGATE = re.compile(
    r"(?P<negated>!?)(?P<key>[a-z][a-z0-9_]*\([^()]*\)):(?P<operator>>=|<=|>|<|=|!=)?(?P<value>[^\s()\"]+)"
)
_WORD = re.compile(r"[^\s()]+")


@dataclass(frozen=True)
class Text:
    """Words beside the terms, as they stand."""

    words: str


@dataclass(frozen=True)
class Group:
    """All or any of the parts must hold; an empty one of all always does."""

    operator: Literal["AND", "OR"]
    parts: tuple["Expression", ...]


Expression = Term | Text | Group

EVERYTHING = Group("AND", ())
"""No condition at all."""

_Token = Term | Text | Literal["(", ")", "AND", "OR"]


def is_aggregate(term: Term) -> bool:
    """Whether the term is about groups, as `count():>10`, not about single rows."""
    return term.key.endswith(")")


def parse_expression(query: str) -> Expression:
    """Raises ApiError (400) for what is no query, or one too long."""
    tokens = _tokens(storable(query))
    terms = [token for token in tokens if isinstance(token, Term)]
    check_size(terms)
    if len(tokens) > 4 * MOST_TERMS:
        raise invalid(f"Query has more than {4 * MOST_TERMS} terms, words and parentheses")
    return _Parser(tokens).whole()


def _tokens(query: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(query):
        character = query[position]
        if character.isspace():
            position += 1
        elif character == "(" or character == ")":
            tokens.append("(" if character == "(" else ")")
            position += 1
        elif found := _AGGREGATE.match(query, position) or _TERM.match(query, position):
            tokens.append(term_of(found))
            position = found.end()
        else:
            position = _read_word(query, position, tokens)
    return tokens


def _read_word(query: str, position: int, tokens: list[_Token]) -> int:
    """Add a word, to the words before it if there are any; where it ends."""
    if query[position] == '"':
        word, end = word_at(query, position)
    else:
        found = _WORD.match(query, position)
        word, end = (found.group(), found.end()) if found else (query[position], position + 1)
        if word.upper() in ("AND", "OR"):
            tokens.append("AND" if word.upper() == "AND" else "OR")
            return end
    last = tokens[-1] if tokens else None
    if isinstance(last, Text):
        tokens[-1] = Text(f"{last.words} {word}")
    else:
        tokens.append(Text(word))
    return end


class _Parser:
    """AND binds closer than OR; what stands side by side is joined by AND."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Expression:
        if not self._tokens:
            return EVERYTHING
        found = self._any(0)
        if self._next() is not None:
            raise _unmatched(")")
        return found

    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _any(self, depth: int) -> Expression:
        parts = [self._all(depth)]
        while self._next() == "OR":
            self._at += 1
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Group("OR", tuple(parts))

    def _all(self, depth: int) -> Expression:
        parts = [self._one(depth)]
        while self._next() not in (None, "OR", ")"):
            if self._next() == "AND":
                self._at += 1
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Group("AND", tuple(parts))

    def _one(self, depth: int) -> Expression:
        token = self._next()
        self._at += 1
        if isinstance(token, Term | Text):
            return token
        if token != "(" or depth >= DEEPEST:
            raise _unmatched(token or "the end")
        found = self._any(depth + 1)
        if self._next() != ")":
            raise _unmatched("(")
        self._at += 1
        return found


def _unmatched(where: str) -> Exception:
    return invalid(
        f"Parse error at '{where}'. This is commonly caused by unmatched parentheses."
        " Enclose any text in double quotes."
    )
