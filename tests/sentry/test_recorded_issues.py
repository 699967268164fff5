"""Issues, as two old servers really answered: read, listed and updated, or what they cannot do is said."""

from typing import Any

import pytest
from standins.known import GLITCH, OLD_SENTRY, Known, both, opened, second_time

from sentry.changes import IssueChange
from sentry.errors import (
    InvalidRequestError,
    NotFoundError,
    SentryError,
    UnsupportedError,
)


@both
async def test_an_issue_is_read_by_its_number_in_one_request_once_the_route_is_known(known: Known) -> None:
    issue, log = await second_time(known, lambda client, known: client.get_issue(known.issue))
    assert (issue.id, issue.short_id, issue.status) == (known.issue, known.short_id, "unresolved")
    assert issue.count
    assert issue.count > 0
    assert log == [f"GET /issues/{known.issue}/"]


@both
async def test_an_issue_is_read_by_the_url_that_its_server_gives_it(known: Known) -> None:
    async with opened(known) as (client, server):
        permalink = (await client.get_issue(known.issue)).permalink or ""
        mine = permalink.replace("http://127.0.0.1:9999", server.url).replace("http://127.0.0.1:8800", server.url)
        assert (await client.get_issue(mine)).id == known.issue


async def test_old_sentry_looks_up_a_short_id() -> None:
    issue, log = await second_time(OLD_SENTRY, lambda client, known: client.get_issue(known.short_id.lower()))
    assert issue.id == "5"
    assert log == ["GET /organizations/acme/shortids/SHOP-BACKEND-1/", "GET /issues/5/"]


async def test_a_short_id_that_was_seen_is_not_looked_up_again() -> None:
    async with opened(OLD_SENTRY, cache_ttl=60) as (client, server):
        await client.get_issue("5")
        server.requests.clear()
        await client.update_issue("SHOP-BACKEND-1", IssueChange(status="ignored"))
        await client.get_issue("SHOP-BACKEND-1")
        assert [line for line in server.log if "shortids" in line] == []


async def test_glitchtip_finds_a_short_id_among_the_newest_issues() -> None:
    async with opened(GLITCH) as (client, server):
        with pytest.raises(SentryError):  # what is behind its number was not recorded
            await client.get_event("latest", issue="BACKEND-21")
        assert "GET /api/0/issues/65/events/latest/" in server.log


async def test_glitchtip_says_what_to_give_instead_of_a_short_id_that_it_cannot_find() -> None:
    async with opened(GLITCH) as (client, _):
        with pytest.raises(NotFoundError, match="Give the numeric ID"):
            await client.get_issue("BACKEND-1")


@both
async def test_a_missing_issue_is_not_found_rather_than_a_missing_route(known: Known) -> None:
    async with opened(known) as (client, _):
        for _ in range(2):
            with pytest.raises(NotFoundError, match="Issue 999999 was not found"):
                await client.get_issue("999999")


async def test_a_missing_short_id_is_not_found() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        with pytest.raises(NotFoundError, match="NOPE-99"):
            await client.get_issue("NOPE-99")


async def test_old_sentry_lists_an_organizations_issues_project_by_project() -> None:
    page, log = await second_time(OLD_SENTRY, lambda client, _: client.list_issues(limit=1))
    assert [issue.short_id for issue in page.items] == ["SHOP-BACKEND-1"]
    assert page.next_cursor
    assert sorted(log) == [
        "GET /organizations/acme/projects/",
        "GET /projects/acme/shop-backend/issues/?query=is%3Aunresolved&limit=1",
        "GET /projects/acme/shop-frontend/issues/?query=is%3Aunresolved&limit=1",
    ]


async def test_old_sentry_lists_the_issues_of_a_project_page_by_page() -> None:
    async with opened(OLD_SENTRY) as (client, server):
        first = await client.list_issues(project="shop-backend", query="", limit=2)
        assert first.next_cursor
        server.requests.clear()
        second = await client.list_issues(project="shop-backend", query="", limit=2, cursor=first.next_cursor)
        assert len(server.log) == 1
        assert not {issue.id for issue in first.items} & {issue.id for issue in second.items}
        assert second.next_cursor is None


async def test_old_sentry_is_said_to_lack_a_sort() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        with pytest.raises(UnsupportedError, match="recommended"):
            await client.list_issues(project="shop-backend", sort="recommended")


async def test_old_sentry_is_asked_for_a_period_as_a_term_of_the_search() -> None:
    async with opened(OLD_SENTRY) as (client, server):
        await client.list_issues(project="shop-backend", query="level:error", period="30d")
        assert server.requests[-1].query["query"] == "lastSeen:-30d level:error"
        assert "statsPeriod" not in server.requests[-1].query
        with pytest.raises(InvalidRequestError, match="such as 90m, 24h, 14d or 4w"):
            await client.list_issues(project="shop-backend", period="lately")


async def test_old_sentry_is_not_asked_with_a_cursor_that_it_did_not_give() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        for project in ("shop-backend", None):
            with pytest.raises(InvalidRequestError, match="Start without a cursor"):
                await client.list_issues(project=project, cursor="garbage")


async def test_a_bad_search_is_told_in_sentrys_own_words() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        with pytest.raises(InvalidRequestError) as raised:
            await client.list_issues(project="shop-backend", query="is:bogus")
    assert "unknown status code 'bogus'" in (raised.value.sentry or "")


@pytest.mark.parametrize("arguments", [{}, {"project": "backend"}, {"sort": "date"}], ids=str)
async def test_glitchtip_lists_issues_in_one_request(arguments: dict[str, Any]) -> None:
    page, log = await second_time(GLITCH, lambda client, _: client.list_issues(**arguments))
    assert [issue.id for issue in page.items] == ["65", "64", "63"]
    assert page.next_cursor
    assert "'" not in page.next_cursor
    assert len(log) == 1


async def test_glitchtips_words_on_a_bad_cursor_are_passed_on() -> None:
    async with opened(GLITCH) as (client, _):
        with pytest.raises(InvalidRequestError) as raised:
            await client.list_issues(query="", cursor="garbage")
    assert raised.value.sentry == "cursor: Value error, Invalid cursor."


@both
@pytest.mark.parametrize("status", ["resolved", "ignored"])
async def test_an_issue_is_updated_in_one_request(known: Known, status: Any) -> None:
    issue, log = await second_time(
        known, lambda client, known: client.update_issue(known.issue, IssueChange(status=status))
    )
    assert issue.status == status
    assert len(log) == 1


async def test_old_sentry_updates_an_issue_by_short_id_in_three_requests_at_most() -> None:
    async with opened(OLD_SENTRY, organization=None) as (client, server):
        await client.update_issue("SHOP-BACKEND-1", IssueChange(status="resolved"))
        assert len(server.log) == 3
        server.requests.clear()
        await client.update_issue("SHOP-BACKEND-1", IssueChange(status="resolved"))
        assert len(server.log) == 2


async def test_old_sentry_assigns_an_issue_and_says_whom_it_does_not_know() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        issue = await client.update_issue("5", IssueChange(assigned_to="admin@example.com"))
        assert issue.assigned_to
        assert issue.assigned_to.name == "Ada Admin"
        with pytest.raises(InvalidRequestError) as raised:
            await client.update_issue("5", IssueChange(assigned_to="nobody@example.com"))
        assert raised.value.sentry == "assignedTo: Unknown actor input"
