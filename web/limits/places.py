"""How many at once: of each caller as many as there are places, and a few who wait for one."""

from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager

import anyio


class Places:
    """In the order in which they came, for `patience` seconds; no more wait than are served.

    Of this process alone: what they guard is its time and its memory.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._taken: dict[Hashable, anyio.Semaphore] = {}

    @asynccontextmanager
    async def place(self, key: Hashable, size: int) -> AsyncGenerator[bool]:
        """Whether there is one of `size` places for this block; 0 for no bound."""
        if not size:
            yield True
            return
        key = key, size
        places = self._taken.setdefault(key, anyio.Semaphore(size, fast_acquire=True))
        if not await self._take(places, size):
            yield False
            return
        try:
            yield True
        finally:
            places.release()
            if places.value == size and not places.statistics().tasks_waiting:
                self._taken.pop(key, None)

    async def _take(self, places: anyio.Semaphore, size: int) -> bool:
        try:
            places.acquire_nowait()
        except anyio.WouldBlock:
            if self._patience <= 0 or places.statistics().tasks_waiting >= size:
                return False
            with anyio.move_on_after(self._patience) as scope:
                await places.acquire()
            return not scope.cancelled_caught
        return True
