"""What is switched off for everybody is not there, and nothing sends a model to it."""

import re
import sys
from pathlib import Path

import pytest
from broken import checkout
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import TextContent
from wire import ROOT, Era, Sentry, bare_environment, served_http, text_of

from application import build_server
from tools.catalogue import CATALOGUE
from tools.introduction import introduction

NAMES = {entry.call.__name__ for entry in CATALOGUE}
WRITES = {entry.call.__name__ for entry in CATALOGUE if not entry.touches.read_only_hint}
FEW = {"get_issue", "list_issues", "update_issue"}


def mentioned(text: str) -> set[str]:
    """The tools that a text names."""
    return set(re.findall(r"\w+", text)) & NAMES


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"READ_ONLY": "true"}, NAMES - WRITES),
        ({"TOOLS": ", ".join(FEW)}, FEW),
        ({"EXCLUDE_TOOLS": "get_event"}, NAMES - {"get_event"}),
        ({"TOOLS": ",".join(FEW), "EXCLUDE_TOOLS": "list_issues", "READ_ONLY": "true"}, {"get_issue"}),
        ({}, NAMES),
    ],
)
async def test_what_is_switched_off_is_not_there(
    sentry: Sentry, era: Era, settings: dict[str, str], left: set[str], tmp_path: Path
) -> None:
    switches = {f"SENTRY_MCP_{name}": value for name, value in settings.items()}
    switches |= {"SENTRY_MCP_ALERTS": "true", "SENTRY_MCP_ALERTS_PATH": str(tmp_path / "alerts.db")}
    async with Client(build_server(sentry.settings(**switches)), mode=era) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        unknown = text_of(await client.call_tool("no_such_tool", {}))
        for name in NAMES - left:
            refused = await client.call_tool(name, {"issue": "SHOP-1"})
            assert refused.is_error
            assert text_of(refused) == unknown.replace("no_such_tool", name)

        assert client.instructions
        assert mentioned(client.instructions) <= left

    assert listed == left


def test_the_introduction_names_only_what_is_there() -> None:
    assert mentioned(introduction(NAMES.__contains__)) >= FEW
    for name in NAMES:
        assert mentioned(introduction({name}.__contains__)) <= {name}
        assert name not in mentioned(introduction((NAMES - {name}).__contains__))


@pytest.mark.parametrize("settings", [{"TOOLS": "get_issue"}, {"EXCLUDE_TOOLS": "get_events,get_issue"}, {}])
async def test_a_workflow_names_only_what_is_there(sentry: Sentry, settings: dict[str, str]) -> None:
    sentry.capture(checkout)
    switches = {f"SENTRY_MCP_{name}": value for name, value in settings.items()}
    named: set[str] = set()
    async with Client(build_server(sentry.settings(**switches))) as client:
        there = {tool.name for tool in (await client.list_tools()).tools}
        arguments = {"issue": "SHOP-1", "release": "shop@1.4.0"}
        for prompt in (await client.list_prompts()).prompts:
            given = {one.name: arguments[one.name] for one in prompt.arguments or () if one.required}
            (message,) = (await client.get_prompt(prompt.name, given)).messages
            assert isinstance(message.content, TextContent)
            ours, _, data = message.content.text.partition("SHOP-1")
            assert data
            named |= mentioned(ours)

    assert named <= there
    assert settings or named >= {"get_events", "get_tag_values", "get_stacktrace", "update_issue", "get_issue"}


async def test_the_command_line_switches_over_stdio_and_http(sentry: Sentry) -> None:
    arguments = ["--read-only", "--tools", "get_issue, list_issues,update_issue", "--exclude-tools", "list_issues"]
    environment = sentry.environment(SENTRY_MCP_TOOLS="get_event")  # which the command line has the better of
    process = StdioServerParameters(
        command=sys.executable,
        args=["-m", "sentry_mcp", *arguments],
        cwd=ROOT,
        env={**bare_environment(), **environment},
    )

    async with Client(stdio_client(process)) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"get_issue"}
    async with served_http(environment, *arguments) as url, Client(url) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"get_issue"}
