"""By which of its routes this server is asked: as its kind is known, and doubted again when there is reason to."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from sentry.dialects import INSTEAD, Dialect, Route, routes_of
from sentry.errors import SentryError, UnavailableError, UnsupportedError
from sentry.models.pages import rows_in
from sentry.transport.answers import RouteMissingError

T = TypeVar("T")
Ask = Callable[[], Awaitable[T]]

RELEARN_AFTER = 15 * 60.0
"""Seconds; then an older kind is doubted: Sentry may have been upgraded meanwhile."""

_LESS_TELLING = ((Dialect.SENTRY_9, Dialect.SENTRY_10), (Dialect.GLITCHTIP_6, Dialect.GLITCHTIP))
"""Kinds whose organizations look alike: what an issue has told is not unlearnt by them."""


class Routes:
    """Asks an operation's routes in the order that the server's kind prefers.

    Until something says otherwise the server is today's Sentry. When a route is missing, `identify` asks the
    server who it is; only what it then says, or an answer that only one kind gives, decides (`notice`).
    """

    def __init__(
        self,
        identify: Callable[[], Awaitable[Dialect | None]],
        known: Dialect | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._identify = identify
        self._known = known
        self._clock = clock
        self._noticed: Dialect | None = None
        self._until = 0.0
        self._answered: dict[tuple[Dialect, str], Route] = {}

    @property
    def dialect(self) -> Dialect | None:
        """The server's kind; None when nothing has told it, or not for a while."""
        if self._known is None and self._noticed is not None and self._clock() >= self._until:
            self._noticed = None
            self._answered.clear()
        return self._known or self._noticed

    def notice(self, dialect: Dialect | None) -> None:
        """The server has said, in a good answer, that it is of this kind."""
        if dialect is None or dialect is self._noticed:
            return
        if (self._noticed, dialect) in _LESS_TELLING:
            return
        self._noticed, self._until = dialect, self._clock() + RELEARN_AFTER

    async def first(self, operation: str, routes: Mapping[Route, Ask[T]]) -> T:
        """The answer by the first route that this server has.

        A route that raises RouteMissingError is not there; any other error is an answer. When none is there,
        the operation is unsupported, or what answers is no Sentry: the preferred route's error.
        """
        tried: dict[Route, RouteMissingError] = {}
        dialect = self.dialect
        while True:
            for route in self._in_order(dialect or Dialect.TODAY, operation):
                if route in tried:
                    continue
                try:
                    answer = await routes[route]()
                except RouteMissingError as error:
                    tried[route] = error
                else:
                    self._remember(dialect, operation, route, answer, tried)
                    return answer
            if self._known is None:
                self.notice(await self._identify())
            dialect = self.dialect
            if tried.keys() >= {*routes_of(dialect or Dialect.TODAY, operation)}:
                break
        if dialect is None:
            found = await self._unidentified(operation, routes, tried)
            if found:
                return found[0]
        raise self._nothing(operation, dialect, list(tried.values()))

    async def _unidentified(
        self, operation: str, routes: Mapping[Route, Ask[T]], tried: dict[Route, RouteMissingError]
    ) -> list[T]:
        """The answer by another route of a server that does not say who it is, such as to a token that may not
        list organizations. Nothing is remembered of it. Where the preferred route is not absent but fails, which only
        a list's does, another's answer must prove itself: it counts only if it tells the server's kind."""
        if (Dialect.TODAY, operation) in self._answered or any(error.is_page for error in tried.values()):
            return []
        is_absent = all(error.status_code in (403, 404, 405) for error in tried.values())
        others = [route for dialect in Dialect for route in routes_of(dialect, operation)]
        for route in dict.fromkeys(others):
            if route in tried:
                continue
            try:
                answer = await routes[route]()
            except RouteMissingError:
                continue
            except SentryError:
                if is_absent:
                    raise
                continue
            if is_absent or self.dialect not in (None, Dialect.TODAY):
                return [answer]
        return []

    def _in_order(self, dialect: Dialect, operation: str) -> tuple[Route, ...]:
        routes = routes_of(dialect, operation)
        answered = self._answered.get((dialect, operation))
        return routes if answered not in routes else (answered, *(route for route in routes if route is not answered))

    def _remember(
        self,
        dialect: Dialect | None,
        operation: str,
        route: Route,
        answer: object,
        tried: dict[Route, RouteMissingError],
    ) -> None:
        """An empty list is no evidence, as a server may give it by a route that fails for all else; nor is an answer
        in place of one that failed."""
        if rows_in(answer) and not any(isinstance(error.otherwise, UnavailableError) for error in tried.values()):
            self._answered[dialect or Dialect.TODAY, operation] = route

    def _nothing(self, operation: str, dialect: Dialect | None, missing: list[RouteMissingError]) -> Exception:
        for error in missing:
            if error.otherwise is not None:
                return error.otherwise
        if missing and (
            dialect is None  # nothing says that a Sentry answers at all
            or dialect is Dialect.TODAY  # it should be there
            or (dialect, operation) in self._answered  # it was there before
            or (dialect is not Dialect.GLITCHTIP and missing[0].is_page)  # GlitchTip's way to say 404
        ):
            return missing[0]
        unsupported = UnsupportedError(
            f"{dialect.value if dialect else 'This kind of Sentry'} has no way to {operation}. "
            f"{INSTEAD.get(operation, '')}".rstrip(),
            status_code=missing[0].status_code if missing else None,
        )
        unsupported.__cause__ = missing[0] if missing else None
        return unsupported
