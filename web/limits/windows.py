"""Calls a minute: counted here, or in the store that several servers share.

A sliding window counter (https://limits.readthedocs.io/en/stable/strategies.html) takes two numbers a caller, however
many calls there may be, and who has used up a minute's calls gets them back one by one, not all at once.
"""

import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

if TYPE_CHECKING:
    from limits.aio.storage import RedisStorage

SECONDS = 60
TIMEOUT = 0.3
"""Seconds that the store may take to count one call; it mostly takes half a millisecond."""
LOOK_AGAIN = 1.0
"""Seconds between two looks at whether the store is there."""
CONNECTIONS = 16
MARGIN = 0.01
"""Seconds by which two clocks may read a time differently."""
PREFIX = "sentry-mcp:limits"
MOST_CALLERS = 10_000
"""Who are counted here; the ones who did not ask for longest are forgotten beyond that."""

_logger = logging.getLogger(__name__)


class Windows:
    """Where the store is lost each server counts for itself, until it is there again; nobody waits for it."""

    def __init__(self, shared_url: str = "") -> None:
        """`shared_url` of a Valkey or Redis, where there is one; raises ValueError, without the URL, for one that
        cannot be used."""
        self._here: dict[str, MemoryStorage] = {}
        self._shared = _Shared(shared_url) if shared_url else None
        self.lost_since: float | None = None
        """Since when the store is lost, in seconds of Unix time; None where it is there, or none is shared."""

    async def take(self, name: str, calls: int, *, shared: bool = True) -> float:
        """0 for a call that is within `calls` a minute, and is counted; else the seconds until one will be."""
        item = RateLimitItemPerMinute(calls)
        if shared and self._shared is not None and self.lost_since is None:
            from redis.exceptions import RedisError

            try:
                with anyio.fail_after(TIMEOUT):
                    return await _take(self._shared.storage, item, name)
            except (RedisError, OSError) as error:  # TimeoutError is an OSError
                self._lose(error)
        return await _take(self._counting_here(name), item, name)

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """The store is looked after for as long as the block lasts."""
        if self._shared is None:
            yield
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._look_after, self._shared)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()
                with anyio.move_on_after(TIMEOUT, shield=True):
                    await self._shared.redis.aclose(close_connection_pool=True)

    async def _look_after(self, shared: "_Shared") -> None:
        from redis.exceptions import RedisError

        while True:
            try:
                with anyio.fail_after(TIMEOUT):
                    await shared.redis.ping()
            except (RedisError, OSError) as error:
                self._lose(error)
            else:
                if self.lost_since is not None:
                    self.lost_since = None
                    _logger.warning("The shared store is there again: calls are counted in it")
            await anyio.sleep(LOOK_AGAIN)

    def _lose(self, error: Exception) -> None:
        if self.lost_since is None:
            self.lost_since = time.time()
            # The error's words may hold the store's address.
            _logger.warning("The shared store is lost (%s): each server counts calls for itself", type(error).__name__)

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


class _Shared:
    """The store's client, and the library's counts in it."""

    def __init__(self, url: str) -> None:
        from limits.aio.storage import RedisStorage
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError
        from redis.maint_notifications import MaintNotificationsConfig

        options: dict[str, Any] = {
            "max_connections": CONNECTIONS,
            "timeout": TIMEOUT,
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            "maint_notifications_config": MaintNotificationsConfig(enabled=False),  # it would wait for longer
        }
        try:
            pool: Any = BlockingConnectionPool.from_url(url, **options)  # pyright: ignore[reportUnknownMemberType]  # untyped in redis
            pool.make_connection()
        except (ValueError, TypeError, RedisError):
            raise ValueError("an address that cannot be used") from None
        self.redis: Any = Redis(connection_pool=pool)
        self.storage = RedisStorage("async+redis://", implementation="redispy", key_prefix=PREFIX, connection_pool=pool)
