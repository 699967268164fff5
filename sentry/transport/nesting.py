"""Reads a list of objects that hold lists of their like, however deep: a trace's spans, each with its children.

Nothing here recurses, and no reader of JSON does deeper than one of these objects is by itself: a chain of 10,000 is
read as a list of 10,000. Neighbours are read in one go by pydantic's reader, where the text between two places that
look like beginnings of objects is a whole number of them; that it is, the reader itself tells.
"""

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json

from sentry.steps import Steps
from sentry.transport.parsing import Content, parse
from sentry.transport.reading import Parsed, TooLargeError, reading
from sentry.values import Json, as_object, objects

TOGETHER = 16_384
"""Bytes of neighbours that are read in one go, at most; fewer where what looked like a beginning was none."""
LEAST = 4_096
LONGEST = 2_000_000
"""Bytes of one object without those within it."""
OBJECT_SIZE = 1_000
"""Bytes of memory that one object takes as it is kept, beside its texts."""
_GUESSES = 3
_ENDS = re.compile(rb"\}(?=[ \t\r\n]*(?:\]|,[ \t\r\n]*\{))")
_FIRST = re.compile(rb'\{[ \t\r\n]*"[^"\\]{1,100}"')
_SPACE = re.compile(rb"[ \t\r\n]*")
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\[")
_BEGUN = b'{"":0'
"""In place of what was read of an object before, so that the rest of it is one."""
_SCANNER = json.JSONDecoder(parse_float=str, parse_int=str)
_COMMA, _CLOSING = b",]"

Make = Callable[[int, dict[str, Any]], Any]
"""Makes what is kept of an object; its first argument is the number of the one that it is in, -1 for none. A number
that is too large may be infinite: to look for such first would take a fifth of the time of reading."""


@dataclass(frozen=True)
class Nested:
    """Reads such an answer as a flat list of what `make` makes of each object, in the order in which they begin, `most`
    at most: an object comes before those in it. They are in its list named `inner`, which `make` is not to look at.
    Items that are no objects are skipped. An answer that is no list is read as any other."""

    inner: str
    make: Make
    most: int

    def __call__(self, content: Content) -> Steps[Parsed]:
        beginning = _BEGINNING.match(content)
        if beginning is None:
            return (yield from reading(content))
        return (yield from _Walk(self, content).read(beginning.end()))


class _Open(NamedTuple):
    """An object whose inner list is being read: its own number, that of the one around it, what was read of it."""

    number: int
    around: int
    fields: dict[str, Any]


@dataclass
class _Walk:
    of: Nested
    content: Content
    made: list[Any] = field(default_factory=list[Any])
    opened: list[_Open] = field(default_factory=list[_Open])
    together: int = TOGETHER

    def __post_init__(self) -> None:
        name = re.escape(json.dumps(self.of.inner).encode())
        self._opening = re.compile(name + rb"[ \t\r\n]*:[ \t\r\n]*\[(?=[ \t\r\n]*[^\] \t\r\n])")
        self._next: re.Match[bytes] | None = self._opening.search(self.content)

    def read(self, at: int) -> Steps[Parsed]:
        content, made = self.content, self.made
        at = self._after_space(at)
        is_item = self._byte(at) != _CLOSING
        while True:
            yield
            if len(made) >= self.of.most:
                return self._parsed(is_cut=True)
            if is_item:
                at, is_item = self._items(at)
                continue
            at = self._after_space(at)
            if self._byte(at) == _COMMA:
                at, is_item = self._after_space(at + 1), True
            elif self._byte(at) != _CLOSING:
                raise ValueError("no comma between two items")
            elif self.opened:
                at = self._rest(self._after_space(at + 1))
            else:
                if self._after_space(at + 1) != len(content):
                    raise ValueError("something after its end")
                return self._parsed()

    def _parsed(self, *, is_cut: bool = False) -> Parsed:
        for one in self.opened:
            self.made[one.number] = self.of.make(one.around, one.fields)
        return Parsed(self.made[: self.of.most], len(self.content) + OBJECT_SIZE * len(self.made), is_cut)

    def _items(self, at: int) -> tuple[int, bool]:
        """Reads what begins there, as much as is read in one go; where it ends, and whether another item follows."""
        content = self.content
        while self._next is not None and self._next.start() < at:
            self._next = self._opening.search(content, at)
        inner = self._next.end() if self._next is not None else len(content)
        if (first := _FIRST.match(content, at)) is None:
            _, end = self._one(at, b"")
            return end, False
        if (neighbours := self._neighbours(at, first[0], min(inner, at + self.together))) is not None:
            return neighbours
        if inner - at <= TOGETHER and (begun := self._begun(at, inner)) is not None:
            return begun
        try:
            found, end = self._one(at, b"")
        except ValueError:
            if inner - at > LONGEST or (begun := self._begun(at, inner)) is None:
                raise
            return begun
        self._keep([found])
        return end, False

    def _neighbours(self, at: int, first: bytes, limit: int) -> tuple[int, bool] | None:
        """Reads the objects between there and the end of their list, or another that begins before the limit."""
        content = self.content
        stop = content.find(b"}]", at, limit)
        if stop >= 0:
            if (found := self._quickly(b"[" + content[at : stop + 2])) is not None:
                self._keep(found)
                return stop + 1, False
            limit = stop
        end = content.rfind(first, at + 1, limit)
        for _ in range(_GUESSES):
            if end < 0:
                return None
            piece = content[at:end].rstrip(b" \t\r\n")
            if piece.endswith(b",") and (found := self._quickly(b"[" + piece[:-1] + b"]")) is not None:
                self.together = min(self.together * 2, TOGETHER)
                self._keep(found)
                return end, True
            end = content.rfind(first, at + 1, end)
        self.together = max(self.together // 2, LEAST)
        return None

    def _quickly(self, piece: Content) -> Json:
        """What this is, None where it is no JSON, or only one that must be read with patience."""
        try:
            return from_json(piece, allow_inf_nan=False)
        except ValueError:
            return None

    def _begun(self, at: int, inner: int) -> tuple[int, bool] | None:
        """Opens the object that begins there, if it is its own inner list that begins next."""
        opening = self.content[at:inner] + b"]}"
        fields = as_object(self._quickly(opening))
        if fields is None:
            try:
                fields = as_object(parse(opening))
            except ValueError:
                return None
        if fields is None or self._next is None:
            return None
        around = self.opened[-1].number if self.opened else -1
        self.opened.append(_Open(len(self.made), around, fields))
        self.made.append(None)
        return self._after_space(inner), True

    def _rest(self, at: int) -> int:
        """Reads what stands in an object behind its inner list; where that ends."""
        one = self.opened.pop()
        rest, end = self._one(at, _BEGUN)
        one.fields.update(as_object(rest) or {})
        self.made[one.number] = self.of.make(one.around, one.fields)
        return end

    def _one(self, at: int, begun: bytes) -> tuple[Json, int]:
        """The value that begins there, behind what was `begun` of it, and where it ends."""
        content = self.content
        guess = _ENDS.search(content, at, at + TOGETHER)
        if guess is not None and (found := self._quickly(begun + content[at : guess.end()])) is not None:
            return found, guess.end()
        size = TOGETHER
        while True:
            piece = begun + content[at : at + size]
            try:
                text = codecs.getincrementaldecoder("utf-8")().decode(piece)
                _, end = _SCANNER.raw_decode(text)
            except RecursionError:
                raise ValueError("nested too deeply") from None
            except UnicodeDecodeError:
                raise
            except ValueError:
                if at + size >= len(content):
                    raise
                if size >= LONGEST:
                    raise TooLargeError("an object that is too long, or without an end") from None
                size *= 4
                continue
            size = end if text.isascii() else len(text[:end].encode(errors="surrogatepass"))
            return parse(piece[:size]), at + size - len(begun)

    def _keep(self, items: Json) -> None:
        """Objects that were read whole, perhaps with others in them."""
        inner, make, made = self.of.inner, self.of.make, self.made
        around = self.opened[-1].number if self.opened else -1
        waiting = [(around, row) for row in reversed(objects(items))]
        while waiting and len(made) < self.of.most:
            around, row = waiting.pop()
            if within := row.get(inner):
                waiting += [(len(made), one) for one in reversed(objects(within))]
            made.append(make(around, row))

    def _after_space(self, at: int) -> int:
        found = _SPACE.match(self.content, at)
        return found.end() if found else at

    def _byte(self, at: int) -> int:
        if at >= len(self.content):
            raise ValueError("a value without an end")
        return self.content[at]
