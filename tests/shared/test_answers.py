"""Sentry's answers that servers share: who is spared a request, what is never shown any more, what the store learns."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from standins.clients import connection_to
from standins.sockets import Request, Server, Wire, listening
from standins.stores import PASSWORD, Valkey, running

from opening import opened_late
from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.models import Issue
from settings import load_settings
from shared.answers import Answers
from shared.store import EVENTS, PREFIX, WRITES, Store

TOKEN = "sntryu_9e107d9d372bb6826bd81d3542a419d6"
RESOLVED = IssueChange(status="resolved")
EVENT = "a" * 32
TITLE = "KeyError: 'a title that is nobody else's'"


@dataclass
class Shop:
    """A Sentry with one issue, as it is when a question for it comes in; some of the answers may be held back."""

    status: str = "unresolved"
    held: anyio.Event | None = None
    begun: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, request: Request, wire: Wire) -> None:
        if request.method == "PUT":
            self.status = "resolved"
        body: Any = {"id": "5", "title": TITLE, "status": self.status}
        if "/events/" in request.path:
            body = {"eventID": EVENT, "groupID": "5", "title": TITLE}
        if self.held is not None and request.method == "GET":
            self.begun.set()
            await self.held.wait()
        await wire.answer(body=json.dumps(body).encode())


@asynccontextmanager
async def servers(
    sentry: Server, *stores: str | Store, token: str = TOKEN, **settings: Any
) -> AsyncGenerator[list[SentryClient]]:
    """What asks Sentry in so many servers, each with its own connection to the store at such a URL."""
    connection = connection_to(sentry.url, **{"organization": "acme", "token": token, "cache_ttl": 3_600, **settings})
    async with AsyncExitStack() as stack:
        found: list[SentryClient] = []
        for place in stores:
            store = Store(place) if isinstance(place, str) else place
            await stack.enter_async_context(store.opened())
            found.append(await stack.enter_async_context(SentryClient(connection, shared=Answers(store))))
        yield found


async def seen(client: SentryClient, status: str) -> Issue:
    """The issue, as soon as this server shows it so."""
    with anyio.fail_after(10):
        while (issue := await client.get_issue("5")).status != status:
            await anyio.lowlevel.checkpoint()
    return issue


async def found_again(store: Store) -> None:
    """Waits for a store that was lost, 10 s at most."""
    found = anyio.Event()
    stop = store.listen(WRITES, lambda message: found.set() if message is None else None)
    with anyio.fail_after(10):
        await found.wait()
    stop()


async def test_what_one_server_asked_the_others_know(valkey: Valkey) -> None:
    async with listening(Shop()) as sentry, servers(sentry, *[valkey.url] * 3) as clients:
        found = [(await client.get_issue("5"), await client.get_event(EVENT, issue="5")) for client in clients]
        assert found[0] == found[1] == found[2]
        assert len(sentry.requests) == 2
        assert [client.statistics.shared for client in clients] == [0, 2, 2]
        assert clients[1].statistics.hit_rate == 1.0


async def test_what_one_server_wrote_the_others_show(valkey: Valkey) -> None:
    async with listening(Shop()) as sentry, servers(sentry, *[valkey.url] * 3) as (one, other, third):
        assert (await other.get_issue("5")).status == "unresolved"
        await one.update_issue("5", RESOLVED)
        assert (await third.get_issue("5")).status == "resolved", "what was kept before the write is not taken"
        await seen(other, "resolved")


async def test_an_answer_from_before_a_write_that_comes_after_it_is_nobodys(valkey: Valkey) -> None:
    shop = Shop(held=anyio.Event())
    async with listening(shop) as sentry, servers(sentry, *[valkey.url] * 3) as (one, other, third):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(other.get_issue, "5")
            await shop.begun.wait()
            held, shop.held = shop.held, None
            await one.update_issue("5", RESOLVED)
            assert held is not None
            held.set()
        assert (await third.get_issue("5")).status == "resolved"
        await seen(other, "resolved")


async def test_where_something_happened_no_server_takes_what_was_shared_before(valkey: Valkey) -> None:
    shop = Shop()
    async with listening(shop) as sentry, servers(sentry, *[valkey.url] * 3) as (one, other, third):
        for client in (one, other):
            await client.get_issue("5")
            await client.get_event(EVENT, issue="5")
            await client.get_issue("6")
        shop.status = "resolved"
        sentry.requests.clear()
        await one.forget_everywhere("5")
        other.forget("5")  # as it is told
        for client in (one, other, third):
            assert (await client.get_issue("5")).status == "resolved"
            await client.get_event(EVENT, issue="5")
            assert (await client.get_issue("6")).status == "unresolved"
        path = "GET /api/0/organizations/acme/issues/5/"
        assert sentry.log == [path, f"{path}events/{EVENT}/"], "the first asks, and shares it"


async def test_what_names_no_issue_makes_nothing_be_forgotten(valkey: Valkey) -> None:
    async with listening(Shop()) as sentry, servers(sentry, *[valkey.url] * 2) as clients:
        for client in clients:
            await client.get_issue("5")
        before = valkey.content()
        await clients[0].forget_everywhere("", "\ud800", "*", "5/", "5 ", "x" * 100_000)
        for client in clients:
            await client.get_issue("5")
        assert len(sentry.requests) == 1
        assert valkey.content() == before


async def test_what_one_server_forgets_by_itself_it_takes_from_the_others(valkey: Valkey) -> None:
    async with listening(Shop()) as sentry, servers(sentry, *[valkey.url] * 2) as (one, _):
        await one.get_issue("5")
        one.forget("5")
        await one.get_issue("5")
        assert (len(sentry.requests), one.statistics.shared) == (1, 1)


async def test_an_answer_from_before_something_happened_that_comes_after_it_is_nobodys(valkey: Valkey) -> None:
    shop = Shop(held=anyio.Event())
    async with listening(shop) as sentry, servers(sentry, *[valkey.url] * 3) as (one, other, third):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(other.get_issue, "5")
            await shop.begun.wait()
            held, shop.held = shop.held, None
            shop.status = "resolved"
            await one.forget_everywhere("5")
            other.forget("5")
            assert held is not None
            held.set()
        assert [(await client.get_issue("5")).status for client in (third, one, other)] == ["resolved"] * 3
        assert len(sentry.requests) == 2


async def test_a_server_that_has_asked_nothing_yet_makes_others_answers_be_forgotten(valkey: Valkey) -> None:
    shop = Shop()
    async with listening(shop) as sentry, servers(sentry, *[valkey.url] * 2) as (one, other):
        await one.get_issue("5")
        shop.status = "resolved"
        environment = {"SENTRY_URL": sentry.url, "SENTRY_ORG": "acme", "SENTRY_AUTH_TOKEN": TOKEN}
        store = Store(valkey.url)
        async with store.opened(), opened_late(load_settings(environment=environment), store) as late:
            await late.forget_everywhere("5")
        assert (await other.get_issue("5")).status == "resolved"


async def test_what_must_be_new_is_asked_for_and_shared(valkey: Valkey) -> None:
    async with listening(Shop()) as sentry, servers(sentry, *[valkey.url] * 3) as (one, other, third):
        await one.get_issue("5")
        await other.get_issue("5", fresh=True)
        assert len(sentry.requests) == 2
        await third.get_issue("5")
        assert len(sentry.requests) == 2


async def test_who_remembers_less_long_takes_nothing_older(valkey: Valkey) -> None:
    async with (
        listening(Shop()) as sentry,
        servers(sentry, valkey.url) as (one,),
        servers(sentry, valkey.url, cache_ttl=1e-6) as (brief,),
        servers(sentry, valkey.url, cache_ttl=0) as (forgetful,),
    ):
        await one.get_issue("5")
        await brief.get_issue("5")
        await forgetful.get_issue("5")
        assert len(sentry.requests) == 3


async def test_another_token_asks_for_itself(valkey: Valkey) -> None:
    async with (
        listening(Shop()) as sentry,
        servers(sentry, valkey.url) as (one,),
        servers(sentry, valkey.url, token="sntryu_another") as (other,),
    ):
        await one.get_issue("5")
        await other.get_issue("5")
        assert [request.token for request in sentry.requests] == [TOKEN, "sntryu_another"]


async def test_the_store_learns_neither_the_token_nor_what_sentry_said_and_keeps_nothing_for_ever(
    valkey: Valkey,
) -> None:
    async with listening(Shop()) as sentry, servers(sentry, *[valkey.url] * 2) as (one, other):
        await one.get_issue("5")
        await one.get_event(EVENT, issue="5")
        await other.update_issue("5", RESOLVED)
        await other.forget_everywhere("5", "SHOP-5")
        await other.get_issue("5")
        content = valkey.content()
        assert content.count(f"{PREFIX}answer:".encode()) == 2
        for secret in (TOKEN, PASSWORD, TITLE, "resolved", EVENT, "acme", "SHOP-5", "127.0.0.1"):
            assert secret.encode() not in content
        with valkey.client() as client:
            lifetimes = {name: client.ttl(name) for name in client.scan_iter()}
            assert len(lifetimes) == 7
            assert all(0 < seconds <= 7_200 for seconds in lifetimes.values()), lifetimes


async def test_an_answer_of_more_than_a_megabyte_is_not_shared(valkey: Valkey) -> None:
    async def answer(_: Request, wire: Wire) -> None:
        await wire.answer(body=json.dumps({"id": "5", "title": "x" * 1_000_000}).encode())

    async with listening(answer) as sentry, servers(sentry, *[valkey.url] * 2) as clients:
        for client in clients:
            assert (await client.get_issue("5")).id == "5"
        assert len(sentry.requests) == 2
        assert len(valkey.content()) < 1_000


@pytest.mark.parametrize("hostile", ["garbage", "nothing", "huge", "cut", "swapped", "list", "hash"])
async def test_what_somebody_else_put_into_the_store_is_asked_for_again(valkey: Valkey, hostile: str) -> None:
    shop = Shop()
    async with listening(shop) as sentry, servers(sentry, *[valkey.url] * 2) as (one, other):
        await one.update_issue("5", RESOLVED)
        await one.forget_everywhere("5")
        await one.get_issue("5")
        await one.get_event(EVENT, issue="5")
        asked = len(sentry.requests)
        with valkey.client() as client:
            names = sorted(client.scan_iter())
            values = {name: client.get(name) for name in names}
            for name, after in zip(names, [*names[1:], names[0]], strict=True):
                client.delete(name)
                match hostile:
                    case "list":
                        client.rpush(name, "x")
                    case "hash":
                        client.hset(name, "x", "y")
                    case "huge":
                        client.set(name, b"x" * 5_000_000)
                    case "cut":
                        client.set(name, values[name][:20])
                    case "swapped":
                        client.set(name, values[after])
                    case "nothing":
                        client.set(name, b"")
                    case _:
                        client.set(name, b"\x80\x04garbage.")
            for channel in (WRITES, EVENTS):
                client.publish(channel, b"\xff" * 100_000)
                client.publish(channel, b"[" * 10_000)
                client.publish(channel, b'{"method": 5, "params": []}')
        assert (await other.get_issue("5")).title == TITLE
        assert (await other.get_event(EVENT, issue="5")).id == EVENT
        assert len(sentry.requests) == asked + 2
        await one.update_issue("5", RESOLVED)
        await seen(other, "resolved")
        assert other.statistics.shared == 0


async def test_without_the_store_each_asks_by_itself_and_no_write_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    with running() as valkey:
        stores = [Store(valkey.url) for _ in range(2)]
        async with listening(Shop()) as sentry, servers(sentry, *stores) as (one, other):
            await one.get_issue("5")
            await other.get_issue("5")
            assert len(sentry.requests) == 1
            assert [store.lost_since for store in stores] == [None, None]

            valkey.end()
            await one.update_issue("5", RESOLVED)
            assert (await one.get_issue("5")).status == "resolved"
            assert (await other.get_event(EVENT, issue="5")).id == EVENT
            assert None not in [store.lost_since for store in stores]

            valkey.start()
            await found_again(stores[1])
            assert (await other.get_issue("5")).status == "resolved"
            assert stores[1].lost_since is None
    assert "cannot be used" in caplog.text
    assert "is there again" in caplog.text
    for secret in (PASSWORD, TOKEN):
        assert secret not in caplog.text


@pytest.mark.parametrize("trouble", [Valkey.hanging, Valkey.read_only])
async def test_a_write_that_the_store_did_not_hear_of_is_told_when_it_can_be(
    trouble: Callable[[Valkey], AbstractContextManager[None]],
) -> None:
    with running() as valkey:
        store = Store(valkey.url)
        async with listening(Shop()) as sentry, servers(sentry, store, valkey.url) as (one, other):
            await one.get_issue("5")
            with trouble(valkey):
                await one.update_issue("5", RESOLVED)
                assert store.lost_since is not None
            await found_again(store)
            assert (await one.get_issue("5")).status == "resolved"
            async with servers(sentry, valkey.url) as (late,):
                assert (await late.get_issue("5")).status == "resolved"
            await seen(other, "resolved")


@pytest.mark.parametrize("trouble", [Valkey.hanging, Valkey.read_only])
async def test_what_happened_while_the_store_was_lost_is_told_when_it_can_be(
    trouble: Callable[[Valkey], AbstractContextManager[None]],
) -> None:
    shop = Shop()
    with running() as valkey:
        store = Store(valkey.url)
        async with listening(shop) as sentry, servers(sentry, store, valkey.url) as (one, other):
            await one.get_issue("5")
            shop.status = "resolved"
            with trouble(valkey):
                await one.forget_everywhere("5")
                assert store.lost_since is not None
            await found_again(store)
            assert (await one.get_issue("5")).status == "resolved"
            assert (await other.get_issue("5")).status == "resolved"
