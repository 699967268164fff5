"""A search that a kind of server does not know is put into its words, refused, or named in the answer."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from standins.clients import client_of
from standins.knowing import ORGANIZATIONS, Answering, asked
from standins.old_answers import LISTED, NOTHING, PROJECTS
from standins.sockets import listening
from wire import connected_to, error_of, text_of

from sentry.client import SentryClient
from sentry.dialects import Dialect
from sentry.errors import UnsupportedError
from sentry.models import Issue
from sentry.models.pages import Page

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


async def test_releases_are_not_searched_where_the_server_ignores_the_search() -> None:
    rows = [{"version": "shop@1.5.0"}, {"version": "web@2.0"}]
    known = {"GET /organizations/acme/releases/": (200, rows)}

    error, _ = await asked(known, lambda client: client.list_releases(query="1.5"))
    found, _ = await asked(
        {"GET /organizations/acme/releases/": (200, rows[:1])}, lambda client: client.list_releases(query="SHOP")
    )

    assert isinstance(error, UnsupportedError)
    assert [release.version for release in found.items] == ["shop@1.5.0"]


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
