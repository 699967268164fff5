"""What is kept of Sentry's answers when there is no room for all of them, told by what Sentry is asked again."""

import json

from standins.clients import client_of
from standins.sockets import Request, Wire, listening

KILOBYTE = 1_000


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
