"""Lists of Sentry 9, project by project: when a server is asked so, and what becomes of all the answers."""

from contextlib import suppress
from typing import Any

import pytest
from standins.clients import client_of
from standins.knowing import Answering, asked
from standins.old_answers import INTERNAL_ERROR
from standins.sockets import listening

from sentry.dialects import Dialect
from sentry.errors import SentryError, UnavailableError


async def test_a_failing_sentry_is_not_taken_for_an_old_one_that_answers() -> None:
    for kind in (None, Dialect.TODAY):
        error, log = await asked(
            {"GET /organizations/acme/issues/": INTERNAL_ERROR, "GET /organizations/acme/projects/": INTERNAL_ERROR},
            lambda client: client.list_issues(),
            kind,
        )
        assert (error.error, error.status_code) == ("sentry_unavailable", 500)
        assert len(log) == (3 if kind is None else 1)  # a server that does not say who it is may be an old one
    error, log = await asked(
        {"GET /organizations/acme/issues/": INTERNAL_ERROR, "GET /organizations/acme/projects/": INTERNAL_ERROR},
        lambda client: client.list_issues(),
        Dialect.SENTRY_10,
    )
    assert (error.error, error.status_code, len(log)) == ("sentry_unavailable", 500, 2)
    error, log = await asked(
        {"GET /organizations/acme/issues/": (500, {"detail": "Something else"})}, lambda client: client.list_issues()
    )
    assert (error.error, len(log)) == ("sentry_unavailable", 1)


async def test_projects_of_old_sentry_that_the_token_may_not_see_do_not_hide_the_others() -> None:
    projects = [{"slug": "open"}, {"slug": "closed"}, {"slug": "hidden", "hasAccess": False}, {"slug": None}]
    known = {
        "GET /organizations/acme/issues/": INTERNAL_ERROR,
        "GET /organizations/acme/projects/": (200, projects),
        "GET /projects/acme/open/issues/": (200, [{"id": "5"}]),
        "GET /projects/acme/closed/issues/": (403, {"detail": "no"}),
    }
    page, log = await asked(known, lambda client: client.list_issues(), Dialect.SENTRY_10)
    assert ([issue.id for issue in page.items], len(log)) == (["5"], 4)
    known["GET /projects/acme/open/issues/"] = (500, {"detail": "broken"})
    error, log = await asked(known, lambda client: client.list_issues(), Dialect.SENTRY_10)
    assert (error.error, "GET /projects/acme/open/issues/" in log[-2] + log[-1]) == ("sentry_unavailable", True)


async def test_a_project_of_old_sentry_that_fails_is_told_though_the_others_answer() -> None:
    error, _ = await asked(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}, {"slug": "web"}, {"slug": "docs"}]),
            "GET /projects/acme/shop/issues/": (200, [{"id": "5"}]),
            "GET /projects/acme/web/issues/": INTERNAL_ERROR,
            "GET /projects/acme/docs/issues/": (200, []),
        },
        lambda client: client.list_issues(),
        Dialect.SENTRY_10,
    )
    assert isinstance(error, UnavailableError)
    assert (error.status_code, "web" in error.message) == (500, True)


@pytest.mark.parametrize("refusal", [(403, {"detail": "no"}), (404, {"detail": "gone"})], ids=["403", "404"])
async def test_projects_of_old_sentry_of_which_the_token_may_see_none_are_not_told_as_empty(refusal: Any) -> None:
    error, _ = await asked(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}, {"slug": "web"}]),
            "GET /projects/acme/": refusal,
        },
        lambda client: client.list_issues(),
        Dialect.SENTRY_10,
    )
    assert isinstance(error, SentryError)
    assert error.status_code == refusal[0]


def seen(name: str, *, first: int, last: int, count: int) -> dict[str, str]:
    """A row of Sentry 9, first and last seen at these hours."""
    day = "2026-01-24T"
    return {
        "id": name,
        "firstSeen": f"{day}{first:02}:00:00Z",
        "lastSeen": f"{day}{last:02}:00:00Z",
        "count": f"{count}",
    }


@pytest.mark.parametrize(
    ("sort", "ordered"),
    [
        (None, "rare often fresh"),
        ("date", "rare often fresh"),
        ("new", "fresh rare often"),
        ("freq", "often fresh rare"),
    ],
)
async def test_issues_of_all_projects_of_old_sentry_come_in_the_order_asked_for(sort: str | None, ordered: str) -> None:
    page, _ = await asked(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}, {"slug": "web"}, {"slug": "docs"}]),
            "GET /projects/acme/shop/issues/": (200, [seen("fresh", first=9, last=10, count=20)]),
            "GET /projects/acme/web/issues/": (200, [seen("rare", first=8, last=12, count=3)]),
            "GET /projects/acme/docs/issues/": (200, [seen("often", first=7, last=11, count=100)]),
        },
        lambda client: client.list_issues(sort=sort),
        Dialect.SENTRY_10,
    )
    assert " ".join(issue.id for issue in page.items) == ordered


async def test_issues_of_old_sentry_that_were_seen_at_the_same_moment_come_in_the_order_of_their_projects() -> None:
    row = seen("", first=1, last=2, count=1)
    page, _ = await asked(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}, {"slug": "web"}]),
            "GET /projects/acme/shop/issues/": (200, [{**row, "id": "5"}]),
            "GET /projects/acme/web/issues/": (200, [{**row, "id": "6"}]),
        },
        lambda client: client.list_issues(),
        Dialect.SENTRY_10,
    )
    assert [issue.id for issue in page.items] == ["5", "6"]


async def test_too_many_projects_of_old_sentry_are_not_asked_one_by_one() -> None:
    error, log = await asked(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": f"p{number}"} for number in range(51)]),
        },
        lambda client: client.list_issues(),
        Dialect.SENTRY_10,
    )
    assert ("there are 51 of them" in error.message, len(log)) == (True, 2)


async def test_a_cursor_over_several_projects_must_be_one_that_was_given() -> None:
    for cursor in ("p0=1:", "p0=1%3A9:0:0", "p0=0:&deleted=0:", "nonsense=0:", "p1=x", "p1=0:bad", "p1=0:9:-1:0", ""):
        answer, _ = await asked(
            {
                "GET /organizations/acme/issues/": INTERNAL_ERROR,
                "GET /organizations/acme/projects/": (200, [{"slug": "p0"}, {"slug": "p1"}]),
                "GET /projects/acme/": (200, [{"id": "5"}]),
            },
            lambda client, cursor=cursor: client.list_issues(cursor=cursor),  # type: ignore[misc]  # bound early
            Dialect.SENTRY_10,
        )
        if cursor.startswith("p0") or not cursor:
            assert answer.items or answer.next_cursor is None
        else:
            assert answer.error == "invalid_request"


async def test_one_failure_of_a_healthy_sentry_with_sixty_projects_is_over_with_the_next_call() -> None:
    server_like = Answering(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": f"p{number}"} for number in range(60)]),
        },
        kind=Dialect.TODAY,
    )
    async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
        with pytest.raises(UnavailableError):
            await client.list_issues(period="7d")
        server_like.known["GET /organizations/acme/issues/"] = (200, [{"id": "5"}])
        assert [issue.id for issue in (await client.list_issues(period="7d")).items] == ["5"]


@pytest.mark.parametrize(
    "first",
    [(200, []), (400, {"detail": "Your search query could not be parsed"}), (404, {"detail": "no such environment"})],
    ids=["finds nothing", "is refused", "names an unknown environment"],
)
async def test_a_first_search_in_vain_does_not_keep_sentry_9_from_listing_by_project(first: Any) -> None:
    row = {"id": "5", "permalink": "http://sentry.test/acme/shop/issues/5/"}
    server_like = Answering(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/issues/?query=in%20vain": first,
            "GET /organizations/acme/issues/?query=in+vain": first,
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}]),
            "GET /projects/acme/shop/issues/": (200, [row]),
        },
        kind=Dialect.SENTRY_10,
    )
    async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
        with suppress(SentryError):
            await client.list_issues(query="in vain")
        assert [issue.id for issue in (await client.list_issues()).items] == ["5"]
        server.requests.clear()
        await client.list_issues(query="level:error")
        assert "GET /api/0/projects/acme/shop/issues/?query=level%3Aerror&limit=25" in server.log
        assert "/organizations/acme/issues/" not in "".join(server.log)


async def test_an_issue_that_links_as_those_of_sentry_9_do_tells_that_lists_are_by_project() -> None:
    row = {"id": "5", "permalink": "http://sentry.test/acme/shop/issues/5/"}
    server_like = Answering(
        {
            "GET /issues/5/": (200, row),
            "GET /organizations/acme/issues/?": (200, []),
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}]),
            "GET /projects/acme/shop/issues/": (200, [row]),
        },
        kind=Dialect.SENTRY_10,
    )
    async with listening(server_like.answer) as server, client_of(server.url, organization="acme") as client:
        await client.get_issue("5")
        assert [issue.id for issue in (await client.list_issues()).items] == ["5"]


async def test_sentry_9_with_its_usual_feature_flags_lists_project_by_project() -> None:
    page, _ = await asked(
        {
            "GET /organizations/acme/issues/": (
                400,
                {"detail": "You do not have the multi project stream feature enabled"},
            ),
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}]),
            "GET /projects/acme/shop/issues/": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(),
        Dialect.SENTRY_10,
    )
    assert [issue.id for issue in page.items] == ["5"]
