"""How many tokens of o200k a text is: exactly, but for a piece of thousands of bytes, which counts as more, and for
characters newer than Python's tables of Unicode, of which one may count one off.

Counted here because what can be installed for it costs more than it is worth: bpe-openai takes 135 MB of memory and a
second in which nothing else runs, and has no wheel for Alpine, older Macs or Windows on ARM; tiktoken fetches its
vocabulary from the network, and takes 72 MB and most of a second to load one of our own. The tests hold that the counts
are those of bpe-openai.
"""

import math
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import heapify, heappop, heappush
from pathlib import Path

from sentry.steps import Steps

MOST_CHARACTERS = 6
"""Of a token, on the average of a text that is counted: there is no telling text in a longer one."""
LIKE_BEFORE = 1.1
"""So much longer a text is over its limit, too, where a like one was after so many characters."""
LONGEST = 4_000
"""Bytes of a piece; a longer one counts as many tokens as bytes, which none has more of."""
PART = 20_000
"""Bytes of the packed vocabulary that are read in a step."""
STEP = 2_000
"""Characters that are counted before others get their turns."""
SHORT = 400
"""Characters of a chunk whose pieces are remembered: most words come again in the next answer."""

_VOCABULARY = Path(__file__).with_name("o200k_base.zlib")
"""Tokens of more than one byte, those of the lowest rank first, with 0xFF between them, which UTF-8 never has."""

# The pieces of a text, no token spans two: https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py
# Beyond ASCII each character is taken for one of its kind: an upper or lower letter, one that is neither, a mark,
# a number, a space; else punctuation.
_NEITHER, _MARK = "\u00aa", "\u0300"
_UPPER, _LOWER, _LETTERS = f"A-Z{_NEITHER}{_MARK}", f"a-z{_NEITHER}{_MARK}", f"A-Za-z{_NEITHER}"
_ENDING = r"(?:'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL]))?"
_PIECE = re.compile(
    rf"[^\r\n{_LETTERS}0-9]?[{_UPPER}]*[{_LOWER}]+{_ENDING}|[^\r\n{_LETTERS}0-9]?[{_UPPER}]+[{_LOWER}]*{_ENDING}"
    rf"|[0-9]{{1,3}}| ?[^\s{_LETTERS}0-9]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    re.ASCII,
)
_JOINT = re.compile(r"\n(?=[^\s/]|[ \t]+\S)|\"?,\"")
"""Where a text may be cut and no piece with it: after a newline; before a quote or comma behind a letter or digit."""


class _Kinds(dict[int, str]):
    def __missing__(self, character: int) -> str:
        self[character] = kind = _kind(chr(character))
        return kind


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    kinds = {"Lu": "A", "Lt": "A", "Ll": "a", "Lm": _NEITHER, "Lo": _NEITHER}
    group = {"M": _MARK, "N": "0", "Z": "\t"}.get(category[0], "!")
    return "\t" if character == "\x85" else kinds.get(category, group)


_KINDS = _Kinds({code: chr(code) for code in range(128)} | {0x17F: "s"})  # a long s ends an English word as s does
_loaded: list[dict[bytes, int]] = []
"""The ranks of all tokens, once they were needed: 25 MB."""


def _load() -> Steps[None]:
    if _loaded:
        return
    packed, unpacking = _VOCABULARY.read_bytes(), zlib.decompressobj()
    ranks: dict[bytes, int] = {}
    rest = b""
    for start in range(0, len(packed), PART):
        *tokens, rest = (rest + unpacking.decompress(packed[start : start + PART])).split(b"\xff")
        ranks.update(zip(tokens, range(len(ranks), len(ranks) + len(tokens)), strict=True))
        yield
    ranks[rest] = len(ranks)
    _loaded[:] = [ranks]


@dataclass
class Counter:
    """Counts the texts of one answer, and remembers the chunks that they have in common."""

    _counts: dict[str, int] = field(default_factory=dict[str, int])
    _reached: float = math.inf
    """Characters after which the last text was over its limit."""

    def fits(self, most: int, *texts: str) -> Steps[bool]:
        """Whether the texts are so many tokens at most, all together."""
        characters = sum(map(len, texts))
        if not self.may_fit(most, characters):
            return False
        if characters * 4 <= most or sum(len(_utf8(text)) for text in texts) <= most:  # no token is less than a byte
            return True
        before = 0
        for text in texts:
            total, characters = yield from self._count(text, most)
            if total > most:
                self._reached = before + characters
                return False
            most -= total
            before += characters
        return True

    def may_fit(self, most: int, characters: int) -> bool:
        """Whether it is worth while to count a text of so many characters."""
        return characters <= min(most * MOST_CHARACTERS, self._reached * LIKE_BEFORE)

    def count(self, text: str, most: int) -> Steps[int]:
        """Its tokens; where it has more than `most`, some number above that."""
        return (yield from self._count(text, most))[0]

    def _count(self, text: str, most: int) -> Steps[tuple[int, int]]:
        """Tokens, and of how many characters."""
        yield from _load()
        total = work = characters = 0
        for chunk in _chunks(text):
            if (found := self._counts.get(chunk)) is None:
                pieces = _pieces(chunk)
                if len(chunk) <= SHORT:
                    found = sum(map(_count_again, pieces))
                    work += len(chunk)
                else:
                    found = 0
                    for piece in pieces:
                        found += _count(piece)
                        work += len(piece)
                        if work > STEP:
                            work = 0
                            yield
                self._counts[chunk] = found
                if work > STEP:
                    work = 0
                    yield
            total += found
            characters += len(chunk)
            if total > most:
                break
        return total, characters

    def beginning(self, text: str, most: int) -> Steps[str]:
        """The chunks of a text that are so many tokens."""
        kept: list[str] = []
        for chunk in _chunks(text):
            most -= yield from self.count(chunk, most)
            if most < 0:
                break
            kept.append(chunk)
        return "".join(kept)


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _chunks(text: str) -> Iterator[str]:
    """The most of an answer is the same again after a step, and need not be counted again."""
    start = 0
    for joint in _JOINT.finditer(text):
        at = joint.start()
        if text[at] == "\n":
            at += 1
        elif not (text[at - 1 : at].isalnum() and text[at - 1].isascii()):
            continue
        yield text[start:at]
        start = at
    yield text[start:]


def _pieces(text: str) -> Iterable[str]:
    if text.isascii():
        return _PIECE.findall(text)
    return (text[found.start() : found.end()] for found in _PIECE.finditer(text.translate(_KINDS)))


def _count(piece: str) -> int:
    found, ranks = _utf8(piece), _loaded[0]
    if len(found) == 1 or found in ranks:
        return 1
    return len(found) if len(found) > LONGEST else _merged(found, ranks)


_count_again = lru_cache(4_096)(_count)


def _merged(piece: bytes, ranks: dict[bytes, int]) -> int:
    """How many tokens are left when no two neighbours are one: the pair of the lowest rank becomes one first."""
    end = len(piece)
    after, before = list(range(1, end + 1)), list(range(-1, end - 1))  # of each token's first byte, that of the next
    pairs = [(ranks[pair], at, at + 2) for at in range(end - 1) if (pair := piece[at : at + 2]) in ranks]
    heapify(pairs)
    left = end
    while pairs:
        _, at, until = heappop(pairs)
        second = after[at]
        if second == end or after[second] != until or not second:  # one of the two is part of another by now
            continue
        left -= 1
        after[at], after[second] = until, 0
        if until < end:
            before[until] = at
            _offer(pairs, piece, at, after[until], ranks)
        if (previous := before[at]) >= 0:
            _offer(pairs, piece, previous, until, ranks)
    return left


def _offer(pairs: list[tuple[int, int, int]], piece: bytes, at: int, until: int, ranks: dict[bytes, int]) -> None:
    if (rank := ranks.get(piece[at:until])) is not None:
        heappush(pairs, (rank, at, until))
