"""Whatever a Sentry that lies answers to a tool: a right answer or a clear error, and never the token."""

import pytest
from standins.hostile import ANSWER, HOSTILE, TOKEN, Hostile
from standins.sockets import listening
from wire import connected_to, error_of, text_of

pytestmark = pytest.mark.no_cover  # traced, what other tests cover takes three times as long here


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
async def test_each_hostile_answer_comes_to_a_clear_end(hostile: Hostile) -> None:
    settings = {"SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_MCP_TIMEOUT": "3", "SENTRY_MCP_MAX_ANSWER_SIZE": "200000"}
    async with listening(hostile.handler) as sentry:
        url = sentry.url.replace("127.0.0.1", "localhost")
        async with connected_to(url, "auto", **settings, **hostile.settings) as client:
            result = await client.call_tool(hostile.tool, hostile.arguments)
    outcome = error_of(result)["error"] if result.is_error else ANSWER
    assert outcome in hostile.outcomes, text_of(result)
    told = result.model_dump_json()
    assert TOKEN not in told
    assert TOKEN[:40] not in told
