"""Events reach who subscribed at any server, and what is none reaches nobody."""

import json
from typing import Any

import anyio
import pytest
from mcp.server.subscriptions import (
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    SubscriptionBus,
    ToolsListChanged,
)
from standins.stores import Valkey

from shared.events import Events
from shared.store import EVENTS, Store

UPDATED = ResourceUpdated("sentry://issues/5")
ALL: list[ServerEvent] = [UPDATED, ToolsListChanged(), PromptsListChanged(), ResourcesListChanged()]
NO_EVENTS: list[Any] = [
    b"", b"\xff", b"[" * 50_000, b"{}", b"[]", b"5", b'{"method": []}', b'{"method": "tools/list", "params": {}}',
    b'{"method": "notifications/resources/updated"}',
    b'{"method": "notifications/resources/updated", "params": {"uri": 5}}',
    json.dumps({"method": "notifications/resources/updated", "params": {"uri": "x" * 30_000}}).encode(),
]  # fmt: skip


class Heard(list[ServerEvent]):
    """What a listener heard."""

    async def until(self, count: int) -> "Heard":
        with anyio.fail_after(10):
            while len(self) < count:
                await anyio.lowlevel.checkpoint()
        return self


async def test_alone_an_event_reaches_each_who_listens_once_until_they_leave() -> None:
    events: SubscriptionBus = Events()
    first, second = Heard(), Heard()
    stop = events.subscribe(first.append)
    events.subscribe(second.append)
    await events.publish(UPDATED)
    stop()
    stop()
    await events.publish(ToolsListChanged())
    assert first == [UPDATED]
    assert second == [UPDATED, ToolsListChanged()]


async def test_events_of_one_server_are_heard_at_all_and_by_itself_once(valkey: Valkey) -> None:
    one, other, stores = Events(), Events(), [Store(valkey.url), Store(valkey.url)]
    here, there = Heard(), Heard()
    one.subscribe(here.append)
    other.subscribe(there.append)
    async with stores[0].opened(), stores[1].opened():
        one.span(stores[0])
        other.span(stores[1])
        for event in ALL:
            await one.publish(event)
        assert await there.until(4) == ALL
        assert here == ALL
        await other.publish(UPDATED)
        assert await here.until(5) == [*ALL, UPDATED]
        assert there == [*ALL, UPDATED]


async def test_what_is_no_event_is_not_heeded(valkey: Valkey) -> None:
    one, store, heard = Events(), Store(valkey.url), Heard()
    one.subscribe(heard.append)
    async with store.opened():
        one.span(store)
        with valkey.client() as client:
            for message in NO_EVENTS:
                client.publish(EVENTS, message)
            client.publish(EVENTS, json.dumps({"method": "notifications/tools/list_changed"}))
        assert await heard.until(1) == [ToolsListChanged()]


async def test_without_the_store_an_event_reaches_who_listens_here(caplog: pytest.LogCaptureFixture) -> None:
    one, store, heard = Events(), Store("redis://127.0.0.1:1"), Heard()
    one.subscribe(heard.append)
    async with store.opened():
        one.span(store)
        await one.publish(UPDATED)
    assert heard == [UPDATED]
    assert "ConnectionError" in caplog.text
