"""Changing issues: in releases and commits, until conditions, many at once."""

from typing import Any

import httpx
import pytest
from broken import checkout, divide, low_stock
from shipping import post_release
from wire import Era, Sentry, connected, data_of, error_of, text_of


async def change(sentry: Sentry, **arguments: Any) -> dict[str, Any]:
    async with connected(sentry) as client:
        return data_of(await client.call_tool("update_issue", {"issue": "SHOP-1", **arguments}))


async def comments(sentry: Sentry, issue: str) -> list[str]:
    """What Sentry's own users read below the issue."""
    url = f"{sentry.embedded.url}/api/0/organizations/{sentry.organization}/issues/{issue}/comments/"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {sentry.token}"}) as user:
        answer = await user.get(url)
    assert answer.status_code == 200, answer.text
    return [comment["data"]["text"] for comment in answer.json()]


async def test_an_issue_resolved_in_the_next_release_stays_so_until_it(sentry: Sentry) -> None:
    sentry.capture(checkout, release="shop@1.0")
    updated = await change(sentry, status="resolvedInNextRelease")

    sentry.capture(checkout, release="shop@1.0")
    async with connected(sentry) as client:
        same = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))
        sentry.capture(checkout, release="shop@2.0")
        next_one = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))

    assert updated["after"]["condition"] == "in the next release"
    assert same["status"] == "resolvedInNextRelease"
    assert (next_one["status"], next_one["substatus"]) == ("unresolved", "regressed")


async def test_an_issue_may_be_resolved_in_a_named_or_the_current_release(sentry: Sentry) -> None:
    sentry.capture(checkout, release="shop@1.0")

    named = await change(sentry, in_release="shop@1.0")
    current = await change(sentry, status="resolved", in_release="latest")

    assert named["after"]["status"] == current["after"]["status"] == "resolved"
    assert named["after"]["condition"] == current["after"]["condition"] == "in release shop@1.0"


@pytest.mark.parametrize("repository", ["acme/shop", "git@example.com:acme/shop"])
async def test_an_issue_may_be_resolved_in_a_commit(sentry: Sentry, repository: str) -> None:
    sentry.capture(checkout, release="shop@1.0")
    await post_release(sentry, "shop@1.1", commits=[{"id": "4f2d1c7a" * 5, "repository": repository}])

    updated = await change(sentry, in_commit=f"{repository}@{'4f2d1c7a' * 5}")

    assert updated["after"]["status"] == "resolved"
    assert "in commit 4f2d1c7a" in updated["after"]["condition"]


@pytest.mark.parametrize(
    ("arguments", "condition"),
    [
        ({"ignore_events": 10}, "until 10 more events"),
        ({"ignore_users": 5}, "until 5 more users"),
        ({"ignore_minutes": 30}, "until 20"),
        ({"ignore_until": "escalating"}, "until it escalates"),
        ({"status": "ignored", "ignore_until": "forever"}, "for ever"),
    ],
)
async def test_an_issue_may_be_ignored_until_something_happens(
    sentry: Sentry, arguments: dict[str, Any], condition: str
) -> None:
    sentry.capture(checkout)

    updated = await change(sentry, **arguments)

    assert updated["after"]["status"] == "ignored"
    assert updated["after"]["condition"].startswith(condition)


async def test_an_ignored_issue_comes_back_when_its_condition_is_met(sentry: Sentry) -> None:
    sentry.capture(checkout)
    await change(sentry, ignore_events=2)
    for _ in range(2):
        sentry.capture(checkout)

    async with connected(sentry) as client:
        issue = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))

    assert issue["status"] == "unresolved"


async def test_the_priority_is_changed(sentry: Sentry) -> None:
    sentry.capture(checkout)

    updated = await change(sentry, priority="low")

    assert (updated["before"]["priority"], updated["after"]["priority"]) == ("high", "low")
    assert updated["changed"] == ["priority"]


async def test_what_somebody_else_changed_meanwhile_is_told_as_the_state_before(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry, SENTRY_MCP_CACHE_TTL="600") as client, connected(sentry) as somebody_else:
        await client.call_tool("get_issue", {"issue": "SHOP-1"})
        await somebody_else.call_tool("update_issue", {"issue": "SHOP-1", "priority": "low"})
        updated = await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})

    assert "SHOP-1: unresolved (new), low -> resolved, low" in text_of(updated)


async def test_what_somebody_else_did_already_is_told_as_no_change(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry, SENTRY_MCP_CACHE_TTL="600") as client, connected(sentry) as somebody_else:
        await client.call_tool("get_issue", {"issue": "SHOP-1"})
        await somebody_else.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})
        updated = await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})

    assert text_of(updated).startswith("Unchanged.")


async def test_an_issue_may_be_commented_on_and_left_as_it_is(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry) as client:
        result = await client.call_tool("update_issue", {"issue": "SHOP-1", "comment": "Seen in staging too."})

    assert text_of(result).startswith("Commented.")
    assert "SHOP-1: still unresolved (new), high" in text_of(result)
    assert await comments(sentry, "SHOP-1") == ["Seen in staging too."]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"in_release": "shop@9.9"}, "Sentry refused the request"),
        ({"in_commit": "4f2d1c7"}, "in_commit is repository@sha"),
        ({"status": "ignored", "in_release": "latest"}, "go with the status resolved"),
        ({"status": "resolvedInNextRelease", "in_release": "latest"}, "go with the status resolved"),
        *(
            ({"status": "resolved", condition: 3}, "go with the status ignored")
            for condition in ("ignore_minutes", "ignore_events", "ignore_users")
        ),
        ({"status": "resolved", "ignore_until": "forever"}, "go with the status ignored"),
        ({"in_release": "latest", "ignore_events": 3}, "go with the status resolved"),
        ({"ignore_minutes": -1}, "ignore_minutes: input should be greater than or equal to 1, not -1."),
        ({"in_release": "latest", "in_commit": "acme/shop@4f2d1c7"}, "Give in_release or in_commit"),
        ({"ignore_until": "forever", "ignore_events": 3}, "Give ignore_until=forever or a condition"),
        ({"status": "closed"}, ", not 'closed'."),
        ({"priority": "urgent"}, "priority: input should be 'high', 'medium' or 'low'"),
        ({"ignore_until": "monday"}, "ignore_until: input should be 'escalating' or 'forever'"),
    ],
)
async def test_what_contradicts_itself_is_refused(sentry: Sentry, arguments: dict[str, Any], words: str) -> None:
    sentry.capture(checkout, release="shop@1.0")
    async with connected(sentry) as client:
        error = error_of(await client.call_tool("update_issue", {"issue": "SHOP-1", **arguments}))
        issue = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))

    assert error["error"] == "invalid_request"
    assert words in error["message"]
    assert issue["status"] == "unresolved"


async def test_several_issues_are_changed_at_once_each_with_a_line(sentry: Sentry, era: Era) -> None:
    for broken in (checkout, divide, low_stock):
        sentry.capture(broken)

    async with connected(sentry, era=era) as client:
        arguments = {"issue": ["SHOP-1", "SHOP-2", "SHOP-99", "SHOP-1", 3], "status": "resolved"}
        result = await client.call_tool("update_issue", arguments)
        left = data_of(await client.call_tool("list_issues", {}))

    rows = {row["issue"]: row["result"] for row in data_of(result)["issues"]}
    assert rows["SHOP-1"] == rows["SHOP-2"] == "updated"
    assert rows["SHOP-99"] == "failed"
    assert "SHOP-99: not changed" in text_of(result)
    assert "SHOP-1" not in str(left)


async def test_a_list_may_come_as_text(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry) as client:
        number = int(data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))["id"])
        for name, status in (('["SHOP-1"]', "resolved"), (["SHOP-1"], "unresolved"), (number, "resolved")):
            result = await client.call_tool("update_issue", {"issue": name, "status": status})
            assert data_of(result)["after"]["status"] == status


@pytest.mark.parametrize(
    ("issues", "error"),
    [
        ([], "invalid_request"),
        ([str(number) for number in range(51)], "invalid_request"),
        (["SHOP-98", "SHOP-99"], "not_found"),
        (["../x"], "invalid_request"),
        ([{"id": 1}], "invalid_request"),
    ],
)
async def test_a_list_of_nothing_or_too_much_is_refused(sentry: Sentry, issues: list[Any], error: str) -> None:
    async with connected(sentry) as client:
        failed = error_of(await client.call_tool("update_issue", {"issue": issues, "status": "resolved"}))

    assert failed["error"] == error


async def test_commas_within_a_url_belong_to_it(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry) as client:
        number = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))["id"]
        url = (
            f"{sentry.embedded.url}/organizations/{sentry.organization}/issues/{number}/?query=level:[error,fatal]&x=1"
        )
        one = data_of(await client.call_tool("update_issue", {"issue": url, "status": "resolved"}))
        sentry.capture(divide)
        both = data_of(await client.call_tool("update_issue", {"issue": f"{url}, SHOP-2", "status": "unresolved"}))

    assert one["after"]["status"] == "resolved"
    assert [row["issue"] for row in both["issues"]] == ["SHOP-1", "SHOP-2"]
    assert "failed" not in {row["result"] for row in both["issues"]}
