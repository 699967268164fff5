"""Reads values out of JSON of which nothing can be taken for granted."""

import json
from typing import Any, cast

from pydantic_core import from_json, to_json

Json = Any
"""What json.loads gives: the untyped edge."""

MOST_VALUES = 500_000
"""In one text of JSON, of some eighty bytes each at least. An event with all that Sentry keeps of one has a tenth."""

LONGEST_INTEGER = 19
"""Digits of a whole number kept as a number; a longer one is kept as text."""


def compact(value: Json) -> str:
    """JSON without spaces, of what is safe to keep: without lone surrogates, and not too deep."""
    return to_json(value).decode()


def mapping(value: Json) -> dict[str, Json]:
    """The object, or an empty one for anything else."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """The list, or an empty one for anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []


def rows(value: Json) -> list[dict[str, Json]]:
    """The objects in a list; `{"values": [...]}` is read as the list, as SDKs send both."""
    if isinstance(value, dict):
        value = mapping(value).get("values")
    return [row for row in items(value) if isinstance(row, dict)]


def text(value: Json) -> str | None:
    """The text; a number as text; None for what is empty or anything else."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return None


def whole(value: Json) -> int | None:
    """The whole number, if it is one that SQLite and JavaScript can hold."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.isdecimal() and len(value) <= LONGEST_INTEGER:
        value = int(value)
    return value if isinstance(value, int) and abs(value) < 2**53 else None


def truth(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def parse(raw: bytes) -> Json:
    """JSON as SDKs send it: NaN and infinities become null, enormous whole numbers text.

    Raises ValueError for what is no JSON, JSON nested deeper than Python can read, or of more than MOST_VALUES values.
    """
    if sum(map(raw.count, (b",", b"[", b"{"))) > MOST_VALUES:  # of each value but the first there is one of them
        raise ValueError("too many values")
    if _ENORMOUS not in raw.translate(_DIGITS_AS_ZERO):
        try:
            return from_json(raw, allow_inf_nan=False)
        except ValueError:
            pass  # it may still be what Python's reader, which is slower, takes
    try:
        return json.loads(raw.decode("utf-8", "replace"), parse_constant=_no_number, parse_int=_integer)
    except RecursionError:
        raise ValueError("recursion limit exceeded") from None


_ENORMOUS = b"0" * (LONGEST_INTEGER + 1)
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"0" * 9)


def _no_number(_: str) -> None:
    return None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits.removeprefix("-")) <= LONGEST_INTEGER else digits
