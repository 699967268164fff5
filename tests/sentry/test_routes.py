"""By which route a server is asked: what it says of itself decides, one failure never does."""

import itertools
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from standins.routes import OLD, TODAY, Server, failing, missing

from sentry.dialects import Dialect, Route, dialect_of_issue, dialect_of_organization
from sentry.endpoints.routes import RELEARN_AFTER, Routes
from sentry.errors import (
    BadResponseError,
    ForbiddenError,
    NotFoundError,
    SentryError,
    UnavailableError,
    UnsupportedError,
)
from sentry.models.pages import Page
from sentry.transport.answers import RouteMissingError


async def test_a_server_that_says_it_is_an_older_kind_is_asked_by_that_kinds_routes_from_then_on() -> None:
    server = Server(Dialect.SENTRY_10)
    server.raises = {TODAY: missing()}
    assert await server.ask() == [TODAY, "who?", OLD]
    assert await server.ask() == [OLD]
    assert await server.ask("read the tags of an issue") == [OLD]


@pytest.mark.parametrize("flaw", [missing(), missing(405), missing(200), failing()], ids=["404", "405", "page", "500"])
@pytest.mark.parametrize("kind", [None, Dialect.TODAY])
@pytest.mark.parametrize("has_worked", [True, False])
async def test_no_failure_makes_a_server_an_older_kind(
    kind: Dialect | None, flaw: RouteMissingError, has_worked: bool
) -> None:
    server = Server(kind)
    if has_worked:
        await server.ask()
    server.raises = {TODAY: flaw}
    with suppress(SentryError):
        await server.ask()
    assert OLD not in server.asked or (kind is None and not has_worked)
    server.raises = {}
    assert await server.ask() == [TODAY]


@pytest.mark.parametrize("status", [403, 404, 405])
async def test_a_server_that_does_not_say_who_it_is_is_asked_by_the_routes_it_has_and_nothing_is_concluded(
    status: int,
) -> None:
    server = Server(None)
    server.raises = {TODAY: missing(status)}
    for _ in range(2):
        assert await server.ask() == [TODAY, "who?", OLD]


async def test_what_a_server_that_does_not_say_who_it_is_refuses_is_told_as_refused() -> None:
    server = Server(None)
    server.raises = {TODAY: missing(), OLD: ForbiddenError("a scope is missing", status_code=403)}
    with pytest.raises(ForbiddenError):
        await server.ask()


async def test_an_answer_in_place_of_a_failure_must_prove_that_the_server_is_of_an_older_kind() -> None:
    server = Server(None)
    server.raises = {TODAY: failing()}
    with pytest.raises(UnavailableError):
        await server.ask("list issues")
    assert Route.EACH_PROJECT in server.asked

    async def each_project() -> str:
        server.routes.notice(Dialect.SENTRY_9)  # as its issues' permalinks tell
        return "listed"

    routes = {**{route: server.route(route) for route in Route}, Route.EACH_PROJECT: each_project}
    assert await server.routes.first("list issues", routes) == "listed"
    assert await server.ask("list issues") == [Route.EACH_PROJECT]


async def test_one_failure_of_sentry_10_is_over_with_the_next_call() -> None:
    server = Server(Dialect.SENTRY_10)
    server.routes.notice(Dialect.SENTRY_10)
    server.raises = {TODAY: failing()}
    assert await server.ask("list issues") == [TODAY, Route.EACH_PROJECT]
    server.raises = {}
    assert await server.ask("list issues") == [TODAY]


async def test_an_upgraded_sentry_is_noticed_after_a_while() -> None:
    server = Server(Dialect.SENTRY_10)
    server.raises = {TODAY: missing()}
    await server.ask()
    server.raises = {}
    server.clock.now = RELEARN_AFTER - 1
    assert await server.ask() == [OLD]
    server.clock.now = RELEARN_AFTER
    assert await server.ask() == [TODAY]


async def test_an_upgraded_sentry_is_noticed_however_often_it_has_told_its_older_kind() -> None:
    server = Server()
    for server.clock.now in (0, RELEARN_AFTER - 1):
        server.routes.notice(Dialect.SENTRY_9)
    server.clock.now = RELEARN_AFTER
    assert await server.ask() == [TODAY]


async def test_which_route_answered_is_doubted_together_with_the_kind() -> None:
    server = Server(Dialect.SENTRY_10)
    server.raises = {TODAY: missing()}
    await server.ask("list issues")
    assert await server.ask("list issues") == [Route.EACH_PROJECT]
    server.raises = {}
    server.clock.now = RELEARN_AFTER
    await server.ask("list issues")
    server.routes.notice(Dialect.SENTRY_10)
    assert await server.ask("list issues") == [TODAY]


async def test_a_server_whose_kind_is_known_is_never_asked_who_it_is() -> None:
    server = Server(Dialect.SENTRY_10, known=Dialect.TODAY)
    server.raises = {TODAY: missing()}
    with pytest.raises(BadResponseError, match="no route") as caught:
        await server.ask()
    assert server.asked == [TODAY]
    assert caught.value.status_code == 404


async def test_an_older_server_whose_routes_have_gone_is_asked_again_who_it_is() -> None:
    server = Server(Dialect.SENTRY_10)
    server.raises = {TODAY: missing()}
    await server.ask()
    server.kind, server.raises = Dialect.TODAY, {OLD: missing()}
    assert await server.ask() == [OLD, "who?", TODAY]
    assert await server.ask() == [TODAY]


async def test_what_failed_is_told_as_it_failed_where_no_other_route_helps() -> None:
    for kind in (None, Dialect.TODAY):
        server = Server(kind)
        server.raises = {TODAY: failing()}
        with pytest.raises(UnavailableError):
            await server.ask("list issues")


async def test_a_missing_object_is_no_missing_route() -> None:
    server = Server(Dialect.SENTRY_10)
    server.raises = {TODAY: missing(), OLD: NotFoundError("no issue 5", status_code=404)}
    for asked in ([TODAY, "who?", OLD], [OLD]):
        with pytest.raises(NotFoundError):
            await server.ask()
        assert server.asked == asked


async def test_the_second_of_a_kinds_routes_is_asked_first_once_it_has_answered() -> None:
    server = Server(Dialect.GLITCHTIP)
    server.routes.notice(Dialect.GLITCHTIP)
    server.raises = {OLD: missing()}
    operation = "read the oldest event of an issue"
    assert await server.ask(operation) == [OLD, Route.WALK]
    assert await server.ask(operation) == [Route.WALK]


async def test_an_empty_list_is_no_evidence_that_a_route_is_the_right_one() -> None:
    server = Server()
    server.routes.notice(Dialect.SENTRY_10)
    rows: list[str] = []

    async def of_organization() -> Page[str]:
        raise missing()

    async def of_each() -> Page[str]:
        return Page(rows)

    async def listed() -> list[Route]:
        asked: list[Route] = []

        async def ask(route: Route, list_issues: Callable[[], Awaitable[Page[str]]]) -> Page[str]:
            asked.append(route)
            return await list_issues()

        routes = {
            TODAY: lambda: ask(TODAY, of_organization),
            Route.EACH_PROJECT: lambda: ask(Route.EACH_PROJECT, of_each),
        }
        await server.routes.first("list issues", routes)
        return asked

    for _ in range(2):
        assert await listed() == [TODAY, Route.EACH_PROJECT]
    rows.append("SHOP-1")
    await listed()
    assert await listed() == [Route.EACH_PROJECT]


async def test_what_no_route_has_is_unsupported_unless_nothing_says_that_a_sentry_answers() -> None:
    server = Server()
    server.raises = {route: missing() for route in Route}
    with pytest.raises(BadResponseError):
        await server.ask()
    server.kind = Dialect.SENTRY_10
    with pytest.raises(UnsupportedError, match=r"no way to read an issue\.$"):
        await server.ask()
    with pytest.raises(UnsupportedError, match="suspect commits"):
        await server.ask("name suspect commits")


async def test_a_server_that_says_another_kind_each_time_is_asked_by_each_route_once() -> None:
    server = Server()
    server.raises = {route: missing() for route in Route}
    kinds = itertools.cycle([Dialect.GLITCHTIP, Dialect.TODAY])

    async def who() -> Dialect | None:
        assert server.asked.count("who?") < 10, "it is asked without end"
        server.kind = next(kinds)
        return await Server.who(server)

    server.routes = Routes(who, clock=server.clock)
    with pytest.raises(SentryError):
        await server.ask()
    assert server.asked == [TODAY, "who?", OLD, "who?"]


async def test_what_a_kind_is_known_to_lack_is_not_asked_for() -> None:
    server = Server(Dialect.GLITCHTIP)
    server.routes.notice(Dialect.GLITCHTIP)
    with pytest.raises(UnsupportedError):
        await server.ask("name suspect commits")
    assert server.asked == ["who?"]


async def test_a_page_on_a_route_that_has_worked_is_told_as_a_page() -> None:
    server = Server(Dialect.GLITCHTIP)
    server.routes.notice(Dialect.GLITCHTIP)
    server.raises = {OLD: missing(200)}
    with pytest.raises(UnsupportedError):
        await server.ask()
    server.raises = {}
    await server.ask()
    server.raises = {OLD: missing(200)}
    with pytest.raises(BadResponseError):
        await server.ask()


def test_each_kind_is_told_by_what_only_it_says() -> None:
    ours = {"slug": "acme", "require2FA": False, "isEarlyAdopter": False}
    assert dialect_of_organization({**ours, "links": {"regionUrl": "https://us.sentry.io"}}) is Dialect.TODAY
    assert dialect_of_organization(ours) is Dialect.SENTRY_10
    assert dialect_of_organization({**ours, "eventThrottleRate": 0}) is Dialect.GLITCHTIP
    assert dialect_of_organization({"slug": "acme"}) is None
    for permalink in ("http://sentry.test/acme/shop/issues/5/", "http://sentry.test/prefix/acme/shop/issues/5/"):
        assert dialect_of_issue(permalink, ()) is Dialect.SENTRY_9
    assert dialect_of_issue("http://glitchtip.test/backend/issues/5", ()) is Dialect.GLITCHTIP
    with_assignee = dialect_of_issue("http://glitchtip.test/backend/issues/5", ("assigned_to",))
    assert with_assignee is Dialect.GLITCHTIP_6
    for other in (
        "https://sentry.io/organizations/acme/issues/5/",
        "https://sentry.test/prefix/organizations/acme/issues/5/",
        "https://acme.sentry.io/issues/5/",
        "http://[bad/acme/shop/issues/5/",
        "",
        None,
    ):
        assert dialect_of_issue(other, ()) is None


async def test_an_issue_tells_sentry_9_from_its_successors_and_an_organization_does_not_take_it_back() -> None:
    server = Server(Dialect.SENTRY_10)
    server.routes.notice(Dialect.SENTRY_9)
    server.routes.notice(Dialect.SENTRY_10)
    assert await server.ask("list issues") == [Route.EACH_PROJECT]
