"""What is not there, or not for this token, is told as such by each kind of server, with what may be meant."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from standins.clients import client_of
from standins.knowing import Answering, asked
from standins.old_answers import NOTHING, PROJECTS
from standins.sockets import listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.dialects import Dialect
from sentry.errors import ForbiddenError, NotFoundError, SentryError, UnavailableError

Call = Callable[[SentryClient], Awaitable[object]]
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


SCOPES: list[tuple[str, Call]] = [
    ("event:read", lambda client: client.get_issue("5")),
    ("event:write", lambda client: client.update_issue("5", IssueChange(status="resolved"))),
    ("org:read", lambda client: client.list_projects()),
    ("org:read", lambda client: client.search_events(fields=["title"])),
    ("org:read", lambda client: client.get_trace("a" * 32)),
    ("project:read", lambda client: client.get_project("shop")),
    ("event:read (Sentry 9: org:read)", lambda client: client.get_issue("acme/SHOP-1")),
    ("project:releases (Sentry: or project:read)", lambda client: client.get_release("1.0")),
]


@pytest.mark.parametrize(("scope", "call"), SCOPES)
async def test_a_refusal_names_the_scope_of_this_call(scope: str, call: Call) -> None:
    server_like = Answering({}, unknown=(403, b'{"detail": "No."}'))
    async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
        with pytest.raises(SentryError) as raised:
            await call(client)

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
