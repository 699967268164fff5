"""Every operation against what two old servers really answered: it works, or says what they cannot do."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from standins.clients import client_of, issue_and_event
from standins.recorded import GLITCHTIP, READ_ONLY_TOKEN, SENTRY_9, replaying
from standins.sockets import Server

from sentry.client import SentryClient
from sentry.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    SentryError,
    UnauthorizedError,
    UnsupportedError,
)
from sentry.protocol import IssueChange


@dataclass(frozen=True)
class Known:
    """What the recording of a server holds."""

    server: str
    organization: str
    project: str
    issue: str
    short_id: str
    event: str
    latest: str
    release: str


OLD_SENTRY = Known(
    SENTRY_9,
    "acme",
    "shop-backend",
    "5",
    "SHOP-BACKEND-1",
    "5c8edffb7e5444b29faa229b8e83d319",
    "5c8edffb7e5444b29faa229b8e83d319",
    "shop@1.5.0",
)
GLITCH = Known(
    GLITCHTIP,
    "lab-org",
    "backend",
    "1",
    "BACKEND-1",
    "681b358668854abaab0693e5e5b67b53",
    "ff32f0a1af984a609288ab3c14a062e9",
    "shop@1.4.2",
)
Call = Callable[[SentryClient, Known], Awaitable[Any]]
both = pytest.mark.parametrize("known", [OLD_SENTRY, GLITCH], ids=lambda known: known.server)


@asynccontextmanager
async def opened(known: Known, **settings: Any) -> AsyncGenerator[tuple[SentryClient, Server]]:
    settings = {"organization": known.organization, "cache_ttl": 0, **settings}
    async with replaying(known.server) as server, client_of(server.url, **settings) as client:
        yield client, server


async def second_time(known: Known, call: Call, **settings: Any) -> tuple[Any, list[str]]:
    """What a call gives when its routes are known, and the requests that it takes then."""
    async with opened(known, **settings) as (client, server):
        await call(client, known)
        server.requests.clear()
        return await call(client, known), [line.replace("/api/0", "") for line in server.log]


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


async def test_old_sentry_gives_an_issue_and_its_latest_event_by_short_id_in_three_requests() -> None:
    (issue, event), log = await second_time(OLD_SENTRY, lambda client, known: issue_and_event(client, known.short_id))
    assert event.group_id == issue.id
    assert sorted(log) == [
        "GET /issues/5/",
        "GET /issues/5/events/latest/",
        "GET /organizations/acme/shortids/SHOP-BACKEND-1/",
    ]


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


@pytest.mark.parametrize("lacking", [{"sort": "recommended"}, {"period": "30d"}])
async def test_old_sentry_is_said_to_lack_a_sort_or_a_period(lacking: dict[str, str]) -> None:
    async with opened(OLD_SENTRY) as (client, _):
        with pytest.raises(UnsupportedError, match=next(iter(lacking.values()))):
            await client.list_issues(project="shop-backend", **lacking)  # type: ignore[arg-type]  # names vary


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
async def test_the_events_of_an_issue_are_listed_in_one_request(known: Known) -> None:
    page, log = await second_time(known, lambda client, known: client.get_events(known.issue))
    assert page.items[0].id == known.latest
    assert all(event.group_id == known.issue for event in page.items)
    assert log == [f"GET /issues/{known.issue}/events/?per_page=25&limit=25"]


@both
@pytest.mark.parametrize("name", ["latest", "recommended"])
async def test_the_latest_event_is_read_in_one_request(known: Known, name: str) -> None:
    event, log = await second_time(known, lambda client, known: client.get_event(name, issue=known.issue))
    assert event.id == known.latest
    assert log == [f"GET /issues/{known.issue}/events/latest/"]


@both
async def test_the_oldest_event_is_found_where_no_route_has_it(known: Known) -> None:
    async with opened(known) as (client, _):
        event = await client.get_event("oldest", issue=known.issue)
        assert event.group_id == known.issue
        assert event.entries


@both
async def test_an_event_is_read_by_its_id_inside_an_issue(known: Known) -> None:
    event, log = await second_time(
        known, lambda client, known: client.get_event(known.event.upper(), issue=known.issue)
    )
    assert (event.id, event.group_id) == (known.event, known.issue)
    assert len(log) == 2


@both
async def test_an_event_is_read_by_its_id_inside_a_project(known: Known) -> None:
    event, log = await second_time(known, lambda client, known: client.get_event(known.event, project=known.project))
    assert event.id == known.event
    assert len(log) == 1


async def test_old_sentry_finds_an_event_by_its_id_alone() -> None:
    event, log = await second_time(OLD_SENTRY, lambda client, known: client.get_event(known.event))
    assert (event.id, event.group_id) == (OLD_SENTRY.event, "5")
    assert log == [f"GET /organizations/acme/eventids/{OLD_SENTRY.event}/"]


async def test_an_event_is_looked_for_in_each_project_where_no_search_finds_it() -> None:
    event, log = await second_time(GLITCH, lambda client, known: client.get_event(known.event))
    assert event.id == GLITCH.event
    assert len(log) == 3


async def test_an_unknown_event_is_not_found() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        with pytest.raises(NotFoundError, match="of project shop-backend was not found"):
            await client.get_event("0" * 32, project="shop-backend")


@both
async def test_a_stack_trace_comes_with_frames_and_code(known: Known) -> None:
    event, log = await second_time(known, lambda client, known: client.get_stacktrace(issue=known.issue))
    trace = event.exceptions[-1].stacktrace
    assert trace
    assert trace.frames
    assert trace.frames[-1].source()[1]
    assert len(log) == 1


@both
@pytest.mark.parametrize("status", ["resolved", "ignored"])
async def test_an_issue_is_updated_in_one_request(known: Known, status: Any) -> None:
    issue, log = await second_time(
        known, lambda client, known: client.update_issue(known.issue, IssueChange(status=status))
    )
    assert issue.status == status
    assert len(log) == 1


async def test_old_sentry_updates_an_issue_by_short_id_in_three_requests_at_most() -> None:
    async with opened(OLD_SENTRY) as (client, server):
        await client.update_issue("SHOP-BACKEND-1", IssueChange(status="resolved"))
        assert len(server.log) == 3
        server.requests.clear()
        await client.update_issue("SHOP-BACKEND-1", IssueChange(status="resolved"))
        assert len(server.log) == 2


async def test_old_sentry_resolves_in_the_next_release() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        issue = await client.update_issue("5", IssueChange(status="resolvedInNextRelease"))
        assert issue.status == "resolved"
        assert issue.status_details["inNextRelease"] is True


async def test_glitchtip_is_said_not_to_resolve_in_the_next_release() -> None:
    async with opened(GLITCH) as (client, _):
        with pytest.raises(UnsupportedError, match="only unresolved, resolved and ignored"):
            await client.update_issue("1", IssueChange(status="resolvedInNextRelease"))


async def test_old_sentry_assigns_an_issue_and_says_whom_it_does_not_know() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        issue = await client.update_issue("5", IssueChange(assigned_to="admin@example.com"))
        assert issue.assigned_to
        assert issue.assigned_to.name == "Ada Admin"
        with pytest.raises(InvalidRequestError) as raised:
            await client.update_issue("5", IssueChange(assigned_to="nobody@example.com"))
        assert raised.value.sentry == "assignedTo: Unknown actor input"


async def test_a_release_that_is_not_there_is_named_in_sentrys_words() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        with pytest.raises(InvalidRequestError) as raised:
            await client.update_issue("5", IssueChange(status="resolved", in_release="nope@9"))
    assert "Unable to find a release" in (raised.value.sentry or "")


async def test_old_sentry_takes_a_comment_as_a_note() -> None:
    async with opened(OLD_SENTRY) as (client, server):
        for _ in range(2):
            server.requests.clear()
            await client.add_comment("5", "looking at this **now**")
        assert server.log == ["POST /api/0/issues/5/notes/"]


async def test_a_server_without_comments_is_said_to_have_none() -> None:
    async with opened(GLITCH) as (client, _):
        await client.get_issue("1")
        with pytest.raises(UnsupportedError, match="no way to comment on an issue"):
            await client.add_comment("1", "Hello")


@both
async def test_projects_and_one_project_are_read_in_one_request_each(known: Known) -> None:
    page, log = await second_time(known, lambda client, _: client.list_projects())
    assert known.project in [project.slug for project in page.items]
    assert len(log) == 1
    project, log = await second_time(known, lambda client, known: client.get_project(known.project))
    assert project.slug == known.project
    assert len(log) == 1


@both
async def test_releases_and_one_release_are_read_in_one_request_each(known: Known) -> None:
    page, log = await second_time(known, lambda client, known: client.list_releases(project=known.project))
    assert page.items
    assert len(log) == 1
    release, log = await second_time(known, lambda client, known: client.get_release(known.release))
    assert release.version == known.release
    assert len(log) == 1


@both
async def test_a_server_without_commits_and_deploys_is_said_to_have_none(known: Known) -> None:
    async with opened(known) as (client, _):
        await client.get_release(known.release)
        with pytest.raises(UnsupportedError, match="no way to read the commits of a release"):
            await client.get_release_commits(known.release)
        with pytest.raises(UnsupportedError, match="deploys of a release"):
            await client.get_release_deploys(known.release)


@both
async def test_the_values_of_a_tag_are_read_in_one_request(known: Known) -> None:
    tag, log = await second_time(known, lambda client, known: client.get_tag_values(known.issue, "environment"))
    assert (tag.key, tag.top_values[0].value) == ("environment", "production")
    assert len(log) == 1


@both
async def test_all_tags_of_an_issue_are_read_in_one_request(known: Known) -> None:
    tags, log = await second_time(known, lambda client, known: client.get_tags(known.issue))
    assert {"environment", "release"} <= {tag.key for tag in tags}
    assert log == [f"GET /issues/{known.issue}/tags/"]


async def test_a_tag_that_no_event_has_is_not_found() -> None:
    async with opened(GLITCH) as (client, _):
        with pytest.raises(NotFoundError, match="no event of the issue has this tag"):
            await client.get_tag_values("1", "no-such-tag")


@both
async def test_the_only_organization_is_found_out_once(known: Known) -> None:
    async with opened(known, organization=None) as (client, server):
        assert [organization.slug for organization in (await client.list_organizations()).items] == [known.organization]
        server.requests.clear()
        await client.list_projects()
        await client.list_projects()
        assert [line for line in server.log if line == "GET /api/0/organizations/"] == ["GET /api/0/organizations/"]


@both
async def test_a_bad_token_and_a_token_that_may_only_read_are_told_apart(known: Known) -> None:
    async with opened(known, token="wrong") as (client, _):
        with pytest.raises(UnauthorizedError):
            await client.get_issue(known.issue)
    async with opened(known, token=READ_ONLY_TOKEN) as (client, _):
        assert (await client.get_issue(known.issue)).id == known.issue
        with pytest.raises(ForbiddenError):
            await client.update_issue(known.issue, IssueChange(status="resolved"))


@both
async def test_a_fresh_client_reads_an_issue_and_its_event_in_as_few_requests_as_the_server_allows(
    known: Known,
) -> None:
    async with opened(known, organization=None, cache_ttl=60) as (client, server):
        issue, event = await issue_and_event(client, known.issue)
        assert event.group_id == issue.id
        # The organization, today's two routes, the two of old.
        assert len(server.log) == 5
