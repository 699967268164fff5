"""Which route a server has: found out, remembered, and doubted when there is reason to."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from standins.clients import client_of
from standins.sockets import Request, Wire, listening

from sentry.answers import RouteMissingError
from sentry.client import SentryClient
from sentry.errors import BadResponseError, NotFoundError, SentryError, UnavailableError, UnsupportedError
from sentry.models import Issue
from sentry.protocol import IssueChange
from sentry.routes import RELEARN_AFTER, Routes
from sentry.short_ids import MAX_REMEMBERED, ShortIds
from sentry.waiting import together

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


class Answering:
    """A server that knows some paths; `{}` and a status for the others."""

    def __init__(self, known: dict[str, tuple[int, Any]], unknown: tuple[int, bytes] = (404, b"")) -> None:
        self.known = known
        self.unknown = unknown

    async def answer(self, request: Request, wire: Wire) -> None:
        path = request.target.removeprefix("/api/0")
        fitting = [key for key in self.known if f"{request.method} {path}".startswith(key)]
        if fitting:
            status, body = self.known[max(fitting, key=len)]
            await wire.answer(status, json.dumps(body).encode())
        else:
            await wire.answer(self.unknown[0], self.unknown[1], "text/html")


async def asked(
    known: dict[str, tuple[int, Any]], call: Callable[[SentryClient], Awaitable[Any]]
) -> tuple[Any, list[str]]:
    """What a call gives or raises, and what it asked."""
    server_like = Answering(known)
    settings = {"organization": "acme", "cache_ttl": 0}
    async with listening(server_like.answer) as server, client_of(server.url, **settings) as client:
        try:
            answer: Any = await call(client)
        except SentryError as error:
            answer = error
        return answer, [line.replace("/api/0", "") for line in server.log]


NUMBERS_ONLY = (400, {"detail": "Invalid project parameter. Values must be numbers."})


async def test_sentry_before_2026_is_asked_by_the_projects_number() -> None:
    page, log = await asked(
        {
            "GET /organizations/acme/issues/?query=is%3Aunresolved&project=shop": NUMBERS_ONLY,
            "GET /organizations/acme/issues/?query=is%3Aunresolved&project=7": (200, [{"id": "5"}]),
            "GET /projects/acme/shop/": (200, {"id": "7", "slug": "shop"}),
        },
        lambda client: client.list_issues(project="shop", sort="user", period="30d"),
    )
    assert [issue.id for issue in page.items] == ["5"]
    assert len(log) == 3


async def test_a_project_that_is_not_there_is_named() -> None:
    error, _ = await asked(
        {
            "GET /organizations/acme/issues/": NUMBERS_ONLY,
            "GET /projects/acme/shop/": (404, {"detail": "The requested resource does not exist"}),
        },
        lambda client: client.list_issues(project="shop"),
    )
    assert isinstance(error, NotFoundError)
    assert "Project shop of acme" in error.message


BAD_SORT = (422, {"detail": [{"loc": ["query", "sort"], "msg": "Input should be 'last_seen' or '-last_seen'"}]})
BAD_PROJECT = (422, {"detail": [{"loc": ["query", "project"], "msg": "Input should be a valid integer"}]})


async def test_glitchtip_is_asked_in_its_own_words_for_sorts_and_projects() -> None:
    page, log = await asked(
        {
            "GET /organizations/acme/issues/?query=is%3Aunresolved&sort=freq": BAD_SORT,
            "GET /organizations/acme/issues/?query=is%3Aunresolved&sort=-count": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(sort="freq"),
    )
    assert ([issue.id for issue in page.items], len(log)) == (["5"], 2)
    page, log = await asked(
        {
            "GET /organizations/acme/issues/?query=is%3Aunresolved&project=shop": BAD_PROJECT,
            "GET /organizations/acme/issues/?query=is%3Aunresolved&project=7": BAD_SORT,
            "GET /projects/acme/shop/": (200, {"id": "7", "slug": "shop"}),
            "GET /projects/acme/shop/issues/?query=is%3Aunresolved&sort=-last_seen": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(project="shop", sort="date"),
    )
    assert ([issue.id for issue in page.items], len(log)) == (["5"], 4)


async def test_a_sort_that_no_dialect_knows_is_refused_in_sentrys_words() -> None:
    error, _ = await asked({"GET /organizations/acme/issues/": BAD_SORT}, lambda client: client.list_issues(sort="x"))
    assert (error.error, error.sentry) == ("invalid_request", "sort: Input should be 'last_seen' or '-last_seen'")


INTERNAL_ERROR = (500, {"detail": "Internal Error"})


async def test_a_failing_sentry_is_not_taken_for_an_old_one_that_answers() -> None:
    error, log = await asked(
        {"GET /organizations/acme/issues/": INTERNAL_ERROR, "GET /organizations/acme/projects/": INTERNAL_ERROR},
        lambda client: client.list_issues(),
    )
    assert (error.error, error.status_code, len(log)) == ("sentry_unavailable", 500, 2)
    error, log = await asked(
        {"GET /organizations/acme/issues/": (500, {"detail": "Something else"})}, lambda client: client.list_issues()
    )
    assert (error.error, len(log)) == ("sentry_unavailable", 1)


async def test_projects_of_old_sentry_that_the_token_may_not_see_do_not_hide_the_others() -> None:
    projects = [{"slug": "open"}, {"slug": "closed"}, {"slug": "hidden", "hasAccess": False}, {"slug": None}]
    known = {
        "GET /organizations/acme/issues/": INTERNAL_ERROR,
        "GET /organizations/acme/projects/": (200, projects),
        "GET /projects/acme/open/issues/": (200, [{"id": "5"}]),
        "GET /projects/acme/closed/issues/": (403, {"detail": "no"}),
    }
    page, log = await asked(known, lambda client: client.list_issues())
    assert ([issue.id for issue in page.items], len(log)) == (["5"], 4)
    known["GET /projects/acme/open/issues/"] = (500, {"detail": "broken"})
    error, _ = await asked(known, lambda client: client.list_issues())
    assert error.error == "sentry_unavailable"


async def test_too_many_projects_of_old_sentry_are_not_asked_one_by_one() -> None:
    error, log = await asked(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": f"p{number}"} for number in range(51)]),
        },
        lambda client: client.list_issues(),
    )
    assert ("there are 51 of them" in error.message, len(log)) == (True, 2)


async def test_a_cursor_over_several_projects_must_be_one_that_was_given() -> None:
    for cursor in ("p0=1%3A", "nonsense=0%3A", "p1=x", "p1=0%3Abad", ""):
        answer, _ = await asked(
            {
                "GET /organizations/acme/issues/": INTERNAL_ERROR,
                "GET /organizations/acme/projects/": (200, [{"slug": "p0"}, {"slug": "p1"}]),
                "GET /projects/acme/": (200, [{"id": "5"}]),
            },
            lambda client, cursor=cursor: client.list_issues(cursor=cursor),  # type: ignore[misc]  # bound early
        )
        if cursor in ("p0=1%3A", ""):
            assert answer.items or answer.next_cursor is None
        else:
            assert answer.error == "invalid_request"


async def test_a_500_to_a_cursor_says_that_the_cursor_may_be_why() -> None:
    error, _ = await asked(
        {"GET /organizations/acme/issues/5/events/": INTERNAL_ERROR},
        lambda client: client.get_events("5", cursor="garbage"),
    )
    assert (error.error, "try without one" in error.message) == ("sentry_unavailable", True)


async def test_the_hit_of_a_search_for_an_event_is_followed_to_its_issue() -> None:
    hit = {"id": "65", "matchingEventId": EVENT}
    for rows in ([{"id": "64"}, hit], [hit], [{"id": "65"}]):
        event, _ = await asked(
            {
                "GET /organizations/acme/issues/?query=": (200, rows),
                f"GET /issues/65/events/{EVENT}/": (200, {"eventID": EVENT, "groupID": "65"}),
            },
            lambda client: client.get_event(EVENT),
        )
        assert event.group_id == "65"
    error, _ = await asked({"GET /organizations/acme/issues/": (200, [])}, lambda client: client.get_event(EVENT))
    assert error.error == "not_found"
    error, _ = await asked(
        {"GET /organizations/acme/issues/": (200, [{"id": None}])}, lambda client: client.get_event(EVENT)
    )
    assert error.error == "bad_response"


async def test_an_event_that_no_project_has_is_not_found() -> None:
    for projects in ([{"slug": "shop"}], []):
        error, _ = await asked(
            {
                "GET /organizations/acme/issues/": (200, [{"id": "1"}, {"id": "2"}]),
                "GET /organizations/acme/projects/": (200, projects),
            },
            lambda client: client.get_event(EVENT),
        )
        assert error.error == "not_found"


async def test_an_event_id_leads_to_its_issue_where_the_lookup_gives_no_event() -> None:
    event, _ = await asked(
        {
            f"GET /organizations/acme/eventids/{EVENT}/": (200, {"groupId": "5"}),
            f"GET /organizations/acme/issues/5/events/{EVENT}/": (200, {"eventID": EVENT}),
        },
        lambda client: client.get_event(EVENT),
    )
    assert event.id == EVENT


async def test_an_event_of_another_issue_is_not_found_in_this_one() -> None:
    error, _ = await asked(
        {
            "GET /issues/5/events/": (404, {}),
            "GET /issues/5/": (200, {"id": "5", "project": {"slug": "shop"}}),
            f"GET /projects/acme/shop/events/{EVENT}/": (200, {"eventID": EVENT, "groupID": "6"}),
        },
        lambda client: client.get_event(EVENT, issue="5"),
    )
    assert (error.error, "belongs to issue 6" in error.message) == ("not_found", True)
    error, _ = await asked(
        {"GET /issues/5/events": (404, {}), "GET /issues/5/": (200, {"id": "5"})},
        lambda client: client.get_event(EVENT, issue="5"),
    )
    assert (error.error, "did not say the project" in error.message) == ("bad_response", True)


async def test_the_event_in_an_issues_url_is_the_one_whose_stack_trace_is_meant() -> None:
    async with listening(Answering({"GET /": (200, {"eventID": EVENT})}).answer) as server:
        async with client_of(server.url, organization="acme") as client:
            await client.get_stacktrace(issue=f"{server.url}/issues/5/events/{EVENT}/")
            await client.get_stacktrace(f"{server.url}/issues/6/events/{EVENT}/")
        assert server.log == [f"GET /api/0/organizations/acme/issues/{issue}/events/{EVENT}/" for issue in (5, 6)]


async def test_an_event_without_an_issue_is_asked_for() -> None:
    error, log = await asked({}, lambda client: client.get_event("latest"))
    assert ("of which issue" in error.message, log) == (True, [])
    error, log = await asked({}, lambda client: client.get_stacktrace())
    assert ("Give an event, or an issue" in error.message, log) == (True, [])


async def test_a_walk_to_the_oldest_event_ends() -> None:
    page = 0

    async def endless(request: Request, wire: Wire) -> None:
        nonlocal page
        page += 1
        if not request.path.startswith("/api/0/issues/5/events/"):
            await wire.answer(404, b"")
        elif request.path.endswith("oldest/"):
            await wire.answer(422, b"{}")
        else:
            link = f'<http://x/>; rel="next"; results="true"; cursor="{page}"'
            await wire.answer(200, b'[{"eventID": "1"}]', link=link)

    async with listening(endless) as server, client_of(server.url, organization="acme") as client:
        with pytest.raises(UnsupportedError, match="too many to walk"):
            await client.get_event("oldest", issue="5")
        assert len(server.requests) < 30


async def test_an_issue_without_events_has_no_oldest_one() -> None:
    error, _ = await asked({"GET /issues/5/events/?": (200, [])}, lambda client: client.get_event("oldest", issue="5"))
    assert "has no events any more" in error.message
    error, _ = await asked(
        {"GET /issues/5/events/oldest/": (400, {"detail": "no"})}, lambda client: client.get_event("oldest", issue="5")
    )
    assert error.error == "invalid_request"


async def test_an_oldest_event_whose_row_is_not_whole_is_read_by_its_id() -> None:
    event, _ = await asked(
        {
            "GET /issues/5/events/?": (200, [{"eventID": "f" * 32}, {"eventID": EVENT}]),
            f"GET /issues/5/events/{EVENT}/": (200, {"eventID": EVENT, "title": "whole"}),
        },
        lambda client: client.get_event("oldest", issue="5"),
    )
    assert event.title == "whole"


async def test_a_lookup_that_gives_no_number_is_a_bad_response() -> None:
    error, _ = await asked(
        {"GET /organizations/acme/shortids/SHOP-1/": (200, {"groupId": None})},
        lambda client: client.get_issue("SHOP-1"),
    )
    assert (error.error, "no number for SHOP-1" in error.message) == ("bad_response", True)


async def test_a_server_that_assigns_to_nobody_is_told_to_have_done_so() -> None:
    error, _ = await asked(
        {"PUT /issues/5/": (200, {"id": "5", "status": "resolved"})},
        lambda client: client.update_issue("5", IssueChange(status="resolved", assigned_to="ada@example.com")),
    )
    assert error.error == "unsupported"
    assert error.message.endswith("The rest of the change was made.")
    issue, _ = await asked(
        {"PUT /issues/5/": (200, {"id": "5"})}, lambda client: client.update_issue("5", IssueChange(assigned_to=""))
    )
    assert issue.id == "5"


async def test_a_status_that_is_refused_for_another_reason_is_an_invalid_request() -> None:
    error, _ = await asked(
        {"PUT /issues/5/": (422, {"detail": "no"})},
        lambda client: client.update_issue("5", IssueChange(status="ignored")),
    )
    assert error.error == "invalid_request"


async def test_a_comment_is_sent_in_the_words_of_every_server() -> None:
    async with listening(Answering({"POST /": (201, {})}).answer) as server:
        async with client_of(server.url, organization="acme") as client:
            await client.add_comment("5", "looking at it")
        assert json.loads(server.requests[0].body) == {"text": "looking at it", "data": {"text": "looking at it"}}


async def test_releases_of_a_project_are_read_where_projects_have_numbers_or_are_ignored() -> None:
    mine, other = ({"version": name, "projects": [{"slug": name}]} for name in ("mine", "other"))
    page, _ = await asked(
        {
            "GET /organizations/acme/releases/?project=mine": NUMBERS_ONLY,
            "GET /organizations/acme/releases/?per_page": (200, [mine, other, {"version": "of nobody"}]),
        },
        lambda client: client.list_releases(project="mine"),
    )
    assert [release.version for release in page.items] == ["mine", "of nobody"]
    error, _ = await asked(
        {"GET /organizations/acme/releases/": (400, {"detail": "bad query"})}, lambda client: client.list_releases()
    )
    assert error.error == "invalid_request"


async def test_commits_and_deploys_of_a_release_are_read() -> None:
    known = {
        "GET /organizations/acme/releases/1.0/commits/": (200, [{"id": "abc", "author": {"name": "Ada"}}]),
        "GET /organizations/acme/releases/1.0/deploys/": (200, [{"environment": "production"}]),
    }
    commits, _ = await asked(known, lambda client: client.get_release_commits("1.0"))
    deploys, _ = await asked(known, lambda client: client.get_release_deploys("1.0"))
    assert (commits[0].id, commits[0].author.name, deploys[0].environment) == ("abc", "Ada", "production")


async def test_suspect_commits_are_read_each_with_its_author() -> None:
    committers = [{"author": {"name": "Ada"}, "commits": [{"id": "abc"}, {"id": "def"}]}, {"commits": None}]
    commits, _ = await asked(
        {f"GET /projects/acme/shop/events/{EVENT}/committers/": (200, {"committers": committers})},
        lambda client: client.get_suspect_commits("shop", EVENT),
    )
    assert [(commit.id, commit.author.name) for commit in commits] == [("abc", "Ada"), ("def", "Ada")]


async def test_calls_side_by_side_fail_each_for_itself() -> None:
    async def good() -> str:
        return "good"

    async def bad() -> str:
        raise NotFoundError("gone")

    first, second, third = await together(good(), bad(), good())
    assert [first.result(), second.value, third.result()] == ["good", None, "good"]
    with pytest.raises(NotFoundError):
        second.result()


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (IssueChange(), {}),
        (IssueChange(status="resolvedInNextRelease"), {"status": "resolvedInNextRelease"}),
        (
            IssueChange(status="resolved", in_commit="abc", repository="shop"),
            {"status": "resolved", "statusDetails": {"inCommit": {"commit": "abc", "repository": "shop"}}},
        ),
        (
            IssueChange(status="resolved", in_release="1.0"),
            {"status": "resolved", "statusDetails": {"inRelease": "1.0"}},
        ),
        (
            IssueChange(status="ignored", ignore_events=10, ignore_minutes=5, ignore_users=3),
            {
                "status": "ignored",
                "substatus": "archived_until_condition_met",
                "statusDetails": {"ignoreCount": 10, "ignoreDuration": 5, "ignoreUserCount": 3},
            },
        ),
        (
            IssueChange(status="ignored", ignore_until="escalating"),
            {"status": "ignored", "substatus": "archived_until_escalating"},
        ),
        (IssueChange(assigned_to="", priority="high"), {"assignedTo": "", "priority": "high"}),
    ],
)
def test_a_change_is_sent_in_sentrys_words(change: IssueChange, body: dict[str, Any]) -> None:
    assert change.body() == body
