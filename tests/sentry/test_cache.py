"""What is kept of Sentry's answers when there is no room for all of them, told by what Sentry is asked again."""

import gc
import json
import tracemalloc

import httpx
import pytest
from standins.clients import client_of, connection_to
from standins.sockets import Request, Wire, listening

from sentry.client import SentryClient

KILOBYTE, MEGABYTE = 1_000, 1_000_000


async def a_long_issue(request: Request, wire: Wire) -> None:
    issue = {"id": request.path.split("/")[-2], "title": "x" * 50 * KILOBYTE}
    await wire.answer(body=json.dumps(issue).encode())


async def test_an_answer_that_is_read_again_and_again_outlasts_those_read_once() -> None:
    room = {"organization": "acme", "cache_ttl": 600, "cache_size": 500 * KILOBYTE}
    async with listening(a_long_issue) as server, client_of(server.url, **room) as client:
        for number in range(1, 31):
            await client.get_issue("1000")
            await client.get_issue(str(number))
        await client.get_issue("1000")
        await client.get_issue("1")

    asked = [request.path.split("/")[-2] for request in server.requests]
    assert asked.count("1000") == 1, "it was always among the last that were read"
    assert asked.count("1") == 2, "there was no room for it"


ANSWERS = {
    "empty issues": "[" + ",".join(["{}"] * 100) + "]",
    "issues of one key": json.dumps([{"id": "1"}] * 100),
    "text beyond ASCII": json.dumps([{"title": "é" * 5_000 + "🙂"}] * 20, ensure_ascii=False),
    "text with one escape": json.dumps([{"title": "x" * 2_000 + "🙂"}] * 20),
    "statistics": json.dumps([{"stats": {"24h": [[n * 1_000, 70_000 + n] for n in range(200)]}}] * 20),
    "metadata": json.dumps([{"metadata": {f"key {n}": n * 1.5 for n in range(200)}}] * 20),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_what_is_remembered_takes_no_more_memory_than_the_bound_whatever_sentry_sends(answer: str) -> None:
    async def list_issues(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=answer.encode())

    connection = connection_to("http://sentry.test", organization="acme", cache_ttl=60, cache_size=MEGABYTE)
    async with SentryClient(connection, httpx.MockTransport(list_issues)) as client:
        await client.list_issues(query="first")  # what the first question needs besides
        gc.collect()
        tracemalloc.start()
        try:
            for number in range(40):
                await client.list_issues(query=f"question {number}")
            gc.collect()
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert client.statistics.misses == 41
    assert kept < 1.2 * MEGABYTE
