"""Every fault of tests/standins/faults.py, 1,000 times each: `python benchmarks/faults.py`.

Ends with 1 when a call ended in another error than the fault's, later than its deadline, or when a task, a
connection or a file descriptor was left behind.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from standins.clients import client_of
from standins.faults import FAULTS, Fault, happening

from sentry.client import SentryClient
from sentry.errors import SentryError

AT_ONCE = 25
TIMEOUT = 0.7
SLACK = 1.0
"""Seconds over the deadline that an event loop with so many calls at once may take to notice it."""


@dataclass
class Found:
    errors: Counter[str]
    slowest: float
    left_tasks: int
    left_descriptors: int

    def is_good(self, fault: Fault) -> bool:
        is_clean = self.left_tasks == self.left_descriptors == 0
        return set(self.errors) == {fault.error} and self.slowest <= TIMEOUT + SLACK and is_clean


async def one(client: SentryClient, number: int) -> tuple[str, float]:
    started = time.monotonic()
    try:
        await client.get_issue(str(number))
        return "no error", time.monotonic() - started
    except SentryError as error:
        return error.error, time.monotonic() - started


def held() -> tuple[int, int]:
    return len(asyncio.all_tasks()), psutil.Process().num_fds()


async def settled(before: tuple[int, int]) -> None:
    """What was closed is let go by the event loop and the system a moment later."""
    for _ in range(100):
        if held() == before:
            break
        await asyncio.sleep(0.02)


async def rounds(fault: Fault, count: int) -> Found:
    before = held()
    errors: Counter[str] = Counter()
    slowest = 0.0
    read_timeout = TIMEOUT / 2 if fault.error == "timeout" else TIMEOUT
    settings = {"timeout": TIMEOUT, "read_timeout": read_timeout, "max_answer_size": 200_000, "cache_ttl": 0}
    async with happening(fault) as url, client_of(url, organization="acme", **settings) as client:
        for start in range(0, count, AT_ONCE):
            calls = [one(client, number + 1) for number in range(start, min(start + AT_ONCE, count))]
            for error, seconds in await asyncio.gather(*calls):
                errors[error] += 1
                slowest = max(slowest, seconds)
    await settled(before)
    tasks, descriptors = held()
    return Found(errors, slowest, tasks - before[0], descriptors - before[1])


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
