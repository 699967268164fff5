"""What the Sentry client reads and writes, of whichever Sentry."""

from collections.abc import Awaitable
from typing import TypeVar

import pytest
from live.places import NO_TOKEN, Place
from standins.clients import issue_and_event

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.errors import InvalidRequestError, NotFoundError, UnauthorizedError, UnsupportedError
from sentry.models import Issue

T = TypeVar("T")
UNKNOWN_EVENT = "00000000000000000000000000000000"


async def some_issue(client: SentryClient) -> Issue:
    """The one that was seen last."""
    page = await client.list_issues(limit=1)
    assert page.items, "the server holds no unresolved issue"
    return page.items[0]


async def unless_unsupported(call: Awaitable[T]) -> T:
    """The answer; a server that says that it cannot is not asked for more."""
    try:
        return await call
    except UnsupportedError as error:
        pytest.skip(f"the server says: {error.message}")


async def test_issues_are_listed_page_by_page_and_none_comes_twice(place: Place) -> None:
    async with place.client() as client:
        first = await client.list_issues(limit=1)
        assert first.items[0].id
        assert first.items[0].title
        if first.next_cursor is not None:
            second = await client.list_issues(limit=1, cursor=first.next_cursor)
            assert not {issue.id for issue in first.items} & {issue.id for issue in second.items}


async def test_issues_are_listed_by_project_and_sort(place: Place) -> None:
    async with place.client() as client:
        project = (await some_issue(client)).project.slug
        page = await client.list_issues(project=project, sort="date", period="24h", query="")
        assert {issue.project.slug for issue in page.items} <= {project}


async def test_an_issue_is_the_same_by_number_short_id_and_url(place: Place) -> None:
    async with place.client() as client:
        listed = await some_issue(client)
        by_number = await client.get_issue(listed.id)
        by_url = await client.get_issue(f"{place.url}/issues/{listed.id}/")
        by_short_id = await client.get_issue((listed.short_id or listed.id).lower())
        assert {listed.id} == {by_number.id, by_url.id, by_short_id.id}
        assert by_number.count
        assert by_number.first_seen
    async with place.client() as fresh:  # which has seen no issue yet
        assert (await unless_unsupported(fresh.get_issue(listed.short_id or listed.id))).id == listed.id


async def test_an_issue_and_an_event_are_the_same_by_each_of_their_pages(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        event = await client.get_event("latest", issue=issue.id)
        owner = place.organization or (await client.list_organizations()).items[0].slug
        pages = (f"/organizations/{owner}", f"/{owner}/{issue.project.slug}")
        for url in (issue.permalink or issue.id, *(f"{place.url}{page}/issues/{issue.id}/" for page in pages)):
            assert (await client.get_issue(url)).id == issue.id
        for page in pages:
            inside = f"{place.url}{page}/issues/{issue.id}/events/{event.id}/"
            assert (await client.get_issue(inside)).id == issue.id
            assert (await client.get_event(inside)).id == event.id
        in_project = f"{place.url}/{owner}/{issue.project.slug}/events/{event.id}/"
        assert (await client.get_event(in_project)).id == event.id
        assert (await client.get_issue(in_project)).id == issue.id
        assert (await client.get_issue(f"{owner}/{issue.id}")).id == issue.id
        assert (await client.list_issues(project=f"{owner}/{issue.project.slug}", limit=1)).items


async def test_an_issue_and_its_latest_event_cost_two_requests_once_the_server_is_known(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        await issue_and_event(client, issue.id)
        found, event = await issue_and_event(client, issue.id)
        assert event.group_id in (None, found.id)
        before = client.statistics.misses
        await client.get_issue(issue.id, fresh=True)
        assert client.statistics.misses == before + 1
        await issue_and_event(client, issue.id)
        assert client.statistics.misses == before + 1


async def test_an_event_is_the_same_inside_its_issue_its_project_and_alone(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        latest = await client.get_event("latest", issue=issue.id)
        assert latest.entries
        inside = await client.get_event(latest.id, issue=issue.id)
        of_project = await client.get_event(latest.id, project=issue.project.slug)
        alone = await unless_unsupported(client.get_event(latest.id))
        assert {latest.id} == {inside.id, of_project.id, alone.id}


async def test_the_oldest_and_the_recommended_event_are_events_of_the_issue(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        for name in ("oldest", "recommended"):
            event = await unless_unsupported(client.get_event(name, issue=issue.id))
            assert event.group_id in (None, issue.id)


async def test_the_events_of_an_issue_are_listed_the_newest_first(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        page = await client.get_events(issue.id, limit=5)
        assert page.items[0].id == (await client.get_event("latest", issue=issue.id)).id
        seen = [event.date_created for event in page.items if event.date_created]
        assert seen == sorted(seen, reverse=True)


async def test_a_stack_trace_is_that_of_the_latest_event(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        event = await client.get_stacktrace(issue=issue.id)
        assert event.id == (await client.get_event("latest", issue=issue.id)).id


async def test_projects_are_listed_and_read(place: Place) -> None:
    async with place.client() as client:
        slugs = [project.slug for project in (await client.list_projects()).items]
        assert (await client.get_project(slugs[0])).slug == slugs[0]
        with pytest.raises(NotFoundError):
            await client.get_project("no-such-project-anywhere")


async def test_releases_are_listed_and_read(place: Place) -> None:
    async with place.client() as client:
        for release in (await client.list_releases(limit=1)).items[:1]:
            assert (await client.get_release(release.version)).version == release.version


async def test_tags_and_their_values_are_read(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        for tag in (await unless_unsupported(client.get_tags(issue.id)))[:1]:
            assert (await client.get_tag_values(issue.id, tag.key)).key == tag.key


async def test_what_is_not_there_is_not_found(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        for call in (
            client.get_issue("999999999999"),
            client.get_issue("NO-SUCH-PROJECT-1"),
            client.get_event(UNKNOWN_EVENT),
            client.get_event(UNKNOWN_EVENT, issue=issue.id),
            client.get_event(UNKNOWN_EVENT, project=issue.project.slug),
            client.get_release("no such release"),
        ):
            with pytest.raises(NotFoundError):
                await call


async def test_a_wrong_token_is_unauthorized(place: Place) -> None:
    async with place.client(NO_TOKEN) as client:
        with pytest.raises(UnauthorizedError):
            await client.list_issues(organization=place.organization)


async def test_a_status_that_no_sentry_has_is_refused_and_changes_nothing(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        with pytest.raises((InvalidRequestError, UnsupportedError)):
            await client.update_issue(issue.id, IssueChange(status="no-such-status"))  # type: ignore[arg-type]  # the point
        assert (await client.get_issue(issue.id, fresh=True)).status == issue.status


async def test_an_issue_is_resolved_and_reopened(place: Place) -> None:
    async with place.client() as client:
        issue = await some_issue(client)
        with place.put_back(issue.id):
            assert (await client.update_issue(issue.id, IssueChange(status="resolved"))).status == "resolved"
            assert (await client.get_issue(issue.id)).status == "resolved"
            await client.update_issue(issue.id, IssueChange(status="unresolved"))
            assert (await client.get_issue(issue.id)).status == "unresolved"
