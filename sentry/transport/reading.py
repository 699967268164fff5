"""Reads JSON of any size within bounds: of time, of memory, and of how long the event loop waits.

What is small is read in one go. What is large is first looked through, token by token, for where its lists and
objects begin and end; then they are read piece by piece. Neither pydantic's reader nor Python's stops in between, and
ijson (3.6) reads a long text again with each piece of it, and refuses NaN and large numbers.
"""

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sentry.steps import Steps
from sentry.transport.parsing import Content, memory_of, parse, values_in
from sentry.values import Json

AT_ONCE = 65_536
"""Bytes that are read in one go, whatever they hold."""
AT_ONCE_IF_PLAIN = 1_000_000
"""Bytes that are read in one go if they hold few values."""
FEW = 50_000
"""Values, and characters that are written as their numbers: of half a surrogate pair each takes as long as a value."""
TOGETHER = 16_384
"""Bytes of neighbouring items that are read in one go within a larger answer."""
ROWS = 1_000
"""Rows of a list that are read; an answer that needs more of them comes in pages."""
ITEMS = 2_000
"""Items of a list within a large answer that are read: half of them from its beginning, half from its end."""
DEPTH = 100
"""Lists and objects within each other."""
TOKENS = 500_000
"""Texts, brackets and commas of a large answer that are looked through: no more values than these are ever built."""
LONGEST = 2_000_000
"""Bytes of one text or number."""
_TOKENS_A_STEP = 500
_BYTES_A_STEP = 250_000

# What stands before a token, which may be a number; a text whole, or one bracket, comma or quotation mark.
_TOKEN = re.compile(
    rb'[^"\[\]{},]{0,2000000}+("[^"\\]{0,2000000}+(?>(?:\\.[^"\\]{0,2000000}+){0,100000})"|[\[\]{},"])', re.DOTALL
)
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,2000000}+(?=[\[{])")
_END = re.compile(rb"[ \t\r\n]{0,2000000}+\Z")
_QUOTE, _COMMA, _LIST = b'",['
_CLOSING = {_LIST: ord("]"), ord("{"): ord("}")}


class TooLargeError(ValueError):
    """The JSON may be good, but is more than is ever read."""


class Parsed(NamedTuple):
    """A value; the bytes of memory that it takes, or nearly so; whether it is a list without its last rows."""

    value: Json
    memory: int
    is_cut: bool = False


Reading = Callable[[Content], Steps[Parsed]]
"""Reads an answer's JSON; raises ValueError when it is none, TooLargeError when it is too much."""


def reading(content: Content) -> Steps[Parsed]:
    """Reads UTF-8 JSON; raises ValueError when it is none, TooLargeError when it is too much."""
    if len(content) <= AT_ONCE or (
        len(content) <= AT_ONCE_IF_PLAIN and values_in(content) + content.count(b"\\u") <= FEW
    ):
        return Parsed(parse(content), memory_of(content))
    return (yield from _Pieces(content).read())


@dataclass
class _Open:
    """A list or an object: where it begins, the commas between its items, and by their numbers those that are large:
    where each begins and ends, and its value."""

    start: int
    commas: list[int] = field(default_factory=list[int])
    large: dict[int, tuple[int, int, Json]] = field(default_factory=dict[int, tuple[int, int, Json]])


@dataclass
class _Pieces:
    content: Content
    memory: int = 0

    def read(self) -> Steps[Parsed]:
        content = self.content
        beginning = _BEGINNING.match(content)
        if beginning is None:
            raise ValueError("neither a list nor an object")
        at = beginning.end()
        are_rows = content[at] == _LIST
        containers: list[_Open] = []
        paused = at
        for number in range(TOKENS):
            if number % _TOKENS_A_STEP == 0 or at - paused > _BYTES_A_STEP:
                paused = at
                yield
            token = _TOKEN.match(content, at)
            if token is None:
                raise (ValueError if len(content) - at < LONGEST else TooLargeError)("a value without an end")
            begin, at = token.span(1)
            kind = content[begin]
            if kind == _COMMA:
                if not containers:
                    raise ValueError("something after its end")
                containers[-1].commas.append(begin)
                if are_rows and len(containers[0].commas) == ROWS:
                    break
            elif kind in _CLOSING:
                if len(containers) == DEPTH:
                    raise ValueError("nested too deeply")
                containers.append(_Open(begin))
            elif kind == _QUOTE:
                if at == begin + 1 or at - begin > LONGEST:
                    raise TooLargeError("a text that is too long, or without an end")
            else:
                if not containers or _CLOSING[content[containers[-1].start]] != kind:
                    raise ValueError("brackets that do not match")
                closed = containers.pop()
                if not containers:
                    if not _END.match(content, at):
                        raise ValueError("something after its end")
                    return Parsed((yield from self._value(closed, begin)), self.memory)
                if at - closed.start > TOGETHER:  # else it is read with what is around it
                    value = yield from self._value(closed, begin)
                    around = containers[-1]
                    if len(around.commas) in around.large:
                        raise ValueError("no comma between two items")
                    around.large[len(around.commas)] = closed.start, at, value
        if are_rows and containers[0].commas:
            end = containers[0].commas.pop()  # of the last row that is surely whole
            return Parsed((yield from self._value(containers[0], end)), self.memory, is_cut=True)
        raise TooLargeError(f"more than {TOKENS} values")

    def _value(self, of: _Open, end: int) -> Steps[Json]:
        """The list or object that ends there. Small items that lie together are read together."""
        bounds = [of.start, *of.commas, end]
        numbers = list(range(len(bounds) - 1))
        is_list = self.content[of.start] == _LIST
        if is_list and len(numbers) > ITEMS:
            del numbers[ITEMS // 2 : -ITEMS // 2]
        items: list[Json] = []
        fields: dict[str, Json] = {}
        next_one = 0
        for first, last in _together(numbers, bounds, of.large):
            yield
            begin, stop = bounds[first] + 1, bounds[last + 1]
            if first > next_one:
                items.append(f"… {first - next_one} more")
            next_one = last + 1
            before, after = (b"[", b"]") if is_list else (b"{", b"}")
            if first in of.large:
                start, large_end, value = of.large[first]
                around = self.content[begin:start] + b" 0 " + self.content[large_end:stop]
                found = self._parsed(before + around + after)
                if is_list:
                    items.append(value)
                else:
                    fields |= dict.fromkeys(found, value)
                continue
            piece = self.content[begin:stop]
            if len(numbers) > 1 and not piece.strip():
                raise ValueError("nothing between two commas")
            found = self._parsed(before + piece + after)
            if is_list:
                items += found
            else:
                fields |= found
        return items if is_list else fields

    def _parsed(self, piece: bytes) -> Json:
        self.memory += memory_of(piece)
        return parse(piece)


def _together(numbers: list[int], bounds: list[int], large: Container[int]) -> Iterator[tuple[int, int]]:
    """The first and the last number of each run of items to be read in one go; a large item is one by itself."""
    first = last = -1
    for number in numbers:
        if last >= 0 and (
            number in large or last in large or number != last + 1 or bounds[number + 1] - bounds[first] > TOGETHER
        ):
            yield first, last
            last = -1
        first, last = (first if last >= 0 else number), number
    if last >= 0:
        yield first, last
