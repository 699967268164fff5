"""Puts the mark in place of what is found, with a bound on how often one text is looked at."""

import re
from collections.abc import Callable

REDACTED = "[redacted]"
Span = tuple[int, int]


class TooMuchWorkError(Exception):
    """A text has more places to look at than any that was not made to that end."""


class Work:
    """How much of a closer look at its places one text may still cost, in units of some five microseconds.

    An assignment of a secret takes four to ten: text may have one in a hundred characters, all over.
    """

    __slots__ = ("_again", "_names", "left")

    def __init__(self, characters: int) -> None:
        self.left = 300 + characters // 20
        self._again = characters // 25
        self._names: set[str] = set()

    def spend(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise TooMuchWorkError

    def spend_on_second_look(self) -> None:
        """A text of which something goes is looked at again: it has to be left over as soon as that is clear."""
        self.spend(self._again)
        self._again = 0

    def spend_on_name(self, name: str) -> None:
        """Text has many names again and again; to look at another one costs more."""
        self.spend(1 if name in self._names else 1 + len(name) // 20)
        self._names.add(name)


def replaced(
    text: str, pattern: re.Pattern[str], work: Work, secret: Callable[[re.Match[str], int], Span | None]
) -> str:
    """With the mark where `secret` says, of each match, that one lies; it is told where the last one ended."""
    kept: list[str] = []
    done = 0
    for match in pattern.finditer(text):
        if match.start() < done:
            continue
        work.spend(2)
        span = secret(match, done)
        if span and span[0] >= done:
            kept += (text[done : span[0]], REDACTED)
            done = span[1]
    return "".join((*kept, text[done:])) if kept else text
