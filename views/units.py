"""Values of a search's rows in words, by the type and unit that Sentry gives them."""

import math
from datetime import UTC, datetime

from sentry.values import Json, as_list, as_object
from views.bounds import compact, line
from views.wording import read, when

_MILLISECONDS = {
    "nanosecond": 1e-6, "microsecond": 1e-3, "millisecond": 1.0, "second": 1e3, "minute": 6e4, "hour": 3.6e6,
    "day": 8.64e7, "week": 6.048e8,
}  # fmt: skip
_BYTES = {
    "bit": 0.125, "byte": 1.0, "kilobyte": 1e3, "kibibyte": 1024.0, "megabyte": 1e6, "mebibyte": 1024.0**2,
    "gigabyte": 1e9, "gibibyte": 1024.0**3,
}  # fmt: skip
_RATES = {"1/second": "/s", "1/minute": "/min", "1/hour": "/h"}
_TOTALS = ("count(", "count_if(", "sum(", "failure_count(")


def cell(value: Json, kind: str | None, unit: str | None, to_the_second: bool) -> str:
    """One line without a `|`, which would begin another cell; empty for what is absent."""
    return _words(value, kind, unit, to_the_second).replace("|", "¦")


def amount(value: float, kind: str | None, unit: str | None) -> str:
    """`820 ms`, `1.25 s`, `12.3%`, `4.2/min`, `1.5 MB`, `1,234`."""
    if not math.isfinite(value):
        return str(value)
    if unit in _MILLISECONDS:
        return duration(value * _MILLISECONDS[unit])
    if unit in _BYTES:
        return size(value * _BYTES[unit])
    if unit in _RATES:
        return f"{number(value)}{_RATES[unit]}"
    if kind == "percentage":
        return f"{number(100 * value)}%"
    if kind == "duration":
        return duration(value)
    return number(value)


def number(value: float) -> str:
    """`1,234`, `12.3`, `0.00123`: three figures, or all of a whole number."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1_000:
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.3g}"
    return f"{value:.3g}"


def duration(milliseconds: float) -> str:
    """Of milliseconds: `0.4 ms`, `820 ms`, `1.25 s`, `3.5 min`, `2.1 h`."""
    for limit, scale, name in ((1e3, 1.0, "ms"), (6e4, 1e3, "s"), (3.6e6, 6e4, "min")):
        if abs(milliseconds) < limit:
            return f"{number(milliseconds / scale)} {name}"
    return f"{number(milliseconds / 3.6e6)} h"


def size(found: float) -> str:
    for limit, scale, name in ((1e3, 1.0, "B"), (1e6, 1e3, "kB"), (1e9, 1e6, "MB")):
        if abs(found) < limit:
            return f"{number(found / scale)} {name}"
    return f"{number(found / 1e9)} GB"


def is_total(function: str) -> bool:
    """Whether the steps of this function add up."""
    return function.startswith(_TOTALS)


def _words(value: Json, kind: str | None, unit: str | None, to_the_second: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if kind == "date":
            return line(value)
        if kind in ("integer", None) and not unit:
            return str(value) if isinstance(value, int) else number(value)
        return amount(value, kind, unit)
    if isinstance(value, str):
        return (_date(value, to_the_second) if kind == "date" else None) or line(value)
    if (items := as_list(value)) is not None:
        return line(", ".join(_words(item, kind, unit, to_the_second) for item in items if item is not None))
    return compact(value) if as_object(value) else ""


def _date(text: str, to_the_second: bool) -> str | None:
    """As people read it; of what follows within a minute the seconds, too."""
    try:
        moment = datetime.fromisoformat(text)
        stamp = when(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    if stamp is None:
        return None
    return f"{stamp[:10]} {stamp[11:]}" if to_the_second else read(stamp)
