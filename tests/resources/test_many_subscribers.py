"""Many who listen, and much that changes: nobody waits for who does not read, nothing of who left stays."""

import gc
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
from alerting import happening
from mcp.server.connection import Connection
from starlette.applications import Starlette
from starlette.types import Message
from wire import Era, Sentry

from alerts.inbox import Inbox
from application import Application
from web.calls import Calls

URL = "http://127.0.0.1:7"
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
URIS = ["sentry://alerts", "sentry://issues"]


class Stream:
    """An answer without end, of which a client reads or does not."""

    def __init__(self) -> None:
        self.opened, self.read = anyio.Event(), anyio.Event()
        self.heard: list[str] = []
        self.is_over = False
        self._left, self._more = anyio.Event(), anyio.Event()
        self._asked = False

    async def run(self, app: Starlette, method: str, headers: dict[str, str], body: bytes = b"") -> None:
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": "/mcp",
            "raw_path": b"/mcp", "query_string": b"", "root_path": "", "server": ("127.0.0.1", 7),
            "client": ("127.0.0.1", 9), "headers": [(b"host", b"127.0.0.1:7"), *encoded],
        }  # fmt: skip

        async def receive() -> Message:
            if not self._asked:
                self._asked = True
                return {"type": "http.request", "body": body, "more_body": False}
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200
                self.opened.set()
                return
            await self.read.wait()
            self.heard += re.findall(r'"uri":\s*"([^"]*)"', message.get("body", b"").decode())
            self._more.set()

        await app(scope, receive, send)
        self.is_over = True

    def leave(self) -> None:
        self._left.set()

    async def until(self, uri: str, count: int = 1) -> None:
        with anyio.fail_after(20):
            while self.heard.count(uri) < count:
                self._more = anyio.Event()
                await self._more.wait()


@dataclass
class Served:
    """A server in this process."""

    app: Starlette
    inbox: Inbox
    http: httpx.AsyncClient

    async def session(self, *uris: str) -> dict[str, str]:
        """The headers of one that has subscribed."""
        about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        begun = await self._ask({}, "initialize", about)
        session = {"Mcp-Session-Id": begun.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        await self.http.post("/mcp", json=initialized, headers=ACCEPT | session)
        for uri in uris:
            await self._ask(session, "resources/subscribe", {"uri": uri})
        return session

    async def _ask(self, session: dict[str, str], method: str, parameters: Mapping[str, object]) -> httpx.Response:
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        answer = await self.http.post("/mcp", json=asked, headers=ACCEPT | session)
        assert answer.status_code == 200
        return answer

    @asynccontextmanager
    async def listening(self, era: Era, *uris: str) -> AsyncGenerator[Stream]:
        """Nothing is read yet."""
        stream = Stream()
        async with anyio.create_task_group() as tasks:
            if era == "legacy":
                headers = ACCEPT | await self.session(*uris)
                tasks.start_soon(stream.run, self.app, "GET", headers)
            else:
                parameters = {"_meta": META, "notifications": {"resourceSubscriptions": uris}}
                asked = {"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": parameters}
                headers = {**ACCEPT, "MCP-Protocol-Version": "2026-07-28", "MCP-Method": "subscriptions/listen"}
                tasks.start_soon(stream.run, self.app, "POST", headers, json.dumps(asked).encode())
            with anyio.fail_after(20):
                await stream.opened.wait()
            yield stream
            stream.read.set()
            stream.leave()
            if era == "legacy":
                assert (await self.http.delete("/mcp", headers=headers)).is_success


@asynccontextmanager
async def serving(sentry: Sentry, folder: Path) -> AsyncGenerator[Served]:
    settings = sentry.settings(
        SENTRY_MCP_ALERTS="true",
        SENTRY_MCP_ALERTS_PATH=str(folder / "alerts.db"),
        SENTRY_MCP_ALERTS_INTERVAL="0",
    )
    application = Application(settings)
    app = application.http_app(Calls())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as http,
    ):
        assert application.inbox is not None
        yield Served(app, application.inbox, http)


async def test_nobody_waits_for_one_who_does_not_read(sentry: Sentry, era: Era, tmp_path: Path) -> None:
    issues = [f"sentry://issues/{number}" for number in range(100)]
    async with (
        serving(sentry, tmp_path) as served,
        served.listening(era, *URIS, *issues) as slow,
        served.listening("legacy", *URIS) as session,
        served.listening("auto", *URIS) as stream,
    ):
        session.read.set()
        stream.read.set()
        for count in (1, 2, 3):
            told = [happening(number) for number in range(100 * count - 100, 100 * count)]
            await served.inbox.store(told, "webhook")
            for uri in URIS:
                await session.until(uri, count)
                await stream.until(uri, count)
        assert slow.heard == []
        slow.read.set()
        for uri in (*URIS, *issues):
            await slow.until(uri)


async def test_of_a_thousand_at_once_each_hears_and_goes_on_hearing(sentry: Sentry, tmp_path: Path) -> None:
    last = "sentry://issues/5000"
    uris = [*URIS, "sentry://projects/acme/shop/issues", last]
    async with (
        serving(sentry, tmp_path) as served,
        served.listening("legacy", *uris) as session,
        served.listening("auto", *uris) as stream,
    ):
        session.read.set()
        for start in range(1, 1_001, 200):
            told = [happening(number) for number in range(start, start + 200)]
            await served.inbox.store(told, "webhook")
        await served.inbox.store([happening(5_000)], "webhook")
        await session.until(last)
        stream.read.set()  # who reads when all is over has missed nothing
        for listener in (session, stream):
            for uri in uris:
                await listener.until(uri)
            assert not listener.is_over


async def test_nothing_stays_of_those_who_left(sentry: Sentry, era: Era, tmp_path: Path) -> None:
    def connections() -> int:
        gc.collect()
        return sum(isinstance(one, Connection) for one in gc.get_objects())

    async with serving(sentry, tmp_path) as served:
        before = connections()
        async with AsyncExitStack() as stack:
            for _ in range(20):
                (await stack.enter_async_context(served.listening(era, *URIS))).read.set()
            assert connections() >= before + 20
        with anyio.fail_after(20):
            while connections() > before:  # noqa: ASYNC110 - sessions end by themselves
                await anyio.sleep(0.05)
        await served.inbox.store([happening(1)], "webhook")
        async with served.listening(era, *URIS) as listener:
            listener.read.set()
            await served.inbox.store([happening(2)], "webhook")
            await listener.until(URIS[0])
