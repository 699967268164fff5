"""How long a server asks to be left alone. Pure, no I/O."""

import email.utils
import math
import time
from collections.abc import Mapping
from datetime import UTC

MAX_WAIT = 7 * 24 * 3_600.0
"""Seconds; whoever asks for a longer wait means "not any more"."""


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait: `Retry-After`, else Sentry's `X-Sentry-Rate-Limit-Reset`.

    The latter is in UTC epoch seconds (https://docs.sentry.io/api/ratelimits/).
    """
    now = time.time() if now is None else now
    if (asked := asked_wait(headers, now)) is not None:
        return asked
    reset = _number(headers.get("x-sentry-rate-limit-reset", ""))
    return None if reset is None else min(max(0.0, reset - now), MAX_WAIT)


def asked_wait(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds in `Retry-After`, which holds them or a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    seconds = _number(value)
    if seconds is None:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except (ValueError, IndexError, OverflowError):  # the others for some of what is no date
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = moment.timestamp() - (time.time() if now is None else now)
    return min(max(0.0, seconds), MAX_WAIT)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
