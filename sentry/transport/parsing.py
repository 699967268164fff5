"""Sentry's JSON, read into values that can always be written as JSON again."""

import json
import math
import re

from pydantic_core import from_json

from sentry.values import Json

Content = bytes | bytearray

# Escapes in JSON text, one at a time so that an escaped backslash is never taken for the start of one: a
# pair of surrogates, one that stands alone (in the group), or any other.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
# What a number that pydantic's reader takes for infinity has in it: all digits written as 0. In an ID of hex digits
# the first two may stand as well, but not behind what begins a number.
_SHAPES = (b"0e000", b"0e+000", b"0" * 200)
_DIGITS_AS_0 = bytes.maketrans(b"123456789E", b"000000000e")
_NUMBER = re.compile(rb"(?:\A|[\[:,\s])-?[0-9]+(?:\.[0-9]*)?\Z")
_LONGEST = 400
_MOST_LOOKS = 20
"""A text with more of what looks like an exponent is read patiently, whatever it is."""
_NO_STRUCTURE = bytes(set(range(256)) - set(b"{[,:"))
MAX_DIGITS = 400
"""Digits of a whole number; a longer one is no count, no ID and no line, and counts as absent."""


def parse(content: Content) -> Json:
    """The value in UTF-8 JSON; raises ValueError when it is none.

    pydantic's reader is the fast way. What it refuses and Python's accepts is made harmless: NaN, infinities and
    endless numbers become null, half of a surrogate pair (which cannot be encoded) becomes U+FFFD.
    """
    if not may_overflow(content):
        try:
            return from_json(content, allow_inf_nan=False)
        except ValueError:
            pass
    return _parse_patiently(content)


def memory_of(content: Content) -> int:
    """Bytes of memory that the values in this JSON take at most, or nearly so: objects cost far more than text.

    Counted by what JSON is made of, in CPython: a dict, a list, and for each item its place in them and an object
    of its own. Text with a character beyond ASCII may take four bytes for each of its characters.
    """
    text = len(content) if content.isascii() and b"\\u" not in content else 4 * len(content)
    objects, lists = content.count(b"{"), content.count(b"[")
    return text + 500 * objects + 64 * lists + 40 * (values_in(content) - objects - lists)


def values_in(content: Content) -> int:
    """About how many values there are in this JSON; no fewer than there are."""
    return len(content.translate(None, _NO_STRUCTURE))


def may_overflow(content: Content) -> bool:
    """Whether a number may be larger than a float; looked for by substring, which costs a tenth of reading it."""
    shape = content.translate(_DIGITS_AS_0)
    looks = 0
    for looked_for in _SHAPES:
        at = shape.find(looked_for)
        while at >= 0:
            looks += 1
            if looks > _MOST_LOOKS or _NUMBER.search(content[max(0, at - _LONGEST) : at + 1]):
                return True
            at = shape.find(looked_for, at + len(looked_for))
    return False


def _parse_patiently(content: Content) -> Json:
    text = content.decode("utf-8-sig")
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(_without_half_pairs, text)
    try:
        try:
            return _READER.decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a whole number of more digits than Python converts
            return _PATIENT_READER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _without_half_pairs(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape[1] else escape[0]


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _countable(text: str) -> int | None:
    return int(text) if len(text) <= MAX_DIGITS else None


def _nothing(_: str) -> None:
    return None


_READER = json.JSONDecoder(parse_float=_finite, parse_constant=_nothing)
_PATIENT_READER = json.JSONDecoder(parse_float=_finite, parse_constant=_nothing, parse_int=_countable)
