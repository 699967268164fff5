"""An answer of what Sentry said a while ago says how long ago."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp.client.client import Client
from mcp.types import TextResourceContents
from specimens import large_event
from standins.clients import connection_to
from standins.traces import TRACE_ID, counts, span, table
from wire import text_of

from application import build_server
from sentry.client import SentryClient
from settings import load_settings

URL = "http://sentry.test"
EVENT = "a" * 32
ISSUE: dict[str, Any] = {"id": "5", "shortId": "SHOP-1", "title": "KeyError: x", "status": "unresolved"}
RELEASE = {"version": "shop@1"}
ANSWERS: dict[str, Any] = {
    "organizations/acme/issues": [ISSUE],
    "organizations/acme/issues/5": ISSUE,
    "organizations/acme/issues/5/events": [{"eventID": EVENT}],
    "organizations/acme/issues/5/events/latest": {**large_event(), "eventID": EVENT},
    f"organizations/acme/issues/5/events/{EVENT}": {**large_event(), "eventID": EVENT},
    "organizations/acme/issues/5/tags": [],
    "organizations/acme/issues/5/tags/release": {"key": "release", "topValues": []},
    "organizations/acme/code-mappings": [],
    "organizations/acme/issues/5/tags/level": {"key": "level", "topValues": []},
    "organizations/acme/projects": [{"slug": "shop"}],
    "projects/acme/shop": {"slug": "shop"},
    "organizations/acme/releases": [RELEASE],
    "organizations/acme/releases/shop@1": RELEASE,
    "organizations/acme/releases/shop@1/commits": [],
    "organizations/acme/releases/shop@1/deploys": [],
    f"organizations/acme/trace/{TRACE_ID}": [span(1)],
    f"organizations/acme/trace-meta/{TRACE_ID}": counts(1),
    "organizations/acme/events": table([]),
}
CALLS: dict[str, dict[str, Any]] = {
    "list_issues": {},
    "get_issue": {"issue": "5", "include": ["tags"]},
    "get_events": {"issue": "5"},
    "get_event": {"event": EVENT, "issue": "5"},
    "get_stacktrace": {"issue": "5"},
    "get_tag_values": {"issue": "5", "tag": "release"},
    "list_projects": {},
    "get_project": {"project": "shop"},
    "list_releases": {},
    "get_release": {"release": "shop@1"},
    "search_events": {},
    "get_trace": {"trace": TRACE_ID},
}


class Clock:
    now = 0.0
    after_a_request: float | None = None

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def connected(clock: Clock, **settings: str) -> AsyncGenerator[tuple[Client, list[str]]]:
    """A client of the server, whose answers of Sentry's grow old by that clock, and what Sentry was asked; where the
    code lies it is asked once an hour."""
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/0/").removesuffix("/")
        asked.extend([path] if path != "organizations/acme/code-mappings" else [])
        clock.now = clock.now if clock.after_a_request is None else clock.after_a_request
        return httpx.Response(200, json=ANSWERS[path])

    def open_client() -> SentryClient:
        connection = connection_to(URL, organization="acme", cache_ttl=10)
        return SentryClient(connection, httpx.MockTransport(answer), clock=clock)

    environment = {"SENTRY_URL": URL, "SENTRY_ORG": "acme", "SENTRY_AUTH_TOKEN": "none", **settings}
    async with Client(build_server(load_settings(environment=environment), open_client)) as client:
        yield client, asked


@pytest.mark.parametrize("tool", CALLS)
async def test_every_tool_that_reads_says_how_old_its_answer_is(tool: str) -> None:
    clock = Clock()
    async with connected(clock) as (client, asked):
        new = text_of(await client.call_tool(tool, CALLS[tool]))
        requests = len(asked)
        for clock.now in (2.9, 3, 9.9):
            again = text_of(await client.call_tool(tool, CALLS[tool]))
            assert again == (f"{new}\nAs of {int(clock.now)} s ago." if clock.now >= 3 else new)
        assert len(asked) == requests
        clock.now = 10
        assert "As of" not in text_of(await client.call_tool(tool, CALLS[tool]))
        assert len(asked) == 2 * requests


async def test_these_are_all_that_read() -> None:
    async with connected(Clock()) as (client, _):
        assert {tool.name for tool in (await client.list_tools()).tools} == {*CALLS, "update_issue"}


async def test_a_new_answer_is_as_old_as_the_oldest_that_it_is_made_of() -> None:
    clock = Clock()
    async with connected(clock) as (client, _):
        await client.call_tool("get_stacktrace", {"issue": "5"})
        clock.now = 4
        assert text_of(await client.call_tool("get_issue", {"issue": "5"})).endswith("\nAs of 4 s ago.")
        clock.now = 8
        assert text_of(await client.call_tool("get_issue", {"issue": "5"})).endswith("\nAs of 8 s ago.")


@pytest.mark.parametrize("moment", [8, 10, 11])
async def test_an_answer_says_its_age_even_if_what_it_is_made_of_has_just_become_too_old(moment: float) -> None:
    """It was remembered when it was read; the rest came late."""
    clock = Clock()
    async with connected(clock) as (client, _):
        await client.call_tool("get_stacktrace", {"issue": "5"})
        clock.now = 7
        clock.after_a_request = moment
        text = text_of(await client.call_tool("get_issue", {"issue": "5"}))
    assert text.endswith(f"\nAs of {moment} s ago.")


async def test_an_event_is_never_old() -> None:
    clock = Clock()
    async with connected(clock) as (client, asked):
        answers = set[str]()
        for clock.now in (0, 5, 3_599):
            answers.add(text_of(await client.call_tool("get_stacktrace", {"event": EVENT, "issue": "5"})))
        assert len(answers) == len(asked) == 1
        clock.now = 1e6  # where its code lies has been asked again
        assert "As of" not in text_of(await client.call_tool("get_stacktrace", {"event": EVENT, "issue": "5"}))
        assert len(asked) == 1


async def test_an_answer_stays_within_its_budget_when_it_says_its_age() -> None:
    clock = Clock()
    async with connected(clock) as (client, _):
        for tokens in range(500, 600):
            begun = clock.now + 1e6  # so that what was read before is asked again
            for clock.now in (begun, begun + 9):
                text = text_of(await client.call_tool("get_issue", {"issue": "5", "max_tokens": tokens}))
                assert len(text) <= 4 * tokens
            assert text.endswith("\nAs of 9 s ago.")


async def test_json_says_the_age_too() -> None:
    clock = Clock()
    async with connected(clock, SENTRY_MCP_STRUCTURED_CONTENT="true") as (client, _):
        for clock.now, age in ((0, None), (4, 4)):
            result = await client.call_tool("get_issue", {"issue": "5"})
            (resource,) = (await client.read_resource("sentry://issues/5")).contents
            assert isinstance(resource, TextResourceContents)
            for data in (result.structured_content, json.loads(resource.text)):
                assert data is not None
                assert data.get("age_seconds") == age
