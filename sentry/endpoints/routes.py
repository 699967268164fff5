"""Which of several routes a server has: all there is to supporting sentry.io, old Sentry and GlitchTip."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sentry.errors import InvalidRequestError, NotFoundError, UnsupportedError
from sentry.transport.answers import RouteMissingError

T = TypeVar("T")
Route = Callable[[], Awaitable[T]]

RELEARN_AFTER = 15 * 60.0
"""Seconds; then a route that is not the preferred one is doubted: Sentry may have been upgraded meanwhile."""


class Routes:
    """Tries an operation's routes in order of preference and remembers, per server, which one answered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answered: dict[str, tuple[int, float]] = {}

    async def first(self, operation: str, *routes: Route[T], instead: str = "") -> T:
        """The answer of the first route that this server has.

        A route that raises RouteMissingError is not there; any other error is an answer. When none is
        there, the operation is unsupported (`instead` says what to do), or what answers is no Sentry: the
        preferred route's error.
        """
        known = self._known(operation)
        missing: RouteMissingError | None = None
        for index in sorted(range(len(routes)), key=lambda index: (index != known, index)):
            try:
                answer = await routes[index]()
            except RouteMissingError as error:
                if error.is_doubtful and index == known:
                    raise error.otherwise or error from None
                missing = missing or error
                continue
            except (NotFoundError, InvalidRequestError):
                if known is None:
                    self._remember(operation, index)
                raise
            self._remember(operation, index)
            return answer
        if missing is None:
            raise ValueError(f"{operation} names no route")
        if missing.otherwise is not None:
            raise missing.otherwise
        if known is not None or not self._answered:
            raise missing  # it was there before, or nothing ever was: what answers now is no Sentry
        raise UnsupportedError(
            f"This kind of Sentry (an older one, or GlitchTip) has no way to {operation}. {instead}".rstrip(),
            status_code=missing.status_code,
        ) from missing

    def _known(self, operation: str) -> int | None:
        index, since = self._answered.get(operation, (None, 0.0))
        return None if index and self._clock() - since > RELEARN_AFTER else index

    def _remember(self, operation: str, index: int) -> None:
        if self._known(operation) != index:
            self._answered[operation] = index, self._clock()
