"""What is being read right now: once for all who ask for it, and no longer than somebody does."""

from collections.abc import Awaitable, Callable, Hashable
from copy import copy
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from sentry.errors import DeadlineError, SentryError, UnreachableError
from sentry.transport.cache import Statistics
from sentry.transport.progress import on_progress

T = TypeVar("T")


@dataclass
class _Flight(Generic[T]):
    scope: anyio.CancelScope
    waiters: int = 0
    landed: bool = False
    value: T | None = None
    error: Exception | None = None
    words: str | None = None
    changed: anyio.Event = field(default_factory=anyio.Event)

    def change(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    async def tell(self, words: str) -> None:
        self.words = words
        self.change()


class Flights(Generic[T]):
    """Identical reads in flight are one request. It ends when nobody waits for it any more.

    It may take as long as the most patient of those who wait, `timeout` seconds at most for each. Why it
    takes long is said to each of them in their own task (`on_progress`): one who is slow to hear, or gone,
    holds nobody up.
    """

    def __init__(self, tasks: TaskGroup, statistics: Statistics, timeout: float) -> None:
        self._tasks = tasks
        self._statistics = statistics
        self._timeout = timeout
        self._flights: dict[Hashable, _Flight[T]] = {}

    async def join(self, key: Hashable, fetch: Callable[[], Awaitable[T]]) -> T:
        """What `fetch` gives, or raises, be it started by this call or by an earlier one."""
        deadline = min(anyio.current_effective_deadline(), anyio.current_time() + self._timeout)
        flight = self._flights.get(key)
        if flight is None or flight.scope.cancel_called:  # its time was up, and its end is still under way
            self._statistics.misses += 1
            flight = self._flights[key] = _Flight[T](anyio.CancelScope(deadline=deadline))
            self._tasks.start_soon(self._fly, key, flight, fetch)
        else:
            self._statistics.joined += 1
            flight.scope.deadline = max(flight.scope.deadline, deadline)
        flight.waiters += 1
        try:
            await _landing(flight)
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.landed:
                # Forgotten at once: who asks from now on gets a flight that is not being cancelled.
                self._forget(key, flight)
                flight.scope.cancel()
        if isinstance(flight.error, SentryError):
            # A copy for each: an exception's traceback grows wherever it is raised.
            raise copy(flight.error) from flight.error
        if flight.error is not None:
            raise flight.error
        return flight.value  # type: ignore[return-value]  # landed without error: it is a T

    async def _fly(self, key: Hashable, flight: _Flight[T], fetch: Callable[[], Awaitable[T]]) -> None:
        flight.error = UnreachableError("The connection to Sentry was closed while it was being asked.")
        try:
            with flight.scope:
                on_progress.set(flight.tell)
                flight.value = await fetch()
                flight.error = None
            if flight.scope.cancelled_caught:
                flight.error = DeadlineError("Sentry did not answer in time. Try again, or ask for less.")
        except Exception as error:  # noqa: BLE001 - handed to those who wait; here it would end the client
            flight.error = error
        finally:
            self._forget(key, flight)
            flight.landed = True
            flight.change()

    def _forget(self, key: Hashable, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


async def _landing(flight: _Flight[T]) -> None:
    tell, heard = on_progress.get(), None
    while not flight.landed:
        if tell is not None and flight.words is not None and flight.words != heard:
            heard = flight.words
            await tell(heard)
        else:
            await flight.changed.wait()
