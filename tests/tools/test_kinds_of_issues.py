"""An issue of each kind as an agent asks for it: what happened is in the first answer, for two requests."""

import json
from collections.abc import Generator

import pytest
from kinds_of_issues import PAIRS
from mcp.client.client import Client
from mcp.types import TextResourceContents
from standins import todays_answers as answers
from standins.recorded import TOKEN
from standins.today import CODE, ISSUES, SELF_HOSTED, Today, todays_sentry
from wire import connected_to, text_of

ISSUE = answers.ISSUE_ID
TOLD = {
    "n_plus_one": "25 times, 299 ms in all",
    "endpoint_regression": "Change: p95 910 ms to 1,711 ms (+88%)",
    "metric_alert": "Value: 1,204, above 1,000 (critical)",
    "cron_missed": "Failure reason: A missed check-in was detected",
    "uptime": "Failure reason: failure - Received a non-200 response: 503",
    "rage_click": "React Component Name: PayButton",
    "csp": "Policy: img-src 'self' i.vimeocdn.com",
    "feedback": "Message: The checkout button does nothing on my phone.",
    "unknown": "Loop: the same tool was called 14 times in a row",
}


@pytest.fixture
def today() -> Generator[Today]:
    with todays_sentry(SELF_HOSTED) as today:
        yield today


@pytest.mark.parametrize("name", TOLD)
async def test_what_happened_is_in_the_answer_about_an_issue(today: Today, name: str) -> None:
    issue, event = PAIRS[name]()
    today.answers("GET", f"{ISSUES}/{ISSUE}", 200, {**answers.ISSUE_WHOLE, **issue, "id": ISSUE})
    today.answers("GET", f"{ISSUES}/{ISSUE}/events/latest", 200, {**answers.EVENT, **event})

    async with connected_to(today.url, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_MCP_CACHE_TTL="0") as client:
        of_issue = await read(client, "get_issue", issue=ISSUE)
        asked = [line for line in today.asked if not line.startswith("GET trace-meta/")]
        assert asked == [f"GET {CODE}", f"GET issues/{ISSUE}/", f"GET issues/{ISSUE}/events/latest/"]

        assert TOLD[name] in of_issue
        assert TOLD[name] in await read(client, "get_event", event="latest", issue=ISSUE)
        (content,) = (await client.read_resource(f"sentry://issues/{ISSUE}")).contents

    assert isinstance(content, TextResourceContents)
    data = json.loads(content.text)
    assert data["findings"]["facts"]
    assert "findings" in data["notice"]


async def read(client: Client, tool: str, **arguments: str) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return text_of(result)
