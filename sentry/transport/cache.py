"""What was read lately, in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

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
    def reads(self) -> int:
        return self.hits + self.misses + self.joined

    @property
    def hit_rate(self) -> float:
        """The share of reads, 0 to 1, that cost Sentry no request."""
        return (self.hits + self.joined) / self.reads if self.reads else 0.0


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it came, with the few headers that mean something: bytes can be counted, objects not."""

    status: int
    headers: dict[str, str]
    content: bytes


class Cache:
    """The least recently used answers go first when `size` bytes are full. `ttl` 0 keeps nothing."""

    def __init__(self, ttl: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetimes = {
            Kind.EVENT: float("inf") if ttl else 0.0,
            Kind.ISSUE: ttl,
            Kind.PROJECT: ttl * 30,
        }
        self._bound = size
        self._clock = clock
        self._kept: OrderedDict[Key, tuple[float, Answered]] = OrderedDict()
        self._generations = dict.fromkeys(Kind, 0)
        self.statistics = Statistics()
        self.size = 0

    def lifetime(self, kind: Kind) -> float:
        """Seconds for which an answer of this kind is remembered."""
        return self._lifetimes[kind]

    def key(self, kind: Kind, url: str) -> Key:
        """Names a read. After `drop` the same read has another name, so that an answer which was under
        way meanwhile is neither kept nor shared as if it were new."""
        return kind.value, self._generations[kind], url

    def get(self, key: Key) -> Answered | None:
        entry = self._kept.get(key)
        if entry is None:
            return None
        expires, answered = entry
        if expires <= self._clock():
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        self.statistics.hits += 1
        return answered

    def put(self, key: Key, answered: Answered) -> None:
        """Keep a good answer, unless something was written since the key was made."""
        kind = Kind(key[0])
        lifetime = self._lifetimes[kind]
        size = _size(key, answered)
        if lifetime <= 0 or size > self._bound or key[1] != self._generations[kind]:
            return
        self._forget(key)
        self._kept[key] = self._clock() + lifetime, answered
        self.size += size
        while self.size > self._bound:
            self._forget(next(iter(self._kept)))

    def drop(self, kind: Kind) -> None:
        """Forget all of a kind: something was written."""
        self._generations[kind] += 1
        for key in [key for key in self._kept if key[0] == kind.value]:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        entry = self._kept.pop(key, None)
        if entry is not None:
            self.size -= _size(key, entry[1])


def _size(key: Key, answered: Answered) -> int:
    """Bytes of memory, about: 1,000 are for the objects themselves and their place in the cache."""
    return len(answered.content) + sum(map(len, answered.headers.values())) + len(key[2]) + 1_000
