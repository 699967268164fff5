"""Lists of issues, in the dialect that each kind of server speaks."""

from contextlib import suppress
from typing import Any

import pytest
from standins.clients import client_of
from standins.knowing import Answering, asked
from standins.sockets import listening

from sentry.dialects import Dialect
from sentry.endpoints.issue_query import IssueQuery
from sentry.errors import NotFoundError, SentryError, UnavailableError

NUMBERS_ONLY = (400, {"detail": "Invalid project parameter. Values must be numbers."})


async def test_sentry_before_2026_is_asked_by_the_projects_number() -> None:
    page, log = await asked(
        {
            "GET /organizations/acme/issues/?query=is%3Aunresolved&project=shop": NUMBERS_ONLY,
            "GET /organizations/acme/issues/?query=is%3Aunresolved&project=7": (200, [{"id": "5"}]),
            "GET /projects/acme/shop/": (200, {"id": "7", "slug": "shop"}),
        },
        lambda client: client.list_issues(project="shop", sort="user", period="30d"),
    )
    assert [issue.id for issue in page.items] == ["5"]
    assert len(log) == 3


async def test_a_project_that_is_not_there_is_named() -> None:
    error, _ = await asked(
        {
            "GET /organizations/acme/issues/": NUMBERS_ONLY,
            "GET /projects/acme/shop/": (404, {"detail": "The requested resource does not exist"}),
        },
        lambda client: client.list_issues(project="shop"),
    )
    assert isinstance(error, NotFoundError)
    assert "Project shop of acme" in error.message


BAD_SORT = (422, {"detail": [{"loc": ["query", "sort"], "msg": "Input should be 'last_seen' or '-last_seen'"}]})
BAD_PROJECT = (422, {"detail": [{"loc": ["query", "project"], "msg": "Input should be a valid integer"}]})


async def test_glitchtip_is_asked_in_its_own_words_for_sorts_and_projects() -> None:
    page, log = await asked(
        {
            "GET /organizations/acme/issues/?query=is%3Aunresolved&sort=freq": BAD_SORT,
            "GET /organizations/acme/issues/?query=is%3Aunresolved&sort=-count": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(sort="freq"),
        Dialect.GLITCHTIP,
    )
    assert ([issue.id for issue in page.items], len(log)) == (["5"], 2)
    page, log = await asked(
        {
            "GET /organizations/acme/issues/?query=is%3Aunresolved&project=shop": BAD_PROJECT,
            "GET /organizations/acme/issues/?query=is%3Aunresolved&project=7": BAD_SORT,
            "GET /projects/acme/shop/": (200, {"id": "7", "slug": "shop"}),
            "GET /projects/acme/shop/issues/?query=is%3Aunresolved&sort=-last_seen": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(project="shop", sort="date"),
        Dialect.GLITCHTIP,
    )
    assert ([issue.id for issue in page.items], len(log)) == (["5"], 4)


@pytest.mark.parametrize(
    ("sort", "theirs"),
    [("date", "-last_seen"), ("new", "-first_seen"), ("freq", "-count"), ("recommended", "-priority")],
)
async def test_glitchtip_has_a_name_of_its_own_for_each_sort(sort: str, theirs: str) -> None:
    page, _ = await asked(
        {
            "GET /organizations/acme/issues/": BAD_SORT,
            f"GET /organizations/acme/issues/?query=is%3Aunresolved&sort={theirs}&": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(sort=sort),
        Dialect.GLITCHTIP,
    )
    assert [issue.id for issue in page.items] == ["5"]


@pytest.mark.parametrize("sort", ["date", "new", "freq", "priority"])
async def test_sentry_9_is_asked_for_every_sort_that_it_has(sort: str) -> None:
    page, log = await asked(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /projects/acme/shop/": (200, {"id": "7", "slug": "shop"}),
            "GET /projects/acme/shop/issues/": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(project="shop", sort=sort),
        Dialect.SENTRY_10,
    )
    assert [issue.id for issue in page.items] == ["5"]
    assert f"&sort={sort}&" in log[-1]


async def test_sentry_9_is_asked_with_the_free_text_behind_the_terms() -> None:
    _, log = await asked(
        {
            "GET /organizations/acme/issues/": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}]),
            "GET /projects/acme/shop/issues/": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(query="timed out level:error"),
        Dialect.SENTRY_10,
    )
    assert "query=level%3Aerror+timed+out&" in log[-1]


async def test_a_sort_that_no_dialect_knows_is_refused_in_sentrys_words() -> None:
    error, _ = await asked({"GET /organizations/acme/issues/": BAD_SORT}, lambda client: client.list_issues(sort="x"))
    assert (error.error, error.sentry) == ("invalid_request", "sort: Input should be 'last_seen' or '-last_seen'")


INTERNAL_ERROR = (500, {"detail": "Internal Error"})


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


async def test_a_500_to_a_cursor_says_that_the_cursor_may_be_why() -> None:
    error, _ = await asked(
        {"GET /organizations/acme/issues/5/events/": INTERNAL_ERROR},
        lambda client: client.get_events("5", cursor="garbage"),
    )
    assert (error.error, "try without one" in error.message) == ("sentry_unavailable", True)
    for status, cursor in ((501, "garbage"), (500, None)):
        error, _ = await asked(
            {"GET /organizations/acme/issues/5/events/": (status, {"detail": "Internal Error"})},
            lambda client, cursor=cursor: client.get_events("5", cursor=cursor),  # type: ignore[misc]  # bound early
        )
        assert (error.error, "try without one" in error.message) == ("sentry_unavailable", False)


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


@pytest.mark.parametrize("pattern", ["[", "k:[ ", '\\"', '"\\', "a ", "a:", '"', 'k:"', '"\\\n'])
@pytest.mark.parametrize("length", [7, 300_000])
def test_no_part_of_a_query_is_lost_however_it_is_written_and_however_long_it_is(pattern: str, length: int) -> None:
    """A time that grew with the square of its length would be half an hour."""
    query = (pattern * length)[:length]
    reordered = IssueQuery(query=query).for_sentry_9().query
    assert sorted("".join(reordered.split())) == sorted("".join(query.split()))
