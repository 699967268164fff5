"""A cached get_project over HTTP, beside the echo tool of a bare SDK server: `python benchmarks/over_http.py`.

Each server is a process of its own; 1, 8 and 64 clients ask it, in both protocol eras, in short turns with the other,
so that the machine's noise meets both; the ratio is the median of the turns'. The clients do next to nothing: what is
measured is the server. Ends with 1 when a bar is missed: calls per second of at least 0.75 of the bare server's, and
for one client a median of at most 3 ms.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from standins.sockets import Request, Wire, listening
from wire import bare_environment, free_port, served_http

CLIENTS = (1, 8, 64)
ERAS = ("2026-07-28", "2025-11-25")
RATIO, MEDIAN = 0.75, 3.0
"""Calls per second, ours to bare; milliseconds of one client."""
BARE = """
import sys
from mcp.server.mcpserver import MCPServer
server = MCPServer("bare", log_level="WARNING")
@server.tool()
def echo(text: str) -> str:
    return text
server.run("streamable-http", port=int(sys.argv[1]))
"""
PROJECT = {"id": "1", "slug": "shop", "name": "Shop", "platform": "python", "teams": [{"id": "1", "slug": "web"}]}
ECHO: dict[str, Any] = {"name": "echo", "arguments": {"text": "hello"}}
GET_PROJECT: dict[str, Any] = {"name": "get_project", "arguments": {"project": "shop"}}


class Caller:
    """One client of an MCP server, on one connection: bytes out, bytes in."""

    def __init__(self, port: int, era: str, more: Mapping[str, str] | None = None) -> None:
        """`more` are headers of each request."""
        self._port = port
        self._era = era
        self._headers = {"mcp-protocol-version": era, **(more or {})}

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        if self._era == ERAS[0]:
            return
        about = {"protocolVersion": self._era, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
        headers, _ = await self._post({"id": 0, "method": "initialize", "params": about})
        self._headers["mcp-session-id"] = headers["mcp-session-id"]
        await self._post({"method": "notifications/initialized"})

    async def call(self, params: dict[str, Any]) -> bytes:
        _, body = await self._answer(self.request(params))
        assert b'"result"' in body, body
        assert b'"isError":true' not in body, body
        return body

    def request(self, params: dict[str, Any]) -> bytes:
        """What is sent for a call."""
        if self._era == ERAS[0]:
            meta: dict[str, object] = {"protocolVersion": self._era, "clientCapabilities": {}}
            params = {**params, "_meta": {f"io.modelcontextprotocol/{name}": of for name, of in meta.items()}}
            self._headers |= {"mcp-method": "tools/call", "mcp-name": params["name"]}
        return self._request({"id": 1, "method": "tools/call", "params": params})

    async def _post(self, message: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        return await self._answer(self._request(message))

    def _request(self, message: dict[str, Any]) -> bytes:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        accepts = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
        headers = {"host": f"127.0.0.1:{self._port}", "content-length": str(len(body)), **accepts, **self._headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /mcp HTTP/1.1\r\n{lines}\r\n".encode() + body

    async def _answer(self, request: bytes) -> tuple[dict[str, str], bytes]:
        self._writer.write(request)
        status, *answered = (await self._reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        assert status.split()[1] in ("200", "202"), status
        told = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in answered)}
        if told.get("transfer-encoding") != "chunked":
            return told, await self._reader.readexactly(int(told.get("content-length", "0")))
        chunks = b""
        while size := int(await self._reader.readline(), 16):
            chunks += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readline()
        return told, chunks

    def close(self) -> None:
        self._writer.close()


@dataclass
class Figures:
    """Of each round the calls per second, of each call the milliseconds."""

    rates: list[float] = field(default_factory=list[float])
    times: list[float] = field(default_factory=list[float])

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def median(self) -> float:
        return statistics.median(self.times)


async def one_round(callers: list[Caller], params: dict[str, Any], calls: int, figures: Figures) -> None:
    async def ask(caller: Caller) -> None:
        for _ in range(calls // len(callers)):
            started = time.perf_counter()
            await caller.call(params)
            figures.times.append((time.perf_counter() - started) * 1_000)

    started = time.perf_counter()
    await asyncio.gather(*map(ask, callers))
    figures.rates.append(calls // len(callers) * len(callers) / (time.perf_counter() - started))


@dataclass(frozen=True)
class Served:
    """A server, what it is asked, and with which headers."""

    port: int
    params: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict[str, str])


@asynccontextmanager
async def bare(program: str = BARE) -> AsyncGenerator[int]:
    """The port of a bare SDK server."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(port), env=bare_environment())
    try:
        while True:
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            except OSError:
                assert process.returncode is None, "the bare server ended"
                await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def answer(request: Request, wire: Wire) -> None:
    is_list = request.path.rstrip("/").endswith(("organizations", "releases"))
    await wire.answer(body=json.dumps([] if is_list else PROJECT).encode())


@asynccontextmanager
async def ours(**settings: str) -> AsyncGenerator[int]:
    """The port of our server, over a Sentry whose project it remembers."""
    given = {"SENTRY_ORG": "acme", "SENTRY_AUTH_TOKEN": "none", "SENTRY_MCP_CACHE_TTL": "3600", **settings}
    async with listening(answer) as sentry, served_http({**given, "SENTRY_URL": sentry.url}) as url:
        yield int(url.split(":")[2].split("/")[0])


async def compare(mine: Served, control: Served, rounds: int, calls: int) -> list[tuple[int, float, float]]:
    """Of each era and number of clients: how many, the ratio of calls per second, our median in milliseconds."""
    print("era         clients     ours    bare  calls/s  ratio     p50 ours    bare")
    return [await _compared(mine, control, era, clients, rounds, calls) for era in ERAS for clients in CLIENTS]


async def _compared(
    mine: Served, control: Served, era: str, clients: int, rounds: int, calls: int
) -> tuple[int, float, float]:
    sides = [
        (Figures(), served.params, [Caller(served.port, era, served.headers) for _ in range(clients)])
        for served in (mine, control)
    ]
    for _, params, callers in sides:
        for caller in callers:
            await caller.open()
        await one_round(callers, params, calls // 4, Figures())  # warm
    for _ in range(rounds):
        for figures, params, callers in sides:
            await one_round(callers, params, calls, figures)
    for _, _, callers in sides:
        for caller in callers:
            caller.close()
    (us, _, _), (them, _, _) = sides
    ratio = statistics.median(one / other for one, other in zip(us.rates, them.rates, strict=True))
    print(
        f"{era} {clients:8} {us.rate:8.0f}{them.rate:8.0f} {ratio:14.2f} {us.median:9.2f} ms {them.median:4.2f} ms",
        flush=True,
    )
    return clients, ratio, us.median


async def measure(rounds: int, calls: int) -> bool:
    async with ours() as port, bare() as control:
        found = await compare(Served(port, GET_PROJECT), Served(control, ECHO), rounds, calls)
    return all(ratio >= RATIO and (clients > 1 or median <= MEDIAN) for clients, ratio, median in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--calls", type=int, default=128, help="in each round")
    chosen = parser.parse_args()
    is_within = asyncio.run(measure(chosen.rounds, chosen.calls))
    print(f"bars, {RATIO} and {MEDIAN:.0f} ms: {'met' if is_within else 'MISSED'}")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
