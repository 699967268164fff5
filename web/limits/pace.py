"""Who comes too often waits: for a pace, and for a fair part of the server's time.

The pace is the generic cell rate algorithm (ITU-T I.371): of each it remembers one time, and no clock has to tick.
"""

import time
from collections.abc import Callable
from itertools import islice

MOST = 20_000
"""Who are remembered; the half of them who did not come for longest are forgotten beyond that."""


class Pace:
    """After `burst` at once, one comes after the other."""

    def __init__(self, burst: int, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._longest = longest
        self._clock = clock
        self._due: dict[str, float] = {}

    def wait(self, name: str, interval: float) -> float | None:
        """Seconds until this one's turn, one each `interval` seconds; None where those would be more than `longest`,
        and it gets no turn."""
        now = self._clock()
        due = max(self._due.get(name, now), now)
        wait = max(0.0, due - self._burst * interval - now)
        if wait > self._longest:
            return None
        self._due.pop(name, None)
        self._due[name] = due + interval
        if len(self._due) > MOST:
            for forgotten in list(islice(self._due, MOST // 2)):
                del self._due[forgotten]
        return wait


class Turns:
    """While others ask, too, one caller's requests get no more than a part of the processor's time.

    A server is one thread: whatever is begun is in everybody's way, and what waits for Sentry is not. So it is the
    beginning of requests that is paced, by what they cost on average, and not how many are under way.
    """

    part = 0.1
    """Of the processor's time."""
    burst = 8
    """As many calls as an agent makes side by side."""
    longest = 2.0
    """Seconds that one may have to wait."""
    sample = 32
    """Requests over which the cost is averaged, when they took no longer than `sampled_within` seconds: over a longer
    time it would be other things that the processor was busy with."""
    sampled_within = 2.0
    cost_between = 0.0005, 0.05
    """Seconds of the processor's that one is taken for at least and at most."""
    recently = 2.0
    """Seconds for which somebody who asked is there."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock = clock
        self._processor = processor
        self._pace = Pace(self.burst, self.longest, clock)
        self._latest, self._other = ("", 0.0), ("", -self.recently)
        self._cost = 0.002
        self._served = 0
        self._since = clock(), processor()

    def wait(self, name: str) -> float:
        """Seconds until a request of this caller may begin."""
        now = self._clock()
        if self._latest[0] != name:
            self._other = self._latest
        self._latest = name, now
        if not self._other[0] or now - self._other[1] > self.recently:
            return 0.0
        wait = self._pace.wait(name, self._cost / self.part)
        return self.longest if wait is None else wait

    def served(self) -> None:
        """A request has ended."""
        self._served += 1
        if self._served < self.sample:
            return
        now = self._clock(), self._processor()
        passed, used = now[0] - self._since[0], now[1] - self._since[1]
        if passed <= self.sampled_within:
            least, most = self.cost_between
            self._cost = min(max((self._cost + used / self._served) / 2, least), most)
        self._served, self._since = 0, now
