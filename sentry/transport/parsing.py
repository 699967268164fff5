"""Sentry's JSON, read into values that can always be written as JSON again."""

import json
import math
import re

from sentry.models import Json

# Escapes in JSON text, one at a time so that an escaped backslash is never taken for the start of one: a
# pair of surrogates, one that stands alone (in the group), or any other.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
MAX_DIGITS = 400
"""Digits of a whole number; a longer one is no count, no ID and no line, and counts as absent."""


def parse(content: bytes) -> Json:
    """The value in UTF-8 JSON; raises ValueError when it is none.

    What Python's reader accepts and no other would is made harmless: NaN, infinities and endless numbers
    become null, half of a surrogate pair (which cannot be encoded) becomes U+FFFD.
    """
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
