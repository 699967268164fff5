"""Sentry's search, as a client types it."""

from contextlib import suppress
from typing import Any

import pytest
from sending import Local, ago, failure, frame

from local.errors import ApiError
from local.searching.syntax import Term, parse_query


@pytest.fixture
async def shop(local: Local) -> Local:
    """Four issues: Declined (twice), Lost, Slow (resolved) and a message."""
    local.store.add_member("local", "Bob", "bob@example.com")
    await local.send(
        failure(
            "Declined", "card of order 7 was declined", [frame("charge", "shop.pay")],
            release="shop@1.0", environment="production", timestamp=ago(days=3), platform="python",
            user={"id": 102, "email": "bob smith@example.com", "username": "bob", "ip_address": "10.0.0.1"},
            tags={"browser": "Chrome 78", "region": "eu"},
            request={"method": "POST", "url": "https://shop.example.com/pay"}, transaction="/pay",
        )
    )  # fmt: skip
    await local.send(
        failure(
            "Declined", "card of order 8 was declined", [frame("charge", "shop.pay")],
            release="shop@1.1", environment="staging", timestamp=ago(hours=30), tags={"browser": "Firefox 9"},
        )
    )  # fmt: skip
    lost = failure("Lost", "order is lost: 100%", level="fatal", release="shop@1.1", timestamp=ago(hours=20))
    lost["exception"]["values"][0]["mechanism"]["handled"] = False
    await local.send(lost)
    await local.send(failure("Slow", "too slow", level="warning", tags={"my key": "x"}, timestamp=ago(hours=10)))
    await local.send({"message": "hello there", "level": "info", "platform": "node", "timestamp": ago(hours=5)})
    await local.put("issues/3/", status="resolved")
    await local.put("issues/2/", assignedTo="bob@example.com", priority="low")
    await local.put("issues/4/", assignedTo="#local")
    return local


D, L, S, M = "Declined", "Lost", "Slow", "hello"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [M, S, L, D]),
        ("is:unresolved", [M, L, D]),
        ("is:resolved", [S]),
        ("!is:resolved", [M, L, D]),
        ("is:ignored", []),
        ("is:archived", []),
        ("is:assigned", [M, L]),
        ("is:unassigned", [S, D]),
        ("is:new", [M, L, D]),
        ("is:for_review", [M, L, D]),
        ("is:ongoing", []),
        ("is:linked", []),
        ("is:unlinked", [M, S, L, D]),
        ("is:regressed", []),
        ("is:escalating", []),
        ("is:unresolved is:assigned", [M, L]),
        ("is:[resolved,assigned]", [M, S, L]),
        ("status:resolved", [S]),
        ("level:error", [D]),
        ("level:[error,fatal]", [L, D]),
        ("!level:[error,fatal]", [M, S]),
        ("level:[error, fatal]", [L, D]),
        ("assigned:bob@example.com", [L]),
        ("assigned_to:BOB@example.com", [L]),
        ("assigned:me", []),
        ("assigned:none", [S, D]),
        ("!assigned:none", [M, L]),
        ("assigned:#local", [M]),
        ("assigned:my_teams", [M]),
        ("assigned:[me,#local]", [M]),
        ("release:shop@1.0", [D]),
        ("release:shop@1.*", [L, D]),
        ("!release:shop@1.0", [M, S, L, D]),
        ("release:latest", [L, D]),
        ("first_release:shop@1.0", [D]),
        ("firstRelease:latest", [L]),
        ("firstRelease:shop@*", [L, D]),
        ("environment:staging", [D]),
        ("!environment:staging environment:production", [D]),
        ("environment:staging browser:Chrome*", []),
        ("environment:production browser:Chrome*", [D]),
        ('browser:"Chrome 78"', [D]),
        ("browser:chrome*", [D]),
        ("browser:Chrome", []),
        ("tags[browser]:Chrome*", [D]),
        ("has:browser", [D]),
        ("!has:browser", [M, S, L]),
        ("has:release", [L, D]),
        ("has:user.id", [D]),
        ('browser:""', [M, S, L]),
        ('environment:""', [M, S, L]),
        ("user.id:102", [D]),
        ('user.email:"bob smith@example.com"', [D]),
        ("user.username:bob", [D]),
        ("user.ip:10.0.0.1", [D]),
        ("user.id:>100", [D]),
        ("user.id:>=103", []),
        ("user:id:102", [D]),
        ("error.type:Lost", [L]),
        ("!error.type:Lost", [M, S, D]),
        ("error.value:*declined", [D]),
        ("error.handled:false", [L]),
        ("error.unhandled:1", [L]),
        ("error.handled:true", [M, S, D]),
        ("stack.function:charge", [D]),
        ("stack.module:shop.p*", [D]),
        ("stack.filename:shop/pay.py", [D]),
        ("http.method:POST", [D]),
        ("transaction:/pay", [D]),
        ("platform:node", [M]),
        ("platform.name:node", [M]),
        ("message:declined", [D]),
        ("!message:declined", [M, S, L]),
        ('message:"100%"', [L]),
        ("declined", [D]),
        ("card of order", [D]),
        ('"card of order 8"', [D]),
        ("DECLINED is:unresolved", [D]),
        ("order*declined", [D]),
        ("100%", [L]),
        ("1000", []),
        ("o_der", []),
        ("issue:APP-1", [D]),
        ("issue:app-3", [S]),
        ("issue.id:1", [D]),
        ("issue.category:error", [M, S, L, D]),
        ("issue.type:performance", []),
        ("issue.priority:low", [M, L]),
        ("priority:medium", [S]),
        ("bookmarks:me", []),
        ("project:app", [M, S, L, D]),
        ("!project:app", []),
        ("timesSeen:>1", [D]),
        ("times_seen:2", [D]),
        ("times_seen:<=1", [M, S, L]),
        ("timesSeen:!=2", [M, S, L]),
        ("times_seen:<0.001k", []),
        ("age:-24h", [M, S, L]),
        ("age:+2d", [D]),
        ("firstSeen:-1w", [M, S, L, D]),
        ("lastSeen:+24h", [D]),
        ("lastSeen:>2020-01-01", [M, S, L, D]),
        ("first_seen:<2020-01-01T00:00:00", []),
        ("timestamp:-8h", [M]),
        ("unknown.field:x", []),
        ("!unknown.field:x", [M, S, L, D]),
        ("url:https", []),
    ],
)
async def test_a_search_finds(shop: Local, query: str, found: list[str]) -> None:
    titles = await shop.titles(query)
    assert [title.split(":")[0].split()[0] for title in titles] == found


async def test_without_a_query_only_unresolved_issues_are_listed(shop: Local) -> None:
    assert len(await shop.get("issues/")) == 3


async def test_an_event_id_is_a_field_too(shop: Local) -> None:
    event_id = (await shop.get("issues/2/events/latest/"))["id"]
    assert len(await shop.titles(f"id:{event_id}")) == 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("is:bogus", 'Invalid value for "is" search, valid values are ['),
        ("is:", "Empty string after 'is:'"),
        ("level:[]", "Empty string after 'level:'"),
        ("age:bogus", "Invalid date: bogus."),
        ("age:24h", "Invalid date: 24h."),
        ("lastSeen:>5", "Invalid date: 5."),
        ("times_seen:many", "Invalid number: many."),
        ("user.id:>x", "Invalid number: x."),
        ("error.handled:perhaps", "Invalid boolean: perhaps."),
        ("a OR b", 'Boolean statements containing "OR" or "AND" are not supported'),
        ("level:error AND is:resolved", 'Boolean statements containing "OR" or "AND" are not supported'),
        ("(a b)", "unmatched parentheses"),
        ("charge(", "unmatched parentheses"),
        ('"open', "unmatched quotes"),
    ],
)
async def test_a_search_that_cannot_be_is_refused_in_words(local: Local, query: str, words: str) -> None:
    status, body = await local.refusal("issues/", query=query)
    assert status == 400
    assert body["detail"].startswith("Error parsing search query: ")
    assert words in body["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "'; DROP TABLE issues; --",
        'a":1) OR 1=1 --',
        "has:x'y",
        "release:' OR '1'='1",
        '"k\'e\\"y":x',
        "key:[a,'b']",
        '"\x00":x',
        'has:"\x00"',
    ],
)
async def test_a_search_cannot_leave_its_parameters(shop: Local, query: str) -> None:
    await shop.call("GET", "issues/", query=query)
    assert len(await shop.titles("")) == 4


@pytest.mark.parametrize(
    ("query", "terms", "text"),
    [
        ("a b", [], "a b"),
        ("key:value rest of", [Term("key", ("value",))], "rest of"),
        ('!k.e-y:"a \\"b\\""', [Term("k.e-y", ('a "b"',), negated=True)], ""),
        ('"a key":x', [Term("a key", ("x",))], ""),
        ("n:>=5", [Term("n", ("5",), operator=">=")], ""),
        ("n:!=5", [Term("n", ("5",), negated=True)], ""),
        ("!n:!=5", [Term("n", ("5",))], ""),
        ('k:[a,"b, c",d]', [Term("k", ("a", "b, c", "d"))], ""),
        ("f(x) :", [], "f(x) :"),
        ('url:https://a.b/c?d="e"', [], 'url:https://a.b/c?d="e"'),
    ],
)
def test_a_query_is_taken_apart(query: str, terms: list[Any], text: str) -> None:
    parsed = parse_query(query)
    assert (parsed.terms, parsed.text) == (terms, text)


def test_no_query_of_any_length_takes_long() -> None:
    for hostile in ("a:" * 20_000, '"' * 40_000, "[" * 40_000, "!" * 40_000, 'a:"' + "\\" * 40_000, "tags[" * 8000):
        with suppress(ApiError):
            parse_query(hostile)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("_%" * 10_000, 200),
        ("数" * 6_666, 200),
        ("x" * 20_001, 400),
        ("数" * 6_667, 400),
        ("message:" + "x" * 60_000, 400),
    ],
    ids=lambda value: str(value)[:12],
)
async def test_a_query_is_searched_by_or_refused_whatever_its_length(local: Local, query: str, status: int) -> None:
    await local.send(failure())
    response = await local.call("GET", "issues/", query=query)
    assert response.status_code == status, response.text


async def test_values_of_all_exceptions_are_found_also_where_the_text_of_an_event_ends_before(local: Local) -> None:
    event = failure("Last", "the last one")
    values = [f"cause-{number}-" + "x" * 150 for number in range(40)]
    event["exception"]["values"][:0] = [{"type": "Cause", "value": value} for value in values]
    await local.send(event)
    (row,) = await local.explore("errors", "message")
    assert len(row["message"]) == 2048
    for _ in range(128):  # until the index of texts is written
        await local.send(failure("Other", "cause-none"))
    for query in (
        "error.value:cause-0-*",
        "error.value:cause-39-*",
        f"error.value:{values[20]}",
        "title:*last*",
        "cause-3-",
    ):
        assert await local.titles(query) == ["Last: the last one"], query
        rows = await local.explore("errors", "count()", query=query)
        assert rows == [{"count()": 1}], query
    assert await local.titles("error.value:cause-40-*") == []


async def test_an_exception_without_a_type_has_none(local: Local) -> None:
    event = failure("", "no type")
    del event["exception"]["values"][0]["type"]
    await local.send(event)
    for others in range(60):  # of more types than are asked for one by one
        assert len(await local.titles("has:error.type", limit=100)) == others
        assert await local.titles("!has:error.type") == ["no type"]
        assert await local.titles('error.type:""') == ["no type"]
        await local.send(failure(f"Kind{others}", frames=[]))


@pytest.mark.parametrize("query", ["has:t " * 251, "has:[" + ",".join(["t"] * 501) + "]"])
async def test_a_query_of_too_many_terms_is_refused_in_words(shop: Local, query: str) -> None:
    for path in ("issues/", "issues/1/events/"):
        response = await shop.call("GET", path, query=query)
        assert (response.status_code, "more than 250 terms or 500 values" in response.text) == (400, True)
