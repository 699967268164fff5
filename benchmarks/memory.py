"""Whether reading many events stays within the cache's bound: `python benchmarks/memory.py`.

Reads 10,000 different events through the client, from a stand-in on loopback in a process of its own. Ends
with 1 when the process grew by more than a quarter more than the bound and 4 MB: the
cache counts the bytes of its entries, the rest is what a heap needs to move in.
"""

import argparse
import asyncio
import gc
import multiprocessing
import sys
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from standins.clients import connection_to
from standins.recorded import SENTRY_9, recordings
from standins.sockets import Request, Wire, listening

from sentry.client import SentryClient

MEGABYTE = 1_000_000
AT_ONCE = 16
HEAP = 4 * MEGABYTE


def serve(ready: Connection) -> None:
    """Gives every event it is asked for: the same recorded one (13 kB), under another ID."""
    body = recordings(SENTRY_9)["issue_events_latest"].body

    async def answer(request: Request, wire: Wire) -> None:
        event = request.path.split("/")[-2].encode()
        await wire.answer(body=body.replace(b"5c8edffb7e5444b29faa229b8e83d319", event))

    async def run() -> None:
        async with listening(answer) as server:
            ready.send(server.url)
            await asyncio.Event().wait()

    asyncio.run(run())


def resident() -> float:
    gc.collect()
    rss: int = psutil.Process().memory_info().rss
    return rss / MEGABYTE


async def read(url: str, events: int, bound: int) -> int:
    connection = connection_to(url, organization="acme", cache_size=bound, cache_ttl=60)
    async with SentryClient(connection) as client:
        await client.get_event("f" * 32, issue="5")
        before = resident()
        print(f"{'events':>8} {'RSS':>9} {'grown by':>9} {'hits':>6}   bound {bound / MEGABYTE:.0f} MB")
        grown = 0.0
        for start in range(0, events, events // 5):
            for number in range(start, start + events // 5, AT_ONCE):
                names = [f"{one:032x}" for one in range(number, min(number + AT_ONCE, start + events // 5))]
                await asyncio.gather(*(client.get_event(name, issue="5") for name in names))
            await client.get_event(f"{start + events // 5 - 1:032x}", issue="5")
            now = resident()
            grown = max(grown, now - before)
            done = start + events // 5
            print(f"{done:8} {now:6.1f} MB {now - before:6.1f} MB {client.statistics.hits:6}")
    allowed = (1.25 * bound + HEAP) / MEGABYTE
    print(f"grew by {grown:.1f} MB of {allowed:.1f} MB allowed")
    return 0 if grown <= allowed else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--bound", type=int, default=32 * MEGABYTE, help="bytes")
    chosen = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        failed = asyncio.run(read(ours.recv(), chosen.events, chosen.bound))
    finally:
        server.terminate()
        server.join()
    return failed


if __name__ == "__main__":
    sys.exit(main())
