"""Another organization in what a call names: it alone is asked, for every part of the answer."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.client.client import Client
from standins.knowing import ORGANIZATIONS
from standins.sockets import Request, Server, Wire, listening
from standins.traces import counts, span
from wire import connected_to, text_of

from sentry.dialects import Dialect

EVENT, SHARE, TRACE = "a" * 32, "b" * 32, "d" * 32
UNSEEN = "shop@2"
"""A release of which no issue is known."""
BY_NUMBER = (Dialect.SENTRY_10, Dialect.GLITCHTIP)
"""Kinds of servers that know issues by their number only."""

EXCEPTION = {
    "type": "exception",
    "data": {"values": [{"type": "KeyError", "value": "x", "stacktrace": {"frames": [{"function": "f"}] * 300}}]},
}
PROJECT = {"id": "1", "slug": "shop"}
ISSUE = {"id": "5", "shortId": "SHOP-1", "title": "KeyError: x", "status": "unresolved", "project": PROJECT}
WHOLE_EVENT = {
    "eventID": EVENT,
    "groupID": "5",
    "entries": [EXCEPTION],
    "context": {f"key {n}": "x" * 400 for n in range(80)},
    "contexts": {"trace": {"trace_id": TRACE}},
    "nextEventID": "c" * 32,
}
ANSWERS: list[tuple[str, Any]] = [
    (r"/organizations/beta/issues/", [ISSUE]),
    (r"/projects/beta/shop/issues/", [ISSUE]),
    (r"(/organizations/beta)?/issues/(5|SHOP-1)/", ISSUE),
    (r"(/organizations/beta)?/issues/(5|SHOP-1)/events/", [WHOLE_EVENT]),
    (r"(/organizations/beta)?/issues/(5|SHOP-1)/events/(latest|oldest|14|a{32})/", WHOLE_EVENT),
    (r"(/organizations/beta)?/issues/(5|SHOP-1)/tags/", [{"key": "release", "topValues": []}]),
    (r"(/organizations/beta)?/issues/(5|SHOP-1)/tags/release/", {"key": "release", "topValues": []}),
    (r"(/organizations/beta)?/issues/(5|SHOP-1)/(comments|notes)/", []),
    (r"(/organizations/beta)?/issues/(5|SHOP-1)/activities/", {"activity": []}),
    (r"/organizations/beta/shortids/SHOP-1/", {"groupId": "5"}),
    (r"/organizations/beta/eventids/a{32}/", {"groupId": "5"}),
    (r"(/organizations/beta)?/shared/issues/b{32}/", {"id": "5"}),
    (r"/projects/beta/shop/events/(14|a{32})/", WHOLE_EVENT),
    (r"/projects/beta/shop/events/a{32}/committers/", {"committers": []}),
    (r"/organizations/beta/projects/", [PROJECT]),
    (r"/projects/beta/shop/", PROJECT),
    (r"/organizations/beta/releases/", [{"version": "shop@1"}]),
    (r"/organizations/beta/releases/shop@1/", {"version": "shop@1"}),
    (r"/organizations/beta/releases/shop@2/", {"version": UNSEEN}),
    (r"/organizations/beta/releases/shop@1/(commits|deploys)/", []),
    (r"/organizations/beta/events/", {"data": [{"id": EVENT, "issue": "SHOP-1"}], "meta": {}}),
    (r"/organizations/beta/events-(timeseries|stats)/", {"timeSeries": [], "data": []}),
    (r"/organizations/beta/stats_v2/", {"groups": []}),
    (r"/organizations/beta/logs/", [{"id": EVENT, "body": "out of coupons"}]),
    (r"/organizations/beta/trace/d{32}/", [span(1)]),
    (r"/organizations/beta/trace-meta/d{32}/", counts(1)),
    (r"/organizations/beta/events-trace/d{32}/", {"transactions": [{"transaction": "/checkout"}]}),
]


def beta(kind: Dialect) -> Any:
    """A server of that kind that holds all of this in organization beta, and nothing in acme."""

    def has(path: str) -> bool:
        if kind is Dialect.GLITCHTIP and "/shared/" in path:
            return False
        if "/logs/" in path or "/organizations/beta/events" in path:
            return (kind is Dialect.GLITCHTIP) is ("/logs/" in path)
        return kind not in BY_NUMBER or not re.match(r"/organizations/beta/(issues/.|shared/)", path)

    async def answer(request: Request, wire: Wire) -> None:
        path = request.path.removeprefix("/api/0").replace("%40", "@")
        if path == "/organizations/":
            await wire.answer(body=json.dumps([ORGANIZATIONS[kind], {**ORGANIZATIONS[kind], "slug": "beta"}]).encode())
            return
        if UNSEEN in request.query.get("query", ""):
            await wire.answer(body=b"[]")
            return
        found = [body for pattern, body in ANSWERS if re.fullmatch(pattern, path) and has(path)]
        if found:
            await wire.answer(body=json.dumps(found[0]).encode())
        else:
            await wire.answer(404, b"", "text/html")

    return answer


@asynccontextmanager
async def opened(kind: Dialect, organization: str = "acme") -> AsyncGenerator[tuple[Client, Server]]:
    settings: Any = {"SENTRY_ORG": organization, "SENTRY_MCP_STRUCTURED_CONTENT": "false"}
    async with listening(beta(kind)) as server, connected_to(server.url, **settings) as client:
        yield client, server


URL = "{url}/organizations/beta/issues/5/"
OF_EVENT = f"{{url}}/organizations/beta/issues/5/events/{EVENT}/"
IN_PROJECT = f"{{url}}/beta/shop/events/{EVENT}/"
ISSUES = [URL, "{url}/beta/shop/issues/5/", "beta/SHOP-1", "beta/5", "{url}/beta/issues/SHOP-1/"]
EVENTS = [OF_EVENT, IN_PROJECT, f"beta/{EVENT}"]
CALLS: dict[str, list[dict[str, Any]]] = {
    "list_issues": [{"project": "beta/shop"}, {"organization": "beta"}, {"organization": "beta", "project": "shop"}],
    "get_issue": [
        *({"issue": name, "include": ["tags", "commits", "activity"]} for name in (*ISSUES, OF_EVENT, IN_PROJECT)),
        *(
            {"issue": "5", "event": name, "include": ["tags", "commits", "activity"]}
            for name in (OF_EVENT, f"beta/{EVENT}")
        ),
    ],
    "get_events": [{"issue": name} for name in (*ISSUES, IN_PROJECT)],
    "get_event": [
        *({"event": name} for name in EVENTS),
        *({"event": "latest", "issue": name} for name in ISSUES),
        {"event": EVENT, "project": "beta/shop"},
    ],
    "get_stacktrace": [*({"event": name} for name in EVENTS), *({"issue": name} for name in (*ISSUES, IN_PROJECT))],
    "get_tag_values": [{"issue": name, "tag": "release"} for name in ISSUES],
    "update_issue": [{"issue": name, "status": "resolved", "comment": "fixed"} for name in (*ISSUES, IN_PROJECT)],
    "list_projects": [{"organization": "beta"}],
    "get_project": [{"project": "beta/shop"}, {"project": "shop", "organization": "beta"}],
    "list_releases": [{"project": "beta/shop"}, {"organization": "beta"}],
    "get_release": [{"release": "shop@1", "organization": "beta"}],
    "search_events": [
        {"project": "beta/shop", "dataset": "logs"},
        {"organization": "beta", "dataset": "logs"},
        {"organization": "beta", "query": "project:shop", "dataset": "logs"},
    ],
    "get_trace": [
        *({"trace": name} for name in (f"beta/{TRACE}", f"{{url}}/organizations/beta/explore/traces/trace/{TRACE}/")),
        *({"event": name} for name in EVENTS),
        *({"issue": name} for name in (*ISSUES, IN_PROJECT)),
    ],
}


@pytest.mark.parametrize("tool", CALLS)
@pytest.mark.parametrize("kind", [Dialect.TODAY, *BY_NUMBER], ids=lambda kind: kind.name)
async def test_no_other_organization_is_asked_than_the_one_that_is_named(kind: Dialect, tool: str) -> None:
    for arguments in CALLS[tool]:
        async with opened(kind) as (client, server):
            given = dict(arguments)
            for name in given.keys() & {"issue", "event", "trace"}:
                given[name] = given[name].format(url=server.url)
            result = await client.call_tool(tool, given)
            assert not result.is_error, (given, text_of(result))
            assert "could not be fetched" not in text_of(result) or kind is Dialect.GLITCHTIP
            assert not [line for line in server.log if "/acme/" in line], given


async def test_every_tool_is_seen_to_ask_the_organization_that_is_named() -> None:
    async with opened(Dialect.TODAY) as (client, _):
        assert {tool.name for tool in (await client.list_tools()).tools} == CALLS.keys()


PROMPTS: dict[str, list[dict[str, str]]] = {
    "triage_issue": [{"issue": name} for name in ISSUES],
    "fix_issue": [{"issue": name} for name in ISSUES],
    "review_release": [{"release": version, "project": "beta/shop"} for version in ("shop@1", UNSEEN)],
}


@pytest.mark.parametrize("prompt", PROMPTS)
async def test_no_other_organization_is_asked_for_a_prompt(prompt: str) -> None:
    for arguments in PROMPTS[prompt]:
        async with opened(Dialect.TODAY) as (client, server):
            await client.get_prompt(prompt, {name: text.format(url=server.url) for name, text in arguments.items()})
            assert [line for line in server.log if "/beta/" in line], arguments
            assert not [line for line in server.log if "/acme/" in line], arguments


async def test_every_prompt_is_seen_to_ask_the_organization_that_is_named() -> None:
    async with opened(Dialect.TODAY) as (client, _):
        assert {prompt.name for prompt in (await client.list_prompts()).prompts} == PROMPTS.keys()


async def test_a_shared_issue_is_read_by_its_secret() -> None:
    for kind, start in ((Dialect.TODAY, "/organizations/beta"), (Dialect.SENTRY_10, "/organizations/beta")):
        async with opened(kind) as (client, server):
            result = await client.call_tool("get_issue", {"issue": f"{server.url}{start}/share/issue/{SHARE}/"})
            assert "Issue beta/SHOP-1" in text_of(result)
            assert not [line for line in server.log if "/acme/" in line]
    async with opened(Dialect.GLITCHTIP) as (client, server):
        result = await client.call_tool("get_issue", {"issue": f"{server.url}/share/issue/{SHARE}/"})
        assert text_of(result).startswith("unsupported: ")


@pytest.mark.parametrize("kind", [Dialect.TODAY, Dialect.SENTRY_10], ids=lambda kind: kind.name)
async def test_what_an_answer_names_is_what_the_next_call_takes(kind: Dialect) -> None:
    async with opened(kind) as (client, server):
        whole = text_of(await client.call_tool("get_issue", {"issue": URL.format(url=server.url), "max_tokens": 500}))
        assert "Issue beta/SHOP-1: unresolved" in whole
        (event,) = set(re.findall(r'event="([^"]+)"', whole))
        found = text_of(await client.call_tool("get_event", {"event": event}))
        assert f"Event beta/{EVENT} of issue beta/SHOP-1 | next beta/{'c' * 32}" in found
        assert "beta/SHOP-1 | unresolved" in text_of(await client.call_tool("list_issues", {"project": "beta/shop"}))
        listed = text_of(await client.call_tool("get_events", {"issue": "beta/SHOP-1"}))
        assert "of issue beta/SHOP-1, the newest first (get_event takes beta/ID)" in listed
        if kind is Dialect.TODAY:
            searched = text_of(await client.call_tool("search_events", {"project": "beta/shop"}))
            assert "(get_event takes beta/ID)" in searched
            assert "| beta/SHOP-1 |" in searched
        assert "beta/shop" in text_of(await client.call_tool("list_projects", {"organization": "beta"}))
        changed = {"issue": "beta/SHOP-1, beta/5", "comment": "fixed"}
        assert "beta/SHOP-1: still unresolved" in text_of(await client.call_tool("update_issue", changed))


async def test_the_usual_organization_is_not_repeated() -> None:
    async with opened(Dialect.TODAY, "beta") as (client, _):
        for issue in ("SHOP-1", "beta/SHOP-1"):
            assert "beta" not in text_of(await client.call_tool("get_issue", {"issue": issue}))


async def test_tools_ask_for_the_organization_only_where_none_is_set() -> None:
    for organization, asking in (
        ("acme", set[str]()),
        ("", {"list_issues", "list_projects", "get_project", "list_releases", "get_release", "search_events"}),
    ):
        async with opened(Dialect.TODAY, organization) as (client, _):
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools if "organization" in tool.input_schema["properties"]} == asking


async def test_where_none_is_set_and_the_token_sees_several_the_call_is_told_how_to_name_one() -> None:
    async with opened(Dialect.TODAY, "") as (client, server):
        refused = text_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))
        assert "sees 2 organizations: acme, beta." in refused
        assert "acme/SHOP-12" in refused
        assert not (await client.call_tool("get_issue", {"issue": "beta/SHOP-1"})).is_error
        assert not (await client.call_tool("list_issues", {"organization": "beta"})).is_error
        assert not [line for line in server.log if "/acme/" in line]
