"""What hostile answers of a Sentry cost: `python benchmarks/hostile.py`.

A server of its own over stdio is asked for what a stand-in on loopback answers with 0.3, 3 and 30 MB of one thing,
while it is pinged. Ends with 1 when a bar is missed: 2 s of processor, 400 MB of memory, a ping that takes 50 ms longer
than the slowest of those to an idle server, or a call that is neither answered nor refused with an error's name.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import anyio
import psutil
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import TextContent
from standins.sockets import Request, Wire, listening
from wire import bare_environment

MEGABYTE = 1_000_000
SIZES = (0.3, 3.0, 30.0)
BAR_CPU, BAR_MEMORY, BAR_PING = 2.0, 400.0, 50.0
PAUSE = 0.01
ORDINARY = "ordinary"
"""A search that is answered with an ordinary row, as issue 1 is with an ordinary event: what a first call loads is not
the question here."""


def many(of: bytes, size: int) -> bytes:
    return b",".join([of] * (size // (len(of) + 1)))


def event(entry: bytes) -> bytes:
    return b'{"eventID": "' + b"e" * 32 + b'", "groupID": "5", "title": "T", "entries": [' + entry + b"]}"


def exception(frames: bytes) -> bytes:
    values = b'{"type": "E", "value": "v", "stacktrace": {"frames": [' + frames + b"]}}"
    return event(b'{"type": "exception", "data": {"values": [' + values + b"]}}")


FRAME = json.dumps(
    {"filename": "a.py", "function": "f", "lineNo": 3, "inApp": True, "context": [[3, "x = 1"]], "vars": {"a": "1"}}
).encode()
CRUMB = b'{"category": "c", "message": "password=hunter2", "data": {"a": 1}}'
ROW = b'{"id": "5", "shortId": "SHOP-5", "title": "KeyError: x", "culprit": "a in b", "count": "12", "tags": []}'
ISSUE = b'{"id": "5", "shortId": "SHOP-5", "title": "KeyError: x", "project": {"slug": "shop"}}'
WORST = "password " * 40 + "://" * 40 + "a@" * 40 + ":" * 80 + "-----BEGIN " * 8 + "'" * 40
TEXT = json.dumps(WORST * 20).encode()
FIELDS = b",".join(b'"k%d": ' % number + TEXT for number in range(40))


def text_rows(size: int) -> bytes:
    row = b'{"id": "5", "title": ' + TEXT + b', "culprit": ' + TEXT + b', "metadata": {"value": ' + TEXT + b"}}"
    return many(row, size)


KINDS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "empty rows": ("list", lambda size: b"[" + many(b"{}", size) + b"]"),
    "rows": ("list", lambda size: b"[" + many(ROW, size) + b"]"),
    "rows of much text": ("list", lambda size: b"[" + text_rows(size) + b"]"),
    "a row of many tags": (
        "list",
        lambda size: b'[{"id": "5", "tags": [' + many(b'{"key": "a"}', size) + b"]}]",
    ),
    "entries": ("event", lambda size: event(many(b'{"type": "x", "data": {}}', size))),
    "frames": ("event", lambda size: exception(many(FRAME, size))),
    "breadcrumbs": (
        "event",
        lambda size: event(b'{"type": "breadcrumbs", "data": {"values": [' + many(CRUMB, size) + b"]}}"),
    ),
    "locals": ("event", lambda size: exception(b'{"filename": "a.py", "vars": {' + many(b'"a": 1', size) + b"}}")),
    "locals of much text": (
        "event",
        lambda size: exception(many(b'{"filename": "a.py", "inApp": true, "vars": {' + FIELDS + b"}}", size)),
    ),
    "tags": (
        "event",
        lambda size: event(b"")[:-1] + b', "tags": [' + many(b'{"key": "a", "value": "b"}', size) + b"]}",
    ),
    "nested lists": ("event", lambda size: event(b"[" * (size // 2) + b"]" * (size // 2))),
    "lists": ("event", lambda size: event(b"")[:-1] + b', "context": {"a": [' + many(b"[]", size) + b"]}}"),
    "emoji": ("event", lambda size: event(b"")[:-1] + b', "message": "' + "\U0001f600".encode() * (size // 4) + b'"}'),
    "emoji, escaped": (
        "event",
        lambda size: event(b"")[:-1] + b', "message": "' + rb"\ud83d\ude00" * (size // 12) + b'"}',
    ),
    "many emoji": (
        "event",
        lambda size: event(b"")[:-1] + b', "errors": [' + many(rb'"\ud83d\ude00\ud83d\ude00"', size) + b"]}",
    ),
    "digits": ("event", lambda size: event(b"")[:-1] + b', "count": ' + b"7" * size + b"}"),
    "many digits": ("event", lambda size: event(b"")[:-1] + b', "errors": [' + many(b"7777777", size) + b"]}"),
    "halves of pairs": ("event", lambda size: event(b"")[:-1] + b', "errors": [' + many(rb'"\ud83d"', size) + b"]}"),
    "not a number": ("event", lambda size: event(b"")[:-1] + b', "errors": [' + many(b"NaN", size) + b"]}"),
    "no end": ("event", lambda size: event(b"")[:-1] + b', "message": "' + b"x" * size),
}


def serve(ready: Connection) -> None:
    """Answers `/<kind>/<size>/api/0/...` with so much of that."""

    async def answer(request: Request, wire: Wire) -> None:
        _, kind, size, *_ = request.path.split("/")
        of, make = KINDS[kind.replace("_", " ")]
        is_ordinary = "/issues/1/" in request.path or request.query.get("query") == ORDINARY
        if request.path.endswith("/events/latest/"):
            await wire.answer(body=make(int(size)) if of == "event" and not is_ordinary else exception(FRAME))
        elif request.path.endswith("/issues/"):
            await wire.answer(body=make(int(size)) if of == "list" and not is_ordinary else b"[" + ROW + b"]")
        else:
            await wire.answer(body=ISSUE)

    async def run() -> None:
        async with listening(answer) as server:
            ready.send(server.url)
            await asyncio.Event().wait()

    asyncio.run(run())


class Cost(NamedTuple):
    said: str
    is_answered: bool
    cpu: float
    memory: float
    ping: float
    seconds: float


@asynccontextmanager
async def started(url: str) -> AsyncGenerator[tuple[Client, psutil.Process]]:
    """A client of a server of its own, and the server's process."""
    environment = {**bare_environment(), "SENTRY_URL": url, "SENTRY_AUTH_TOKEN": "t" * 40, "SENTRY_ORG": "acme"}
    program = StdioServerParameters(
        command=sys.executable, args=[str(Path(__file__).parents[1] / "server.py")], env=environment
    )
    async with Client(stdio_client(program), cache=None) as client:
        (process,) = [one for one in psutil.Process().children() if "server.py" in " ".join(one.cmdline())]
        yield client, process


async def slowest_ping(client: Client, done: anyio.Event, pings: list[float]) -> None:
    while not done.is_set():
        begun = time.perf_counter()
        await client.list_prompts()  # the 2026 protocol has no ping
        pings.append((time.perf_counter() - begun) * 1000)
        await anyio.sleep(PAUSE)


def forget_peak(process: psutil.Process) -> None:
    """Linux: from now on the peak is a new one (proc_pid_clear_refs(5))."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def peak(process: psutil.Process) -> float:
    """MB of memory at the most."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1000


async def measure(url: str, tool: str, arguments: dict[str, Any]) -> Cost:
    ordinary = {"query": ORDINARY} if tool == "list_issues" else {"issue": "1"}
    async with started(url) as (client, process):
        idle: list[float] = []
        pings: list[float] = []
        await client.call_tool(tool, {**arguments, **ordinary})  # what is loaded with the first call is loaded
        quiet = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(slowest_ping, client, quiet, idle)
            await anyio.sleep(0.5)
            quiet.set()
        forget_peak(process)
        before = process.cpu_times()
        done = anyio.Event()
        seconds, text = 0.0, ""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(slowest_ping, client, done, pings)
            begun = time.perf_counter()
            result = await client.call_tool(tool, arguments)
            seconds = time.perf_counter() - begun
            text = result.content[0].text if isinstance(result.content[0], TextContent) else ""
            done.set()
        after = process.cpu_times()
        cpu = after.user + after.system - before.user - before.system
        return Cost(text, bool(text), cpu, peak(process), max(pings) - max(idle), seconds)


async def run(url: str, kinds: list[str]) -> int:
    missed = 0
    print(f"{'':24}{'MB':>6} {'CPU s':>7} {'MB':>6} {'ping ms':>8} {'s':>6}")
    for kind in kinds:
        of, _ = KINDS[kind]
        for size in SIZES:
            base = f"{url}/{kind.replace(' ', '_')}/{int(size * MEGABYTE)}"
            tool, arguments = (
                ("list_issues", {}) if of == "list" else ("get_issue", {"issue": "5", "max_tokens": 20_000})
            )
            cost = await measure(base, tool, arguments)
            good = cost.is_answered and cost.cpu <= BAR_CPU and cost.memory <= BAR_MEMORY and cost.ping <= BAR_PING
            missed += not good
            said = " / ".join(
                [cost.said.partition("\n")[0], *(line for line in cost.said.splitlines() if "could not" in line)]
            )
            print(
                f"{kind:24}{size:6.1f} {cost.cpu:7.2f} {cost.memory:6.0f} {cost.ping:8.1f} {cost.seconds:6.2f}"
                f"{'' if good else ' MISSED'}  {said[:110]}",
                flush=True,
            )
    print(f"{missed} bars missed" if missed else "bars met")
    return min(missed, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    chosen = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        return asyncio.run(run(ours.recv(), chosen.kinds))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    sys.exit(main())
