"""Explore: errors, spans and logs by fields, as a client asks for them."""

from typing import Any

import pytest
from sending import TRACE, Local, ago, failure, log, seconds_ago, span, typed

from local.clock import now
from local.exploring import reading
from local.intake.incoming import read_event
from local.intake.recording import record_event

Row = dict[str, Any]


@pytest.fixture
async def shop(local: Local) -> Local:
    """Four errors in three issues, six spans in two traces, four logs."""
    for number, (browser, release, user) in enumerate(
        [("Chrome", "shop@1", 1), ("Firefox", "shop@1", 2), ("Chrome", "shop@2", 1)]
    ):
        await local.send(
            failure(
                "Declined", f"card {number} was declined", tags={"browser": browser}, release=release,
                environment="production" if number else "staging", user={"id": user}, timestamp=ago(hours=number + 1),
                contexts={"trace": {"trace_id": TRACE, "span_id": "b" * 16}},
            )
        )  # fmt: skip
    lost = failure("Lost", "order is lost", level="fatal", timestamp=ago(hours=5), transaction="/pay")
    lost["exception"]["values"][0]["mechanism"]["handled"] = False
    await local.send(lost)
    root: Row = {"is_segment": True, "start_timestamp": seconds_ago(minutes=5)}
    op = {"sentry__op": "http.server"}
    await local.send_items(
        "span",
        span("/cart", span_id="a" * 16, took=100, attributes=typed(**op, sentry__environment="production"), **root),
        span("/pay", span_id="b" * 16, took=300, attributes=typed(**op), status="error", **root),
        span("/pay", span_id="c" * 16, trace_id="f" * 32, took=500, attributes=typed(**op), **root),
        *(
            span(
                f"SELECT {number}", took=10 * number, parent_span_id="b" * 16,
                attributes=typed(sentry__op="db", sentry__segment__name="/pay", rows=number, cold=number == 1),
            )
            for number in (1, 2, 3)
        ),
    )  # fmt: skip
    await local.send_items(
        "log",
        log("stock is low", "warn", attributes=typed(left=2, ratio=0.5, hot=True, sentry__release="shop@1")),
        log("stock is gone", "error", attributes=typed(left=0), span_id="b" * 16),
        log("order 100% paid", "info", trace_id="f" * 32),
        log("order_cancelled", "info", trace_id=None),
    )
    return local


async def test_rows_have_the_fields_asked_for_by_their_names(shop: Local) -> None:
    body = await shop.get(
        "events/", dataset="errors", query="error.type:Lost",
        field=[
            "id", "issue", "issue.id", "title", "level", "project", "error.type", "error.handled", "transaction", "no",
        ],
    )  # fmt: skip
    (row,) = body["data"]
    assert len(row.pop("id")) == 32
    assert row == {
        "issue": "APP-2", "issue.id": 2, "title": "Lost: order is lost", "level": "fatal", "project": "app",
        "error.type": ["Lost"], "error.handled": False, "transaction": "/pay", "no": None,
    }  # fmt: skip
    assert body["meta"]["fields"] == {
        "id": "string", "issue": "string", "issue.id": "integer", "title": "string", "level": "string",
        "project": "string", "error.type": "array", "error.handled": "boolean", "transaction": "string", "no": "string",
    }  # fmt: skip
    assert (body["meta"]["dataset"], body["meta"]["dataScanned"]) == ("errors", "full")


async def test_a_tag_is_a_number_where_it_is_asked_for_as_one(local: Local) -> None:
    await local.send(failure(tags={"size": "12.5", "name": "nan"}))
    fields = ["tags[size,number]", "tags[name,number]", "tags[name,string]", "size"]
    assert await local.explore("errors", *fields) == [dict(zip(fields, [12.5, None, "nan", "12.5"], strict=True))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tags[code,number]:>=2", ["10", "2"]),
        ("tags[code,number]:2", ["2"]),
        ("!tags[code,number]:2", ["1", "10"]),
        ("tags[code,string]:2", ["2"]),
        ("tags[code,number]:[1, 10]", ["1", "10"]),
    ],
)
async def test_a_tag_is_searched_as_a_number_where_it_is_named_as_one(
    local: Local, query: str, found: list[str]
) -> None:
    for code in ("1", "2", "10"):
        await local.send(failure(tags={"code": code}))
    assert sorted(row["code"] for row in await local.explore("errors", "code", query=query)) == found


async def test_an_attribute_whose_name_has_a_space_is_searched_by_it(local: Local) -> None:
    for size in (5, 7):
        await local.send_items("log", log("batch", attributes={"Batch Size": {"value": size, "type": "integer"}}))
    found = await local.explore("logs", "tags[Batch Size,number]", query="tags[Batch Size,number]:>6")
    assert found == [{"tags[Batch Size,number]": 7}]


async def test_what_happened_in_one_moment_is_told_in_its_order(local: Local) -> None:
    moment = seconds_ago(minutes=5)
    await local.send_items("log", *({**log(f"step {number}"), "timestamp": moment} for number in range(3)))
    steps = [{"message": f"step {number}"} for number in range(3)]
    told = [await local.explore("logs", "message", "timestamp", sort=sort) for sort in ("timestamp", "-timestamp")]
    assert [[{"message": row["message"]} for row in rows] for rows in told] == [steps, steps[::-1]]


async def test_a_field_that_is_asked_for_twice_is_there_once(shop: Local) -> None:
    assert await shop.explore("logs", "severity", "severity", query="stock is low") == [{"severity": "warn"}]


async def test_units_and_types_tell_what_a_value_is(shop: Local) -> None:
    fields = ["span.duration", "p95(span.duration)", "rows", "epm()", "count()", "failure_rate()", "timestamp"]
    meta = (await shop.get("events/", dataset="spans", field=fields))["meta"]
    assert meta["fields"] == {
        "span.duration": "duration", "p95(span.duration)": "duration", "rows": "integer", "epm()": "rate",
        "count()": "integer", "failure_rate()": "percentage", "timestamp": "date",
    }  # fmt: skip
    assert meta["units"]["p95(span.duration)"] == "millisecond"
    assert meta["units"]["rows"] is None


async def test_the_newest_row_comes_first(shop: Local) -> None:
    rows = await shop.explore("errors", "timestamp", "message")
    assert [row["timestamp"] for row in rows] == sorted((row["timestamp"] for row in rows), reverse=True)
    assert rows[0]["timestamp"].endswith("+00:00")


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("count()", 6),
        ("count(span.duration)", 6),
        ("count(rows)", 3),
        ("count_unique(span.op)", 2),
        ("count_unique(user)", 0),
        ("sum(span.duration)", 960),
        ("avg(span.duration)", 160),
        ("avg(rows)", 2),
        ("avg(tags[rows,number])", 2),
        ("sum(tags[rows, number])", 6),
        ("sum(nothing)", None),
        ("min(span.duration)", 10),
        ("max(span.duration)", 500),
        ("p50(span.duration)", 65),
        ("p50()", 65),
        ("p75(span.duration)", 250),
        ("p100(span.duration)", 500),
        ("percentile(span.duration,0.5)", 65),
        ("p95(nothing)", None),
        ("count_if(span.duration,greater,100)", 2),
        ("count_if(span.duration, greaterOrEquals, 100)", 3),
        ("count_if(span.op,equals,db)", 3),
        ('count_if(span.op,notEquals,"db")', 3),
        ("count_if(is_transaction,equals,true)", 3),
        ("count_if(rows,less,3)", 2),
        ("failure_count()", 1),
        ("failure_rate()", 1 / 6),
        ("any(span.op)", "db"),
    ],
)
async def test_a_function_is_of_all_rows_found(shop: Local, function: str, expected: Any) -> None:
    ((row),) = await shop.explore("spans", function)
    assert row == {function: pytest.approx(expected)}


async def test_rates_are_of_the_time_asked_for(shop: Local) -> None:
    (row,) = await shop.explore("spans", "epm()", "eps()", statsPeriod="1h")
    assert row == {"epm()": pytest.approx(6 / 60), "eps()": pytest.approx(6 / 3600)}


async def test_first_and_last_are_times(shop: Local) -> None:
    (row,) = await shop.explore("errors", "first_seen()", "last_seen()", "max(timestamp)")
    assert row["first_seen()"] < row["last_seen()"] == row["max(timestamp)"]
    assert row["first_seen()"].endswith("+00:00")


async def test_functions_group_by_the_other_fields(shop: Local) -> None:
    rows = await shop.explore("errors", "browser", "count()", "count_unique(user)", sort="-count()")
    assert rows == [
        {"browser": "Chrome", "count()": 2, "count_unique(user)": 1},
        {"browser": None, "count()": 1, "count_unique(user)": 0},
        {"browser": "Firefox", "count()": 1, "count_unique(user)": 1},
    ]
    rows = await shop.explore("errors", "issue", "release", "count()", sort=["issue", "-release"])
    assert [(row["issue"], row["release"], row["count()"]) for row in rows] == [
        ("APP-1", "shop@2", 1),
        ("APP-1", "shop@1", 2),
        ("APP-2", None, 1),
    ]


@pytest.mark.parametrize("sort", ["-p95(span.duration)", "-p95_span_duration", "count", "span.op"])
async def test_an_order_is_named_as_the_field_or_by_its_alias(shop: Local, sort: str) -> None:
    rows = await shop.explore("spans", "span.op", "p95(span.duration)", "count()", sort=sort)
    assert [row["span.op"] for row in rows] == (["db", "http.server"] if sort == "span.op" else ["http.server", "db"])


async def test_slow_transactions_are_found_in_one_call(shop: Local) -> None:
    rows = await shop.explore(
        "spans", "transaction", "count()", "p95(span.duration)", query="is_transaction:true", sort="-p95(span.duration)"
    )
    assert rows == [
        {"transaction": "/pay", "count()": 2, "p95(span.duration)": pytest.approx(490)},
        {"transaction": "/cart", "count()": 1, "p95(span.duration)": pytest.approx(100)},
    ]


@pytest.mark.parametrize(
    ("query", "ops"),
    [
        ("count():>1", ["db", "http.server"]),
        ("p95(span.duration):>100ms", ["http.server"]),
        ("p95(span.duration):<0.1s", ["db"]),
        ("!p95(span.duration):<0.1s", ["http.server"]),
        ("count():3 avg(span.duration):>1min", []),
        ("(count():>5 OR max(span.duration):500)", ["http.server"]),
        ("count():>1 is_transaction:true", ["http.server"]),
        ("count():!=3", []),
    ],
)
async def test_groups_are_found_by_their_aggregates(shop: Local, query: str, ops: list[str]) -> None:
    rows = await shop.explore("spans", "span.op", "count()", query=query, sort="span.op")
    assert [row["span.op"] for row in rows] == ops


@pytest.mark.parametrize(
    ("dataset", "query", "count"),
    [
        ("errors", "", 4),
        ("errors", "declined", 3),
        ("errors", "browser:Chrome", 2),
        ("errors", "!browser:Chrome", 2),
        ("errors", "browser:Chrome OR level:fatal", 3),
        ("errors", "browser:Chrome AND level:fatal", 0),
        ("errors", "(browser:Chrome AND release:shop@2) or (level:fatal)", 2),
        ("errors", "browser:[Chrome,Firefox] release:shop@1", 2),
        ("errors", "issue:APP-1", 3),
        ("errors", "!issue:APP-1", 1),
        ("errors", "issue.id:2", 1),
        ("errors", "is:unresolved", 4),
        ("errors", "project:app", 4),
        ("errors", f"trace:{TRACE}", 3),
        ("errors", f"!trace:{TRACE}", 1),
        ("errors", "has:trace", 3),
        ("errors", "trace.span:" + "b" * 16, 3),
        ("errors", "error.handled:false", 1),
        ("errors", "release:latest", 2),
        ("errors", "user.id:1 OR user.id:2", 3),
        ("errors", "culprit:/pay", 1),
        ("errors", "timestamp:-90m", 1),
        ("errors", "tags[browser]:Fire*", 1),
        ("spans", "span.op:db", 3),
        ("spans", "span.op:d*", 3),
        ("spans", "!span.op:db", 3),
        ("spans", "span.duration:>100", 2),
        ("spans", "span.duration:>=100ms", 3),
        ("spans", "span.duration:<0.05s", 3),
        ("spans", "is_transaction:true", 3),
        ("spans", "is_transaction:[true,false]", 6),
        ("spans", "!is_transaction:1 span.duration:20", 1),
        ("spans", "transaction:/pay", 5),
        ("spans", "transaction:/pay (span.op:db OR span.duration:>400)", 4),
        ("spans", "rows:2", 1),
        ("spans", "rows:[1,3]", 2),
        ("spans", "rows:>1", 2),
        ("spans", "tags[rows,number]:<=2", 2),
        ("spans", "cold:true", 1),
        ("spans", "tags[cold,boolean]:false", 2),
        ("spans", "has:rows", 3),
        ("spans", "!has:rows", 3),
        ("spans", 'rows:""', 3),
        ("spans", 'rows:["",2]', 4),
        ("spans", "SELECT", 3),
        ("spans", "select 2", 1),
        ("spans", "span.status:error", 1),
        ("spans", "environment:production", 1),
        ("spans", "project:app", 6),
        ("spans", "project.id:1", 6),
        ("spans", "project:1", 6),
        ("spans", f"trace:{TRACE}", 5),
        ("spans", "trace:4bf92f35-77b3-4da6-a3ce-929d0e0e4736", 5),
        ("spans", "trace:" + "f" * 32, 1),
        ("spans", "timestamp:-2m", 3),
        ("spans", "nothing:x", 0),
        ("spans", "!nothing:x", 6),
        ("logs", "", 4),
        ("logs", "stock", 2),
        ("logs", '"stock is low"', 1),
        ("logs", "STOCK low OR paid", 1),
        ("logs", "(gone) OR (paid)", 2),
        ("logs", "100%", 1),
        ("logs", "order_", 1),
        ("logs", "message:stock*", 2),
        ("logs", 'message:"stock is low"', 1),
        ("logs", "severity:[warn,error]", 2),
        ("logs", "severity_number:>9", 2),
        ("logs", "left:>1", 1),
        ("logs", "ratio:0.5", 1),
        ("logs", "ratio:-1", 0),
        ("logs", "hot:true", 1),
        ("logs", "release:latest", 1),
        ("logs", "release:shop@1", 1),
        ("logs", "has:trace", 3),
        ("logs", "span_id:" + "b" * 16, 1),
    ],
)
async def test_a_search_finds(shop: Local, dataset: str, query: str, count: int) -> None:
    assert await shop.explore(dataset, "count()", query=query) == [{"count()": count}]


async def test_projects_environments_and_time_narrow_what_is_found(shop: Local) -> None:
    other = shop.store.create_project("local", "other")
    await shop.send_items("log", log("elsewhere"), project=other)

    async def count(dataset: str = "logs", **query: Any) -> int:
        ((row),) = await shop.explore(dataset, "count()", **query)
        return int(row["count()"])

    assert [await count(), await count(project="-1"), await count(project=["app", "other"])] == [5, 5, 5]
    assert [await count(project=str(other)), await count(project="other"), await count(project="app")] == [1, 1, 4]
    assert [await count("errors", environment=name) for name in ("production", "staging", "", "no")] == [2, 1, 1, 0]
    assert await count("errors", environment=["production", ""]) == 3
    assert await count("errors", statsPeriod="90m") == 1
    assert await count("errors", start=ago(hours=4), end=ago(minutes=90)) == 2
    assert (await shop.refusal("events/", field="id", project="99"))[0] == 403


async def test_a_list_is_paged_in_its_order(local: Local) -> None:
    await local.send_items("log", *(log(f"{number:03}") for number in range(25)))
    query = {"dataset": "logs", "field": "message", "sort": "message", "per_page": 10}
    first = await local.call("GET", "events/", **query)
    second = await local.client.get(first.links["next"]["url"])
    third = await local.client.get(second.links["next"]["url"])
    seen = [row["message"] for page in (first, second, third) for row in page.json()["data"]]
    assert seen == [f"{number:03}" for number in range(25)]
    assert [page.links["next"]["results"] for page in (first, second, third)] == ["true", "true", "false"]
    assert [page.links["previous"]["results"] for page in (first, second, third)] == ["false", "true", "true"]
    assert (await local.client.get(third.links["previous"]["url"])).json() == second.json()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"field": []}, "No columns selected"),
        ({"field": [f"f{number}" for number in range(21)]}, "You can view up to 20 fields at a time."),
        ({"field": "id", "dataset": "bogus"}, "dataset must be one of: "),
        ({"field": "id", "dataset": "tracemetrics"}, "dataset must be one of: "),
        ({"field": "id", "sort": "-timestamp"}, "Cannot sort by a field that is not selected."),
        ({"field": "id", "per_page": "101"}, "Invalid per_page value. Must be between 1 and 100."),
        ({"field": "id", "cursor": "bogus"}, "Invalid cursor parameter."),
        ({"field": "id", "statsPeriod": "soon"}, "Invalid statsPeriod"),
        ({"field": "id", "start": "2026-01-01T00:00:00"}, "start and end are both required"),
        ({"field": "bogus(x)"}, "Unknown function bogus"),
        ({"field": "p42(span.duration)"}, "Unknown function p42"),
        ({"field": "avg(title)"}, "avg: column argument invalid: title is not a numeric column"),
        ({"field": "p95(span.op)", "dataset": "spans"}, "span.op is not a numeric column"),
        ({"field": "sum()"}, "sum: expected 1 argument(s)"),
        ({"field": "count_unique()", "dataset": "spans"}, "count_unique: expected 1 argument(s)"),
        ({"field": "count_if(level)"}, "count_if: expected a column, one of equals, "),
        ({"field": "count_if(level,like,x)"}, "count_if: expected a column, one of equals, "),
        ({"field": "percentile(span.duration,7)", "dataset": "spans"}, "percentile: expected a column and a number"),
        ({"field": "failure_rate()"}, "failure_rate() is not a function of the dataset errors"),
        ({"field": "equation|count() / 2", "dataset": "spans"}, "Equations are not supported"),
        ({"field": "id", "query": "(a"}, "unmatched parentheses"),
        ({"field": "id", "query": "a)"}, "unmatched parentheses"),
        ({"field": "id", "query": "a OR"}, "Parse error at 'the end'"),
        ({"field": "id", "query": "AND a"}, "Parse error at 'AND'"),
        ({"field": "id", "query": "()"}, "Parse error at ')'"),
        ({"field": "id", "query": '"open'}, "unmatched quotes"),
        ({"field": "id", "query": "x:"}, "Empty string after 'x:'"),
        ({"field": "id", "query": "timestamp:5"}, "Invalid date: 5."),
        ({"field": "id", "query": "is:bogus"}, 'Invalid value for "is" search'),
        ({"field": "id", "query": "span.duration:>soon", "dataset": "spans"}, "Invalid duration: soon."),
        ({"field": "id", "query": "rows:>many", "dataset": "spans"}, "Invalid number: many."),
        ({"field": "id", "query": "is_transaction:perhaps", "dataset": "spans"}, "Invalid boolean: perhaps."),
        ({"field": "count()", "query": "count():>many"}, "Invalid number: many."),
        ({"field": "count()", "query": "bogus():>1"}, "Unknown function bogus"),
        ({"field": "count()", "query": "count():>1 OR level:error"}, "cannot be joined by OR"),
        (
            {"field": "count()", "query": "count():>1", "allowAggregateConditions": "0"},
            "Aggregate conditions are disabled",
        ),
    ],
)
async def test_what_cannot_be_asked_is_refused_in_words(local: Local, query: dict[str, Any], words: str) -> None:
    status, body = await local.refusal("events/", **query)
    assert status == 400
    assert words in body["detail"]


@pytest.mark.parametrize("dataset", ["errors", "spans", "logs"])
@pytest.mark.parametrize(
    "hostile",
    [
        "'; DROP TABLE logs; --",
        'a"b',
        "a\\",
        "tags[a\"'b,number]",
        "tags[]",
        "tags[x,number",
        "$.a[0]",
        "\x00",
        "{0}",
        "%s?:1",
        "é" * 3_000,
        "count_unique('\"?)",
        "count_if(a'?{0},equals,'?)",
        "any(tags[{},string])",
    ],
)
async def test_no_field_query_or_sort_leaves_its_parameters(shop: Local, dataset: str, hostile: str) -> None:
    assert await shop.explore(dataset, hostile, sort=f"-{hostile}")
    for query in (hostile, f'"{hostile}":x', f"has:{hostile}", f"x:{hostile}", f'!x:"{hostile}"', f"{hostile}:>1"):
        response = await shop.call("GET", "events/", dataset=dataset, field="id", query=query)
        assert response.status_code in (200, 400), response.text
    assert await shop.explore("logs", "count()") == [{"count()": 4}]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (" ".join(f"k{number}:v" for number in range(250)), 200),
        (" OR ".join(f"k{number}:*v*" for number in range(250)), 200),
        (" ".join(f"k{number}:v" for number in range(251)), 400),
        (" ".join(f"!k{number}:v" for number in range(1_000)), 400),
        (f"message:[{','.join(map(str, range(500)))}]", 200),
        (f"!message:[{','.join(f'*{number}' for number in range(500))}]", 200),
        (f"message:[{','.join(map(str, range(501)))}]", 400),
        ("(" * 30 + "a" + ")" * 30, 200),
        ("(" * 31 + "a" + ")" * 31, 400),
        ("(" * 400 + "a" + ")" * 400, 400),
        ("(" * 900 + "a" + ")" * 900, 400),
        ("a " * 9_000, 200),
        ("f(" * 9_000, 400),
        ("a OR " * 2_000 + "a", 400),
        ("_%" * 10_000, 200),
        ("x" * 20_001, 400),
        ("数" * 6_666, 200),
        ("数" * 6_667, 400),
    ],
    ids=lambda value: str(value)[:24],
)
@pytest.mark.parametrize("dataset", ["errors", "spans", "logs"])
async def test_a_query_of_any_length_is_answered(shop: Local, dataset: str, query: str, status: int) -> None:
    response = await shop.call("GET", "events/", dataset=dataset, field="id", query=query)
    assert response.status_code == status, response.text[:300]


async def test_what_takes_too_long_is_ended_in_sentrys_words(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST", 0.0)
    await local.send_items("log", *(log(str(number)) for number in range(1_000)))
    query = " OR ".join(f"message:*x{number}*" for number in range(250))
    status, body = await local.refusal("events/", dataset="logs", field="count()", query=query)
    assert (status, body["detail"][:14]) == (400, "Query timeout.")
    monkeypatch.undo()
    assert await local.explore("logs", "count()", query=query) == [{"count()": 0}]


async def test_many_groups_are_shown_a_page_at_a_time(local: Local) -> None:
    for start in range(0, 3_000, 1_000):
        await local.send_items("log", *(log(str(number)) for number in range(start, start + 1_000)))
    rows = await local.explore("logs", "message", "count()", sort="message")
    assert len(rows) == 100


@pytest.mark.parametrize("values", [3, 40, 70])
async def test_tags_of_few_and_of_many_values_are_grouped_alike(local: Local, values: int) -> None:
    for number in range(90):
        tags = {"shard": f"s'{number % values}"} if number < 80 else {"other": "x"}
        await local.send(failure("Kind", "text", tags=tags))
    rows = await local.explore("errors", "shard", "count()", "count_unique(other)", sort="shard", per_page=100)
    of_each = [80 // values + (number < 80 % values) for number in range(values)]
    expected = sorted((f"s'{number}", count, 0) for number, count in enumerate(of_each))
    assert [tuple(row.values()) for row in rows] == [(None, 10, 1), *expected]
    (all_of_it,) = await local.explore("errors", "count_unique(shard)", "count(shard)")
    assert list(all_of_it.values()) == [values, 80]


async def test_words_are_found_whether_they_are_in_the_index_of_texts_or_not_yet(local: Local) -> None:
    for number in range(300):
        event = failure(f"Kind{number % 20}", f"needle-{number}- in hay", tags={"odd": str(number % 2)})
        record_event(local.store, 1, read_event(event, now()))
    for query, count in (
        ("needle-7-", 1),
        ("needle-299-", 1),
        ("needle-7- OR needle-299-", 2),
        ("(needle-7- OR message:*dle-8-*) odd:1", 1),
        ("!message:needle-7-", 299),
        ("message:[needle-1-,needle-298-]", 2),
        ("hay odd:0", 150),
        ("nowhere", 0),
        ("-7", 11),
    ):
        (found,) = await local.explore("errors", "count()", query=query)
        assert found == {"count()": count}, query


async def test_a_sum_that_is_too_large_is_told_in_words(local: Local) -> None:
    await local.send_items("log", *(log("big", attributes=typed(left=2**63 - 1)) for _ in range(2)))
    response = await local.call("GET", "events/", dataset="logs", field="sum(left)")
    assert (response.status_code, response.json()) == (400, {"detail": "The sum is too large."})
