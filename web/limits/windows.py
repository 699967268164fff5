"""Calls a minute: counted here, or in the store that several servers share.

A sliding window counter (https://limits.readthedocs.io/en/stable/strategies.html) takes two numbers a caller, however
many calls there may be, and who has used up a minute's calls gets them back one by one, not all at once.
"""

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

if TYPE_CHECKING:
    from limits.aio.storage import RedisStorage

    from shared.store import Store

SECONDS = 60
MARGIN = 0.01
"""Seconds by which two clocks may read a time differently."""
PREFIX = "sentry-mcp:limits"
MOST_CALLERS = 10_000
"""Who are counted here; the ones who did not ask for longest are forgotten beyond that."""


class Windows:
    """While the store is lost each server counts for itself; nobody waits for it."""

    def __init__(self, store: "Store | None" = None) -> None:
        """`store` is where several servers count together."""
        self._here: dict[str, MemoryStorage] = {}
        self._store = store

    async def take(self, name: str, calls: int, *, shared: bool = True) -> float:
        """0 for a call that is within `calls` a minute, and is counted; else the seconds until one will be."""
        item = RateLimitItemPerMinute(calls)
        if shared and self._store is not None:
            from shared.store import LostError

            with suppress(LostError):
                return await self._store.using(lambda: _take(self._counting_together, item, name))
        return await _take(self._counting_here(name), item, name)

    @cached_property
    def _counting_together(self) -> "RedisStorage":
        from limits.aio.storage import RedisStorage

        assert self._store is not None
        pool = self._store.pool
        return RedisStorage("async+redis://", implementation="redispy", key_prefix=PREFIX, connection_pool=pool)

    def _counting_here(self, name: str) -> MemoryStorage:
        # One each: at every call a MemoryStorage looks through all that it holds for what has expired, which with a
        # thousand callers in it took ten times as long as to count.
        storage = self._here.pop(name, None) or MemoryStorage()
        self._here[name] = storage
        if len(self._here) > MOST_CALLERS:
            del self._here[next(iter(self._here))]
        return storage


async def _take(storage: "MemoryStorage | RedisStorage", item: RateLimitItem, name: str) -> float:
    if await SlidingWindowCounterRateLimiter(storage).hit(item, name):
        return 0.0
    counts = await storage.get_sliding_window(item.key_for(name), SECONDS)
    return seconds_to_wait(item.amount, *counts) + MARGIN


def seconds_to_wait(calls: int, previous: int, previous_left: float, current: int, current_left: float) -> float:
    """Until one more call is within `calls`, if no other is made.

    What is counted at a time is the window's own calls, and of the previous window's the part that is less than a
    window ago; `..._left` are the seconds for which each number is kept: the previous to the end of this window, this
    window's for one more.
    """
    if current < calls:
        return previous_left - SECONDS * (calls - current) / previous if previous else 0.0
    return current_left - SECONDS * calls / current
