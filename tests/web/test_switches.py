"""What each caller over HTTP has switched for them: their tools, JSON beside the text, writes that they agree to."""

import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from broken import checkout
from mcp.client.client import Client
from mcp.client.context import ClientRequestContext
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolResult,
    ElicitRequestParams,
    ElicitResult,
    InputRequiredResult,
    InputResponses,
    ResourceTemplateReference,
)
from wire import ERAS, Era, Sentry, served_http, text_of

from local import Embedded

CALLERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "asked": {"confirm_writes": True},
    "asked-too": {"confirm_writes": True},
    "trusted": {"confirm_writes": False},
    "program": {"structured_content": True},
    "text": {"structured_content": False},
    "reader": {"read_only": True},
    "few": {"tools": ["get_issue", "list_projects", "get_event"]},
    "without": {"exclude_tools": ["get_issue"]},
}
SWITCHES = ["--exclude-tools", "get_event,get_tag_values"]
RESOLVE = {"issue": "SHOP-1", "status": "resolved"}
YES: InputResponses = {"confirm": ElicitResult(action="accept", content={})}


def token_of(name: str) -> str:
    return f"smcp_of_{name}"


def tables(callers: dict[str, dict[str, Any]]) -> str:
    lines: list[str] = []
    for name, more in callers.items():
        digest = hashlib.sha256(token_of(name).encode()).hexdigest()
        table = {"name": name, "token_sha256": digest, "scopes": ["issues:read", "issues:write"], **more}
        lines += ["[[callers]]", *(f"{field} = {json.dumps(value)}" for field, value in table.items())]
    return "\n".join(lines)


async def agreeing(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    assert "SHOP-1" in params.message
    return ElicitResult(action="accept", content={})


@asynccontextmanager
async def client_of(url: str, name: str, era: Era = "auto", *, can_ask: bool = True) -> AsyncGenerator[Client]:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token_of(name)}"}) as http:
        server = streamable_http_client(url, http_client=http)
        async with Client(server, mode=era, elicitation_callback=agreeing if can_ask else None) as client:
            yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """One server for all of these callers; nothing is remembered of another's answer that is not theirs, too."""
    token = embedded.store.create_organization("switches")
    project = embedded.store.create_project("switches", "shop", platform="python")
    sentry = Sentry(embedded, "switches", token, project)
    sentry.capture(checkout)
    file = tmp_path_factory.mktemp("callers") / "callers.toml"
    file.write_text(tables(CALLERS))
    environment = sentry.environment(
        SENTRY_MCP_CALLERS_FILE=str(file), SENTRY_MCP_STRUCTURED_CONTENT="false", SENTRY_MCP_CACHE_TTL="600"
    )
    async with served_http(environment, *SWITCHES) as served:
        yield served


async def test_each_caller_has_what_is_switched_for_them(url: str) -> None:
    for era in ERAS:
        tools: dict[str, set[str]] = {}
        for name in CALLERS:
            async with client_of(url, name, era) as client:
                listed = (await client.list_tools()).tools
                tools[name] = {tool.name for tool in listed}
                answered = await client.call_tool("list_projects", {})
                failed = await client.call_tool("list_projects", {"nonsense": 1})
                introduced = client.instructions or ""
            assert {tool.output_schema is not None for tool in listed} == {name == "program"}
            for result in (answered, failed):
                assert bool(result.structured_content) is (name == "program"), name
            for tool in tools["plain"] - tools[name] | {"get_event", "get_tag_values"}:
                assert f"{tool} " not in introduced.replace(",", " ").replace(".", " ")

        plain = tools["plain"]
        assert {"get_issue", "update_issue", "get_stacktrace"} <= plain
        assert not {"get_event", "get_tag_values"} & plain
        assert tools["program"] == tools["text"] == tools["asked"] == plain
        assert tools["reader"] == plain - {"update_issue"}
        assert tools["few"] == {"get_issue", "list_projects"}
        assert tools["without"] == plain - {"get_issue"}


async def test_no_resource_prompt_or_completion_shows_what_a_tool_would_that_is_not_there(url: str) -> None:
    for era in ERAS:
        shown: dict[str, set[str]] = {}
        for name in ("plain", "few", "without"):
            async with client_of(url, name, era) as client:
                found = {one.name for one in (await client.list_resources()).resources}
                found |= {one.name for one in (await client.list_resource_templates()).resource_templates}
                shown[name] = found | {one.name for one in (await client.list_prompts()).prompts}
                for uri, resource in (("sentry://issues/SHOP-1", "issue"), ("sentry://issues", "issues")):
                    if resource in found:
                        assert "SHOP-1" in str(await client.read_resource(uri))
                    else:
                        with pytest.raises(MCPError, match=f"Unknown resource: {uri}"):
                            await client.read_resource(uri)
                if "triage_issue" not in shown[name]:
                    with pytest.raises(MCPError, match="Unknown prompt: triage_issue"):
                        await client.get_prompt("triage_issue", {"issue": "SHOP-1"})
                template = ResourceTemplateReference(type="ref/resource", uri="sentry://issues/{issue}")
                offered = (await client.complete(template, {"name": "issue", "value": ""})).completion.values
                assert bool(offered) is (name != "few")

        assert {"issue", "issues", "project", "triage_issue", "review_release"} <= shown["plain"]
        assert "event" not in shown["plain"], "--exclude-tools get_event"
        assert shown["few"] == {"issue", "project_list", "search_syntax", "triage_issue", "fix_issue"}
        assert shown["without"] == shown["plain"] - {"issue", "triage_issue", "fix_issue"}


async def test_writes_are_confirmed_for_exactly_the_callers_of_whom_that_is_said(url: str) -> None:
    for era in ERAS:
        for name, needs in (("asked", True), ("trusted", False), ("plain", False)):
            async with client_of(url, name, era, can_ask=False) as client:
                result = await client.call_tool("update_issue", {"issue": "SHOP-1", "comment": "seen"})
                assert text_of(result).startswith("not_confirmed: ") is needs, text_of(result)
        async with client_of(url, "asked", era) as client:
            result = await client.call_tool("update_issue", {"issue": "SHOP-1", "comment": "seen"})
            assert not result.is_error, text_of(result)


async def test_what_the_user_agreed_to_is_that_alone_once_and_for_who_asked(url: str) -> None:
    async with client_of(url, "asked") as client, client_of(url, "asked-too") as another:

        async def again(
            arguments: dict[str, Any], state: str | None, by: Client = client
        ) -> CallToolResult | InputRequiredResult:
            return await by.session.call_tool(
                "update_issue", arguments, input_responses=YES, request_state=state, allow_input_required=True
            )

        first = await client.session.call_tool("update_issue", RESOLVE, allow_input_required=True)
        assert isinstance(first, InputRequiredResult)
        state = first.request_state
        for changed in ({**RESOLVE, "status": "ignored"}, {**RESOLVE, "comment": "more"}, {"issue": "SHOP-1"}):
            with pytest.raises(MCPError, match="Invalid or expired requestState"):
                await again(changed, state)
        with pytest.raises(MCPError, match="Invalid or expired requestState"):
            await again(RESOLVE, state, by=another)
        with pytest.raises(MCPError, match="Invalid or expired requestState"):
            await again(RESOLVE, f"{(state or '')[:-2]}AA")
        assert isinstance(await again(RESOLVE, None), InputRequiredResult)  # an answer that nobody asked for

        async with client_of(url, "trusted") as trusted:  # what the question said of the issue no longer holds
            await trusted.call_tool("update_issue", {"issue": "SHOP-1", "status": "ignored"})
        anew = await again(RESOLVE, state)
        assert isinstance(anew, InputRequiredResult)

        done = await again(RESOLVE, anew.request_state)
        assert isinstance(done, CallToolResult)
        assert "ignored" in text_of(done)

        remark = {"issue": "SHOP-1", "comment": "once"}  # which changes nothing that the question says
        asking = await again(remark, None)
        assert isinstance(asking, InputRequiredResult)
        assert isinstance(await again(remark, asking.request_state), CallToolResult)
        assert isinstance(await again(remark, asking.request_state), InputRequiredResult)
