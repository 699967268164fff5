"""What a model reads of answers that some Sentry gives and the embedded one does not."""

import time
from collections.abc import Generator
from typing import Any

import pytest
from specimens import call
from standins.knowing import Answering
from standins.sockets import listening
from wire import connected_to, text_of

ISSUE = "GET /organizations/acme/issues/5/"
EVENTS = f"{ISSUE}events/"
LATEST = f"{EVENTS}latest/"
EVENT_ID = "0123456789abcdef0123456789abcdef"


async def read(answers: dict[str, Any], tool: str, **arguments: Any) -> str:
    """The text of a tool's answer, over a Sentry that gives these."""
    known = {path: (200, body) for path, body in answers.items()}
    async with listening(Answering(known).answer) as sentry, connected_to(sentry.url) as client:
        result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return text_of(result)


@pytest.fixture(params=["JST-9", "PST8"])
def local_time(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """The server runs where clocks show something else than UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("local_time")
async def test_a_moment_without_a_zone_is_told_as_utc_wherever_the_server_runs() -> None:
    event = {"eventID": EVENT_ID, "dateCreated": "2026-01-24T21:39:17.192"}
    answers = {
        ISSUE: {"id": "5", "firstSeen": "2026-01-20T03:04:05", "lastSeen": "2026-01-24T21:39:17"},
        EVENTS: [event],
        LATEST: event,
    }

    issue = await read(answers, "get_issue", issue="5")
    events = await read(answers, "get_events", issue="5")
    whole = await read(answers, "get_event", event="latest", issue="5")

    assert "first seen 2026-01-20 03:04Z" in issue
    assert "last seen 2026-01-24 21:39Z" in issue
    assert "this event: 2026-01-24 21:39Z" in issue
    assert f"{EVENT_ID} | 2026-01-24 21:39Z" in events
    assert "2026-01-24 21:39Z" in whole


async def test_of_several_threads_the_one_that_crashed_is_shown_before_the_current_one() -> None:
    threads = [
        {"id": 1, "name": "main", "current": True, "stacktrace": {"frames": [call("wait_for_events")]}},
        {"id": 2, "name": "renderer", "crashed": True, "stacktrace": {"frames": [call("draw_cart")]}},
    ]
    event = {
        "eventID": EVENT_ID,
        "title": "SIGABRT",
        "platform": "native",
        "entries": [{"type": "threads", "data": {"values": threads}}],
    }
    answers = {ISSUE: {"id": "5"}, LATEST: event}

    for tool in ("get_stacktrace", "get_issue"):
        text = await read(answers, tool, issue="5")
        assert "Thread renderer (crashed):\ndraw_cart (shop.py:1)" in text
        assert "wait_for_events" not in text.partition("draw_cart")[0]


async def test_of_a_long_trend_the_newest_counts_are_shown() -> None:
    counts = [900] * 9 + [0] * 30 + [7]
    days = [[1_795_000_000 + 86_400 * day, count] for day, count in enumerate(counts)]
    answers = {ISSUE: {"id": "5", "stats": {"30d": days}}, LATEST: {"eventID": EVENT_ID}}

    assert "▁█ 7 (peak 7/day)" in await read(answers, "get_issue", issue="5")
