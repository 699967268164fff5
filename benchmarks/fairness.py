"""What one greedy caller does to the others: `python benchmarks/fairness.py`.

Honest callers ask at a steady rate, each on a connection of its own; a greedy one, on 64, sends its next request as
soon as it has an answer, whatever that says. It asks and rests in alternating turns of the same run, so that the
machine's noise meets both; the ratio is the median of the pairs of turns'. Three ways: it is over its calls a minute
and refused; it has no such limit, and what it asks is remembered (all of it is the server's own work); or Sentry is
asked each time, which takes 50 ms.

The server has a core to itself, where there are two; the honest callers, the stand-in for Sentry and the greedy one
share the other, the latter as a process of its own that gives way to them and reads no more of an answer than where it
ends: what the honest ones wait for is the server. Where the machine has other things to do, a median tells more of
those: begin with `chrt -f 2`. The columns of work say for how long the server was at work, for whomever, between a call
and its answer. Ends with 1 when the bar is missed: the honest ones' median at most 1.2 times as long.
"""

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from standins.sockets import Request, Wire, listening
from wire import served_http

from benchmarks.over_http import ERAS, PROJECT, Caller

BAR = 1.2
HONEST, EVERY = 8, 0.2
"""Callers, and the seconds between two calls of each."""
CONNECTIONS = 64
TURN, SETTLE = 1.5, 0.3
"""Seconds, and how many of them are not counted after the greedy one began or stopped."""
DELAY = 0.05
"""Seconds that Sentry takes."""


@dataclass(frozen=True)
class Way:
    name: str
    calls_per_minute: int
    cache_ttl: int


WAYS = (Way("refused", 60, 3600), Way("remembered", 1_000_000, 3600), Way("asks Sentry", 1_000_000, 0))


class Known(Caller):
    def __init__(self, port: int, era: str, token: str) -> None:
        super().__init__(port, era)
        self._headers["authorization"] = f"Bearer {token}"


def get_project(project: str) -> dict[str, Any]:
    return {"name": "get_project", "arguments": {"project": project}}


# The greedy one: a process of its own.


class Greedy(asyncio.Protocol):
    """One connection. `asks` is set when it may."""

    def __init__(self, request: bytes, asks: asyncio.Event, counts: dict[str, int]) -> None:
        self._request, self._asks, self._counts = request, asks, counts
        self._answer = b""
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()

    def ask(self) -> None:
        if self._asks.is_set():
            self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return
        _, is_sized, rest = head.lower().partition(b"content-length:")
        if len(body) < int(rest.split(b"\r\n")[0]) if is_sized else not body.endswith(b"0\r\n\r\n"):
            return
        status = head[9:12].decode()
        self._counts[status] = self._counts.get(status, 0) + 1
        self._answer = b""
        self.ask()


def give_way() -> None:
    """To the process that started this one."""
    if hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) == os.SCHED_FIFO:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    else:
        os.nice(19)


async def be_greedy(port: int, era: str, token: str) -> None:
    """Asks from a line on stdin to the next one, until there are no more; then says what it was answered."""
    give_way()
    asks, counts = asyncio.Event(), dict[str, int]()
    asking: set[Greedy] = set()

    async def connection(number: int) -> None:
        caller = Known(port, era, token)
        await caller.open()
        request = caller.request(get_project(f"greedy-{number}"))
        caller.close()
        while True:
            _, greedy = await asyncio.get_running_loop().create_connection(
                lambda: Greedy(request, asks, counts), "127.0.0.1", port
            )
            asking.add(greedy)
            await greedy.lost.wait()
            asking.discard(greedy)

    tasks = [asyncio.ensure_future(connection(number)) for number in range(CONNECTIONS)]
    while await asyncio.to_thread(sys.stdin.readline):
        if asks.is_set():
            asks.clear()
        else:
            asks.set()
            for greedy in asking:
                greedy.ask()
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    print(json.dumps(counts))


# The honest ones, and what is between.


@dataclass(frozen=True)
class Call:
    """When it began, in seconds; how many milliseconds it took, and how many of them the server was at work."""

    begun: float
    took: float
    work: float


async def ask_steadily(
    caller: Known, number: int, calls: list[Call], at_work: Callable[[], float], is_over: asyncio.Event
) -> None:
    due = time.perf_counter() + EVERY * number / HONEST
    while not is_over.is_set():
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        begun, work = time.perf_counter(), at_work()
        await caller.call(get_project(f"honest-{number}"))
        calls.append(Call(begun, (time.perf_counter() - begun) * 1_000, at_work() - work))
        due = max(due + EVERY, begun)


async def answer(request: Request, wire: Wire) -> None:
    await asyncio.sleep(DELAY)
    is_list = request.path.rstrip("/").endswith(("organizations", "releases"))
    slug = request.path.rstrip("/").split("/")[-1]
    await wire.answer(body=json.dumps([] if is_list else PROJECT | {"slug": slug}).encode())


def clock_of_work(server: psutil.Process) -> Callable[[], float]:
    """Milliseconds for which the server's thread has run; always 0 where the system does not tell."""
    file = Path(f"/proc/{server.pid}/schedstat")
    return (lambda: int(file.read_text().split()[0]) / 1e6) if file.exists() else (lambda: 0.0)


@asynccontextmanager
async def served(way: Way) -> AsyncGenerator[tuple[int, Callable[[], float]]]:
    """The port of a server that knows the callers, on a core of its own, and its clock of work."""
    names = ["greedy", *(f"honest-{number}" for number in range(HONEST))]
    tables = [
        f'[[callers]]\nname = "{name}"\ntoken_sha256 = "{hashlib.sha256(name.encode()).hexdigest()}"\n'
        f'scopes = ["issues:read"]\ncalls_per_minute = {way.calls_per_minute if name == "greedy" else 100_000}\n'
        for name in names
    ]
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "callers.toml"
        file.write_text("".join(tables))
        settings = {"SENTRY_ORG": "acme", "SENTRY_AUTH_TOKEN": "none", "SENTRY_MCP_CALLERS_FILE": str(file)}
        settings["SENTRY_MCP_CACHE_TTL"] = str(way.cache_ttl)
        async with listening(answer) as sentry:
            if len(cores) > 1:
                os.sched_setaffinity(0, cores[:1])  # which the server inherits
            async with served_http({**settings, "SENTRY_URL": sentry.url}) as url:
                if len(cores) > 1:
                    os.sched_setaffinity(0, cores[1:])
                try:
                    server = psutil.Process().children()[-1]
                    yield int(url.split(":")[2].split("/")[0]), clock_of_work(server)
                finally:
                    if cores:
                        os.sched_setaffinity(0, cores)


async def measure(way: Way, era: str, pairs: int) -> float:
    async with served(way) as (port, at_work):
        callers = [Known(port, era, f"honest-{number}") for number in range(HONEST)]
        for caller in callers:
            await caller.open()
        greedy = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, "--greedy", str(port), era, "greedy"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert greedy.stdin is not None
        calls: list[Call] = []
        is_over = asyncio.Event()
        honest = [
            asyncio.ensure_future(ask_steadily(caller, number, calls, at_work, is_over))
            for number, caller in enumerate(callers)
        ]
        await asyncio.sleep(3)  # until all are connected
        turns: list[list[Call]] = []
        for _ in range(pairs * 2):
            await asyncio.sleep(SETTLE)
            begun = time.perf_counter()
            await asyncio.sleep(TURN)
            turns.append([call for call in calls if call.begun >= begun])
            greedy.stdin.write(b"\n")
        is_over.set()
        await asyncio.gather(*honest)
        greedy.stdin.close()
        answered, _ = await greedy.communicate()
        for caller in callers:
            caller.close()
    took, work = compared(turns, lambda call: call.took), compared(turns, lambda call: call.work)
    print(
        f"{way.name:12} {era} {took[0]:9.2f} ms {took[1]:7.2f} ms {took[2]:6.2f} "
        f"{work[0]:9.2f} ms {work[1]:7.2f} ms {work[2]:6.2f}   {answered.decode().strip()}",
        flush=True,
    )
    return took[2]


def compared(turns: list[list[Call]], figure: Callable[[Call], float]) -> tuple[float, float, float]:
    """The median without the greedy one, the median with it, the ratio."""
    medians = [statistics.median(map(figure, turn)) for turn in turns]
    without, beside = medians[::2], medians[1::2]
    ratio = statistics.median(more / (less or 1) for less, more in zip(without, beside, strict=True))
    return statistics.median(without), statistics.median(beside), ratio


async def measure_all(pairs: int) -> bool:
    print(
        "the greedy one          p50 without    with it  ratio  work without    with it  ratio   what it was answered"
    )
    return max([await measure(way, era, pairs) for way in WAYS for era in ERAS]) <= BAR


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="of turns, with the greedy one and without")
    parser.add_argument("--greedy", nargs=3, metavar=("PORT", "ERA", "TOKEN"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.greedy:
        port, era, token = chosen.greedy
        asyncio.run(be_greedy(int(port), era, token))
        return 0
    is_within = asyncio.run(measure_all(chosen.pairs))
    print(f"bar, {BAR}: {'met' if is_within else 'MISSED'}")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
