"""How much one envelope may hold, of each kind of item: as Sentry's Relay has it, which refuses the whole of one that
holds more (relay-server/src/utils/sizes.rs, relay-config/src/config.rs; Relay of 2026).

https://develop.sentry.dev/sdk/data-model/envelopes/#size-limits
"""

from dataclasses import dataclass

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE

MOST_EVENT = 5 * MEBIBYTE
"""Bytes of one event. Sentry takes 1 MiB; the parsed form takes some twenty times as much memory."""
MAX_ITEMS = 1_000
"""Of all kinds together. Relay has no such limit, and leaves out kinds that it does not know."""


@dataclass(frozen=True)
class Limit:
    """How many items of these types an envelope may hold, and how many bytes they may have together."""

    types: tuple[str, ...]
    count: int
    size: int


LIMITS = [
    Limit(("event", "transaction", "security", "raw_security", "replay_event", "feedback", "form_data"), 1, MOST_EVENT),
    Limit(("attachment", "unreal_report", "user_report"), 30, 200 * MEBIBYTE),
    Limit(("session", "sessions"), 100, 10 * MEBIBYTE),
    Limit(("client_report",), 100, 100 * KIBIBYTE),
    Limit(("check_in",), 1, 100 * KIBIBYTE),
    Limit(("profile", "profile_chunk"), 1, 50 * MEBIBYTE),
    Limit(("replay_recording",), 1, 10 * MEBIBYTE),
    Limit(("replay_video",), 1, 10 * MEBIBYTE),
    Limit(("log",), 1, 12 * MEBIBYTE),
    Limit(("trace_metric",), 1, 12 * MEBIBYTE),
    Limit(("span",), 25, 12 * MEBIBYTE),
    Limit(("statsd",), 1, MEBIBYTE),
    Limit(("metric_buckets",), 1, MEBIBYTE),
]
_LIMIT_OF = {kind: limit for limit in LIMITS for kind in limit.types}


class Room:
    """What is left of one envelope's limits."""

    def __init__(self) -> None:
        self._items = 0
        self._taken: dict[Limit, tuple[int, int]] = {}

    def take(self, kind: str, size: int) -> bool:
        """Whether there is room for one more item of so many bytes."""
        self._items += 1
        limit = _LIMIT_OF.get(kind)
        if limit is None:
            return self._items <= MAX_ITEMS
        count, taken = self._taken.get(limit, (0, 0))
        self._taken[limit] = count + 1, taken + size
        return self._items <= MAX_ITEMS and count < limit.count and taken + size <= limit.size
