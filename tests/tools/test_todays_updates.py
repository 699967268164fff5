"""Changes of issues in the fields that today's Sentry takes, and what it says where it refuses."""

import time
from collections.abc import Generator
from typing import Any

import pytest
from standins import todays_answers as answers
from standins.recorded import TOKEN
from standins.today import ISSUES, PROJECT, RELEASES, SELF_HOSTED, SENTRY_IO, VERSION, Today, todays_sentry
from wire import connected_to, error_of, text_of

ISSUE, SHORT, SPARSE, EVENT = answers.ISSUE_ID, answers.SHORT_ID, answers.SPARSE_ID, answers.EVENT_ID
GONE = {"detail": "The requested resource does not exist"}


@pytest.fixture(params=[SENTRY_IO, SELF_HOSTED])
def today(request: pytest.FixtureRequest) -> Generator[Today]:
    with todays_sentry(request.param) as today:
        yield today


async def call(today: Today, tool: str, **arguments: Any) -> Any:
    """The result of a tool, be it an error."""
    async with connected_to(today.url, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_MCP_TIMEOUT="5") as client:
        return await client.call_tool(tool, arguments)


IGNORED = {"status": "ignored"}
CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"status": "resolved"}, {"status": "resolved"}),
    ({"status": "unresolved"}, {"status": "unresolved"}),
    ({"status": "resolvedInNextRelease"}, {"status": "resolvedInNextRelease"}),
    ({"in_release": "latest"}, {"status": "resolved", "statusDetails": {"inRelease": "latest"}}),
    (
        {"in_commit": "acme/shop@9d3c9d3c"},
        {"status": "resolved", "statusDetails": {"inCommit": {"commit": "9d3c9d3c", "repository": "acme/shop"}}},
    ),
    ({"ignore_until": "forever"}, {**IGNORED, "substatus": "archived_forever"}),
    ({"ignore_until": "escalating"}, {**IGNORED, "substatus": "archived_until_escalating"}),
    (
        {"ignore_minutes": 30},
        {**IGNORED, "substatus": "archived_until_condition_met", "statusDetails": {"ignoreDuration": 30}},
    ),
    (
        {"ignore_events": 100, "ignore_users": 5},
        {
            **IGNORED,
            "substatus": "archived_until_condition_met",
            "statusDetails": {"ignoreCount": 100, "ignoreUserCount": 5},
        },
    ),
    ({"assigned_to": "team:301"}, {"assignedTo": "team:301"}),
    ({"assigned_to": "nobody"}, {"assignedTo": ""}),
    ({"priority": "low"}, {"priority": "low"}),
]


@pytest.mark.parametrize(("arguments", "body"), CHANGES, ids=[str(arguments) for arguments, _ in CHANGES])
async def test_a_change_is_written_in_the_words_of_todays_sentry(
    today: Today, arguments: dict[str, Any], body: dict[str, Any]
) -> None:
    result = await call(today, "update_issue", issue=ISSUE, **arguments)
    assert not result.is_error, text_of(result)
    assert today.sent == [body]


@pytest.mark.parametrize(
    ("issue", "name"), [(ISSUE, ISSUE), (SHORT.lower(), SHORT), (f"https://acme.sentry.io/issues/{ISSUE}/", ISSUE)]
)
async def test_an_issue_is_changed_by_whichever_name_it_has(issue: str, name: str) -> None:
    with todays_sentry(SENTRY_IO) as today:
        await call(today, "update_issue", issue=issue, status="resolved")
    assert today.asked == [f"GET issues/{name}/", f"PUT issues/{name}/"]


async def test_a_change_and_a_comment_are_shown_before_and_after(today: Today) -> None:
    changed = {
        **answers.ISSUE_CHANGED,
        "status": "resolved",
        "substatus": None,
        "statusDetails": {"inNextRelease": True, "actor": answers.USER},
        "priority": "low",
        "assignedTo": {"type": "user", "id": "77", "name": "Ann Lee", "email": "ann@acme.test"},
    }
    today.answers("PUT", f"{ISSUES}/{SHORT}", 200, changed)

    asked = {"status": "resolvedInNextRelease", "assigned_to": "user:77", "priority": "low", "comment": "By 2.1.1"}
    text = text_of(await call(today, "update_issue", issue=SHORT, **asked))

    assert "unresolved (regressed), high, team:301 (payments) -> resolvedInNextRelease, low, Ann Lee" in text
    assert "By 2.1.1" in text
    assert "ann@acme.test" not in text
    assert today.sent[1]["text"] == "By 2.1.1"
    assert f"POST issues/{SHORT}/comments/" in today.asked


async def test_several_issues_are_changed_each_by_its_own_request(today: Today) -> None:
    result = await call(today, "update_issue", issue=f"{ISSUE}, {SPARSE}", status="resolved")
    assert not result.is_error
    assert [line for line in today.asked if line.startswith("PUT")] == [f"PUT issues/{ISSUE}/", f"PUT issues/{SPARSE}/"]


REFUSED: list[tuple[str, str, str, dict[str, Any], int, Any, str, str]] = [
    ("GET", ISSUES, "list_issues", {"query": "is:nonsense"}, 400,
     {"detail": 'Invalid value "nonsense" for "is".'}, "invalid_request", 'Invalid value "nonsense"'),
    ("GET", ISSUES, "list_issues", {"environment": "nowhere"}, 404, GONE, "not_found", "does not exist"),
    ("GET", ISSUES, "list_issues", {"cursor": "x"}, 400, {"detail": "Invalid cursor parameter."}, "invalid_request",
     "Invalid cursor parameter"),
    ("GET", ISSUES, "list_issues", {}, 401, {"detail": "Invalid token"}, "unauthorized", "Invalid token"),
    ("GET", ISSUES, "list_issues", {}, 403, {"detail": "You do not have permission to perform this action."},
     "forbidden", "You do not have permission"),
    ("GET", ISSUES, "list_issues", {}, 401,
     {"detail": {"code": "sso-required", "message": "Must login via SSO", "extra": {"loginUrl": "/auth/login/acme/"}}},
     "unauthorized", "Must login via SSO"),
    ("GET", f"{ISSUES}/{ISSUE}/events/latest", "get_stacktrace", {"issue": ISSUE}, 404,
     {"detail": "No matching event"}, "not_found", "No matching event"),
    ("GET", f"{ISSUES}/{ISSUE}/tags/environment", "get_tag_values", {"issue": ISSUE, "tag": "environment"}, 404, GONE,
     "not_found", "does not exist"),
    ("GET", PROJECT, "get_project", {"project": answers.PROJECT}, 404, GONE, "not_found", "does not exist"),
    ("GET", f"{RELEASES}/{VERSION}", "get_release", {"release": answers.VERSION}, 404, GONE, "not_found", "not exist"),
    ("GET", f"organizations/acme/eventids/{EVENT}", "get_event", {"event": EVENT}, 404, {"detail": "Event not found"},
     "not_found", "not found"),
    ("PUT", f"{ISSUES}/{ISSUE}", "update_issue", {"issue": ISSUE, "in_release": "9.9"}, 400,
     {"statusDetails": {"inRelease": ["Unable to find a release with the given version."]}}, "invalid_request",
     "Unable to find a release"),
    ("PUT", f"{ISSUES}/{ISSUE}", "update_issue", {"issue": ISSUE, "assigned_to": "nobody@acme.test"}, 400,
     {"assignedTo": ["Could not find user with email or username"]}, "invalid_request", "Could not find user"),
    ("PUT", f"{ISSUES}/{ISSUE}", "update_issue", {"issue": ISSUE, "status": "resolved"}, 403,
     {"detail": "You do not have permission to perform this action."}, "forbidden", "You do not have permission"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "tool", "arguments", "status", "body", "error", "words"),
    REFUSED,
    ids=[f"{row[4]} {row[2]} {row[3]}" for row in REFUSED],
)
async def test_a_refusal_is_named_and_its_words_are_quoted(
    today: Today,
    method: str,
    path: str,
    tool: str,
    arguments: dict[str, Any],
    status: int,
    body: Any,
    error: str,
    words: str,
) -> None:
    today.answers(method, path, status, body)
    found = error_of(await call(today, tool, **arguments))
    assert (found["error"], found["status_code"]) == (error, status)
    assert words in found["details"]["sentry"]
    assert TOKEN not in str(found)


async def test_a_limit_says_when_to_try_again_by_the_reset_that_sentry_names(today: Today) -> None:
    said = {"detail": "You are attempting to use this endpoint too frequently. Limit is 40 requests in 1 seconds"}
    reset = str(int(time.time()) + 300)
    today.answers("GET", ISSUES, 429, said, x_sentry_rate_limit_reset=reset, x_sentry_rate_limit_remaining="0")
    found = error_of(await call(today, "list_issues"))
    assert found["error"] == "rate_limited"
    assert 240 < found["details"]["retry_after"] <= 300
    assert len(today.asked) == 1
