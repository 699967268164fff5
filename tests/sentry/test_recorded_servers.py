"""All else that two old servers really answered: it works, or what they cannot do is said."""

import pytest
from standins.clients import issue_and_event
from standins.known import GLITCH, OLD_SENTRY, Known, both, opened, second_time
from standins.recorded import READ_ONLY_TOKEN

from sentry.changes import IssueChange
from sentry.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    UnauthorizedError,
    UnsupportedError,
)
from sentry.models import ExceptionValue


async def test_old_sentry_gives_an_issue_and_its_latest_event_by_short_id_in_three_requests() -> None:
    (issue, event), log = await second_time(OLD_SENTRY, lambda client, known: issue_and_event(client, known.short_id))
    assert event.group_id == issue.id
    assert sorted(log) == [
        "GET /issues/5/",
        "GET /issues/5/events/latest/",
        "GET /organizations/acme/shortids/SHOP-BACKEND-1/",
    ]


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
    trace = ExceptionValue.model_validate(event.entry("exception")["values"][-1]).stacktrace
    assert trace
    assert trace.frames
    assert trace.frames[-1].source()[1]
    assert len(log) == 1


async def test_old_sentry_resolves_in_the_next_release() -> None:
    async with opened(OLD_SENTRY) as (client, _):
        issue = await client.update_issue("5", IssueChange(status="resolvedInNextRelease"))
        assert issue.status == "resolved"
        assert issue.status_details["inNextRelease"] is True


async def test_glitchtip_is_said_not_to_resolve_in_the_next_release() -> None:
    async with opened(GLITCH) as (client, _):
        with pytest.raises(UnsupportedError, match="does not take status=resolvedInNextRelease"):
            await client.update_issue("1", IssueChange(status="resolvedInNextRelease"))


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
        # The organization, which tells the kind of server, and its own two routes.
        assert len(server.log) == 3
