"""A server that says its kind when it is asked, and how its routes fail."""

from collections.abc import Awaitable, Callable, Mapping

from standins.clocks import Clock

from sentry.dialects import Dialect, Route
from sentry.endpoints.routes import Routes
from sentry.errors import SentryError, UnavailableError
from sentry.transport.answers import RouteMissingError

TODAY, OLD = Route.ORGANIZATION, Route.NUMBER


class Server:
    """Says its kind when it is asked; its routes answer with their name, or raise what a test says."""

    def __init__(self, kind: Dialect | None = None, known: Dialect | None = None) -> None:
        self.kind = kind
        self.raises: Mapping[Route, SentryError] = {}
        self.asked: list[Route | str] = []
        self.routes = Routes(self.who, known, clock=(clock := Clock()))
        self.clock = clock

    async def who(self) -> Dialect | None:
        self.asked.append("who?")
        return self.kind

    def route(self, route: Route) -> Callable[[], Awaitable[str]]:
        async def ask() -> str:
            self.asked.append(route)
            if route in self.raises:
                raise self.raises[route]
            return route.name

        return ask

    async def ask(self, operation: str = "read an issue") -> list[Route | str]:
        self.asked.clear()
        await self.routes.first(operation, {route: self.route(route) for route in Route})
        return self.asked


def missing(status: int = 404) -> RouteMissingError:
    return RouteMissingError("no route", status_code=status)


def failing() -> RouteMissingError:
    error = RouteMissingError("failed", status_code=500)
    error.otherwise = UnavailableError("failed", status_code=500)
    return error
