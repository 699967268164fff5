"""Every fault of tests/standins/faults.py, 1,000 times each: `python benchmarks/faults.py`.

Ends with 1 when a call ended in another error than the fault's, later than its deadline, or when a task, a
connection or a file descriptor was left behind.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from standins.clients import client_of
from standins.faults import FAULTS, Fault, happening

from sentry.client import SentryClient
from sentry.errors import SentryError

AT_ONCE = 50
TIMEOUT = 5.0
TIMEOUT_OF_HANGS = 0.5
SLACK = 1.0
"""Seconds over the deadline that an event loop with so many calls at once may take to notice it."""


def timeout_for(fault: Fault) -> float:
    return TIMEOUT_OF_HANGS if fault.error == "timeout" else TIMEOUT


@dataclass
class Found:
    errors: Counter[str] = field(default_factory=Counter[str])
    slowest: float = 0.0
    left_tasks: int = 0
    left_descriptors: int = 0

    def is_good(self, fault: Fault) -> bool:
        is_clean = self.left_tasks == self.left_descriptors == 0
        return set(self.errors) == {fault.error} and self.slowest <= timeout_for(fault) + SLACK and is_clean


async def worker(client: SentryClient, numbers: Iterator[int], found: Found) -> None:
    """Takes rounds until none is left; each is a call of its own, that shares nothing with the others."""
    for number in numbers:
        started = time.monotonic()
        try:
            await client.get_issue(str(number))
            found.errors["no error"] += 1
        except SentryError as error:
            found.errors[error.error] += 1
        found.slowest = max(found.slowest, time.monotonic() - started)


def held() -> tuple[int, int]:
    return len(asyncio.all_tasks()), psutil.Process().num_fds()


async def settled(before: tuple[int, int]) -> None:
    """What was closed is let go by the event loop and the system a moment later."""
    for _ in range(100):
        if held() == before:
            break
        await asyncio.sleep(0.02)


async def rounds(fault: Fault, count: int) -> Found:
    before, found = held(), Found()
    timeout = timeout_for(fault)
    settings = {"timeout": timeout, "read_timeout": timeout / 2, "max_answer_size": 200_000, "cache_ttl": 0}
    async with happening(fault) as url, client_of(url, organization="acme", **settings) as client:
        numbers = iter(range(1, count + 1))
        await asyncio.gather(*(worker(client, numbers, found) for _ in range(AT_ONCE)))
    await settled(before)
    after = held()
    found.left_tasks, found.left_descriptors = after[0] - before[0], after[1] - before[1]
    return found


async def matrix(count: int) -> bool:
    print(f"{'':34} {'error':20} {'rounds':>6} {'slowest':>9} {'tasks':>6} {'descriptors':>12}")
    is_good = True
    for fault in FAULTS:
        found = await rounds(fault, count)
        is_good = is_good and found.is_good(fault)
        errors = ", ".join(found.errors)
        print(
            f"{fault.name:34} {errors:20} {sum(found.errors.values()):6} {found.slowest * 1_000:6.0f} ms "
            f"{found.left_tasks:6} {found.left_descriptors:12}{'' if found.is_good(fault) else '   WRONG'}",
            flush=True,
        )
    return is_good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1_000)
    is_good = asyncio.run(matrix(parser.parse_args().rounds))
    print("all as they should be" if is_good else "WRONG, see above")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
