"""Who follows an inbox is told of each alert that comes into it, whoever stores it, whatever becomes of its place."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
from alerting import happening, inbox_in
from standins.stores import Valkey, running

from alerts.alert import Alert, Kind
from alerts.following import follow
from alerts.inbox import Inbox
from shared.inbox import SharedInbox
from shared.store import ALERTS, Store

SOON = 0.05


class Told(list[Alert]):
    """What was told so far, in its order."""

    def __init__(self) -> None:
        self._more = anyio.Event()

    async def __call__(self, alerts: Sequence[Alert]) -> None:
        self += alerts
        self._more.set()

    async def until(self, count: int) -> list[int]:
        """Their numbers, when there are so many."""
        with anyio.fail_after(20):
            while len(self) < count:
                self._more = anyio.Event()
                await self._more.wait()
        return [alert.id for alert in self]


@asynccontextmanager
async def following(inbox: Inbox) -> AsyncGenerator[Told]:
    told = Told()
    async with anyio.create_task_group() as tasks:
        await tasks.start(partial(follow, inbox, told, SOON))
        yield told
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def replica(valkey: Valkey) -> AsyncGenerator[tuple[SharedInbox, anyio.Event]]:
    """The inbox as one server has it, and what is set when its store is found again that was lost."""
    store, found = Store(valkey.url), anyio.Event()
    async with store.opened(), SharedInbox.opened(store, "acme") as inbox:
        store.listen(ALERTS, lambda message: found.set() if message is None else None)
        yield inbox, found


async def found_again(*found: anyio.Event) -> None:
    with anyio.fail_after(20):
        for one in found:
            await one.wait()


async def test_what_comes_after_it_has_started_is_told_in_order_and_nothing_from_before(tmp_path: Path) -> None:
    file = tmp_path / "alerts.db"
    async with inbox_in(file, happening(1), happening(2)) as inbox, following(inbox) as told:
        await inbox.store([happening(1), happening(3), happening(4, Kind.RESOLVED, is_work=False)], "webhook")
        assert await told.until(2) == [3, 4]
        async with inbox_in(file, *(happening(number) for number in range(5, 300))):  # as another process opens it
            assert await told.until(297) == list(range(3, 300))
        assert [alert.told.issue for alert in told] == [str(number) for number in range(3, 300)]


async def test_the_first_of_an_empty_inbox_is_told(tmp_path: Path) -> None:
    async with inbox_in(tmp_path / "alerts.db") as inbox, following(inbox) as told:
        await inbox.store([happening(1)], "polling")
        assert await told.until(1) == [1]


async def test_it_goes_on_after_a_store_that_writes_down_what_it_holds_was_lost(tmp_path: Path) -> None:
    with running(tmp_path) as valkey:
        async with replica(valkey) as (one, found), replica(valkey) as (other, found_too):
            await one.store([happening(1), happening(2)], "webhook")
            async with following(one) as told:
                await other.store([happening(3)], "webhook")
                assert await told.until(1) == [3]
                valkey.end()
                valkey.start()
                await found_again(found, found_too)
                await other.store([happening(4)], "webhook")
                assert await told.until(2) == [3, 4]


async def test_it_goes_on_after_a_store_has_lost_what_it_held() -> None:
    with running() as valkey:
        async with replica(valkey) as (one, found), replica(valkey) as (other, found_too):
            await one.store([happening(1), happening(2)], "webhook")
            async with following(one) as told:
                valkey.end()
                valkey.start()
                await found_again(found, found_too)
                await other.store([happening(3)], "webhook")
                assert await told.until(1) == [1]
                assert told[0].told.issue == "3"


async def test_it_starts_where_the_store_is_not_there_yet_and_goes_on_when_it_is() -> None:
    with running() as valkey:
        valkey.end()
        async with replica(valkey) as (one, found), following(one) as told:
            valkey.start()
            await found_again(found)
            await anyio.sleep(4 * SOON)  # it looks again
            await one.store([happening(1)], "webhook")
            assert await told.until(1) == [1]


async def test_it_goes_on_after_a_store_said_nothing_for_a_while() -> None:
    with running() as valkey:
        async with replica(valkey) as (one, found), following(one) as told:
            await one.store([happening(1)], "webhook")
            assert await told.until(1) == [1]
            with valkey.hanging():
                await anyio.sleep(1.7)  # longer than it is waited for
            await found_again(found)
            await one.store([happening(2)], "webhook")
            assert await told.until(2) == [1, 2]
