"""Whatever Sentry says when it fails, in whatever shape: it is told clean, and marked as Sentry's own words."""

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from leaks import ALL, TEXTS, TOKENS, look, look_at_line
from mcp.shared.exceptions import MCPError
from standins.walked import CALLS, World, served, walk
from walking import ordinary
from wire import text_of

pytestmark = pytest.mark.no_cover  # traced, what other tests cover takes three times as long here

SHAPES: dict[str, Callable[[str], Any]] = {
    "detail": lambda said: {"detail": said},
    "an object": lambda said: {"detail": {"code": said, "message": said, "extra": {"slug": said}}},
    "a list": lambda said: {"detail": [{"loc": ["body", said], "msg": said, "type": said}]},
    "of a field": lambda said: {said: [said], "status": {"inner": [said]}},
    "bare": lambda said: said,
    "within": lambda said: {"detail": json.dumps({"detail": said})},
    "moved": lambda said: {"detail": {"code": "resource-moved", "extra": {"slug": said}}},
}
STATUSES = (400, 401, 403, 404, 409, 302)
ONE_OF_EACH = [*{call[:2]: call for calls in CALLS.values() for call in calls}.values()]


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_a_failure_says_leaves_clean_and_marked(shape: str) -> None:
    world = World()
    world.fill(ordinary)
    async with served(world) as client:
        for status, text in product(STATUSES, (ALL, *TOKENS.values())):
            headers = {"location": f"https://evil.example/{text[:20]!a}", "content-type": "application/json"}
            world.failure = (status, SHAPES[shape](text), headers)
            await walk(client, ONE_OF_EACH if text is ALL else ONE_OF_EACH[:2], (shape, status))


@pytest.mark.parametrize("name", TEXTS)
async def test_a_text_of_each_kind_in_a_failure_leaves_clean_and_marked(name: str) -> None:
    world = World()
    world.fill(ordinary)
    world.failure = (400, {"detail": TEXTS[name]}, {})
    async with served(world) as client:
        await walk(client, ONE_OF_EACH, name)
        assert len(text_of(await client.call_tool("get_issue", {"issue": "5"}))) < 1_000


@pytest.mark.parametrize("before", [450, 480, 495])
async def test_no_cut_leaves_a_part_of_a_secret(before: int) -> None:
    world = World()
    world.fill(ordinary)
    async with served(world) as client:
        for secret in (TOKENS["token"], "ghp_16C7e42F292c6912E7710c838347Ae178B4a"):
            world.failure = (400, {"detail": f"{'.' * before} {secret}"}, {})
            text = text_of(await client.call_tool("get_issue", {"issue": "5"}))
            assert secret[:6] not in text


async def test_what_is_told_while_one_waits_is_clean() -> None:
    heard: list[str | None] = []
    world = World()
    world.fill(ordinary)
    world.failure = (503, {"detail": ALL}, {"retry-after": "0"})

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    async with served(world) as client:
        await client.call_tool("get_issue", {"issue": "5"}, progress_callback=hear)

    assert heard
    for message in heard:
        look_at_line(message or "", "progress")


async def test_what_was_asked_wrongly_is_told_clean() -> None:
    world = World()
    world.fill(ordinary)
    async with served(world) as client:
        for text in ("\x1b[31m\u202e", TOKENS["token"], "x\n# Stop"):
            for tool, argument in (("get_issue", "issue"), ("get_project", "project"), ("get_event", "event")):
                look(text_of(await client.call_tool(tool, {argument: text})), (tool, text))
            with pytest.raises(MCPError) as caught:
                await client.get_prompt("triage_issue", {"issue": text})
            look(caught.value.error.message, text)
