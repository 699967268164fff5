"""Issues as a model meets them: listed and read."""

import pytest
from broken import checkout, divide, low_stock, recurse
from wire import Era, Sentry, connected, data_of, error_of, text_of

from service.issues import ONLY_UNRESOLVED

ADA = {"id": "1", "username": "ada", "email": "ada@example.com"}
GRACE = {"id": "2", "username": "grace"}


async def test_list_issues_returns_a_row_for_each_issue(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout, user=ADA)
    sentry.capture(checkout, user=GRACE)
    sentry.capture(low_stock)

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("list_issues", {})

    rows = {row["title"]: row for row in data_of(result)["issues"]}
    assert set(rows) == {"CheckoutError: no such coupon: SUMMER", "Stock is low"}
    broken = rows["CheckoutError: no such coupon: SUMMER"]
    assert (broken["short_id"], broken["status"], broken["count"], broken["users"]) == ("SHOP-1", "unresolved", 2, 2)
    assert "SHOP-1" in text_of(result)
    assert "CheckoutError: no such coupon: SUMMER" in text_of(result)


async def test_list_issues_takes_sentry_s_search(sentry: Sentry) -> None:
    sentry.capture(checkout, release="shop@1.0", tags={"plan": "pro"})
    sentry.capture(divide, release="shop@2.0")

    async def titles(client_query: str) -> list[str]:
        async with connected(sentry) as client:
            found = data_of(await client.call_tool("list_issues", {"query": client_query}))
        return [row["title"] for row in found["issues"]]

    assert await titles("release:shop@2.0") == ["ZeroDivisionError: division by zero"]
    assert await titles("plan:pro") == ["CheckoutError: no such coupon: SUMMER"]
    assert await titles("is:resolved") == []
    assert await titles("coupon") == ["CheckoutError: no such coupon: SUMMER"]


async def test_list_issues_says_when_nothing_matches(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        result = await client.call_tool("list_issues", {})

    assert data_of(result) == {"issues": [], "omitted": [ONLY_UNRESOLVED]}
    assert text_of(result) == f"No issues match.\n{ONLY_UNRESOLVED}"


async def test_list_issues_pages_by_cursor_without_loss(sentry: Sentry) -> None:
    for number in range(7):
        sentry.capture(low_stock, fingerprint=[str(number)])

    seen: list[str] = []
    arguments: dict[str, object] = {"limit": 3}
    async with connected(sentry) as client:
        while True:
            page = data_of(await client.call_tool("list_issues", arguments))
            seen += [row["short_id"] for row in page["issues"]]
            if "next_cursor" not in page:
                break
            arguments["cursor"] = page["next_cursor"]

    assert len(seen) == 7
    assert len(set(seen)) == 7


async def test_list_issues_may_be_confined_to_a_project(sentry: Sentry) -> None:
    other = sentry.store.create_project(sentry.organization, "web")
    sentry.capture(checkout)
    sentry.capture(divide, project=other)

    async with connected(sentry) as client:
        found = data_of(await client.call_tool("list_issues", {"project": "web"}))

    assert [row["project"] for row in found["issues"]] == ["web"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"limt": 3}, "Did you mean limit?"),
        ({"limit": -1}, "limit: input should be greater than or equal to 1"),
        ({"limit": 101}, "limit: input should be less than or equal to 100"),
        ({"limit": "many"}, "limit: input should be a valid integer"),
        ({"sort": "random"}, "sort: input should be 'date', 'new'"),
        ({"query": ["is:unresolved"]}, "query: input should be a valid string"),
        ({"query": "disk\0full"}, "query holds a NUL character"),
        ({"environment": "\0"}, "environment holds a NUL character"),
        ({"query": "x" * 1_000_000}, "query has 1000000 characters; at most 10000 are taken"),
        ({"project": "../../0/organizations"}, "is not a project slug"),
        ({"project": "a/b/c"}, "is not a project slug"),
        ({"query": "is:bogus"}, "Sentry refused the request"),
        ({"cursor": "garbage"}, "Sentry refused the request"),
        ({"period": "soon"}, "Sentry refused the request"),
    ],
)
async def test_list_issues_says_what_is_wrong_with_its_arguments(
    sentry: Sentry, arguments: dict[str, object], words: str
) -> None:
    async with connected(sentry) as client:
        error = error_of(await client.call_tool("list_issues", arguments))
        assert data_of(await client.call_tool("list_issues", {}))["issues"] == []

    assert error["error"] == "invalid_request"
    assert words in error["message"]
    assert len(error["message"]) < 500


async def test_get_issue_returns_issue_with_event_count(sentry: Sentry, era: Era) -> None:
    for user in (ADA, GRACE, ADA):
        event = sentry.capture(checkout, user=user, release="shop@1.4.0")

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("get_issue", {"issue": "SHOP-1"})

    issue = data_of(result)
    assert (issue["count"], issue["users"], issue["status"], issue["level"]) == (3, 2, "unresolved", "error")
    assert issue["event_id"] == event
    assert (issue["release"], issue["environment"]) == ("shop@1.4.0", "production")
    assert issue["first_release"] == "shop@1.4.0"
    assert {"first_seen", "last_seen", "link", "culprit"} <= set(issue)


async def test_get_issue_shows_the_chain_of_exceptions_with_code_and_locals(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry) as client:
        result = await client.call_tool("get_issue", {"issue": "SHOP-1"})

    issue = data_of(result)
    assert [(one["type"], one["value"]) for one in issue["exceptions"]] == [
        ("CheckoutError", "no such coupon: SUMMER"),
        ("KeyError", "'SUMMER'"),
    ]
    crash = issue["stacktrace"]["frames"][-1]
    assert (crash["function"], crash["in_app"]) == ("checkout", True)
    assert "raise CheckoutError" in crash["context_line"]
    assert crash["vars"]["coupon"] == "'SUMMER'"
    text = text_of(result)
    assert "raise CheckoutError" in text
    assert "Caused by: KeyError: 'SUMMER'" in text
    assert "coupon = 'SUMMER'" in text
    assert "about to break" in text


async def test_get_issue_may_show_another_event_than_the_latest(sentry: Sentry) -> None:
    first = sentry.capture(checkout, user=ADA)
    sentry.capture(checkout, user=GRACE)

    async with connected(sentry) as client:
        oldest = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1", "event": "oldest"}))
        named = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1", "event": first}))

        url = f"{named['link']}events/{first}/"
        by_url = data_of(await client.call_tool("get_issue", {"issue": url}))

    assert oldest["event_id"] == named["event_id"] == by_url["event_id"] == first


async def test_get_issue_takes_a_number_a_short_id_and_a_url(sentry: Sentry) -> None:
    event = sentry.capture(checkout)

    async with connected(sentry) as client:
        by_short_id = data_of(await client.call_tool("get_issue", {"issue": "shop-1"}))
        number, link = by_short_id["id"], by_short_id["link"]
        for reference in (number, int(number), link, f"{link}events/{event}/", f"{link}?query=is%3Aunresolved"):
            found = data_of(await client.call_tool("get_issue", {"issue": reference}))
            assert found["id"] == number


async def test_get_issue_folds_recursion(sentry: Sentry) -> None:
    sentry.capture(recurse)

    async with connected(sentry) as client:
        result = await client.call_tool("get_issue", {"issue": "SHOP-1"})

    assert "recursion" in text_of(result)
    assert len(text_of(result)) < 16_000
    assert len(data_of(result)["stacktrace"]["frames"]) < 60


async def test_get_issue_gives_a_message_its_text(sentry: Sentry) -> None:
    sentry.capture(low_stock)

    async with connected(sentry) as client:
        issue = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))

    assert issue["title"] == "Stock is low"


async def test_get_issue_of_nothing_is_not_found(sentry: Sentry, era: Era) -> None:
    async with connected(sentry, era=era) as client:
        for issue in ("999999", "SHOP-999"):
            error = error_of(await client.call_tool("get_issue", {"issue": issue}))
            assert error["error"] == "not_found"
            assert error["status_code"] == 404
            assert issue in error["message"]


async def test_an_issue_of_another_organization_is_not_found(sentry: Sentry) -> None:
    token = sentry.store.create_organization(f"{sentry.organization}-other")
    project = sentry.store.create_project(f"{sentry.organization}-other", "secret")
    other = Sentry(sentry.embedded, f"{sentry.organization}-other", token, project)
    other.capture(checkout)
    async with connected(other) as client:
        number = data_of(await client.call_tool("get_issue", {"issue": "SECRET-1"}))["id"]

    async with connected(sentry) as client:
        error = error_of(await client.call_tool("get_issue", {"issue": number}))

    assert error["error"] == "not_found"


@pytest.mark.parametrize(
    "issue",
    [
        "",
        "../5",
        "..%2f..%2forganizations",
        "5/../6",
        "%2e%2e",
        "\x00",
        "not an issue",
        "https://evil.example.com/organizations/acme/issues/5/",
        "https://sentry.io.evil.example.com/issues/5/",
        "http://[::1",
        "x" * 5_000,
        "x" * 1_000_000,
    ],
)
@pytest.mark.parametrize("tool", ["get_issue", "get_events", "update_issue", "get_stacktrace"])
async def test_what_is_no_issue_is_refused(sentry: Sentry, tool: str, issue: str) -> None:
    more = {"status": "resolved"} if tool == "update_issue" else {}
    async with connected(sentry) as client:
        error = error_of(await client.call_tool(tool, {"issue": issue, **more}))

    assert error["error"] == "invalid_request"
    assert len(error["message"]) < 500


async def test_a_wrong_token_is_told_where_it_is_set(sentry: Sentry) -> None:
    async with connected(sentry, SENTRY_AUTH_TOKEN="sntryu_wrong") as client:
        error = error_of(await client.call_tool("list_issues", {}))

    assert (error["error"], error["status_code"]) == ("unauthorized", 401)
    assert "SENTRY_AUTH_TOKEN" in error["message"]
    assert "sntryu_wrong" not in str(error)


@pytest.mark.parametrize(
    ("tool", "arguments", "advice"),
    [
        ("list_issues", {"period": "90"}, "such as 90m, 24h, 14d or 4w"),
        ("update_issue", {"issue": "SHOP-1", "assigned_to": "nobody@example.com"}, "user:ID or team:ID"),
        ("update_issue", {"issue": "SHOP-1", "status": "resolved", "in_release": "shop@9"}, "list_releases"),
    ],
)
async def test_what_sentry_refuses_in_a_few_words_comes_with_what_to_try(
    sentry: Sentry, tool: str, arguments: dict[str, object], advice: str
) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        assert advice in error_of(await client.call_tool(tool, arguments))["message"]
