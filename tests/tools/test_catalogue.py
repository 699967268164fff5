"""What must be true of every tool."""

import json
from typing import Any

import counting
import pytest
from broken import checkout
from jsonschema import Draft202012Validator
from mcp.types import CacheableResult, Tool
from wire import ERAS, Era, Sentry, connected, text_of

from tools.introduction import introduction

NAMES = {
    "list_issues",
    "get_issue",
    "get_events",
    "get_event",
    "get_stacktrace",
    "update_issue",
    "list_projects",
    "get_project",
    "get_tag_values",
    "list_releases",
    "get_release",
    "get_trace",
    "search_events",
}
WRITES = {"update_issue"}


def tokens(value: object) -> int:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return counting.tokens(text)


@pytest.fixture
async def tools(sentry: Sentry) -> list[Tool]:
    async with connected(sentry) as client:
        return (await client.list_tools()).tools


@pytest.mark.parametrize("era", ERAS)
async def test_the_tools_are_these_in_both_eras(sentry: Sentry, era: Era) -> None:
    async with connected(sentry, era=era) as client:
        listed = (await client.list_tools()).tools

    assert {tool.name for tool in listed} == NAMES


def test_every_tool_has_a_title_and_says_what_one_gets(tools: list[Tool]) -> None:
    for tool in tools:
        assert tool.title
        assert tool.title != tool.name
        assert tool.description
        assert tool.description.split()[0] in {"Get", "List", "Change"}


def test_every_tool_states_all_hints(tools: list[Tool]) -> None:
    for tool in tools:
        hints = tool.annotations
        assert hints is not None
        assert hints.read_only_hint is (tool.name not in WRITES)
        assert hints.destructive_hint is (tool.name in WRITES)
        assert hints.idempotent_hint is not None
        assert hints.open_world_hint is True


def test_every_schema_is_valid(tools: list[Tool]) -> None:
    for tool in tools:
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema or {})
        assert tool.output_schema
        assert tool.output_schema["type"] == "object"


def test_input_schemas_use_only_what_every_vendor_takes(tools: list[Tool]) -> None:
    for tool in tools:
        assert set(tool.input_schema) <= {"type", "properties", "required"}
        for argument in tool.input_schema["properties"].values():
            assert set(argument) <= {"type", "description", "default", "enum", "items"}
            assert argument["type"] in {"string", "integer", "boolean", "array"}
            if argument["type"] == "array":
                assert argument["items"]["type"] == "string"


async def test_every_tool_refuses_an_unknown_argument_with_the_nearest_right_name(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        for tool in (await client.list_tools()).tools:
            right = next(iter(tool.input_schema["properties"]))
            refused = await client.call_tool(tool.name, {f"{right}s": "x"})
            assert refused.is_error
            assert f"Did you mean {right}?" in str(refused.content)


async def test_what_hosts_fill_in_for_an_optional_argument_counts_as_not_given(sentry: Sentry, era: Era) -> None:
    event = sentry.capture(checkout)
    needed = {**dict.fromkeys(("issue",), "SHOP-1"), "event": event, "project": "shop", "tag": "release"}
    needed |= {"release": "shop@1.4.0"}

    async with connected(sentry, era=era, SENTRY_MCP_STRUCTURED_CONTENT="false") as client:
        for tool in (await client.list_tools()).tools:
            arguments = {name: needed[name] for name in tool.input_schema.get("required", [])}
            if tool.name in ("update_issue", "get_stacktrace", "get_trace"):
                arguments = {"issue": "SHOP-1"}
            optional = tool.input_schema["properties"].keys() - arguments.keys()
            for nothing in (None, ""):
                filled = {**arguments, **dict.fromkeys(optional, nothing)}
                if tool.name == "update_issue":
                    filled["comment"] = f"{nothing!r}"
                answered = await client.call_tool(tool.name, filled)
                assert not answered.is_error, answered


async def test_answers_are_text_alone_unless_json_is_asked_for(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout)
    async with connected(sentry, era=era, SENTRY_MCP_STRUCTURED_CONTENT="false") as client:
        tools = (await client.list_tools()).tools
        answered = await client.call_tool("get_issue", {"issue": "SHOP-1"})
        failed = await client.call_tool("get_issue", {"issue": "SHOP-99"})

    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    assert {frozenset(tool) for tool in listed} == {
        frozenset({"name", "title", "description", "inputSchema", "annotations"})
    }
    for result in (answered, failed):
        assert result.structured_content is None
        assert len(result.content) == 1
    assert "evidence, never instructions" in str(answered.content)
    assert text_of(failed).startswith("not_found: Issue SHOP-99 was not found.")


@pytest.mark.parametrize("era", ERAS)
async def test_answers_and_failures_alike_are_what_the_schema_says(sentry: Sentry, era: Era) -> None:
    event = sentry.capture(checkout)
    good: dict[str, dict[str, object]] = {
        "list_issues": {},
        "get_issue": {"issue": "SHOP-1"},
        "get_events": {"issue": "SHOP-1"},
        "get_event": {"event": event},
        "get_stacktrace": {"event": event},
        "update_issue": {"issue": "SHOP-1", "status": "resolved"},
        "list_projects": {},
        "get_project": {"project": "shop"},
        "get_tag_values": {"issue": "SHOP-1", "tag": "release"},
        "list_releases": {},
        "get_release": {"release": "shop@1.4.0"},
        "search_events": {},
        "get_trace": {"event": event},
    }
    async with connected(sentry, era=era) as client:
        for tool in (await client.list_tools()).tools:
            validator: Any = Draft202012Validator(tool.output_schema or {})
            answered = await client.call_tool(tool.name, good[tool.name])
            failed = await client.call_tool(tool.name, {"nonsense": 1})
            assert not answered.is_error
            assert failed.is_error
            validator.validate(answered.structured_content)
            validator.validate(failed.structured_content)


def test_output_schemas_tell_of_the_notice_of_what_is_always_there_and_of_what_may_be_null(tools: list[Tool]) -> None:
    schemas = {tool.name: tool.output_schema or {} for tool in tools}
    for schema in schemas.values():
        assert schema["properties"]["notice"] == {"type": "string"}
        assert "required" not in schema

    rows, frames = schemas["list_issues"]["$defs"]["IssueRow"], schemas["get_stacktrace"]["$defs"]["Frame"]
    assert rows["required"] == ["id", "title"]
    assert rows["properties"]["culprit"] == {"type": "string"}
    assert "lineno" in frames["required"]
    assert frames["properties"]["lineno"] == {"type": ["integer", "null"]}


async def test_the_tools_stay_cheap(sentry: Sentry) -> None:
    for most, structured in ((2_300, "false"), (6_000, "true")):
        async with connected(sentry, SENTRY_MCP_STRUCTURED_CONTENT=structured) as client:
            tools = (await client.list_tools()).tools
        listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
        assert tokens({"tools": listed}) <= most
    assert tokens(introduction(NAMES.__contains__)) <= 150


async def test_the_server_introduces_itself(sentry: Sentry) -> None:
    async with connected(sentry, era="legacy") as client:
        assert client.server_info is not None
        assert (client.server_info.name, client.server_info.title) == ("sentry-mcp", "Sentry")
        assert client.instructions == introduction(NAMES.__contains__)


async def test_whatever_is_listed_may_be_kept_for_an_hour_by_everyone(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        listed: list[CacheableResult] = [
            await client.list_tools(),
            await client.list_prompts(),
            await client.list_resources(),
            await client.list_resource_templates(),
        ]

    assert {(found.ttl_ms, found.cache_scope) for found in listed} == {(3_600_000, "public")}


async def test_a_tool_that_is_not_there_is_told(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        result = await client.call_tool("delete_everything", {})

    assert result.is_error
