"""Every fault of tests/standins/faults.py and every hostile answer of tests/standins/hostile.py, 1,000 times each:
`python benchmarks/faults.py`.

Ends with 1 when a call ended otherwise than it should, later than its deadline, or showed the token; when a task, a
connection or a file descriptor was left behind; or when memory grew from the first rounds to the last.
"""

import argparse
import asyncio
import gc
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from standins.clients import client_of
from standins.faults import FAULTS, Fault, happening
from standins.hostile import ANSWER, HOSTILE, TOKEN, Hostile
from standins.sockets import listening
from wire import connected_to, error_of

from sentry.errors import SentryError

AT_ONCE = 50
HOSTILE_AT_ONCE = 4
TIMEOUT = 5.0
TIMEOUT_OF_HANGS = 0.5
MAX_ANSWER_SIZE = 200_000
SLACK = 1.0
"""Seconds over the deadline that an event loop with so many calls at once may take to notice it."""
FIRST = 0.1
"""Share of the rounds after which memory must have become flat."""
MAX_OBJECTS = 5
"""Objects that each round may leave behind from then on: the stand-in remembers its requests, of which there are up to
four. An answer, a call or a task that is kept is more."""
MAX_GROWTH = 60.0
"""Megabytes of resident memory from then on: 1,000 answers of SIZE that are kept are 150. What waits for a collection,
and what Python gives back to the system, differs from run to run by some tens."""
MAX_THREADS = 40
"""Those that work for the event loop (names, what takes long) are kept by it, up to so many."""

Ask = Callable[[int], Awaitable[str]]
"""Makes a call, which shares nothing with those of other numbers; its outcome."""


@dataclass(frozen=True)
class Case:
    """What goes wrong, and what may come of it; `opened` gives what asks."""

    name: str
    outcomes: frozenset[str]
    opened: Callable[[], AbstractAsyncContextManager[Ask]]
    at_once: int
    timeout: float


@dataclass
class Found:
    outcomes: Counter[str] = field(default_factory=Counter[str])
    slowest: float = 0.0
    left: tuple[int, int] = (0, 0)
    threads: int = 0
    objects: int = 0
    growth: float = 0.0

    def is_good(self, case: Case) -> bool:
        is_in_time = self.slowest <= case.timeout + SLACK
        is_clean = self.left == (0, 0) and self.threads <= MAX_THREADS
        is_flat = self.growth <= MAX_GROWTH and self.objects <= MAX_OBJECTS * sum(self.outcomes.values())
        return set(self.outcomes) <= case.outcomes and is_in_time and is_clean and is_flat


def case_of_fault(fault: Fault) -> Case:
    """The client alone meets it."""
    timeout = TIMEOUT_OF_HANGS if fault.error == "timeout" else TIMEOUT
    settings = {"timeout": timeout, "read_timeout": timeout / 2, "max_answer_size": MAX_ANSWER_SIZE, "cache_ttl": 0}

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Ask]:
        async with happening(fault) as url, client_of(url, organization="acme", **settings) as client:

            async def ask(number: int) -> str:
                try:
                    await client.get_issue(str(number))
                except SentryError as error:
                    return error.error
                return ANSWER

            yield ask

    return Case(fault.name, frozenset({fault.error}), opened, AT_ONCE, timeout)


def case_of_hostile(hostile: Hostile) -> Case:
    """A tool meets it: what is read is rendered, too."""
    timeout = TIMEOUT_OF_HANGS if "timeout" in hostile.outcomes else 2 * TIMEOUT
    settings = {
        "SENTRY_AUTH_TOKEN": TOKEN,
        "SENTRY_MCP_TIMEOUT": str(timeout),
        "SENTRY_MCP_MAX_ANSWER_SIZE": str(MAX_ANSWER_SIZE),
        "SENTRY_MCP_CACHE_TTL": "0",
        **hostile.settings,
    }

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Ask]:
        async with listening(hostile.handler) as sentry:
            url = sentry.url.replace("127.0.0.1", "localhost")
            async with connected_to(url, "auto", **settings) as client:

                async def ask(_: int) -> str:
                    result = await client.call_tool(hostile.tool, hostile.arguments)
                    if TOKEN[:40] in result.model_dump_json():
                        return "THE TOKEN"
                    return error_of(result)["error"] if result.is_error else ANSWER

                yield ask

    return Case(hostile.name, hostile.outcomes, opened, HOSTILE_AT_ONCE, timeout)


async def worker(ask: Ask, numbers: Iterator[int], found: Found) -> None:
    """Takes rounds until none is left."""
    for number in numbers:
        started = time.monotonic()
        found.outcomes[await ask(number)] += 1
        found.slowest = max(found.slowest, time.monotonic() - started)


def held() -> tuple[int, int]:
    """Tasks and descriptors."""
    return len(asyncio.all_tasks()), psutil.Process().num_fds()


async def memory() -> tuple[float, int]:
    """Megabytes that are resident, and objects that refer to others; when the stand-in has seen who hung up."""
    await asyncio.sleep(0.2)
    gc.collect()
    return psutil.Process().memory_info().rss / 1_000_000, len(gc.get_objects())


async def left_since(before: tuple[int, int]) -> tuple[int, int]:
    """What was closed is let go by the event loop and the system a moment later."""
    for _ in range(100):
        if held() == before:
            break
        await asyncio.sleep(0.02)
    tasks, descriptors = held()
    return tasks - before[0], descriptors - before[1]


async def rounds(case: Case, count: int) -> Found:
    before, found = held(), Found()
    async with case.opened() as ask:

        async def some(numbers: range) -> None:
            left = iter(numbers)
            await asyncio.gather(*(worker(ask, left, found) for _ in range(case.at_once)))

        first = max(case.at_once, int(count * FIRST))
        await some(range(1, first + 1))
        megabytes, objects = await memory()
        await some(range(first + 1, max(count, first) + 1))
        at_last = await memory()
        found.growth, found.objects = at_last[0] - megabytes, at_last[1] - objects
    found.left, found.threads = await left_since(before), psutil.Process().num_threads()
    return found


async def matrix(cases: list[Case], count: int) -> bool:
    columns = f"{'slowest':>9} {'+ tasks':>8} {'+ descriptors':>13} {'threads':>7} {'+ objects':>9} {'+ memory':>9}"
    print(f"{'':34} {'outcome':20} {'rounds':>6} {columns}")
    are_good, (start, _) = True, await memory()
    for case in cases:
        found = await rounds(case, count)
        is_good = found.is_good(case)
        are_good = are_good and is_good
        tasks, descriptors = found.left
        print(
            f"{case.name:34} {', '.join(found.outcomes):20} {sum(found.outcomes.values()):6} "
            f"{found.slowest * 1_000:6.0f} ms {tasks:8} {descriptors:13} {found.threads:7} {found.objects:9} "
            f"{found.growth:+6.1f} MB{'' if is_good else '   WRONG'}",
            flush=True,
        )
    print(f"memory from the start of all to its end: {start:.0f} MB to {(await memory())[0]:.0f} MB")
    return are_good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--only", default="", help="those whose name holds this")
    options = parser.parse_args()
    cases = [*map(case_of_fault, FAULTS), *map(case_of_hostile, HOSTILE)]
    are_good = asyncio.run(matrix([case for case in cases if options.only in case.name], options.rounds))
    print("all as they should be" if are_good else "WRONG, see above")
    return 0 if are_good else 1


if __name__ == "__main__":
    sys.exit(main())
