"""What was read lately, in bounded memory, and what is being read right now, once for all who ask."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

T = TypeVar("T")
Key = tuple[str, int, str]


class Kind(Enum):
    """How long an answer stays true."""

    EVENT = "event"  # never changes once ingested
    ISSUE = "issue"  # issues, their lists and their latest events: for seconds, and until a write
    PROJECT = "project"  # projects, organizations, short IDs: for minutes


@dataclass
class Statistics:
    hits: int = 0
    misses: int = 0
    joined: int = 0

    @property
    def hit_rate(self) -> float:
        """The share of reads, 0 to 1, that cost Sentry no request."""
        reads = self.hits + self.misses + self.joined
        return (self.hits + self.joined) / reads if reads else 0.0


@dataclass(frozen=True)
class Answered:
    """A good answer as it came: kept as bytes, which can be counted, and read anew each time."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content) + 1_000  # the entry itself: key, headers, bookkeeping


class Cache:
    """The least recently used answers go first when `size` bytes are full. `ttl` 0 keeps nothing."""

    def __init__(self, ttl: float, size: int) -> None:
        self._lifetimes = {
            Kind.EVENT: float("inf") if ttl else 0.0,
            Kind.ISSUE: ttl,
            Kind.PROJECT: ttl * 30,
        }
        self._bound = size
        self._size = 0
        self._kept: OrderedDict[Key, tuple[float, Answered]] = OrderedDict()
        self._generations = dict.fromkeys(Kind, 0)
        self.statistics = Statistics()

    def key(self, kind: Kind, url: str) -> Key:
        """Names a read. After `drop` the same read has another name, so that an answer which was under
        way meanwhile is neither kept nor shared as if it were new."""
        return kind.value, self._generations[kind], url

    def get(self, key: Key) -> Answered | None:
        entry = self._kept.get(key)
        if entry is None:
            return None
        expires, answered = entry
        if expires <= time.monotonic():
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        self.statistics.hits += 1
        return answered

    def put(self, key: Key, answered: Answered) -> None:
        kind = Kind(key[0])
        lifetime = self._lifetimes[kind]
        if lifetime <= 0 or answered.size > self._bound or key[1] != self._generations[kind]:
            return
        self._forget(key)
        self._kept[key] = time.monotonic() + lifetime, answered
        self._size += answered.size
        while self._size > self._bound:
            self._forget(next(iter(self._kept)))

    def drop(self, kind: Kind) -> None:
        """Forget all of a kind: something was written."""
        self._generations[kind] += 1
        for key in [key for key in self._kept if key[0] == kind.value]:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        entry = self._kept.pop(key, None)
        if entry is not None:
            self._size -= entry[1].size


@dataclass
class _Flight(Generic[T]):
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    landed: anyio.Event = field(default_factory=anyio.Event)
    waiting: int = 0
    value: T | None = None
    error: Exception | None = None


class Flights(Generic[T]):
    """Identical reads in flight are one request. It ends when nobody waits for it any more."""

    def __init__(self, tasks: TaskGroup, statistics: Statistics) -> None:
        self._tasks = tasks
        self._statistics = statistics
        self._flights: dict[Key, _Flight[T]] = {}

    async def join(self, key: Key, fetch: Callable[[], Awaitable[T]]) -> T:
        flight = self._flights.get(key)
        if flight is None:
            self._statistics.misses += 1
            flight = self._flights[key] = _Flight[T]()
            self._tasks.start_soon(self._fly, key, flight, fetch)
        else:
            self._statistics.joined += 1
        flight.waiting += 1
        try:
            await flight.landed.wait()
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.landed.is_set():
                self._forget(key, flight)
                flight.scope.cancel()
        if flight.error is not None:
            raise flight.error
        return flight.value  # type: ignore[return-value]  # landed without error: it is a T

    async def _fly(self, key: Key, flight: _Flight[T], fetch: Callable[[], Awaitable[T]]) -> None:
        with flight.scope:
            try:
                flight.value = await fetch()
            except Exception as error:  # noqa: BLE001 - handed to those who wait; here it would end the client
                flight.error = error
        self._forget(key, flight)
        flight.landed.set()

    def _forget(self, key: Key, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
