"""Arguments as hosts and models write them, told by what Sentry is asked then and by how long an answer is."""

import json
from typing import Any

import pytest
from broken import checkout
from mcp.types import CallToolResult
from specimens import large_event
from standins.knowing import Answering
from standins.sockets import Request, listening
from wire import Sentry, connected, connected_to, data_of, text_of

ISSUE: dict[str, Any] = {"id": "5", "shortId": "SHOP-1", "title": "KeyError: x", "status": "unresolved"}


async def called(tool: str, **arguments: Any) -> tuple[CallToolResult, list[Request]]:
    """The result of a call, and what Sentry was asked for it."""
    known: dict[str, tuple[int, Any]] = {
        "GET /organizations/acme/issues/5/": (200, ISSUE),
        "GET /organizations/acme/issues/5/events/latest/": (200, large_event()),
        "GET /organizations/acme/issues/5/tags/": (200, []),
        "GET /organizations/acme/issues/?": (200, []),
        "PUT /organizations/acme/issues/5/": (200, ISSUE),
        "POST /organizations/acme/issues/5/comments/": (201, {}),
    }
    async with listening(Answering(known).answer) as server, connected_to(server.url) as client:
        return await client.call_tool(tool, arguments), server.requests


@pytest.mark.parametrize(
    ("query", "sent"),
    [("*", ""), (" * ", ""), ("message:*", "message:*"), ("[1, 2]", "[1, 2]"), ('{"a": 1}', '{"a": 1}'), (404, "404")],
)
async def test_a_search_is_sent_as_it_is_but_for_the_one_that_finds_all(query: Any, sent: str) -> None:
    _, (request, *_) = await called("list_issues", query=query)
    assert request.query["query"] == sent


async def test_a_comment_that_looks_like_json_stays_the_text_that_it_is() -> None:
    _, (*_, request) = await called("update_issue", issue="5", comment='["SHOP-1"]')
    assert json.loads(request.body)["text"] == '["SHOP-1"]'


@pytest.mark.parametrize(
    ("tool", "arguments", "asked"),
    [
        ("get_issue", {"issue": 5.0}, "/organizations/acme/issues/5/"),
        ("list_issues", {"project": 7.0}, "&project=7&"),
        ("list_issues", {"organization": 12.0}, "/organizations/12/issues/"),
        ("get_project", {"project": 7.0}, "/projects/acme/7/"),
        ("get_event", {"event": int("1" * 32), "project": 7.0}, f"/projects/acme/7/events/{'1' * 32}/"),
        ("get_stacktrace", {"event": int("1" * 32), "issue": 5.0}, f"/issues/5/events/{'1' * 32}/"),
        ("get_tag_values", {"issue": 5.0, "tag": 404}, "/issues/5/tags/404/"),
        ("list_releases", {"project": 7.0, "query": 1.5}, "&project=7&"),
        ("get_release", {"release": 1.0}, "/releases/1.0/"),
        ("get_release", {"release": 2}, "/releases/2/"),
    ],
    ids=str,
)
async def test_a_number_may_be_an_id_a_slug_or_a_version(tool: str, arguments: dict[str, Any], asked: str) -> None:
    result, requests = await called(tool, **arguments)
    assert any(asked in f"{request.target}&" for request in requests), text_of(result)


async def test_a_number_may_say_whom_an_issue_is_assigned_to_and_the_release_it_is_resolved_in() -> None:
    for change, body in (
        ({"assigned_to": 7.0}, {"assignedTo": "7"}),
        ({"in_release": 1.0}, {"status": "resolved", "statusDetails": {"inRelease": "1.0"}}),
    ):
        _, requests = await called("update_issue", issue=5.0, **change)
        assert [json.loads(request.body) for request in requests if request.method == "PUT"] == [body]


@pytest.mark.parametrize("include", [["tags"], '["tags"]', "tags", "tags, ", " tags,"], ids=repr)
async def test_a_list_may_be_written_as_json_or_with_commas(include: Any) -> None:
    result, requests = await called("get_issue", issue="5", include=include)
    assert not result.is_error, text_of(result)
    assert "/api/0/organizations/acme/issues/5/tags/" in [request.path for request in requests]


async def test_a_list_that_is_opened_and_opened_is_told_to_be_none() -> None:
    for tool, given in (
        ("get_issue", {"issue": "5", "include": "[" * 1_200}),
        ("update_issue", {"issue": "[" * 5_000}),
    ):
        result, requests = await called(tool, **given)
        assert (result.is_error, requests) == (True, [])
        assert text_of(result).startswith("invalid_request: "), text_of(result)[:200]


@pytest.mark.parametrize("answer", [True, False])
async def test_yes_or_no_is_no_name(answer: bool) -> None:
    for tool, name in (("get_issue", "issue"), ("get_project", "project"), ("list_issues", "query")):
        result, requests = await called(tool, **{name: answer})
        assert (result.is_error, requests) == (True, [])
        assert f"{name}: input should be a valid string" in text_of(result)


async def test_an_answer_is_as_long_as_was_asked_for_however_the_number_is_written() -> None:
    def length(of: tuple[CallToolResult, list[Request]]) -> int:
        return len(text_of(of[0]))

    usual = length(await called("get_issue", issue="5"))
    assert length(await called("get_issue", issue="5", max_tokens=20_000)) > usual
    for few in (1_000, "1000", 1_000.0):
        assert length(await called("get_issue", issue="5", max_tokens=few)) <= 4 * 1_000 < usual


async def test_an_issue_that_is_named_twice_is_changed_once(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry) as client:
        result = await client.call_tool("update_issue", {"issue": "SHOP-1, SHOP-1", "status": "resolved"})

    assert data_of(result)["after"]["status"] == "resolved"
    assert text_of(result).count("SHOP-1") == 1


@pytest.mark.parametrize(("tool", "name"), [("get_issue", "issue"), ("get_event", "event"), ("get_project", "project")])
@pytest.mark.parametrize("nothing", [None, ""])
async def test_nothing_for_what_a_tool_needs_is_refused_as_what_it_is(tool: str, name: str, nothing: Any) -> None:
    result, requests = await called(tool, **{name: nothing})
    assert (result.is_error, requests) == (True, [])
    assert "field required" not in text_of(result)


async def test_a_host_that_must_fill_in_every_argument_may_fill_in_nothing() -> None:
    """OpenAI's strict mode makes every argument required; a model then sends what stands for nothing."""
    blank = {
        "status": "",
        "in_release": None,
        "ignore_minutes": 0,
        "ignore_events": 0,
        "ignore_users": 0,
        "priority": "",
    }
    result, requests = await called("update_issue", issue="5", comment="Seen.", **blank)
    assert not result.is_error
    assert [request.method for request in requests] == ["GET", "POST"]

    result, (request, *_) = await called(
        "list_issues", project="", query="", environment="", sort="", limit=0, cursor=""
    )
    assert not result.is_error
    assert request.query == {"query": "is:unresolved", "limit": "25"}
