"""No argument is dropped in silence: each kind of server honours it, or it is refused, or the answer says so."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standins.clients import client_of
from standins.knowing import ORGANIZATIONS, Answering, asked
from standins.sockets import listening
from wire import connected_to, error_of, text_of

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.dialects import Dialect
from sentry.errors import ForbiddenError, NotFoundError, SentryError, UnavailableError, UnsupportedError
from sentry.models import Issue
from sentry.models.pages import Page

NOTHING: tuple[int, list[Any]] = (200, [])
Call = Callable[[SentryClient], Awaitable[object]]
NOW = datetime.now(UTC)
SHOP = {"slug": "shop", "id": "7", "hasAccess": True}
PROJECTS = {"GET /organizations/acme/projects/": (200, [SHOP]), "GET /projects/acme/shop/": (200, SHOP)}


def seen(number: int, ago: timedelta, **fields: Any) -> dict[str, Any]:
    """An issue as GlitchTip lists it."""
    link = f"http://glitchtip.test/acme/issues/{number}"
    return {"id": str(number), "permalink": link, "lastSeen": (NOW - ago).isoformat(), **fields}


GLITCHTIP_6_ISSUE = seen(5, timedelta(0), assignedTo=None)


NOT_TAKEN_BY_GLITCHTIP = [
    IssueChange(assigned_to="ada@example.com"),
    IssueChange(assigned_to=""),
    IssueChange(priority="low"),
    IssueChange(status="resolvedInNextRelease"),
    IssueChange(status="resolved", in_release="shop@1.0"),
    IssueChange(status="resolved", in_commit="4f2d1c7", repository="acme/shop"),
    IssueChange(status="ignored", ignore_until="escalating"),
    IssueChange(status="ignored", ignore_minutes=10),
    IssueChange(status="ignored", ignore_events=10),
    IssueChange(status="ignored", ignore_users=10),
]
NOT_TAKEN = [
    *((Dialect.GLITCHTIP, change) for change in NOT_TAKEN_BY_GLITCHTIP),
    (Dialect.SENTRY_10, IssueChange(priority="low")),
    (Dialect.SENTRY_10, IssueChange(status="ignored", ignore_until="escalating")),
]


@pytest.mark.parametrize(("kind", "change"), NOT_TAKEN, ids=str)
async def test_a_change_that_a_server_would_make_half_of_is_refused_before_it(
    kind: Dialect, change: IssueChange
) -> None:
    known = {"PUT /issues/5/": (200, {"id": "5"}), "PUT /organizations/acme/issues/5/": (200, {"id": "5"})}

    error, log = await asked(known, lambda client: client.update_issue("5", change), kind)
    assert isinstance(error, UnsupportedError)
    assert error.message.startswith(f"{kind.value} does not take ")
    assert error.message.endswith("Nothing was changed.")
    assert not log


async def test_glitchtip_6_takes_the_next_release_and_an_assignee() -> None:
    changed = {"id": "5", "assignedTo": {"name": "Ada"}}
    known = {"GET /issues/5/": (200, GLITCHTIP_6_ISSUE), "PUT /issues/5/": (200, changed)}
    change = IssueChange(status="resolvedInNextRelease", assigned_to="ada@example.com")

    server_like = Answering(known, kind=Dialect.GLITCHTIP)
    async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
        await client.get_issue("5")
        await client.update_issue("5", change)
        sent = json.loads(server.requests[-1].body)

    assert sent == {
        "status": "resolved",
        "statusDetails": {"inNextRelease": True},
        "assignedTo": "ada@example.com",
    }


LISTED = [seen(1, timedelta(hours=1)), seen(2, timedelta(hours=30)), seen(3, timedelta(days=20))]


@pytest.mark.parametrize("kind", [None, Dialect.GLITCHTIP])
async def test_a_period_that_glitchtip_ignores_is_kept_to_all_the_same(kind: Dialect | None) -> None:
    known = {"GET /organizations/acme/issues/": (200, LISTED)}

    day, log = await asked(known, lambda client: client.list_issues(period="24h"), kind)
    week, _ = await asked(known, lambda client: client.list_issues(period="1w", sort="date"), kind)
    other, _ = await asked(known, lambda client: client.list_issues(period="24h", sort="freq"), kind)

    assert [issue.id for issue in day.items] == ["1"]
    assert day.next_cursor is None, "what comes next was seen even earlier"
    assert [issue.id for issue in week.items] == ["1", "2"]
    assert isinstance(other, UnsupportedError)
    assert "statsPeriod" not in log[-1]


@pytest.mark.parametrize("sort", ["user", "trends"])
async def test_a_sort_that_glitchtip_has_not_is_refused(sort: str) -> None:
    known = {"GET /organizations/acme/issues/": (200, LISTED)}

    error, _ = await asked(known, lambda client: client.list_issues(sort=sort), Dialect.GLITCHTIP)

    assert isinstance(error, UnsupportedError)
    assert "it has date, new, freq, recommended" in error.message


UNKNOWN_TO_ALL = ["!level:info", "level:[error, fatal]", "error.type:KeyError", "message:full", "release:shop@1.*"]
UNKNOWN_TO_GLITCHTIP = [
    *("age:-24h", "lastSeen:-1h", "event.timestamp:-24h", "timesSeen:>5"),
    *("is:unassigned", "firstRelease:1.0", "assigned:me"),
]
KNOWN_TO_ALL = [
    *("is:unresolved", 'is:"unresolved"', "is:ignored", "level:error", "has:user"),
    *("release:shop@1.5.0", "plan:pro", '"a: b"'),
]


@pytest.mark.parametrize("kind", [None, Dialect.GLITCHTIP])
@pytest.mark.parametrize("term", UNKNOWN_TO_ALL + UNKNOWN_TO_GLITCHTIP)
async def test_a_term_that_glitchtip_does_not_search_is_named_when_it_finds_nothing(
    kind: Dialect | None, term: str
) -> None:
    known = {"GET /organizations/acme/issues/": NOTHING, "GET /organizations/": GLITCHTIP_ITSELF}

    page, _ = await asked(known, lambda client: client.list_issues(query=f"is:unresolved {term} disk"), kind)

    (note,) = page.notes
    assert note.startswith(f"GlitchTip does not search by {term!a}, ")
    assert "It knows is:unresolved is:resolved is:ignored level:" in note


GLITCHTIP_ITSELF = (200, [{"slug": "acme", "isEarlyAdopter": False, "isAcceptingEvents": True}])


@pytest.mark.parametrize("term", [*UNKNOWN_TO_ALL, "assigned:none"])
async def test_a_term_that_sentry_9_does_not_search_is_named_when_it_finds_nothing(term: str) -> None:
    known = {**PROJECTS, "GET /projects/acme/shop/issues/": NOTHING}

    page, _ = await asked(known, lambda client: client.list_issues(query=term), Dialect.SENTRY_10)

    assert page.notes[0].startswith(f"Sentry 9 does not search by {term!a}, ")


@pytest.mark.parametrize("term", UNKNOWN_TO_GLITCHTIP)
async def test_a_term_that_sentry_9_searches_is_left_without_a_word_when_it_finds_nothing(term: str) -> None:
    known = {**PROJECTS, "GET /projects/acme/shop/issues/": NOTHING}

    page, _ = await asked(known, lambda client: client.list_issues(query=term), Dialect.SENTRY_10)

    assert (page.items, page.notes) == ([], ())


@pytest.mark.parametrize("term", KNOWN_TO_ALL)
async def test_a_search_that_a_server_knows_is_left_without_a_word_when_it_finds_nothing(term: str) -> None:
    of_projects = {**PROJECTS, "GET /projects/acme/shop/issues/": NOTHING}
    for known, kind in (
        ({"GET /organizations/acme/issues/": NOTHING}, Dialect.GLITCHTIP),
        (of_projects, Dialect.SENTRY_10),
        ({"GET /organizations/acme/issues/": NOTHING}, Dialect.TODAY),
    ):
        page, _ = await asked(known, lambda client: client.list_issues(query=term), kind)
        assert (page.items, page.notes) == ([], ())


def searching(query: str) -> Callable[[SentryClient], Awaitable[Page[Issue]]]:
    return lambda client: client.list_issues(query=query)


async def test_todays_sentry_knows_all_of_the_syntax() -> None:
    known: dict[str, tuple[int, Any]] = {"GET /organizations/acme/issues/": NOTHING}
    for term in UNKNOWN_TO_ALL + UNKNOWN_TO_GLITCHTIP:
        page, _ = await asked(known, searching(term), Dialect.TODAY)
        assert page.notes == ()


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("can't connect is:unresolved", """is:unresolved 'can'"'"'t' connect"""),
        ("is:archived disk level:error", "is:ignored level:error disk"),
        ('message:"a b" x', 'message:"a b" x'),
    ],
)
async def test_a_search_is_put_into_glitchtips_words(query: str, sent: str) -> None:
    server_like = Answering({"GET /organizations/acme/issues/": (200, LISTED)}, kind=Dialect.GLITCHTIP)
    async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
        await client.list_organizations()
        await client.list_issues(query=query)
        assert server.requests[-1].query["query"] == sent


async def test_events_are_not_searched_where_glitchtip_would_ignore_the_search() -> None:
    known = {"GET /issues/5/events/": (200, [{"eventID": "a" * 32}])}

    error, _ = await asked(known, lambda client: client.get_events("5", query="plan:free"), Dialect.GLITCHTIP)
    page, _ = await asked(known, lambda client: client.get_events("5"), Dialect.GLITCHTIP)

    assert isinstance(error, UnsupportedError)
    assert "get_tag_values" in error.message
    assert len(page.items) == 1


NUMBERED_BY_SENTRY_9 = "http://sentry.test/acme/shop/issues/5/"


@pytest.mark.parametrize("rows", [[], [{"eventID": "a" * 32}]], ids=["nothing", "all"])
@pytest.mark.parametrize("term", ["age:-1h", "timesSeen:>9", "is:resolved", "firstRelease:1.0", "assigned:me"])
async def test_what_sentry_9_does_not_heed_in_a_search_of_events_is_named(term: str, rows: list[Any]) -> None:
    known = {
        "GET /issues/5/": (200, {"id": "5", "permalink": NUMBERED_BY_SENTRY_9}),
        "GET /issues/5/events/": (200, rows),
    }

    page, _ = await asked(known, lambda client: client.get_events("5", query=f"plan:pro {term}"), Dialect.SENTRY_10)
    heeded, _ = await asked(known, lambda client: client.get_events("5", query="plan:pro"), Dialect.SENTRY_10)

    (note,) = page.notes
    assert note.startswith(f"Sentry 9 does not search events by {term!a}, and lists them as if it were not asked.")
    assert heeded.notes == ()


@pytest.mark.parametrize("term", [*UNKNOWN_TO_ALL, "has:user", "release:latest"])
async def test_what_sentry_9_does_not_find_events_by_is_named_when_there_are_none(term: str) -> None:
    known = {
        "GET /issues/5/": (200, {"id": "5", "permalink": NUMBERED_BY_SENTRY_9}),
        "GET /issues/5/events/": NOTHING,
    }
    kind = {"GET /organizations/": (200, [ORGANIZATIONS[Dialect.SENTRY_10]])}
    async with listening(Answering({**known, **kind}).answer) as server, connected_to(server.url) as client:
        text = text_of(await client.call_tool("get_events", {"issue": "5", "query": term}))

    assert f"Sentry 9 does not search events by {term!a}, and finds nothing with that." in text


REFUSED: tuple[int, Any] = (403, {"detail": "Permission denied"})


async def test_glitchtip_is_known_to_a_token_that_may_not_list_organizations() -> None:
    page = (200, b"<!doctype html><title>GlitchTip</title>")
    for version, kind in (("5.1.1", Dialect.GLITCHTIP), ("6.2.6", Dialect.GLITCHTIP_6)):
        known: dict[str, tuple[int, Any]] = {
            "GET /organizations/": REFUSED,
            "GET /issues/5/": REFUSED,
            "GET /api/settings/": (200, {"iPaidForGlitchTip": False, "version": version}),
        }
        server_like = Answering(known, unknown=page)
        async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
            for call in (client.get_events("5"), client.get_stacktrace(issue="5"), client.get_tag_values("5", "plan")):
                with pytest.raises(ForbiddenError, match="event:read"):
                    await call
            assert await client.identify() is kind


async def test_releases_are_not_searched_where_the_server_ignores_the_search() -> None:
    rows = [{"version": "shop@1.5.0"}, {"version": "web@2.0"}]
    known = {"GET /organizations/acme/releases/": (200, rows)}

    error, _ = await asked(known, lambda client: client.list_releases(query="1.5"))
    found, _ = await asked(
        {"GET /organizations/acme/releases/": (200, rows[:1])}, lambda client: client.list_releases(query="SHOP")
    )

    assert isinstance(error, UnsupportedError)
    assert [release.version for release in found.items] == ["shop@1.5.0"]


async def test_the_releases_of_a_project_are_asked_for_by_a_route_that_heeds_it() -> None:
    others = [{"version": "web@2.0", "projects": [{"slug": "web"}]}]
    known = {
        **PROJECTS,
        "GET /organizations/acme/releases/": (200, others),
        "GET /projects/acme/shop/releases/": (200, [{"version": "shop@1.5.0"}]),
    }

    page, log = await asked(known, lambda client: client.list_releases(project="shop", limit=3), Dialect.GLITCHTIP)

    assert [release.version for release in page.items] == ["shop@1.5.0"]
    assert log[-1] == "GET /projects/acme/shop/releases/?per_page=3&limit=3"


async def test_a_project_that_is_not_there_is_not_found_wherever_it_is_named() -> None:
    missing = {"GET /projects/acme/shpo/": (404, {"detail": "The requested resource does not exist"})}
    forbidden = (403, {"detail": "You do not have permission to perform this action."})
    by_number = (400, {"detail": "Invalid project parameter. Values must be numbers."})
    of_project: list[Call] = [
        lambda client: client.list_issues(project="shpo"),
        lambda client: client.list_releases(project="shpo"),
        lambda client: client.get_project("shpo"),
    ]
    answers: list[tuple[int, Any]] = [forbidden, by_number, NOTHING]
    for answer in answers:
        known = {
            **PROJECTS,
            **missing,
            "GET /organizations/acme/issues/": by_number if answer[0] == 200 else answer,
            "GET /organizations/acme/releases/": answer,
            "GET /projects/acme/shpo/issues/": NOTHING,
            "GET /projects/acme/shpo/releases/": NOTHING,
        }
        kind = Dialect.GLITCHTIP if answer[0] == 200 else Dialect.TODAY
        for call in of_project:
            error, _ = await asked(known, call, kind)
            assert isinstance(error, NotFoundError), (answer, error)
            assert error.message == "Project shpo of acme was not found. Did you mean shop?"


async def test_a_project_that_the_token_may_not_see_is_told_as_such() -> None:
    forbidden = (403, {"detail": "You do not have permission to perform this action."})
    known: dict[str, tuple[int, Any]] = {
        "GET /organizations/acme/issues/": forbidden,
        "GET /projects/acme/shop/": forbidden,
    }

    error, _ = await asked(known, lambda client: client.list_issues(project="shop"), Dialect.TODAY)

    assert error.error == "forbidden"
    assert "it needs the scope event:read, and its user access to the project" in error.message


SCOPES: dict[str, Call] = {
    "event:read": lambda client: client.get_issue("5"),
    "event:write": lambda client: client.update_issue("5", IssueChange(status="resolved")),
    "org:read": lambda client: client.list_projects(),
    "project:read": lambda client: client.get_project("shop"),
    "event:read (Sentry 9: org:read)": lambda client: client.get_issue("acme/SHOP-1"),
    "project:releases (Sentry: or project:read)": lambda client: client.get_release("1.0"),
}


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_refusal_names_the_scope_of_this_call(scope: str) -> None:
    server_like = Answering({}, unknown=(403, b'{"detail": "No."}'))
    async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
        with pytest.raises(SentryError) as raised:
            await SCOPES[scope](client)

    assert f"it needs the scope {scope}, " in raised.value.message


async def test_a_project_that_was_renamed_is_told_with_its_new_slug() -> None:
    detail = {"code": "resource-moved", "message": "Resource has been moved", "extra": {"slug": "store", "url": "/x"}}

    error, _ = await asked(
        {**PROJECTS, "GET /projects/acme/shop/": (302, {"detail": detail})}, lambda client: client.get_project("shop")
    )

    assert isinstance(error, NotFoundError)
    assert "Its slug is now store." in error.message


SEVERAL = [{"id": "1"}, {"id": "2"}]
"""What a server lists that does not search for an event."""


async def test_an_event_that_was_not_looked_for_everywhere_is_told_so() -> None:
    projects = [{"slug": f"p{number}"} for number in range(60)]
    known = {"GET /organizations/acme/issues/": (200, SEVERAL), "GET /organizations/acme/projects/": (200, projects)}

    error, _ = await asked(known, lambda client: client.get_event("a" * 32), Dialect.GLITCHTIP)

    assert isinstance(error, NotFoundError)
    assert "in the first 50 of 60 projects. The others were not searched" in error.message


async def test_an_event_is_found_though_another_project_fails() -> None:
    event = {"eventID": "a" * 32, "groupID": "5"}
    known = {
        "GET /organizations/acme/issues/": (200, SEVERAL),
        "GET /organizations/acme/projects/": (200, [{"slug": "p1"}, {"slug": "p2"}]),
        "GET /projects/acme/p1/events/": (500, {"detail": "Internal Error"}),
    }

    error, _ = await asked(known, lambda client: client.get_event("a" * 32), Dialect.GLITCHTIP)
    found, _ = await asked(
        {**known, "GET /projects/acme/p2/events/": (200, event)},
        lambda client: client.get_event("a" * 32),
        Dialect.GLITCHTIP,
    )

    assert isinstance(error, UnavailableError), "it may be there"
    assert found.group_id == "5"


async def test_a_quotation_mark_that_breaks_the_server_is_told_as_what_is_wrong() -> None:
    known = {"GET /organizations/acme/issues/": (500, "<h1>Server Error (500)</h1>")}
    server_like = Answering(known, kind=Dialect.GLITCHTIP)
    async with listening(server_like.answer) as server, connected_to(server.url) as client:
        error = error_of(await client.call_tool("list_issues", {"query": 'is:unresolved "disk'}))

    assert error["error"] == "invalid_request"
    assert 'A quotation mark (") is not closed.' in error["message"]


async def test_a_failure_is_not_told_as_the_fault_of_a_search_that_has_no_odd_quotation_mark() -> None:
    known = {"GET /organizations/acme/issues/": (500, "<h1>Server Error (500)</h1>")}
    server_like = Answering(known, kind=Dialect.GLITCHTIP)
    async with listening(server_like.answer) as server, connected_to(server.url) as client:
        for query in ("read and write", 'message:"disk is full"', "level:err"):
            error = error_of(await client.call_tool("list_issues", {"query": query}))
            assert error["error"] == "sentry_unavailable"
        error = error_of(await client.call_tool("list_issues", {"query": '5" wide'}))

    assert error["error"] == "invalid_request"
    assert error["message"].endswith('Nearest valid query: "5\\" wide"')
