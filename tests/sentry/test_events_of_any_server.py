"""Events, found and read by whatever names and routes a server has for them."""

import pytest
from standins.clients import client_of
from standins.knowing import Answering, asked
from standins.sockets import Request, Wire, listening

from sentry.dialects import Dialect
from sentry.errors import UnsupportedError

EVENT = "0123456789abcdef0123456789abcdef"


async def test_the_hit_of_a_search_for_an_event_is_followed_to_its_issue() -> None:
    hit = {"id": "65", "matchingEventId": EVENT}
    for rows in ([{"id": "64"}, hit], [hit], [{"id": "65"}]):
        event, log = await asked(
            {
                "GET /organizations/acme/issues/?query=": (200, rows),
                f"GET /issues/65/events/{EVENT}/": (200, {"eventID": EVENT, "groupID": "65"}),
            },
            lambda client: client.get_event(EVENT),
            Dialect.GLITCHTIP,
        )
        assert event.group_id == "65"
        assert "projects" not in "".join(log)
    error, _ = await asked(
        {"GET /organizations/acme/issues/": (200, [])}, lambda client: client.get_event(EVENT), Dialect.GLITCHTIP
    )
    assert error.error == "not_found"
    error, _ = await asked(
        {"GET /organizations/acme/issues/": (200, [{"id": None}])},
        lambda client: client.get_event(EVENT),
        Dialect.GLITCHTIP,
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
            Dialect.GLITCHTIP,
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


async def test_an_event_of_an_issue_is_read_by_the_issues_number_where_that_answers() -> None:
    for kind in (Dialect.SENTRY_10, Dialect.GLITCHTIP):
        _, log = await asked(
            {
                "GET /issues/5/": (200, {"id": "5", "project": {"slug": "shop"}}),
                f"GET /issues/5/events/{EVENT}/": (200, {"eventID": EVENT}),
                f"GET /projects/acme/shop/events/{EVENT}/": (200, {"eventID": EVENT}),
            },
            lambda client: client.get_event(EVENT, issue="5"),
            kind,
        )
        assert log[1:] == [f"GET /issues/5/events/{EVENT}/"]


async def test_an_event_of_another_issue_is_not_found_in_this_one() -> None:
    error, _ = await asked(
        {
            "GET /issues/5/events/": (404, {}),
            "GET /issues/5/": (200, {"id": "5", "project": {"slug": "shop"}}),
            f"GET /projects/acme/shop/events/{EVENT}/": (200, {"eventID": EVENT, "groupID": "6"}),
        },
        lambda client: client.get_event(EVENT, issue="5"),
        Dialect.SENTRY_10,
    )
    assert (error.error, "belongs to issue 6" in error.message) == ("not_found", True)
    error, _ = await asked(
        {"GET /issues/5/events": (404, {}), "GET /issues/5/": (200, {"id": "5"})},
        lambda client: client.get_event(EVENT, issue="5"),
        Dialect.SENTRY_10,
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
        if request.path == "/api/0/organizations/":
            await wire.answer(200, b'[{"slug": "acme", "isAcceptingEvents": true}]')
        elif not request.path.startswith("/api/0/issues/5/events/"):
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
    error, _ = await asked(
        {"GET /issues/5/events/?": (200, [])}, lambda client: client.get_event("oldest", issue="5"), Dialect.GLITCHTIP
    )
    assert "has no events any more" in error.message
    error, _ = await asked(
        {"GET /issues/5/events/oldest/": (400, {"detail": "no"})},
        lambda client: client.get_event("oldest", issue="5"),
        Dialect.GLITCHTIP,
    )
    assert error.error == "invalid_request"


async def test_an_oldest_event_whose_row_is_not_whole_is_read_by_its_id() -> None:
    event, _ = await asked(
        {
            "GET /issues/5/events/?": (200, [{"eventID": "f" * 32}, {"eventID": EVENT}]),
            f"GET /issues/5/events/{EVENT}/": (200, {"eventID": EVENT, "title": "whole"}),
        },
        lambda client: client.get_event("oldest", issue="5"),
        Dialect.GLITCHTIP,
    )
    assert event.title == "whole"
