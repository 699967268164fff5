"""The server as its clients meet it: in memory, over a pipe, over a socket; an embedded Sentry behind it."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import anyio
import sentry_sdk
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult, TextContent

from application import build_server
from local import Embedded, Store, serve
from settings import Settings, load_settings

ROOT = Path(__file__).parents[1]
Transport = Literal["memory", "stdio", "http"]
Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")


def bare_environment() -> dict[str, str]:
    """What a host starts a server with: nearly nothing. (And what tells a process that its lines are counted.)"""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {"PATH": os.environ["PATH"], **kept}


@contextmanager
def served_in_background(store: Store) -> Generator[Embedded]:
    """An embedded Sentry on a socket, in an event loop of its own: no test's loop is in its way."""
    ready: list[Embedded] = []
    started = threading.Event()
    stop = asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        async with serve(store) as embedded:
            ready.append(embedded)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    if not started.wait(10):
        raise RuntimeError("The embedded Sentry did not start")
    try:
        yield ready[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)


@dataclass
class Sentry:
    """One organization of an embedded Sentry, and how its apps and servers reach it."""

    embedded: Embedded
    organization: str
    token: str
    project: int

    @property
    def store(self) -> Store:
        return self.embedded.store

    def dsn(self, project: int | None = None) -> str:
        return self.embedded.dsn(str(project or self.project))

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "SENTRY_URL": self.embedded.url,
            "SENTRY_ORG": self.organization,
            "SENTRY_AUTH_TOKEN": self.token,
            "SENTRY_MCP_CACHE_TTL": "0",
            "SENTRY_MCP_STRUCTURED_CONTENT": "true",
            **more,
        }

    def settings(self, **more: str) -> Settings:
        return load_settings(environment=self.environment(**more))

    def capture(
        self,
        broken: Callable[[], object],
        *,
        release: str = "shop@1.4.0",
        user: dict[str, str] | None = None,
        fingerprint: list[str] | None = None,
        tags: dict[str, str] | None = None,
        project: int | None = None,
        environment: str = "production",
    ) -> str:
        """Runs `broken` and captures what it raises, or as a message what it returns; gives the event's ID."""
        client = sentry_sdk.Client(
            self.dsn(project), release=release, environment=environment, in_app_include=["broken"]
        )
        with sentry_sdk.isolation_scope() as isolated, sentry_sdk.new_scope() as scope:
            isolated.set_client(client)
            scope.set_client(client)
            for one in (isolated, scope):
                one.set_new_propagation_context()  # as in a request of its own
            scope.set_user(user)
            for key, value in (tags or {}).items():
                scope.set_tag(key, value)
            if fingerprint:
                scope.fingerprint = fingerprint
            scope.add_breadcrumb(category="test", message="about to break")
            try:
                returned = broken()
            except Exception as error:  # noqa: BLE001 - whatever it raises is what is captured
                event = sentry_sdk.capture_exception(error)
            else:
                event = sentry_sdk.capture_message(str(returned))
        client.close(timeout=10)
        if event is None:
            raise RuntimeError("The SDK captured nothing")
        return event


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


def data_of(result: CallToolResult) -> dict[str, Any]:
    """The structured answer of a call that did not fail, behind its notice."""
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return without_notice(result.structured_content)


def without_notice(data: dict[str, Any]) -> dict[str, Any]:
    """An answer's JSON; where it begins with a notice, what follows that."""
    assert "notice" not in list(data)[1:]
    return {name: value for name, value in data.items() if name != "notice"}


def error_of(result: CallToolResult) -> dict[str, Any]:
    """The error object of a call that failed."""
    assert result.is_error, text_of(result)
    error: dict[str, Any] | None = result.structured_content
    assert error is not None
    assert set(error) == {"error", "message", "status_code", "details"}
    assert error["message"] in text_of(result)
    return error


@asynccontextmanager
async def connected(
    sentry: Sentry, transport: Transport = "memory", era: Era = "auto", **settings: str
) -> AsyncGenerator[Client]:
    """A real client of the server over that transport."""
    match transport:
        case "memory":
            async with Client(build_server(sentry.settings(**settings)), mode=era) as client:
                yield client
        case "stdio":
            parameters = StdioServerParameters(
                command=sys.executable,
                args=["-m", "sentry_mcp"],
                cwd=ROOT,
                env={**bare_environment(), **sentry.environment(**settings)},
            )
            async with Client(stdio_client(parameters), mode=era) as client:
                yield client
        case "http":
            async with served_http(sentry.environment(**settings)) as url, Client(url, mode=era) as client:
                yield client


@asynccontextmanager
async def connected_to(url: str, era: Era = "auto", **settings: str) -> AsyncGenerator[Client]:
    """A real client of the server in memory, over whatever answers at `url` as organization acme's Sentry."""
    environment = {
        "SENTRY_URL": url,
        "SENTRY_ORG": "acme",
        "SENTRY_AUTH_TOKEN": "none",
        "SENTRY_MCP_STRUCTURED_CONTENT": "true",
        **settings,
    }
    async with Client(build_server(load_settings(environment=environment)), mode=era) as client:
        yield client


@asynccontextmanager
async def served_http(environment: dict[str, str], *arguments: str) -> AsyncGenerator[str]:
    """`python server.py --http` on a free port, as a process of its own; its URL."""
    async with started_http(environment, *arguments) as (_, url):
        yield url


@asynccontextmanager
async def started_http(
    environment: dict[str, str], *arguments: str
) -> AsyncGenerator[tuple[asyncio.subprocess.Process, str]]:
    """The same, with its process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "server.py"),
        "--http",
        "--port",
        "0",
        *arguments,
        env={**bare_environment(), **environment},
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    reading: asyncio.Task[bytes] | None = None
    try:
        with anyio.fail_after(20):
            while b"serving MCP on " not in (line := await process.stderr.readline()):
                assert line, "the server ended"
        reading = asyncio.create_task(process.stderr.read())  # a server whose log nobody reads stops at its next line
        yield process, line.decode().split("serving MCP on ")[1].strip('"}\n')
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if reading is not None:
            await reading


def free_port() -> int:
    """Of those that the system gives to nobody by itself: none of the servers that run beside a test takes it before
    it is used, or while its server is started again."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(15_000, 32_000)))
            except OSError:
                continue
            return int(probe.getsockname()[1])
