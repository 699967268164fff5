"""What get_issue costs, by our client and as a tool called by an MCP client, beside a bare httpx that asks the same
two questions: `python benchmarks/latency.py`.

Sentry is a stand-in on loopback that takes 50 ms for each answer. Ends with 1 when a bar is missed: a median
of at most 65 ms for the issue with its latest event, and of at most 5 ms for what was just read.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import httpx
from standins.clients import client_of, issue_and_event
from standins.recorded import SENTRY_9, recordings
from standins.sockets import Request, Wire, listening
from wire import connected_to

UPSTREAM = 0.050
BAR_FIRST, BAR_AGAIN = 65.0, 5.0
"""Milliseconds, medians."""


async def answer(request: Request, wire: Wire) -> None:
    """Today's Sentry, with the issue and the event that an older one gave, a little different for each number."""
    await asyncio.sleep(UPSTREAM)
    name = "issue_events_latest" if "/events/" in request.path else "issue"
    number = request.path.split("/issues/")[1].split("/")[0]
    await wire.answer(body=RECORDED[name].body.replace(b"discount_for", f"discount_{number}".encode()))


RECORDED = recordings(SENTRY_9)


async def milliseconds(call: Awaitable[object]) -> float:
    started = time.perf_counter()
    await call
    return (time.perf_counter() - started) * 1_000


async def measure(rounds: int) -> dict[str, list[float]]:
    """All in turn, so that whatever else the machine does touches them alike."""
    names = ("bare httpx", "client", "client again", "tool", "tool again")
    times: dict[str, list[float]] = {name: [] for name in names}
    async with (
        listening(answer) as server,
        client_of(server.url, organization="acme", cache_ttl=60) as client,
        connected_to(server.url, SENTRY_MCP_CACHE_TTL="60") as agent,
        httpx.AsyncClient(base_url=f"{server.url}/api/0/organizations/acme/issues/") as bare,
    ):
        for number in range(1, rounds + 4):
            issue = str(number)
            pair = (f"{issue}/", f"{issue}/events/latest/")
            figures = {
                "bare httpx": await milliseconds(asyncio.gather(*map(bare.get, pair))),
                "client": await milliseconds(issue_and_event(client, issue)),
                "client again": await milliseconds(issue_and_event(client, issue)),
                "tool": await milliseconds(agent.call_tool("get_issue", {"issue": issue})),
                "tool again": await milliseconds(agent.call_tool("get_issue", {"issue": issue})),
            }
            if number > 3:  # the first rounds open connections
                for name, figure in figures.items():
                    times[name].append(figure)
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    times = asyncio.run(measure(parser.parse_args().rounds))
    print(f"{'':16} {'median':>9} {'p95':>9}   with {UPSTREAM * 1_000:.0f} ms upstream")
    for name, figures in times.items():
        p95 = statistics.quantiles(figures, n=20)[-1]
        print(f"{name:16} {statistics.median(figures):6.1f} ms {p95:6.1f} ms")
    first, again = (statistics.median(times[name]) for name in ("tool", "tool again"))
    within = first <= BAR_FIRST and again <= BAR_AGAIN
    print(f"bars: {BAR_FIRST:.0f} ms and {BAR_AGAIN:.0f} ms: {'met' if within else 'MISSED'}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
