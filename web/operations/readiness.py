"""Whether the server can do its work, and since when not: named checks, asked now and then, however often one polls.

Anybody may read what they say: a problem is in words of ours, without names or addresses; the log has the rest.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import anyio

from sentry.client import SentryClient
from sentry.errors import SentryError
from service.current import FindClient


@dataclass(frozen=True)
class Problem:
    """What is wrong, in a few words that anybody may read, since when, in seconds of Unix time."""

    words: str
    since: float


Check = Callable[[], Awaitable[Problem | str | None]]
"""What is wrong; its words alone where it is known only since it was looked at; None when nothing is."""

KEPT = 2.0
"""Seconds for which what was found is told again."""
LONGEST = 3.0
"""Seconds that a check may take."""
LATELY = 10.0
"""Seconds for which an answer of Sentry's shows that it answers."""
PAUSE = 5.0
"""Seconds between two requests that only ask Sentry whether it answers."""
FORGOTTEN = 60.0
"""Seconds after which one refusal of the token counts no more, where Sentry answers and says nothing new of it."""

_logger = logging.getLogger(__name__)


class Readiness:
    def __init__(self, checks: Mapping[str, Check], is_draining: Callable[[], bool]) -> None:
        self._is_draining = is_draining
        self._checks = checks
        self._problems: dict[str, str] = {}
        self._since: dict[str, str] = {}
        self._until = 0.0
        self._looking = anyio.Lock()

    async def state(self) -> dict[str, Any]:
        """`ready`, `draining`, and of each check `ok`, `problem` and `since` when."""
        is_draining = self._is_draining()
        if time.monotonic() >= self._until and not is_draining:
            async with self._looking:
                if time.monotonic() >= self._until:
                    await self._look()
                    self._until = time.monotonic() + KEPT
        return {
            "ready": not is_draining and not self._problems,
            "draining": is_draining,
            "checks": {
                name: {
                    "ok": name not in self._problems,
                    "problem": self._problems.get(name),
                    "since": self._since.get(name),
                }
                for name in self._checks
            },
        }

    async def _look(self) -> None:
        async with anyio.create_task_group() as tasks:
            for name, check in self._checks.items():
                tasks.start_soon(self._ask, name, check)

    async def _ask(self, name: str, check: Check) -> None:
        found: Problem | str | None = "takes too long"
        with anyio.move_on_after(LONGEST):
            found = await check()
        if found is None:
            if self._problems.pop(name, None):
                _logger.warning("Ready again: %s, which was not since %s", name, self._since.pop(name))
            return
        words, since = (found.words, found.since) if isinstance(found, Problem) else (found, None)
        if name not in self._problems:
            _logger.warning("Not ready: %s %s", name, words)
            since = since or time.time()
        if since is not None:
            self._since[name] = _written(since)
        self._problems[name] = words


def _written(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class SentryAnswers:
    """A check that costs Sentry nothing while it is asked for other reasons, and next to nothing else: whoever polls
    cannot make it ask more often."""

    def __init__(
        self, find_client: Callable[[], FindClient | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._find_client = find_client
        self._clock = clock
        self._asked_at = float("-inf")
        self._problem: str | None = None
        self._said_of_token = float("-inf"), False
        """When a look last heard of the token, and whether that was a refusal."""

    async def __call__(self) -> str | None:
        find_client = self._find_client()
        client = find_client() if find_client is not None else None
        if not isinstance(client, SentryClient):
            return None
        traffic = client.statistics.traffic
        now, answered = self._clock(), traffic.answered
        if answered is not None and now - answered < LATELY:
            self._problem = None
        elif now - self._asked_at >= PAUSE:
            self._asked_at = now
            await self._look(client)
        said_to_calls = traffic.answered or float("-inf"), traffic.is_token_refused
        at, is_refused = max(said_to_calls, self._said_of_token)
        is_refused = is_refused and self._clock() - at < FORGOTTEN
        return self._problem or ("does not accept the token" if is_refused else None)

    async def _look(self, client: SentryClient) -> None:
        try:
            is_accepted = await client.reach()
        except SentryError as error:
            level = logging.INFO if self._problem else logging.WARNING
            self._problem = "fails" if error.error == "sentry_unavailable" else "does not answer"
            _logger.log(level, "Sentry was asked whether it answers: %s", error.message)
            return
        self._problem = None
        if is_accepted is not None:
            self._said_of_token = self._clock(), not is_accepted
