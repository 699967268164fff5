"""Releases and tags: which release broke what, and how events spread."""

import pytest
from broken import checkout, divide
from shipping import post_release
from wire import Era, Sentry, connected, data_of, error_of, text_of


async def test_list_releases_returns_the_newest_first(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout, release="shop@1.0")
    sentry.capture(checkout, release="shop@2.0")

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("list_releases", {})
        some = data_of(await client.call_tool("list_releases", {"query": "1.0", "project": "shop"}))

    assert [row["version"] for row in data_of(result)["releases"]] == ["shop@2.0", "shop@1.0"]
    assert [row["version"] for row in some["releases"]] == ["shop@1.0"]
    assert "shop@2.0" in text_of(result)


async def test_get_release_returns_the_issues_new_in_it_commits_and_deploys(sentry: Sentry, era: Era) -> None:
    commits = [
        {
            "id": "4f2d1c7a" * 5,
            "message": "Refuse unknown coupons",
            "author_name": "Ann",
            "author_email": "ann@example.com",
            "repository": "acme/shop",
        }
    ]
    sentry.capture(checkout, release="shop@1.0")
    await post_release(sentry, "shop@2.0/eu+build.5", commits=commits)
    sentry.capture(checkout, release="shop@2.0/eu+build.5")
    sentry.capture(divide, release="shop@2.0/eu+build.5")

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("get_release", {"release": "shop@2.0/eu+build.5"})

    release = data_of(result)
    assert release["version"] == "shop@2.0/eu+build.5"
    assert [row["title"] for row in release["issues"]] == ["ZeroDivisionError: division by zero"]
    assert "Refuse unknown coupons" in str(release["commits"])
    assert "missing" not in release
    for words in ("ZeroDivisionError", "Refuse unknown coupons", "4f2d1c7a"):
        assert words in text_of(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "error"),
    [
        ("get_release", {"release": "shop@9.9"}, "not_found"),
        ("get_release", {"release": ".."}, "invalid_request"),
        ("get_release", {"release": ""}, "invalid_request"),
        ("get_release", {"release": "x" * 1_000}, "invalid_request"),
        ("get_release", {"version": "shop@1.0"}, "invalid_request"),
        ("list_releases", {"project": "../x"}, "invalid_request"),
        ("list_releases", {"cursor": "garbage"}, "invalid_request"),
        ("list_releases", {"limit": 1_000}, "invalid_request"),
    ],
)
async def test_what_is_wrong_with_a_release_is_told(
    sentry: Sentry, tool: str, arguments: dict[str, object], error: str
) -> None:
    async with connected(sentry) as client:
        failed = error_of(await client.call_tool(tool, arguments))

    assert failed["error"] == error


async def test_list_issues_finds_what_is_new_in_a_release(sentry: Sentry) -> None:
    sentry.capture(checkout, release="shop@1.0")
    sentry.capture(checkout, release="shop@2.0")
    sentry.capture(divide, release="shop@2.0")

    async with connected(sentry) as client:
        seen = data_of(await client.call_tool("list_issues", {"query": "release:shop@2.0"}))
        new = data_of(await client.call_tool("list_issues", {"query": "firstRelease:shop@2.0"}))

    assert len(seen["issues"]) == 2
    assert [row["title"] for row in new["issues"]] == ["ZeroDivisionError: division by zero"]


async def test_get_tag_values_returns_how_events_spread(sentry: Sentry, era: Era) -> None:
    for plan in ("free", "free", "free", "pro"):
        sentry.capture(checkout, tags={"plan": plan})

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("get_tag_values", {"issue": "SHOP-1", "tag": "plan"})

    values = {row["value"]: row["count"] for row in data_of(result)["values"]}
    assert values == {"free": 3, "pro": 1}
    assert "75" in text_of(result)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"issue": "SHOP-1", "tag": "nothing"}, "not_found"),
        ({"issue": "SHOP-9", "tag": "plan"}, "not_found"),
        ({"issue": "SHOP-1", "tag": ".."}, "invalid_request"),
        ({"issue": "SHOP-1", "tag": ""}, "invalid_request"),
        ({"issue": "SHOP-1"}, "invalid_request"),
    ],
)
async def test_what_is_wrong_with_a_tag_is_told(sentry: Sentry, arguments: dict[str, str], error: str) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        failed = error_of(await client.call_tool("get_tag_values", arguments))

    assert failed["error"] == error


async def test_get_issue_includes_tags_and_suspect_commits_when_asked(sentry: Sentry) -> None:
    commit = {
        "id": "4f2d1c7a" * 5,
        "message": "Add coupons",
        "author_name": "Ann",
        "author_email": "ann@example.com",
        "repository": "acme/shop",
        "patch_set": [{"path": "tests/broken.py", "type": "M"}],
    }
    await post_release(sentry, "shop@1.0", commits=[commit])
    sentry.capture(checkout, release="shop@1.0", tags={"plan": "pro"})

    async with connected(sentry) as client:
        plain = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))
        arguments = {"issue": "SHOP-1", "include": ["tags", "commits"]}
        result = await client.call_tool("get_issue", arguments)

    assert "tag_values" not in plain
    assert "suspect_commits" not in plain
    assert "pro 100%" in data_of(result)["tag_values"]["plan"]
    assert "Add coupons" in str(data_of(result)["suspect_commits"])
    assert "Add coupons" in text_of(result)


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [("is:unresolvd", "is:unresolved"), ("age:24h", "age:-24h")],
)
async def test_a_refused_search_comes_back_with_the_nearest_valid_form(
    sentry: Sentry, query: str, suggestion: str
) -> None:
    async with connected(sentry) as client:
        error = error_of(await client.call_tool("list_issues", {"query": query}))

    assert error["message"].endswith(f"Nearest valid query: {suggestion}")


async def test_a_search_is_not_blamed_for_what_was_refused_for_another_reason(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        for other in ({"project": "a/b/c"}, {"cursor": "garbage"}, {"period": "soon"}):
            result = await client.call_tool("list_issues", {**other, "query": "level:err"})

            assert result.is_error, text_of(result)
            assert "Nearest valid query" not in text_of(result)


async def test_a_search_that_finds_nothing_may_be_a_misspelling(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry) as client:
        result = await client.call_tool("list_issues", {"query": "relase:shop@1.0"})
        wrong = await client.call_tool("list_issues", {"query": "level:err"})

    assert data_of(result)["issues"] == []
    assert "relase: may be searched as a tag" in text_of(result)
    assert text_of(result).endswith("Perhaps: release:shop@1.0")
    assert text_of(wrong).endswith("Nearest valid query: level:error")


async def test_a_right_search_that_finds_nothing_is_not_called_wrong(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        for query in ("status:500", "state:CA", "levels:high", "id=5", "is:archived_until_escalating"):
            assert text_of(await client.call_tool("list_issues", {"query": query})) == "No issues match."
