"""How fast the embedded Sentry takes in events, and whether it counts each: `python benchmarks/ingest.py`.

Four processes with the Sentry SDK send at once to a store file that a process of its own serves.
Ends with 1 when what was accepted is not what was counted.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import sentry_sdk
from sentry_sdk.transport import HttpTransport

from local import Store, serve

SENDERS = 4
BATCH = 50
"""Events between two flushes: the SDK's queue drops what comes while 100 wait."""


class Sent(HttpTransport):
    """The SDK's own way of sending, which also counts what was dropped or refused."""

    lost = 0

    def record_lost_event(self, *arguments: Any, **named: Any) -> None:
        Sent.lost += 1
        super().record_lost_event(*arguments, **named)


def serve_store(path: str, told: Connection) -> None:
    """Serve the file, tell the DSN, and stop when something is said back; then tell the processor time used."""

    async def run() -> None:
        store = Store.open(path)
        async with serve(store) as embedded:
            told.send(embedded.dsn())
            await asyncio.to_thread(told.recv)
        store.close()

    asyncio.run(run())
    told.send(time.process_time())


def send(dsn: str, sender: int, events: int) -> tuple[int, float, float]:
    """Send exceptions of three kinds: how many were accepted, and when this began and ended."""
    sentry_sdk.init(
        dsn=dsn, transport=Sent, release=f"shop@1.{sender}", environment="benchmark", default_integrations=False
    )
    began = time.time()
    for number in range(events):
        sentry_sdk.set_user({"id": str(number % 100)})
        try:
            (charge, refund, ship)[number % 3](number)
        except (ValueError, KeyError, ZeroDivisionError) as error:
            sentry_sdk.capture_exception(error)
        if number % BATCH == BATCH - 1:
            sentry_sdk.flush(30)
    sentry_sdk.flush(30)
    return events - Sent.lost, began, time.time()


def charge(number: int) -> None:
    raise ValueError(f"card of order {number} was declined")


def refund(number: int) -> None:
    raise KeyError(f"order-{number}")


def ship(number: int) -> None:
    print(number / 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    events = parser.parse_args().events
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "store.sqlite3")
        asking, told = processes.Pipe()
        server = processes.Process(target=serve_store, args=(path, told))
        server.start()
        dsn = asking.recv()
        with ProcessPoolExecutor(SENDERS, mp_context=processes) as senders:
            sending = [senders.submit(send, dsn, sender, events // SENDERS) for sender in range(SENDERS)]
            sent = [sender.result() for sender in sending]
        asking.send("stop")
        busy = asking.recv()
        server.join()
        with contextlib.closing(Store.open(path)) as store:
            counted = store.received()["event"]
            with store.reading() as connection:
                (in_issues,) = connection.execute("SELECT SUM(times_seen) FROM issues").fetchone()
    accepted = sum(accepted for accepted, _, _ in sent)
    seconds = max(ended for _, _, ended in sent) - min(began for _, began, _ in sent)
    print(f"sent {events // SENDERS * SENDERS}, accepted {accepted}, counted {counted}, in issues {in_issues}")
    print(f"{seconds:.1f} s: {accepted / seconds:.0f} events/s; server {1000 * busy / accepted:.2f} ms CPU an event")
    return int(not accepted == counted == in_issues)


if __name__ == "__main__":
    sys.exit(main())
