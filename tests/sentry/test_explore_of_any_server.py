"""Searches of events on each kind of server: by what it has of Explore, or with what to do instead."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from standins.clients import client_of
from standins.knowing import Answering, asked
from standins.sockets import listening

from sentry.client import SentryClient
from sentry.datasets import KNOWN, Dataset
from sentry.dialects import Dialect
from sentry.errors import InvalidRequestError, NotFoundError, SentryError, UnsupportedError
from sentry.models import EventRows, EventSeries

SHOP = {"GET /projects/acme/shop/": (200, {"id": "7", "slug": "shop"})}
EVENTS, TIMESERIES, STATS, V2 = (
    f"GET /organizations/acme/{name}/" for name in ("events", "events-timeseries", "events-stats", "eventsv2")
)
LOGS, SLOW, REPEATED = (f"GET /organizations/acme/{name}/" for name in ("logs", "transaction-groups", "n-plus-one"))
FOUND = {"data": [{"title": "KeyError", "count()": 3}], "meta": {"fields": {"count()": "integer"}}}
NOWHERE = {"detail": "The requested resource does not exist"}
UNKNOWN = (400, {"detail": "dataset must be one of: discover, metrics, transactions"})
Ask = Callable[[SentryClient], Awaitable[Any]]


def search(dataset: Dataset = "errors", *fields: str, **arguments: Any) -> Ask:
    return lambda client: client.search_events(dataset=dataset, fields=fields or KNOWN[dataset].fields, **arguments)


def over_time(dataset: Dataset = "errors", **arguments: Any) -> Ask:
    asking: dict[str, Any] = {"functions": ["count()"], **arguments}
    return lambda client: client.get_event_series(dataset=dataset, **asking)


async def test_todays_sentry_is_asked_once() -> None:
    page, log = await asked({EVENTS: (200, FOUND)}, search("errors", "title", "count()", sort="-count()"))
    assert isinstance(page, EventRows)
    assert page.items == [{"title": "KeyError", "count()": 3}]
    assert log == [
        "GET /organizations/acme/events/?dataset=errors&statsPeriod=24h&field=title&field=count%28%29"
        "&sort=-count%28%29&per_page=25"
    ]


async def test_errors_have_another_name_before_23_and_that_is_remembered() -> None:
    known: dict[str, tuple[int, Any]] = {EVENTS: UNKNOWN, f"{EVENTS}?dataset=discover": (200, FOUND)}

    async def twice(client: SentryClient) -> tuple[Any, Any]:
        return await search("errors", "title", query="a OR b")(client), await search("errors", "title")(client)

    pages, log = await asked(known, twice)
    assert [page.items[0]["title"] for page in pages] == ["KeyError", "KeyError"]
    assert ["dataset=errors" in line for line in log] == [True, False, False]
    assert "query=%28a+OR+b%29+%21event.type%3Atransaction&" in log[1]
    assert "query=%21event.type%3Atransaction&" in log[2]


async def test_before_22_it_is_another_route_with_other_names() -> None:
    row = {"title": "KeyError", "count": 3, "count_unique_user": 2}
    known = {
        EVENTS: (200, [{"eventID": "a" * 32}]),  # the events of all issues, as an issue has them
        V2: (200, {"data": [row], "meta": {"title": "string", "count": "integer", "count_unique_user": "integer"}}),
    }
    page, log = await asked(known, search("errors", "title", "count()", "count_unique(user)"), Dialect.SENTRY_10)
    assert page.items == [{"title": "KeyError", "count()": 3, "count_unique(user)": 2}]
    assert page.types["count_unique(user)"] == "integer"
    assert log[-1].startswith("GET /organizations/acme/eventsv2/?dataset=discover&")


OLD_POINTS = [[1_795_640_400, [{"count": 4}]], [1_795_644_000, [{"count": 5}]], "odd", ["odd", 7]]


@pytest.mark.parametrize("kind", [None, Dialect.SENTRY_10])
async def test_over_time_older_ones_are_asked_by_their_own_route(kind: Dialect | None) -> None:
    known = {STATS: (200, {"data": OLD_POINTS, "start": 1, "end": 2})}
    found, log = await asked(known, over_time(interval="30m"), kind or Dialect.TODAY)
    assert isinstance(found, EventSeries)
    (series,) = found.items
    assert (series.function, series.points) == ("count()", [(1_795_640_400.0, 4.0), (1_795_644_000.0, 5.0)])
    dataset = "errors" if kind is None else "discover"
    assert f"/events-stats/?dataset={dataset}&statsPeriod=24h" in log[-1]
    assert "interval=1800s&yAxis=count%28%29" in log[-1]


async def test_groups_of_an_older_one_have_their_names() -> None:
    known = {STATS: (200, {name: {"data": OLD_POINTS, "order": 0} for name in ("shop@1", "Other")})}
    found, log = await asked(known, over_time(groups=["release"], sort="-count()"), Dialect.SENTRY_10)
    assert [(series.group, series.is_other) for series in found.items] == [({"release": "shop@1"}, False), ({}, True)]
    assert log[-1].endswith("&field=release&field=count%28%29&topEvents=5&sort=-count%28%29")
    functions = {name: {"data": OLD_POINTS} for name in ("count()", "eps()")}
    found, _ = await asked({STATS: (200, functions)}, over_time(functions=["count()", "eps()"]), Dialect.SENTRY_10)
    assert [series.function for series in found.items] == ["count()", "eps()"]


FEATURES: list[tuple[int, Any]] = [
    (404, None),
    (404, {"detail": "The feature organizations:ourlogs is not enabled"}),
    (403, {"detail": "You do not have that feature enabled"}),
    (400, {"detail": "You do not have that feature enabled"}),
    UNKNOWN,
]


@pytest.mark.parametrize("call", [search, over_time], ids=["rows", "series"])
@pytest.mark.parametrize("said", FEATURES, ids=str)
async def test_a_dataset_that_is_off_is_told_in_a_sentence_and_not_asked_for_again(
    said: tuple[int, Any], call: Callable[..., Ask]
) -> None:
    status, body = said
    refused = {} if body is None else dict.fromkeys((EVENTS, TIMESERIES, STATS), (status, body))
    refused |= {f"{EVENTS}?dataset=errors": (200, FOUND)}
    errors: list[SentryError] = []

    async def often(client: SentryClient) -> int:
        for _ in range(3):
            with pytest.raises(UnsupportedError) as error:
                await call("logs")(client)
            errors.append(error.value)
        with pytest.raises(UnsupportedError):
            await call("spans")(client)
        return len((await search()(client)).items)

    rows, log = await asked(refused, often, Dialect.TODAY)
    assert rows == 1
    assert {error.message for error in errors} == {
        "This Sentry has no logs: it was set up for errors alone, is older than these, or its plan has none. "
        "dataset=errors is searched all the same."
    }
    routes = 1 if call is search or body else 2
    assert len([line for line in log if "dataset=logs" in line]) == routes
    assert len([line for line in log if "dataset=spans" in line]) == routes


@pytest.mark.parametrize("said", [(500, {"detail": "Internal Error"}), (429, {"detail": "slow down"}), (200, None)])
async def test_a_failure_that_passes_is_not_remembered(said: tuple[int, Any]) -> None:
    """Such as a login page in between."""
    sentry = Answering({EVENTS: said} if said[1] else {}, unknown=(200, b"<html>Log in</html>"), kind=Dialect.TODAY)
    settings = {"organization": "acme", "cache_ttl": 0}
    async with listening(sentry.answer) as server, client_of(server.url, **settings) as client:
        with pytest.raises(SentryError) as error:
            await search("spans")(client)
        assert not isinstance(error.value, UnsupportedError)
        sentry.known[EVENTS] = (200, FOUND)
        assert len((await search("spans")(client)).items) == 1


async def test_words_of_a_query_do_not_switch_a_dataset_off() -> None:
    said = (400, {"detail": "Unknown attribute feature.coupon"})

    async def twice(client: SentryClient) -> None:
        for _ in range(2):
            with pytest.raises(InvalidRequestError):
                await search("spans", query="feature.coupon:x")(client)

    _, log = await asked({EVENTS: said}, twice)
    assert len(log) == 2


@pytest.mark.parametrize("call", [search, over_time], ids=["rows", "series"])
async def test_a_project_that_is_not_there_is_told_for_that(call: Callable[..., Ask]) -> None:
    known: dict[str, tuple[int, Any]] = {
        "GET /projects/acme/": (404, NOWHERE),
        "GET /organizations/acme/projects/": (200, [{"slug": "shop"}]),
        **dict.fromkeys((EVENTS, TIMESERIES), (403, {"detail": "You do not have permission to perform this action."})),
    }
    for project in ("shpo", "99999"):
        error, _ = await asked(known, call(project=project), Dialect.TODAY)
        assert isinstance(error, NotFoundError)
        assert error.message.startswith(f"Project {project} of acme was not found.")


async def test_of_several_projects_those_that_are_there_are_asked_for_by_their_numbers() -> None:
    known = {**SHOP, "GET /projects/acme/gone/": (404, NOWHERE), EVENTS: (200, FOUND)}
    page, log = await asked(known, search(projects=["shop", "gone", "8"]), Dialect.TODAY)
    assert len(page.items) == 1
    assert "&project=7&project=8&" in log[-1]
    nobody, log = await asked(known, search(projects=["gone"]), Dialect.TODAY)
    assert (nobody.items, [line for line in log if "/events/" in line]) == ([], [])


INSTEAD = "list_issues searches issues; get_events lists an issue's events, get_tag_values counts them by a tag."
BREADCRUMBS = "get_issue has the breadcrumbs of an error's request, which say what led to it."


@pytest.mark.parametrize("kind", [Dialect.SENTRY_9, Dialect.GLITCHTIP])
@pytest.mark.parametrize(
    ("call", "instead"),
    [(search(), INSTEAD), (over_time(), INSTEAD), (search("logs"), BREADCRUMBS), (search("spans"), BREADCRUMBS)],
    ids=["rows", "series", "logs", "spans"],
)
async def test_what_has_no_search_says_what_to_do_instead(call: Ask, instead: str, kind: Dialect) -> None:
    known: dict[str, tuple[int, Any]] = {}
    if kind is Dialect.SENTRY_9:
        issue = {"id": "5", "permalink": "http://sentry.test/acme/shop/issues/5/"}
        known = {"GET /issues/5/": (200, issue)}

    async def after_an_issue(client: SentryClient) -> Any:
        if known:
            await client.get_issue("5")
        return await call(client)

    error, _ = await asked(known, after_an_issue, Dialect.SENTRY_10 if known else kind)
    assert isinstance(error, UnsupportedError)
    assert error.message.startswith(f"{kind.value} has no way to ")
    assert error.message.endswith(instead)


LOG = {
    "id": "019acd00-0000-7000-8000-000000000001",
    "timestamp": "2026-11-24T20:00:03Z",
    "level": "warn",
    "body": "no price of SKU-7",
    "service": "checkout",
    "environment": "production",
    "host": "web-1",
    "traceID": "4bf94bf9-4bf9-4bf9-4bf9-4bf94bf94bf9",
    "spanID": "5a175a175a175a17",
    "severityNumber": 13,
    "data": {"coupon": {"value": "SUMMER", "type": "string"}, "size": 3},
    "projectId": 7,
}


async def test_glitchtip_lists_logs_of_its_own() -> None:
    fields = (*KNOWN["logs"].fields, "service", "coupon", "size", "nothing")
    call = search(
        "logs", *fields, sort="-timestamp", project="shop", environment="production", cursor="c", limit=10,
        query='severity:[warning,ERROR] trace:4bf9 service:checkout "no price" SKU', period="7d",
    )  # fmt: skip
    page, log = await asked({LOGS: (200, [LOG]), **SHOP}, call, Dialect.GLITCHTIP)
    assert page.items == [
        {
            "sentry.item_id": LOG["id"], "timestamp": "2026-11-24T20:00:03Z", "severity": "warn",
            "message": "no price of SKU-7", "project": 7, "trace": "4bf9" * 8, "service": "checkout",
            "coupon": "SUMMER", "size": 3, "nothing": None,
        }
    ]  # fmt: skip
    assert "/logs/?project=7&start=20" in log[-1]
    assert log[-1].endswith(
        "&limit=10&cursor=c&level=warn&level=error&traceId=4bf9&service=checkout&query=no+price+SKU&environment=production"
    )


GROUP = {
    "id": 3, "project": 7, "transaction": "/checkout", "op": "http.server", "method": "POST", "count": 120,
    "avgDuration": 820.5, "p50": 700, "p95": 1711, "errorCount": 2, "errorRate": 1.67, "throughput": 0.2,
    "firstSeen": "2026-11-20T20:00:03Z", "lastSeen": "2026-11-24T20:00:03Z",
}  # fmt: skip


async def test_glitchtip_lists_slow_transactions_as_spans() -> None:
    page, log = await asked({SLOW: (200, [GROUP]), **SHOP}, search("spans", sort="-timestamp"), Dialect.GLITCHTIP)
    (row,) = page.items
    assert (row["transaction"], row["count()"], row["p95(span.duration)"]) == ("/checkout", 120, 1711)
    assert page.units["avg(span.duration)"] == "millisecond"
    assert log[-1].endswith("&limit=25&sort=-avg_duration")
    assert "of all time" in page.notes[0]
    assert "N+1" in page.notes[1]
    call = search("spans", "transaction", "count()", sort="count()", query="transaction:check is_transaction:true")
    page, log = await asked({SLOW: (200, [GROUP])}, call, Dialect.GLITCHTIP)
    assert page.items == [{"transaction": "/checkout", "count()": 120}]
    assert log[-1].endswith("&query=check&sort=count")
    call = search("spans", "transaction", "p95(span.duration)", sort="-p95(span.duration)")
    page, log = await asked({SLOW: (200, [GROUP])}, call, Dialect.GLITCHTIP)
    assert "They are sorted by one of avg(span.duration), count() alone: the former." in page.notes[1]


async def test_glitchtip_lists_spans_that_repeat() -> None:
    row = {"transactionName": "/cart", "op": "db", "description": "SELECT price", "totalSpans": 400}
    call = search("spans", "transaction", "span.description", "count()")
    page, _ = await asked({REPEATED: (200, [{**row, "transactionCount": 4}])}, call, Dialect.GLITCHTIP)
    assert page.items == [{"transaction": "/cart", "span.description": "SELECT price", "count()": 400}]
    assert "N+1" in page.notes[0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (search("logs", "severity", "count()"), "GlitchTip lists logs and counts none: leave out count()."),
        (search("logs", sort="severity"), "the newest logs first"),
        (
            search("logs", query="coupon:SUMMER"),
            "GlitchTip does not search logs by 'coupon:SUMMER'. It knows severity:",
        ),
        (search("logs", query="!severity:warn"), "by '!severity:warn'"),
        (search("logs", query="a OR b"), "by 'OR'"),
        (search("logs", query="service:check*"), "by 'service:check*'"),
        (search("logs", query="severity:loud"), "'loud' is no severity of logs. They are trace, debug, info, warn"),
        (search("spans", "transaction", "span.status"), "without 'span.status'. Ask for some of transaction, span.op"),
        (search("spans", environment="production"), "does not tell transactions by their environment"),
        (search("spans", query="span.op:db"), "does not search transactions by 'span.op:db'"),
        (search("spans", "span.description", query="SELECT"), "does not search the spans that repeat"),
        (over_time("logs"), "Without interval they are listed"),
        (over_time("spans"), "Without interval transactions are listed"),
    ],
)
async def test_what_glitchtip_would_not_heed_is_refused(call: Ask, words: str) -> None:
    error, log = await asked(dict.fromkeys((LOGS, SLOW, REPEATED), (200, [])), call, Dialect.GLITCHTIP)
    assert isinstance(error, UnsupportedError | InvalidRequestError)
    assert words in error.message
    assert not [line for line in log if line.startswith((LOGS, SLOW, REPEATED))]


@pytest.mark.parametrize("dataset", ["logs", "spans"])
async def test_a_glitchtip_that_has_none_says_so(dataset: Dataset) -> None:
    error, _ = await asked({}, search(dataset), Dialect.GLITCHTIP)
    assert isinstance(error, UnsupportedError)
    assert error.message.startswith(f"GlitchTip has no way to search {dataset}.")


@pytest.mark.parametrize("row", [{}, {"data": 7, "body": ["x"], "traceID": 7}, {"data": {"coupon": {"value": None}}}])
async def test_an_odd_row_of_glitchtip_is_a_row(row: dict[str, Any]) -> None:
    known = {LOGS: (200, [row, 7, None] + [row] * 50), SLOW: (200, [row] * 50)}
    page, _ = await asked(known, search("logs", "coupon", "trace", "message", limit=5), Dialect.GLITCHTIP)
    assert len(page.items) == 5
    page, _ = await asked(known, search("spans", limit=5), Dialect.GLITCHTIP)
    assert len(page.items) == 5
