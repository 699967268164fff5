"""Pages of Sentry that name an issue by something else than its number: what is asked to find it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from standins.knowing import asked

from sentry.client import SentryClient
from sentry.dialects import Dialect
from sentry.errors import BadResponseError, InvalidRequestError, NotFoundError, UnsupportedError
from sentry.models import Event, Issue

EVENT, SHARE = "a" * 32, "b" * 32
SHOP_1 = {
    "id": "1",
    "shortId": "SHOP-1",
    "permalink": "http://sentry.test/acme/shop/issues/1/",
    "project": {"slug": "shop"},
}
NUMBERED = {"eventID": EVENT, "groupID": "1", "id": "14"}
MISSING: tuple[int, Any] = (404, {"detail": "The requested resource does not exist"})
NO_ROUTE: tuple[int, Any] = (404, None)
OLD: dict[str, tuple[int, Any]] = {"GET /issues/1/": (200, SHOP_1), "GET /issues/1/events/": NO_ROUTE}
TODAY: dict[str, tuple[int, Any]] = {"GET /organizations/acme/issues/1/": (200, SHOP_1)}
Call = Callable[[SentryClient], Awaitable[Any]]


def of_page(path: str) -> dict[str, Call]:
    """The ways in which a page's URL can be given."""

    def url(client: SentryClient) -> str:
        return f"{client.connection.url}{path}"

    return {
        "event": lambda client: client.get_event(url(client)),
        "stack trace": lambda client: client.get_stacktrace(url(client)),
        "stack trace of issue": lambda client: client.get_stacktrace(issue=url(client)),
        "issue": lambda client: client.get_issue(url(client)),
    }


@pytest.mark.parametrize("path", ["/acme/shop/issues/1/events/14/", "/organizations/acme/issues/1/events/14/"])
async def test_an_event_that_sentry_9_numbers_is_read_in_its_project(path: str) -> None:
    known = {**OLD, "GET /projects/acme/shop/events/14/": (200, NUMBERED)}
    for call in list(of_page(path).values())[:3]:
        event, _ = await asked(known, call, Dialect.SENTRY_10)
        assert isinstance(event, Event), event
        assert (event.id, event.group_id) == (EVENT, "1")


async def test_a_numbered_event_of_another_issue_is_not_taken_for_one_of_this() -> None:
    known = {**OLD, "GET /projects/acme/shop/events/14/": (200, {**NUMBERED, "groupID": "2"})}
    error, _ = await asked(known, of_page("/acme/shop/issues/1/events/14/")["event"], Dialect.SENTRY_10)
    assert isinstance(error, NotFoundError)
    assert "it belongs to issue 2" in error.message


async def test_the_page_of_an_event_in_a_project_names_the_event_and_its_issue() -> None:
    known = {**TODAY, "GET /projects/acme/shop/events/": (200, NUMBERED)}
    calls = of_page(f"/acme/shop/events/{EVENT}/")
    for name in ("event", "stack trace"):
        event, requests = await asked(known, calls[name])
        assert isinstance(event, Event), event
        assert requests == [f"GET /projects/acme/shop/events/{EVENT}/"]
    issue, _ = await asked(known, calls["issue"])
    assert isinstance(issue, Issue), issue
    assert issue.short_id == "SHOP-1"


@pytest.mark.parametrize("group", [None, "", "../2", "x"])
async def test_an_event_that_does_not_say_its_issue_leads_to_none(group: str | None) -> None:
    known = {**TODAY, "GET /projects/acme/shop/events/": (200, {**NUMBERED, "groupID": group})}
    error, requests = await asked(known, of_page(f"/acme/shop/events/{EVENT}/")["issue"])
    assert isinstance(error, BadResponseError)
    assert f"did not say the issue of event {EVENT}" in error.message
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (f"/organizations/acme/share/issue/{SHARE}/", f"/organizations/acme/shared/issues/{SHARE}/"),
        (f"/share/issue/{SHARE}/", f"/shared/issues/{SHARE}/"),
    ],
)
async def test_a_shared_issue_is_found_by_its_secret(path: str, route: str) -> None:
    known = {**TODAY, f"GET {route}": (200, {"id": "1"})}
    issue, requests = await asked(known, of_page(path)["issue"])
    assert isinstance(issue, Issue), issue
    assert requests == [f"GET {route}", "GET /organizations/acme/issues/1/"]


async def test_a_shared_issue_of_an_older_sentry_is_found_without_its_organization() -> None:
    known = {**OLD, f"GET /shared/issues/{SHARE}/": (200, {"id": "1"})}
    issue, _ = await asked(known, of_page(f"/organizations/acme/share/issue/{SHARE}/")["issue"], Dialect.SENTRY_10)
    assert isinstance(issue, Issue), issue


async def test_what_is_not_shared_any_more_is_not_found_and_glitchtip_shares_nothing() -> None:
    call = of_page(f"/share/issue/{SHARE}/")["issue"]
    error, _ = await asked({f"GET /shared/issues/{SHARE}/": MISSING}, call)
    assert isinstance(error, NotFoundError)
    assert SHARE not in error.message, "whoever has it may read the issue"
    error, _ = await asked({}, call, Dialect.GLITCHTIP)
    assert isinstance(error, UnsupportedError)
    error, _ = await asked({f"GET /shared/issues/{SHARE}/": (200, {"id": "../5"})}, call)
    assert isinstance(error, BadResponseError)


async def test_an_event_of_one_issue_and_another_issue_are_refused_before_any_request() -> None:
    error, requests = await asked(
        TODAY, lambda client: client.get_event(f"{client.connection.url}/issues/1/events/{EVENT}/", issue="2")
    )
    assert isinstance(error, InvalidRequestError)
    assert "The event's URL is of issue 1, not of 2." in error.message
    assert requests == []
