"""What was read before, as it was read, in bounded memory."""

import itertools
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from sentry.paths import issue_in
from sentry.transport.traffic import Traffic


class Lifetime(Enum):
    """How long an answer stays true."""

    EVENT = "event"  # never changes once ingested
    ISSUE = "issue"  # issues, their lists, their latest events, an event's neighbours: for seconds, and until a write
    PROJECT = "project"  # which projects there are, organizations, short IDs: for minutes
    CODE = "code"  # where a project's code lies: for an hour, whatever else is kept


_numbers = itertools.count()


class _OfIssue:
    """Stands in the keys of one issue's answers until it is forgotten; in those of later ones stands another."""

    is_forgotten = False


Key = tuple[Lifetime, tuple[int, _OfIssue | None], str, Hashable]


@dataclass
class Statistics:
    hits: int = 0
    misses: int = 0
    joined: int = 0
    shared: int = 0
    """Of the misses, those that another server had asked for."""
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def reads(self) -> int:
        return self.hits + self.misses + self.joined

    @property
    def hit_rate(self) -> float:
        """The share of reads, 0 to 1, that cost Sentry no request."""
        return (self.hits + self.joined + self.shared) / self.reads if self.reads else 0.0


class Source(NamedTuple):
    """Names one answer, as it was once read: the same read has another number the next time. What was asked of it
    holds `within` that lifetime."""

    key: Key
    number: int
    within: Lifetime
    read: float


@dataclass(frozen=True, slots=True, eq=False)
class CacheEntry:
    """One answer: what was made of it, the bytes of memory that it takes, and when it was read."""

    key: Key
    number: int
    value: Any
    size: int
    read: float


class Cache:
    """The least recently used answers go first when `size` bytes are full. `ttl` 0 keeps only where code lies."""

    def __init__(
        self,
        ttl: float,
        size: int,
        clock: Callable[[], float] = time.monotonic,
        statistics: Statistics | None = None,
    ) -> None:
        self._seconds = {
            Lifetime.EVENT: float("inf") if ttl else 0.0,
            Lifetime.ISSUE: ttl,
            Lifetime.PROJECT: ttl * 30,
            Lifetime.CODE: 3600.0,
        }
        self._bound = size
        self._clock = clock
        self._entries: OrderedDict[Key, CacheEntry] = OrderedDict()
        self._generations = dict.fromkeys(Lifetime, 0)
        self._issues: WeakValueDictionary[str, _OfIssue] = WeakValueDictionary()
        """By number or short ID, or LISTS; each as long as an answer of that issue is kept, or under way."""
        self.statistics = statistics or Statistics()
        self.size = 0

    def seconds(self, lifetime: Lifetime) -> float:
        """For how long an answer with this lifetime is remembered."""
        return self._seconds[lifetime]

    def key(self, lifetime: Lifetime, url: str, read: Hashable = None) -> Key:
        """Names a read, and what is made of its answer. After `drop`, or `forget` of its issue, the same read has
        another name, so that an answer which was under way meanwhile is neither kept nor shared as if it were new."""
        issue = issue_in(url)
        of_issue = self._issues.setdefault(issue, _OfIssue()) if issue else None
        return lifetime, (self._generations[lifetime], of_issue), url, read

    def _holds(self, key: Key) -> bool:
        number, of_issue = key[1]
        return number == self._generations[key[0]] and (of_issue is None or not of_issue.is_forgotten)

    def get(self, key: Key, within: Lifetime | None = None) -> CacheEntry | None:
        """The answer, unless it is older than its lifetime, or than `within` allows."""
        entry = self._found(key, within or key[0])
        self.statistics.hits += entry is not None
        return entry

    def _found(self, key: Key, within: Lifetime) -> CacheEntry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        age = self._clock() - entry.read
        if age >= self._seconds[key[0]] or not self._holds(key):
            self._forget(key)
            return None
        if age >= self._seconds[within]:
            return None
        self._entries.move_to_end(key)
        return entry

    def are_current(self, sources: Iterable[Source | None]) -> bool:
        """Whether each of these answers is the one that a read would get now."""
        for source in sources:
            entry = self._found(source.key, source.within) if source is not None else None
            if entry is None or source is None or entry.number != source.number:
                return False
        return True

    def age(self, sources: Iterable[Source | None]) -> float:
        """Seconds since the oldest of these answers was read, of those that hold only for seconds, be it remembered
        still or not; 0 for one that never was."""
        now = self._clock()
        return now - min((source.read for source in sources if source and source.within is Lifetime.ISSUE), default=now)

    def put(self, key: Key, value: Any, size: int, age: float = 0.0) -> CacheEntry | None:
        """Keep a good answer, unless something was written or its issue forgotten since the key was made, or it is too
        large. `age` is how many seconds ago it was read."""
        seconds = self._seconds[key[0]]
        if seconds <= age or size > self._bound or not self._holds(key):
            return None
        self._forget(key)
        entry = CacheEntry(key, next(_numbers), value, size, self._clock() - age)
        self._entries[key] = entry
        self.size += size
        while self.size > self._bound:
            self._forget(next(iter(self._entries)))
        return entry

    def forget(self, issues: Iterable[str]) -> None:
        """Something happened in an issue: all that was read of it, by one of these numbers or short IDs, or LISTS, is
        not found any more, and goes like what is not used. Its events, too: each says which one is the next."""
        for issue in issues:
            if (forgotten := self._issues.pop(issue, None)) is not None:
                forgotten.is_forgotten = True

    def drop(self, lifetime: Lifetime) -> None:
        """Forget all of a kind: something was written."""
        self._generations[lifetime] += 1
        for key in [key for key in self._entries if key[0] is lifetime]:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.size
