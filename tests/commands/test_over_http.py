"""How serving over HTTP ends: what was asked is answered, new calls are refused, streams are no reason to wait."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from standins.sockets import Request, Wire, listening
from wire import ROOT, Era, bare_environment, text_of

META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
SETTINGS = {"SENTRY_AUTH_TOKEN": "none", "SENTRY_ORG": "acme", "SENTRY_MCP_TIMEOUT": "60"}


class Process:
    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process, self.url = process, url

    def signal(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self) -> int:
        async with asyncio.timeout(20):
            return await self.process.wait()


@asynccontextmanager
async def started(sentry: str) -> AsyncGenerator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "server.py", "--http", "--port", "0"),
        cwd=ROOT,
        env={**bare_environment(), **SETTINGS, "SENTRY_URL": sentry},
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        found = re.search(r"serving MCP on (\S+)", (await process.stderr.readline()).decode())
        assert found
        yield Process(process, found[1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def client_of(server: Process, era: Era) -> AsyncGenerator[Client]:
    """A client that may find its server gone when it leaves."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(streamable_http_client(server.url), mode=era))
        await client.list_tools()
        yield client


class Slow:
    """A Sentry that answers some seconds after it is told to."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self.may_answer = asyncio.Event()

    async def __call__(self, _: Request, wire: Wire) -> None:
        await self.may_answer.wait()
        await asyncio.sleep(self._seconds)
        await wire.answer(body=b'[{"id": "1", "slug": "shop"}]')


async def refused(client: Client) -> str:
    """What is said to the first call that is refused: a signal is heard when it is."""
    for _ in range(10_000):
        try:
            await client.list_prompts(cache_mode="bypass")
        except MCPError as error:
            return error.message
    raise AssertionError("never refused")


async def test_a_call_under_way_has_the_whole_grace_and_new_ones_are_refused(era: Era) -> None:
    slow = Slow(seconds=1.6)  # most of the 3 s; the signal is heard first, which takes a busy machine a while
    async with listening(slow) as sentry, started(sentry.url) as server, client_of(server, era) as client:
        call = asyncio.create_task(client.call_tool("list_projects", {}))
        await sentry.until(lambda: len(sentry.requests) == 1)
        server.signal()
        assert await refused(client) == "The server is shutting down."
        slow.may_answer.set()
        assert "shop" in text_of(await call)
        assert await server.ended() == -signal.SIGTERM


async def test_of_rest_what_is_under_way_is_answered_and_what_is_new_is_refused() -> None:
    slow = Slow(seconds=1.6)
    async with listening(slow) as sentry, started(sentry.url) as server, httpx.AsyncClient(timeout=20) as client:
        url = httpx.URL(server.url).join("/projects")
        call = asyncio.create_task(client.get(url))
        await sentry.until(lambda: len(sentry.requests) == 1)
        server.signal()
        while (refused := await client.get(url.join("/nothing"))).status_code == 404:
            pass
        assert (refused.status_code, refused.json()["error"]) == (503, "shutting_down")
        assert int(refused.headers["retry-after"]) > 0
        slow.may_answer.set()
        answer = await call
        assert (answer.status_code, answer.json()["projects"][0]["slug"]) == (200, "shop")
        assert await server.ended() == -signal.SIGTERM


async def test_of_rest_what_takes_longer_is_told_so() -> None:
    async with listening(Slow()) as sentry, started(sentry.url) as server, httpx.AsyncClient(timeout=20) as client:
        call = asyncio.create_task(client.get(httpx.URL(server.url).join("/projects")))
        await sentry.until(lambda: len(sentry.requests) == 1)
        server.signal()
        answer = await call
        assert (answer.status_code, answer.json()["error"]) == (503, "shutting_down")
        assert "may have been" in answer.json()["message"]
        assert "Retry-After" not in answer.headers
        assert await server.ended() == -signal.SIGTERM


async def test_a_second_signal_ends_it_at_once() -> None:
    async def ask(method: str, **parameters: object) -> httpx.Response:
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": method,
            "Mcp-Name": str(parameters.get("name", "")),
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": META, **parameters}}
        async with httpx.AsyncClient(timeout=20) as client:
            return await client.post(server.url, json=body, headers=headers)

    async with listening(Slow()) as sentry, started(sentry.url) as server:
        call = asyncio.create_task(ask("tools/call", name="list_projects", arguments={}))
        await sentry.until(lambda: len(sentry.requests) == 1)
        server.signal()
        while "error" not in (await ask("prompts/list")).json():
            pass
        server.signal()
        assert await server.ended() == 128 + signal.SIGTERM
        with pytest.raises(httpx.TransportError):
            await call


async def test_a_call_that_takes_longer_does_not_hold_it_up(era: Era) -> None:
    async with listening(Slow()) as sentry, started(sentry.url) as server, client_of(server, era) as client:
        call = asyncio.create_task(client.call_tool("list_projects", {}))
        await sentry.until(lambda: len(sentry.requests) == 1)
        server.signal()
        with pytest.raises(MCPError, match=r"shutting down.*may have been"):
            await call
        assert await server.ended() == -signal.SIGTERM


async def test_a_client_that_asks_nothing_does_not_hold_it_up(era: Era) -> None:
    async with started("http://127.0.0.1:9") as server, client_of(server, era):
        server.signal()
        assert await server.ended() == -signal.SIGTERM
