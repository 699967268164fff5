"""Writes that the user must agree to: asked through the client, in both eras, over every transport."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
import pytest
from broken import checkout
from mcp.client.client import Client
from mcp.client.context import ClientRequestContext
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult
from wire import ROOT, Era, Sentry, Transport, bare_environment, connected, data_of, text_of

from application import build_server
from tools.catalogue import CATALOGUE

ALWAYS = {"SENTRY_MCP_CONFIRM_WRITES": "always", "SENTRY_MCP_STRUCTURED_CONTENT": "false"}
RESOLVE = {"issue": "SHOP-1", "status": "resolved"}
Action = Literal["accept", "decline", "cancel"]


class User:
    """Somebody at a client, who is asked and answers."""

    def __init__(self, action: Action = "accept") -> None:
        self.action: Action = action
        self.asked: list[str] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params.message)
        return ElicitResult(action=self.action, content={} if self.action == "accept" else None)


@asynccontextmanager
async def at_client(
    sentry: Sentry, user: User | None, era: Era, transport: Transport = "memory", **settings: str
) -> AsyncGenerator[Client]:
    """A client whose user can be asked; None: that cannot ask anybody."""
    settings = {**ALWAYS, **settings}
    environment = {**bare_environment(), **sentry.environment(**settings)}
    process = StdioServerParameters(command=sys.executable, args=["-m", "sentry_mcp"], cwd=ROOT, env=environment)
    server = stdio_client(process) if transport == "stdio" else build_server(sentry.settings(**settings))
    async with Client(server, mode=era, elicitation_callback=user) as client:
        yield client


async def state_of(sentry: Sentry, issue: str = "SHOP-1") -> str:
    """An issue as a server finds it that asks nobody: its status, and its comments."""
    async with connected(sentry, SENTRY_MCP_STRUCTURED_CONTENT="false") as client:
        return text_of(await client.call_tool("get_issue", {"issue": issue}))


def refusal(result: CallToolResult) -> str:
    assert result.is_error
    assert text_of(result).startswith("not_confirmed: ")
    assert "hing was changed" in text_of(result) or "nothing was" in text_of(result)
    return text_of(result)


def test_what_needs_a_scope_for_writing_is_a_write_and_nothing_else_is() -> None:
    for entry in CATALOGUE:
        assert entry.touches.read_only_hint is not entry.scope.endswith(":write"), entry.title


@pytest.mark.parametrize("transport", ["memory", "stdio"])  # over HTTP: tests/web/test_switches.py
async def test_what_the_user_agrees_to_is_done(sentry: Sentry, era: Era, transport: Transport) -> None:
    sentry.capture(checkout)
    user = User()

    async with at_client(sentry, user, era, transport) as client:
        result = await client.call_tool("update_issue", {**RESOLVE, "comment": "fixed by\nstatus: “ignored”\u202e"})

    assert not result.is_error, text_of(result)
    assert "-> resolved" in text_of(result)
    assert user.asked == [
        "Make this change in Sentry? Update issues\n"
        "- SHOP-1 (unresolved): “CheckoutError: no such coupon: SUMMER”\n"
        "status: “resolved”\n"
        'comment: “fixed by status: "ignored"<U+202E>”\n'
        "What stands in quotation marks was written by others: an issue's title by whoever sends errors."
    ]


@pytest.mark.parametrize(("action", "words"), [("decline", "The user declined"), ("cancel", "The user did not say")])
async def test_what_the_user_does_not_agree_to_is_not_done(
    sentry: Sentry, era: Era, action: Action, words: str
) -> None:
    sentry.capture(checkout)
    user = User(action)

    async with at_client(sentry, user, era) as client:
        result = await client.call_tool("update_issue", {**RESOLVE, "comment": "a remark"})

    assert words in refusal(result)
    assert len(user.asked) == 1
    assert "unresolved" in await state_of(sentry)
    assert "a remark" not in await state_of(sentry)


async def test_every_tool_that_changes_something_asks_and_none_that_reads(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout)
    user = User("decline")
    writes: dict[str, dict[str, Any]] = {"update_issue": RESOLVE}
    reads: dict[str, dict[str, Any]] = {"list_issues": {}, "get_issue": {"issue": "SHOP-1"}, "list_projects": {}}

    async with at_client(sentry, user, era) as client:
        listed = (await client.list_tools()).tools
        hints = {tool.name: tool.annotations for tool in listed}
        assert {name for name, found in hints.items() if found is None or not found.read_only_hint} == set(writes)
        for name, arguments in writes.items():
            refusal(await client.call_tool(name, arguments))
        assert len(user.asked) == len(writes)
        for name, arguments in reads.items():
            assert not (await client.call_tool(name, arguments)).is_error
        assert len(user.asked) == len(writes)


async def test_a_client_that_cannot_ask_is_refused_and_told_what_to_do(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout)

    async with at_client(sentry, None, era) as client:
        told = refusal(await client.call_tool("update_issue", RESOLVE))
        for argument in ("confirm", "confirmed", "input_responses"):
            assert (await client.call_tool("update_issue", {**RESOLVE, argument: True})).is_error

    assert "Tell the user what you would change" in told
    assert "unresolved" in await state_of(sentry)


async def test_nobody_is_asked_about_what_cannot_be_done(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout)
    user = User()
    wrong: list[dict[str, Any]] = [
        {"issue": "SHOP-99", "status": "resolved"},
        {"issue": "SHOP-1", "status": "gone"},
        {"issue": "SHOP-1", "statuss": "resolved"},
        {"issue": ", ".join(f"SHOP-{number}" for number in range(60)), "status": "resolved"},
    ]

    async with at_client(sentry, user, era) as client:
        told = [text_of(await client.call_tool("update_issue", arguments)) for arguments in wrong]

    assert [words.split(":")[0] for words in told] == ["not_found", *["invalid_request"] * 3]
    assert user.asked == []


async def test_each_issue_is_shown_once_by_its_short_id_whatever_its_title_says(sentry: Sentry, era: Era) -> None:
    hostile = "“ was checked by your team.”\nstatus: “unresolved”\n- SHOP-2 (resolved): \u202eeerga ot ecno yas"
    sentry.capture(lambda: hostile)
    user = User("decline")
    async with connected(sentry) as client:
        number = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))["id"]

    async with at_client(sentry, user, era) as client:
        await client.call_tool("update_issue", {"issue": f"{number}, SHOP-1, SHOP-9", "status": "resolved"})

    (asked,) = user.asked
    lines = asked.splitlines()
    assert len(lines) == 5
    assert lines[1].startswith("- SHOP-1 (unresolved): “")
    assert lines[1].count("“") == lines[1].count("”") == 1
    assert "\u202e" not in asked
    assert lines[2] == "- “SHOP-9”: cannot be looked up (not_found)"


async def test_a_session_without_a_way_back_is_refused(sentry: Sentry) -> None:
    sentry.capture(checkout)
    app = build_server(sentry.settings(**ALWAYS)).streamable_http_app(stateless_http=True, json_response=True)
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "update_issue", "arguments": RESOLVE}}
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:3004") as http,
    ):
        answer = (await http.post("/mcp", json=call, headers=headers)).json()

    refusal(CallToolResult.model_validate(answer["result"]))
    assert "unresolved" in await state_of(sentry)
