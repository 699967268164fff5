"""The same question again: the finished answer, for as long as what it was made of still holds."""

import gc
import json
import tracemalloc
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from mcp.client.client import Client
from mcp.types import CallToolResult
from standins.clients import client_of
from standins.clocks import Clock
from standins.knowing import Answering
from standins.sockets import Request, Wire, listening
from wire import connected_to, text_of

import service
from sentry.dialects import Dialect
from service.answers import TIME_TO_LIVE, Answers
from service.current import serving
from views.issues import IssueResult
from views.reader import Reader

ISSUE: dict[str, Any] = {"id": "5", "shortId": "SHOP-1", "title": "KeyError: x", "status": "unresolved", "count": "1"}
EVENT: dict[str, Any] = {"eventID": "a" * 32, "groupID": "5", "entries": []}


def shop() -> Answering:
    return Answering(
        {
            "GET /organizations/acme/issues/5/": (200, ISSUE),
            "GET /organizations/acme/issues/5/events/latest/": (200, EVENT),
            "GET /organizations/acme/issues/?": (200, [ISSUE]),
            "PUT /organizations/acme/issues/5/": (200, {**ISSUE, "status": "resolved"}),
        },
        kind=Dialect.TODAY,
    )


async def get_issue(client: Client, **arguments: Any) -> CallToolResult:
    return await client.call_tool("get_issue", {"issue": "5", **arguments})


async def test_the_same_again_is_the_same_answer_and_costs_no_request() -> None:
    async with listening(shop().answer) as server, connected_to(server.url) as client:
        for arguments in ({}, {"max_tokens": 20_000}):
            first = await get_issue(client, **arguments)
            asked = len(server.requests)
            assert await get_issue(client, **arguments) == first
            assert len(server.requests) == asked == 2


async def test_each_other_question_has_an_answer_with_markers_of_its_own() -> None:
    async with listening(shop().answer) as server, connected_to(server.url) as client:
        answers = [text_of(await get_issue(client, max_tokens=tokens)) for tokens in range(500, 540)]
        assert len({text.split("«")[1][:9] for text in answers}) == len(answers)


async def test_after_a_change_the_answer_is_made_anew() -> None:
    sentry = shop()
    async with listening(sentry.answer) as server, connected_to(server.url) as client:
        assert "unresolved" in text_of(await get_issue(client))
        await client.call_tool("update_issue", {"issue": "5", "status": "resolved"})
        sentry.known["GET /organizations/acme/issues/5/"] = (200, {**ISSUE, "status": "resolved"})
        assert "unresolved" not in text_of(await get_issue(client))


async def test_nothing_is_used_again_where_nothing_is_remembered() -> None:
    async with listening(shop().answer) as server, connected_to(server.url, SENTRY_MCP_CACHE_TTL="0") as client:
        for number in (1, 2):
            await get_issue(client)
            assert len(server.requests) == 2 * number


async def test_a_failure_is_not_used_again() -> None:
    sentry = shop()
    sentry.known["GET /organizations/acme/issues/5/"] = (404, {"detail": "The requested resource does not exist"})
    async with listening(sentry.answer) as server, connected_to(server.url) as client:
        assert (await get_issue(client)).is_error
        sentry.known["GET /organizations/acme/issues/5/"] = (200, ISSUE)
        assert not (await get_issue(client)).is_error


async def test_finished_answers_do_not_hold_on_to_what_there_was_no_room_for() -> None:
    event = {**EVENT, "message": "x" * 100_000}

    async def answer(request: Request, wire: Wire) -> None:
        await wire.answer(body=json.dumps(event if "events" in request.path else ISSUE).encode())

    room: dict[str, Any] = {"SENTRY_MCP_CACHE_SIZE": "500000", "SENTRY_MCP_CACHE_TTL": "600"}
    async with listening(answer) as server, connected_to(server.url, **room) as client:
        await client.call_tool("get_issue", {"issue": "1"})
        gc.collect()
        tracemalloc.start()
        try:
            for number in range(2, 60):
                await client.call_tool("get_issue", {"issue": str(number)})
            server.requests.clear()
            gc.collect()
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert kept < 2_000_000


@asynccontextmanager
async def answering(clock: Clock) -> AsyncGenerator[tuple[Callable[[str], Awaitable[str]], Counter[str]]]:
    """Asks for issue 5 under any name, and counts how often each was really made; Sentry's answers are kept long."""
    answers, made = Answers(Reader, clock), Counter[str]()

    async def answer(asked: str) -> str:
        async def ask() -> IssueResult:
            made[asked] += 1
            return await service.issues.get_issue("5")

        return (await answers.answer(asked, ask, wanted="both")).text

    settings = {"organization": "acme", "cache_ttl": 600}
    async with listening(shop().answer) as server, client_of(server.url, **settings) as client:
        with serving(lambda: client):
            yield answer, made


async def test_a_finished_answer_is_used_until_the_ages_in_it_are_no_longer_true() -> None:
    clock = Clock()
    async with answering(clock) as (answer, made):
        for clock.now in (0, TIME_TO_LIVE - 0.1):
            await answer("5")
        assert made["5"] == 1
        clock.now = TIME_TO_LIVE
        await answer("5")
        assert made["5"] == 2


async def test_of_many_finished_answers_those_stay_that_are_asked_for_again_and_again() -> None:
    async with answering(Clock()) as (answer, made):
        for number in range(1_000):
            await answer("often")
            await answer(f"once {number}")
        assert made["often"] == 1
        await answer("once 0")
        assert made["once 0"] == 2, "there was no room for it"
        await answer("once 999")
        assert made["once 999"] == 1
