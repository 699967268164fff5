"""What changed reaches who listens at any server of the same Sentry, and what tells of no change reaches nobody."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import anyio
import pytest
from standins.stores import Valkey

from service.changes import Changed
from shared.events import Events
from shared.store import EVENTS, Store

UPDATED = Changed(organization="acme", project="shop", issue="5", short_id="SHOP-5")
ALERT = Changed(organization="acme", alert="7")
NAMES = asdict(UPDATED)
NO_CHANGES: list[Any] = [
    b"", b"\xff", b"[" * 50_000, b"{}", b"[]", b"5", b'{"of": "acme"}',
    json.dumps({**NAMES, "of": "acme", "issue": 5}).encode(),
    json.dumps({**NAMES, "of": "acme", "alert": None}).encode(),
    json.dumps({name: value for name, value in NAMES.items() if name != "alert"} | {"of": "acme"}).encode(),
    json.dumps(NAMES).encode(),
    json.dumps({**NAMES, "of": ["acme"]}).encode(),
    json.dumps({**NAMES, "of": "umbrella"}).encode(),
    json.dumps({**NAMES, "of": "acme", "issue": "x" * 30_000}).encode(),
]  # fmt: skip


class Heard(list[Changed]):
    """What a listener heard."""

    async def until(self, count: int) -> "Heard":
        with anyio.fail_after(10):
            while len(self) < count:
                await anyio.lowlevel.checkpoint()
        return self


async def test_alone_an_event_reaches_each_who_listens_once_until_they_leave() -> None:
    events = Events()
    first, second = Heard(), Heard()
    stop = events.subscribe(first.extend)
    events.subscribe(second.extend)
    await events.publish(UPDATED)
    stop()
    stop()
    await events.publish(ALERT)
    assert first == [UPDATED]
    assert second == [UPDATED, ALERT]


async def test_one_who_cannot_hear_keeps_no_other_from_it(caplog: pytest.LogCaptureFixture) -> None:
    events, heard = Events(), Heard()

    def fails(_: Sequence[Changed]) -> None:
        raise ValueError("of no use")

    events.subscribe(fails)
    events.subscribe(heard.extend)
    await events.publish(UPDATED)
    assert heard == [UPDATED]
    assert "A change could not be told" in caplog.text


async def test_events_of_one_server_are_heard_at_all_of_its_sentry_and_by_itself_once(valkey: Valkey) -> None:
    servers = [(Events(), Store(valkey.url), Heard(), whose) for whose in ("acme", "acme", "umbrella")]
    (one, _, here, _), (other, _, there, _), (foreign, _, elsewhere, _) = servers
    async with servers[0][1].opened(), servers[1][1].opened(), servers[2][1].opened():
        for events, store, heard, whose in servers:
            events.subscribe(heard.extend)
            events.span(store, whose)
        await foreign.publish(ALERT)
        await one.publish(UPDATED)
        await one.publish(ALERT)
        assert await there.until(2) == [UPDATED, ALERT]
        assert here == [UPDATED, ALERT]
        await other.publish(UPDATED)
        assert await here.until(3) == [UPDATED, ALERT, UPDATED]
        assert there == [UPDATED, ALERT, UPDATED]
        assert elsewhere == [ALERT]


async def test_what_every_server_learns_by_itself_is_told_here_alone(valkey: Valkey) -> None:
    one, other, stores = Events(), Events(), [Store(valkey.url), Store(valkey.url)]
    here, there = Heard(), Heard()
    one.subscribe(here.extend)
    other.subscribe(there.extend)
    async with stores[0].opened(), stores[1].opened():
        one.span(stores[0], "acme")
        other.span(stores[1], "acme")
        one.tell([ALERT, ALERT])
        await one.publish(UPDATED)
        assert await there.until(1) == [UPDATED]
        assert here == [ALERT, ALERT, UPDATED]


async def test_what_tells_of_no_change_is_not_heeded(valkey: Valkey) -> None:
    one, store, heard = Events(), Store(valkey.url), Heard()
    one.subscribe(heard.extend)
    async with store.opened():
        one.span(store, "acme")
        with valkey.client() as client:
            for message in NO_CHANGES:
                client.publish(EVENTS, message)
            client.publish(EVENTS, json.dumps({**NAMES, "of": "acme", "since": "a later version"}))
        assert await heard.until(1) == [UPDATED]


async def test_without_the_store_an_event_reaches_who_listens_here(caplog: pytest.LogCaptureFixture) -> None:
    one, store, heard = Events(), Store("redis://127.0.0.1:1"), Heard()
    one.subscribe(heard.extend)
    async with store.opened():
        one.span(store, "acme")
        await one.publish(UPDATED)
    assert heard == [UPDATED]
    assert "ConnectionError" in caplog.text
