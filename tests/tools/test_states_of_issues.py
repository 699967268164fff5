"""The state of an issue as a model changes it: its status, its assignee, a comment."""

import pytest
from broken import checkout
from wire import Era, Sentry, connected, data_of, error_of, text_of


@pytest.mark.parametrize("status", ["resolved", "unresolved", "ignored", "resolvedInNextRelease"])
async def test_update_issue_changes_status(sentry: Sentry, status: str) -> None:
    sentry.capture(checkout)

    async with connected(sentry) as client:
        updated = data_of(await client.call_tool("update_issue", {"issue": "SHOP-1", "status": status}))
        issue = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))

    assert updated["before"]["status"] == "unresolved"
    assert updated["after"]["status"] == status
    assert issue["status"] == status


async def test_update_issue_shows_before_and_after(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout)

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})

    assert "SHOP-1: unresolved (new), high -> resolved, high" in text_of(result)
    assert "status" in data_of(result)["changed"]


async def test_update_issue_says_when_nothing_changed(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry) as client:
        await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})
        result = await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})

    assert "changed" not in data_of(result)
    assert text_of(result).startswith("Unchanged.")


async def test_a_new_event_on_a_resolved_issue_is_a_regression(sentry: Sentry) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})
        sentry.capture(checkout)
        issue = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))

    assert (issue["status"], issue["substatus"], issue["count"]) == ("unresolved", "regressed", 2)


async def test_update_issue_assigns_and_comments(sentry: Sentry) -> None:
    sentry.capture(checkout)
    sentry.store.add_member(sentry.organization, "Ann", "ann@example.com")

    async with connected(sentry) as client:
        arguments = {"issue": "SHOP-1", "assigned_to": "ann@example.com", "comment": "On it."}
        updated = data_of(await client.call_tool("update_issue", arguments))
        issue = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))
        cleared = data_of(await client.call_tool("update_issue", {"issue": "SHOP-1", "assigned_to": "nobody"}))

    assert updated["after"]["assigned_to"] == "Ann"
    assert updated["comment"] == "On it."
    assert (issue["assigned_to"], issue["comments"]) == ("Ann", 1)
    assert "assigned_to" not in cleared["after"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"status": "closed"}, "status: input should be 'unresolved', 'resolved', 'ignored'"),
        ({}, "Nothing to change"),
        ({"state": "resolved"}, "Did you mean status?"),
        ({"status": "resolved", "assigned_to": "nobody@example.com"}, "Sentry refused the request"),
    ],
)
async def test_update_issue_refuses_what_it_does_not_know(
    sentry: Sentry, arguments: dict[str, object], words: str
) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        error = error_of(await client.call_tool("update_issue", {"issue": "SHOP-1", **arguments}))
        issue = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))

    assert error["error"] == "invalid_request"
    assert words in error["message"]
    assert issue["status"] == "unresolved"


async def test_update_issue_with_a_reading_token_is_forbidden(sentry: Sentry) -> None:
    sentry.capture(checkout)
    reading = sentry.store.create_token(sentry.organization, scopes=["event:read", "project:read", "org:read"])

    async with connected(sentry, SENTRY_AUTH_TOKEN=reading) as client:
        error = error_of(await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"}))

    assert (error["error"], error["status_code"]) == ("forbidden", 403)
    assert "event:write" in error["message"]
    assert reading not in str(error)


async def test_update_issue_of_nothing_is_not_found(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        error = error_of(await client.call_tool("update_issue", {"issue": "SHOP-9", "status": "resolved"}))

    assert error["error"] == "not_found"
