"""Which of several routes a server has: all there is to supporting sentry.io, old Sentry and GlitchTip."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sentry.answers import RouteMissingError
from sentry.errors import InvalidRequestError, NotFoundError, UnsupportedError

T = TypeVar("T")
Route = Callable[[], Awaitable[T]]


class Routes:
    """Tries an operation's routes in order of preference and remembers, per server, which one answered."""

    def __init__(self) -> None:
        self._answered: dict[str, int] = {}

    async def first(self, operation: str, *routes: Route[T]) -> T:
        """The answer of the first route that this server has.

        A route that raises RouteMissingError is not there; any other error is an answer. When none is
        there, the operation is unsupported, or what answers is no Sentry: the preferred route's error.
        """
        known = self._answered.get(operation)
        missing: RouteMissingError | None = None
        for index in sorted(range(len(routes)), key=lambda index: (index != known, index)):
            try:
                answer = await routes[index]()
            except RouteMissingError as error:
                missing = missing or error
                continue
            except (NotFoundError, InvalidRequestError):
                self._answered[operation] = index
                raise
            self._answered[operation] = index
            return answer
        if missing is None:
            raise ValueError(f"{operation} names no route")
        if known is not None or not self._answered:
            raise missing  # it was there before, or nothing ever was: what answers now is no Sentry
        raise UnsupportedError(
            f"This Sentry cannot do this: {operation}.", status_code=missing.status_code
        ) from missing
