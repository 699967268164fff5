"""Which route a server has: found out, remembered, and doubted when there is reason to."""

from collections.abc import Awaitable, Callable

import pytest
from standins.clients import client_of
from standins.knowing import Answering
from standins.sockets import listening

from sentry.endpoints.routes import RELEARN_AFTER, Routes
from sentry.endpoints.short_ids import MAX_REMEMBERED, ShortIds
from sentry.errors import BadResponseError, NotFoundError, SentryError, UnavailableError, UnsupportedError
from sentry.models import Issue
from sentry.transport.answers import RouteMissingError

EVENT = "0123456789abcdef0123456789abcdef"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Routes that answer with their name, or raise what a test says."""

    def __init__(self) -> None:
        self.raises: dict[str, SentryError] = {}
        self.asked: list[str] = []

    def route(self, name: str) -> Callable[[], Awaitable[str]]:
        async def ask() -> str:
            self.asked.append(name)
            if name in self.raises:
                raise self.raises[name]
            return name

        return ask

    async def ask(self, routes: Routes) -> list[str]:
        self.asked.clear()
        await routes.first("read an issue", self.route("today"), self.route("old"))
        return self.asked


def missing(*, is_doubtful: bool = False) -> RouteMissingError:
    error = RouteMissingError("no route", status_code=500 if is_doubtful else 404)
    if is_doubtful:
        error.is_doubtful, error.otherwise = True, UnavailableError("failed", status_code=500)
    return error


async def test_the_route_that_answered_is_asked_first_from_then_on() -> None:
    routes, server = Routes(), Server()
    server.raises["today"] = missing()
    assert list(await server.ask(routes)) == ["today", "old"]
    assert list(await server.ask(routes)) == ["old"]


async def test_an_upgraded_sentry_is_noticed_after_a_while() -> None:
    clock, server = Clock(), Server()
    routes = Routes(clock)
    server.raises["today"] = missing()
    assert list(await server.ask(routes)) == ["today", "old"]
    server.raises.clear()
    clock.now = RELEARN_AFTER
    assert list(await server.ask(routes)) == ["old"]
    clock.now = RELEARN_AFTER + 1
    assert list(await server.ask(routes)) == ["today"]


async def test_a_route_that_has_gone_is_replaced_at_once() -> None:
    routes, server = Routes(), Server()
    assert list(await server.ask(routes)) == ["today"]
    server.raises["today"] = missing()
    assert list(await server.ask(routes)) == ["today", "old"]
    assert list(await server.ask(routes)) == ["old"]


async def test_a_failure_of_a_route_that_has_answered_before_is_a_failure() -> None:
    routes, server = Routes(), Server()
    await server.ask(routes)
    server.raises["today"] = missing(is_doubtful=True)
    with pytest.raises(UnavailableError):
        await server.ask(routes)
    assert server.asked == ["today"]


async def test_a_missing_object_tells_that_its_route_is_there_but_not_that_the_known_one_has_gone() -> None:
    routes, server = Routes(), Server()
    server.raises = {"today": missing(), "old": NotFoundError("no issue 5", status_code=404)}
    for asked in (["today", "old"], ["old"]):
        with pytest.raises(NotFoundError):
            await server.ask(routes)
        assert server.asked == asked
    routes, server = Routes(), Server()
    await server.ask(routes)
    server.raises = {"today": missing(), "old": NotFoundError("no issue 5", status_code=404)}
    with pytest.raises(NotFoundError):
        await server.ask(routes)
    server.raises.clear()
    assert list(await server.ask(routes)) == ["today"]


async def test_what_no_route_has_is_unsupported_unless_nothing_ever_answered() -> None:
    routes, server = Routes(), Server()
    server.raises = {"today": missing(), "old": missing()}
    with pytest.raises(BadResponseError):
        await server.ask(routes)
    await routes.first("list issues", server.route("list"))
    with pytest.raises(UnsupportedError, match=r"no way to read an issue\.$"):
        await server.ask(routes)
    with pytest.raises(ValueError, match="names no route"):
        await routes.first("nothing")


async def test_a_short_id_is_remembered_for_its_lifetime_and_within_bounds() -> None:
    clock = Clock()
    short_ids = ShortIds(60, clock)
    short_ids.learn("acme", [Issue(id="5", short_id="shop-1"), Issue(id="odd", short_id="SHOP-2"), Issue(id="7")])
    assert [short_ids.number("acme", name) for name in ("SHOP-1", "SHOP-2", "SHOP-3")] == ["5", None, None]
    assert short_ids.number("other", "SHOP-1") is None
    clock.now = 60
    assert short_ids.number("acme", "SHOP-1") is None
    numbers = range(1, MAX_REMEMBERED + 2)
    short_ids.learn("acme", [Issue(id=str(number), short_id=f"A-{number}") for number in numbers])
    assert [short_ids.number("acme", f"A-{number}") for number in (1, 2)] == [None, "2"]
    short_ids.forget("acme", "A-2")
    assert short_ids.number("acme", "A-2") is None


async def test_a_short_id_whose_issue_has_gone_is_looked_up_again() -> None:
    server_like = Answering({})
    async with (
        listening(server_like.answer) as server,
        client_of(server.url, organization="acme", cache_ttl=60) as client,
    ):
        server_like.known = {"GET /issues/5/": (200, {"id": "5", "shortId": "SHOP-1"})}
        await client.get_issue("5")
        server_like.known = {
            "GET /issues/5/": (404, {"detail": "The requested resource does not exist"}),
            "GET /issues/6/": (200, {"id": "6", "shortId": "SHOP-1"}),
            "GET /organizations/acme/shortids/SHOP-1/": (200, {"groupId": "6"}),
        }
        with pytest.raises(NotFoundError):
            await client.get_issue("SHOP-1", fresh=True)
        assert (await client.get_issue("SHOP-1")).id == "6"
