"""No argument is dropped in silence: each kind of server honours it, or it is refused, or the answer says so."""

import json
from datetime import timedelta

import pytest
from standins.clients import client_of
from standins.knowing import Answering, asked
from standins.old_answers import LISTED, PROJECTS, seen
from standins.sockets import listening

from sentry.changes import IssueChange
from sentry.dialects import Dialect
from sentry.errors import UnsupportedError

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
