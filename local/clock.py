"""Times as the embedded Sentry keeps them: whole milliseconds since 1970, written as ISO 8601 in UTC."""

import time
from datetime import UTC, datetime, timedelta

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_IN_UTC = _EPOCH.replace(tzinfo=None)  # written sooner, without a zone


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def iso(moment: int | None) -> str | None:
    """`2026-11-24T21:39:17.192Z`, as Sentry writes it."""
    if moment is None:
        return None
    return (_IN_UTC + timedelta(milliseconds=moment)).isoformat(timespec="milliseconds") + "Z"


def moment(value: object) -> int | None:
    """Milliseconds from what SDKs and clients send: seconds since 1970 or ISO 8601 (UTC unless it says
    otherwise).

    None for anything that is no time between the years 1 and 9999.
    """
    when = _datetime(value)
    return None if when is None else (when - _EPOCH) // timedelta(milliseconds=1)


def microseconds(value: object) -> int | None:
    """As `moment`, to the microsecond: how long a span took is told by it."""
    when = _datetime(value)
    return None if when is None else (when - _EPOCH) // timedelta(microseconds=1)


def _datetime(value: object) -> datetime | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, int | float):
            return _EPOCH + timedelta(seconds=value)
        if isinstance(value, str):
            text = value.strip()
            if text.replace(".", "", 1).isdecimal():
                return _EPOCH + timedelta(seconds=float(text))
            parsed = datetime.fromisoformat(text)
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None
