"""The main job end to end: over a real pipe and a real socket, in both eras, against an embedded Sentry."""

import json

import anyio
import httpx
import pytest
from broken import checkout
from mcp.client.client import Client
from mcp.types import TextResourceContents
from wire import ERAS, Era, Sentry, Transport, connected, data_of, error_of, served_http, text_of, without_notice

TRANSPORTS: tuple[Transport, ...] = ("stdio", "http")


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_agent_lists_opens_and_resolves_and_sees_the_regression(
    sentry: Sentry, transport: Transport, era: Era
) -> None:
    sentry.capture(checkout, release="shop@1.4.0")
    event = sentry.capture(checkout, release="shop@1.5.0")

    async with connected(sentry, transport, era) as client:
        assert len((await client.list_tools()).tools) >= 8
        (row,) = data_of(await client.call_tool("list_issues", {"query": "is:unresolved level:error"}))["issues"]
        issue = await client.call_tool("get_issue", {"issue": row["short_id"]})
        trace = data_of(await client.call_tool("get_stacktrace", {"event": event}))
        resolved = data_of(await client.call_tool("update_issue", {"issue": row["id"], "status": "resolved"}))
        none_left = data_of(await client.call_tool("list_issues", {}))
        sentry.capture(checkout, release="shop@1.5.0")
        back = data_of(await client.call_tool("get_issue", {"issue": row["id"]}))
        (content,) = (await client.read_resource(f"sentry://events/{event}/stacktrace")).contents

    assert "CheckoutError: no such coupon: SUMMER" in text_of(issue)
    assert (data_of(issue)["first_release"], data_of(issue)["last_release"]) == ("shop@1.4.0", "shop@1.5.0")
    assert trace["stacktrace"]["frames"][-1]["function"] == "checkout"
    assert (resolved["before"]["status"], resolved["after"]["status"]) == ("unresolved", "resolved")
    assert none_left["issues"] == []
    assert (back["status"], back["substatus"]) == ("unresolved", "regressed")
    assert isinstance(content, TextResourceContents)
    assert without_notice(json.loads(content.text)) == trace


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_bad_input_is_answered_and_the_server_goes_on(sentry: Sentry, transport: Transport, era: Era) -> None:
    bad: list[tuple[str, dict[str, object], str]] = [
        ("get_issue", {"issue": {"id": 5}}, "invalid_request"),
        ("get_issue", {"issue": "SHOP-404"}, "not_found"),
        ("get_issue", {"issue": "https://evil.example.com/issues/5/"}, "invalid_request"),
        ("get_issue", {"issue": "../../../etc/passwd"}, "invalid_request"),
        ("get_event", {"event": "../x", "issue": "SHOP-1"}, "invalid_request"),
        ("get_project", {"project": "../.."}, "invalid_request"),
        ("list_projects", {"organization": ".."}, "invalid_request"),
        ("list_issues", {"environment": "x" * 1_000_000}, "invalid_request"),
        ("list_issues", {"cursor": "unknown"}, "invalid_request"),
        ("update_issue", {"issue": "SHOP-1", "status": "done"}, "invalid_request"),
    ]
    async with connected(sentry, transport, era) as client:
        for tool, arguments, expected in bad:
            result = await client.call_tool(tool, arguments)
            assert error_of(result)["error"] == expected, tool
            assert len(text_of(result)) < 600
        assert data_of(await client.call_tool("list_issues", {}))["issues"] == []


async def test_http_serves_many_clients_at_once(sentry: Sentry) -> None:
    sentry.capture(checkout)
    counts: list[int] = []

    async with served_http(sentry.environment()) as url:

        async def ask(era: Era) -> None:
            async with Client(url, mode=era) as client:
                counts.append(data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))["count"])

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(ask, ERAS[number % 2])

    assert counts == [1] * 10


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example.com"}, {"Origin": "http://evil.example.com"}],
)
async def test_http_refuses_what_a_rebound_name_would_send(sentry: Sentry, headers: dict[str, str]) -> None:
    body: dict[str, object] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepted = {"Accept": "application/json, text/event-stream"}

    async with served_http(sentry.environment()) as url, httpx.AsyncClient() as browser:
        response = await browser.post(url, json=body, headers={**accepted, **headers})

    assert response.status_code in (403, 421)


async def test_the_server_starts_while_sentry_is_down(sentry: Sentry) -> None:
    async with connected(sentry, "stdio", SENTRY_URL="http://127.0.0.1:9", SENTRY_MCP_TIMEOUT="5") as client:
        assert len((await client.list_tools()).tools) >= 8
        error = error_of(await client.call_tool("list_issues", {}))

    assert error["error"] == "unreachable"
    assert "127.0.0.1:9" in error["message"]
