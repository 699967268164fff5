"""Sessions of clients up to 2025-11-25: how many there are of each caller, told from what passes.

The SDK bounds them in all and not of one caller, who could take those of everybody.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

IDLE = 1_800.0
"""Seconds after the last request in which the SDK ends a session."""
LONGEST_WAIT = 60.0
"""Seconds: sessions that are in use may end at any time."""


@dataclass
class _Session:
    under_way: int
    since: float
    """When its last request ended."""


@dataclass
class Opening:
    """`wait` is 0 where there is a place, else the seconds until there may be."""

    wait: float
    session: _Session
    name: str = field(default_factory=lambda: f"opening {uuid4()}")
    is_opened: bool = False


class Sessions:
    """A session that ends otherwise than by its client, such as by a crash, is counted until it would have been idle
    for too long."""

    def __init__(self, in_all: int, of_one: int, idle: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._in_all = in_all
        self._of_one = of_one
        self._idle = idle
        self._clock = clock
        self._of: dict[str, dict[str, _Session]] = {}

    @contextmanager
    def opening(self, owner: str) -> Generator["Opening"]:
        """A place for one more of this caller's, in this block and from then on if it was opened; or how long to
        wait for one."""
        opening = Opening(self._wait(owner), _Session(1, self._clock()))
        if opening.wait:
            yield opening
            return
        own = self._of.setdefault(owner, {})
        own[opening.name] = opening.session
        try:
            yield opening
        finally:
            opening.session.under_way -= 1
            opening.session.since = self._clock()
            if not opening.is_opened:
                self.ended(owner, opening.name)

    def opened(self, owner: str, opening: "Opening", name: str) -> None:
        own = self._of.setdefault(owner, {})
        own.pop(opening.name, None)
        own[name] = opening.session
        opening.name, opening.is_opened = name, True

    @contextmanager
    def using(self, owner: str, session: str) -> Generator[None]:
        """A request of this session's is under way in this block; nothing where it is none of this caller's."""
        found = self._of.get(owner, {}).get(session)
        if found is None:
            yield
            return
        found.under_way += 1
        try:
            yield
        finally:
            found.under_way -= 1
            found.since = self._clock()

    def ended(self, owner: str, session: str) -> None:
        own = self._of.get(owner, {})
        own.pop(session, None)
        if not own:
            self._of.pop(owner, None)

    def _wait(self, owner: str) -> float:
        of_one, in_all = len(self._of.get(owner, {})), sum(map(len, self._of.values()))
        if of_one < self._of_one and in_all < self._in_all:
            return 0.0
        owners = [owner] if of_one >= self._of_one else list(self._of)
        before = self._clock() - self._idle
        idle = [
            (session.since, whose, name)
            for whose in owners
            for name, session in self._of.get(whose, {}).items()
            if not session.under_way
        ]
        gone = [(whose, name) for since, whose, name in idle if since <= before]
        for whose, name in gone:
            self.ended(whose, name)
        if gone:
            return self._wait(owner)
        next_end = min((since - before for since, _, _ in idle), default=LONGEST_WAIT)
        return min(max(next_end, 1.0), LONGEST_WAIT)
