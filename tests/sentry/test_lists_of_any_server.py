"""Lists of issues, in the dialect that each kind of server speaks."""

from urllib.parse import quote_plus

import pytest
from standins.knowing import asked
from standins.old_answers import INTERNAL_ERROR

from sentry.dialects import Dialect
from sentry.endpoints.issue_query import IssueQuery
from sentry.errors import NotFoundError

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


@pytest.mark.parametrize(
    ("query", "refused"), [("charge is:unresolved", False), ("is:archived", True), ("charge is:archived", True)]
)
async def test_sentry_9_finds_the_same_whatever_was_asked_before(query: str, refused: bool) -> None:
    """Its organization's list answers 200 and nothing to a text before a term, and 400 to a state of today's Sentry:
    neither says that there is nothing, also where nothing yet has told the server's kind."""
    old_words = " ".join(sorted(query.replace("archived", "ignored").split(), key=lambda term: ":" not in term))
    page, log = await asked(
        {
            "GET /organizations/acme/issues/": (400, {"detail": "Invalid value for is"}) if refused else (200, []),
            f"GET /organizations/acme/issues/?query={quote_plus(old_words)}&": INTERNAL_ERROR,
            "GET /organizations/acme/projects/": (200, [{"slug": "shop"}]),
            "GET /projects/acme/shop/issues/": (200, [{"id": "5"}]),
        },
        lambda client: client.list_issues(query=query),
        Dialect.SENTRY_10,
    )
    assert [issue.id for issue in page.items] == ["5"]
    assert f"query={quote_plus(old_words)}&" in log[-1]


async def test_todays_sentry_is_asked_once_in_the_order_that_was_given() -> None:
    page, log = await asked(
        {"GET /organizations/acme/issues/": (200, [])},
        lambda client: client.list_issues(query="charge is:unresolved"),
        Dialect.TODAY,
    )
    assert (page.items, len(log)) == ([], 1)
    assert "query=charge+is%3Aunresolved&" in log[0]


async def test_a_sort_that_no_dialect_knows_is_refused_in_sentrys_words() -> None:
    error, _ = await asked({"GET /organizations/acme/issues/": BAD_SORT}, lambda client: client.list_issues(sort="x"))
    assert (error.error, error.sentry) == ("invalid_request", "sort: Input should be 'last_seen' or '-last_seen'")


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


@pytest.mark.parametrize("pattern", ["[", "k:[ ", '\\"', '"\\', "a ", "a:", '"', 'k:"', '"\\\n'])
@pytest.mark.parametrize("length", [7, 300_000])
def test_no_part_of_a_query_is_lost_however_it_is_written_and_however_long_it_is(pattern: str, length: int) -> None:
    """A time that grew with the square of its length would be half an hour."""
    query = (pattern * length)[:length]
    reordered = IssueQuery(query=query).for_sentry_9().query
    assert sorted("".join(reordered.split())) == sorted("".join(query.split()))
