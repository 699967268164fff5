"""An alert rule by count: so many events of one issue in so many seconds. Pure, no clock.

https://docs.sentry.io/product/alerts/alert-types/#issue-alerts
"""

from collections import deque
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True)
class Rule:
    """It fires with that many events of an issue in that many seconds, and for this issue not again in as many."""

    events: int = 10
    seconds: float = 60

    @property
    def label(self) -> str:
        """What `triggered_rule` says."""
        return f"{self.events} events in {self.seconds:g} seconds"


@dataclass
class _Seen:
    """The last events of an issue, and when the rule fired for it: seconds of whoever counts."""

    times: "deque[float]"
    fired: float = field(default=float("-inf"))


class Counts:
    """Which events make a rule fire. In memory: of what was before the start nothing is known. Any thread may count."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._seen: dict[int, _Seen] = {}  # the one seen last is the last
        self._lock = Lock()

    def fires(self, issue: int, at: float) -> bool:
        """Count an event of an issue at that time, no earlier than the one before it."""
        since = at - self._rule.seconds
        with self._lock:
            self._forget(since)
            seen = self._seen.pop(issue, None) or _Seen(deque(maxlen=self._rule.events))
            self._seen[issue] = seen
            seen.times.append(at)
            if len(seen.times) < self._rule.events or seen.times[0] <= since or seen.fired > since:
                return False
            seen.fired = at
            return True

    def _forget(self, since: float) -> None:
        """Issues without an event after that: memory is bounded by what comes in one window."""
        while self._seen:
            issue = next(iter(self._seen))
            if self._seen[issue].times[-1] > since:
                return
            del self._seen[issue]
