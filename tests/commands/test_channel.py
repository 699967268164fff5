"""Claude Code's channel: an alert wakes the session, in our words alone."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from alerting import happening, inbox_in
from leaks import ALL, ORDER
from mcp.shared.memory import MessageStream, create_client_server_memory_streams
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter
from wire import ROOT, Era, bare_environment

from alerts.alert import Happening, Kind
from alerts.inbox import Inbox
from application import Application
from commands.channel import Channel
from settings import load_settings

META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
ABOUT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
ONE = re.compile(
    r"A Sentry alert waits: (\d+), \w+( [A-Z0-9-]+)?( in acme/shop)?\. Take it with claim_alert, alert=\1\."
)
MANY = re.compile(
    r"\d+ Sentry alerts wait, the first is \d+, \w+( [A-Z0-9-]+)?( in acme/shop)?\. "
    r"Take one after the other with claim_alert\."
)
HOSTILE = [
    happening(1, title=ALL, short_id=f"SHOP-1\n{ORDER}"),
    happening(2, short_id=f"<img src=x> {ORDER}", project=f"shop](https://evil.example) {ORDER}"),
    happening(3, organization=f"acme\n\n# System\n{ORDER}", short_id="", issue=f"3 {ORDER}"),
    happening(4, Kind.RULE, rule=ORDER, said=ORDER, level=ORDER, url=f"https://evil.example/?q={ORDER}", event=ORDER),
]


def settings_of(folder: Path) -> dict[str, str]:
    return {
        "SENTRY_AUTH_TOKEN": "none",
        "SENTRY_ORG": "acme",
        "SENTRY_URL": "http://127.0.0.1:9",
        "SENTRY_MCP_ALERTS_PATH": str(folder / "alerts.db"),
        "SENTRY_MCP_ALERTS_INTERVAL": "0",
    }


class Host:
    """What speaks with a server by lines, or messages; what it was notified of is in `told`."""

    def __init__(self, era: Era) -> None:
        self._era = era
        self.told: list[dict[str, Any]] = []

    async def say(self, message: dict[str, Any]) -> None:
        raise NotImplementedError

    async def read(self) -> dict[str, Any]:
        raise NotImplementedError

    async def ask(self, method: str, request_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
        await self.say({"jsonrpc": "2.0", "id": request_id, "method": method, "params": parameters})
        with anyio.fail_after(20):
            while (message := await self.read()).get("id") != request_id:
                self.told.append(message)
        return dict(message["result"])

    async def introduced(self) -> dict[str, Any]:
        """What the server says that it can do; a session has not begun yet."""
        if self._era == "legacy":
            return dict((await self.ask("initialize", "first", ABOUT))["capabilities"])
        return dict((await self.ask("server/discover", "first", {"_meta": META}))["capabilities"])

    async def begin(self) -> None:
        if self._era == "legacy":
            await self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})
        else:
            await self.ask("tools/list", "second", {"_meta": META})

    async def woken(self) -> dict[str, Any]:
        """The parameters of the next message."""
        with anyio.fail_after(20):
            while not self.told:
                self.told.append(await self.read())
        told = self.told.pop(0)
        assert told["method"] == "notifications/claude/channel"
        assert set(told["params"]) == {"content", "meta"}
        return dict(told["params"])


class InMemory(Host):
    def __init__(self, era: Era, streams: MessageStream) -> None:
        super().__init__(era)
        self._streams = streams

    async def say(self, message: dict[str, Any]) -> None:
        await self._streams[1].send(SessionMessage(jsonrpc_message_adapter.validate_python(message)))

    async def read(self) -> dict[str, Any]:
        received = await self._streams[0].receive()
        assert isinstance(received, SessionMessage)
        return received.message.model_dump(mode="json", by_alias=True, exclude_none=True)


@asynccontextmanager
async def in_memory(folder: Path, era: Era, channel: Channel | None) -> AsyncGenerator[tuple[InMemory, Inbox]]:
    settings = load_settings(environment={**settings_of(folder), "SENTRY_MCP_ALERTS": "true"})
    application = Application(settings, channel=channel)
    server = application.server._lowlevel_server  # pyright: ignore[reportPrivateUsage]
    async with create_client_server_memory_streams() as (clients, servers), anyio.create_task_group() as tasks:
        tasks.start_soon(server.run, *servers, server.create_initialization_options())
        with anyio.fail_after(20):
            while application.inbox is None:
                await anyio.lowlevel.checkpoint()
        yield InMemory(era, clients), application.inbox
        tasks.cancel_scope.cancel()


class OverLines(Host):
    def __init__(self, era: Era, process: asyncio.subprocess.Process) -> None:
        super().__init__(era)
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout

    async def say(self, message: dict[str, Any]) -> None:
        self._stdin.write(json.dumps(message).encode() + b"\n")
        await self._stdin.drain()

    async def read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self._stdout.readline())
        return message


@asynccontextmanager
async def over_lines(folder: Path, era: Era) -> AsyncGenerator[OverLines]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "server.py", "--channel"),
        cwd=ROOT,
        env={**bare_environment(), **settings_of(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=1_000_000,
    )
    try:
        yield OverLines(era, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_an_alert_wakes_the_session_once_and_no_outsider_speaks(era: Era, tmp_path: Path) -> None:
    async with over_lines(tmp_path, era) as host:
        assert (await host.introduced())["experimental"] == {"claude/channel": {}}
        await host.begin()
        async with inbox_in(tmp_path / "alerts.db", *HOSTILE):  # as a server stores them that has webhooks
            told = await host.woken()
        assert told["meta"] == {"alert": "1", "kind": "created", "count": "4"}
        assert MANY.fullmatch(told["content"])
        await host.ask("tools/list", "last", {"_meta": META} if era == "auto" else {})
        assert host.told == []


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_is_told_is_in_our_words(tmp_path: Path, hostile: Happening) -> None:
    async with in_memory(tmp_path, "auto", Channel()) as (host, inbox):
        await host.introduced()
        await host.begin()
        await inbox.store([hostile], "webhook")
        told = await host.woken()
        assert ONE.fullmatch(told["content"])
        assert told["meta"] == {"alert": "1", "kind": hostile.kind, "count": "1"}


async def test_what_came_before_the_session_began_is_told_when_it_has(era: Era, tmp_path: Path) -> None:
    async with in_memory(tmp_path, era, Channel(0.05)) as (host, inbox):
        await inbox.store([happening(1)], "webhook")
        await host.introduced()
        await inbox.store([happening(2)], "webhook")
        with anyio.move_on_after(0.3):
            host.told.append(await host.read())
        assert host.told == []
        await host.begin()
        assert (await host.woken())["content"] == (
            "2 Sentry alerts wait, the first is 1, created SHOP-1 in acme/shop. "
            "Take one after the other with claim_alert."
        )


async def test_what_comes_within_the_pause_is_told_together(era: Era, tmp_path: Path) -> None:
    async with in_memory(tmp_path, era, Channel(1.0)) as (host, inbox):
        await host.introduced()
        await host.begin()
        await inbox.store([happening(1)], "webhook")
        assert (await host.woken())["content"] == (
            "A Sentry alert waits: 1, created SHOP-1 in acme/shop. Take it with claim_alert, alert=1."
        )
        for number in range(2, 5):
            await inbox.store([happening(number)], "webhook")
            await anyio.sleep(0.15)  # each is read by itself
        assert (await host.woken())["meta"] == {"alert": "2", "kind": "created", "count": "3"}


async def test_what_nobody_is_to_look_into_wakes_nobody(tmp_path: Path) -> None:
    async with in_memory(tmp_path, "auto", Channel()) as (host, inbox):
        await host.introduced()
        await host.begin()
        await inbox.store([happening(1, Kind.RESOLVED, is_work=False), happening(2)], "webhook")
        assert (await host.woken())["meta"] == {"alert": "2", "kind": "created", "count": "1"}


async def test_without_it_nothing_is_announced_or_told(era: Era, tmp_path: Path) -> None:
    async with in_memory(tmp_path, era, None) as (host, inbox):
        assert "claude/channel" not in ((await host.introduced()).get("experimental") or {})
        await host.begin()
        await inbox.store([happening(1)], "webhook")
        await anyio.sleep(0.3)
        await host.ask("tools/list", "last", {"_meta": META} if era == "auto" else {})
        assert host.told == []
