"""How fast the embedded Sentry takes in events, and whether it counts each: `python benchmarks/ingest.py`.

Four processes with the Sentry SDK send at once to a store file that a process of its own serves; with `--traces` each
event happens in a transaction with spans and logs, which are sent, too.
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
from sentry_sdk import logger
from sentry_sdk.transport import HttpTransport

from local import Store, serve

SENDERS = 4
BATCH = 50
"""Events between two flushes: the SDK's queue drops what comes while 100 wait."""

SPANS, LOGS = 5, 2
"""Of one event, where traces are sent."""


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


def send(dsn: str, sender: int, events: int, traces: bool) -> tuple[int, float, float]:
    """Send exceptions of three kinds: how many were accepted, and when this began and ended."""
    sentry_sdk.init(
        dsn=dsn, transport=Sent, release=f"shop@1.{sender}", environment="benchmark", default_integrations=False,
        traces_sample_rate=float(traces), enable_logs=traces,
    )  # fmt: skip
    began, batch = time.time(), BATCH // 2 if traces else BATCH
    for number in range(events):
        sentry_sdk.set_user({"id": str(number % 100)})
        if traces:
            with sentry_sdk.start_transaction(op="task", name=f"order {number % 7}"):
                for span in range(SPANS):
                    with sentry_sdk.start_span(op="db", name=f"SELECT {span}"):
                        pass
                for log in range(LOGS):
                    logger.info(f"order {number}, step {log}")
                fail(number)
        else:
            fail(number)
        if number % batch == batch - 1:
            sentry_sdk.flush(30)
    sentry_sdk.flush(30)
    return events - Sent.lost, began, time.time()


def fail(number: int) -> None:
    try:
        (charge, refund, ship)[number % 3](number)
    except (ValueError, KeyError, ZeroDivisionError) as error:
        sentry_sdk.capture_exception(error)


def charge(number: int) -> None:
    raise ValueError(f"card of order {number} was declined")


def refund(number: int) -> None:
    raise KeyError(f"order-{number}")


def ship(number: int) -> None:
    print(number / 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--traces", action="store_true", help="send transactions with spans, and logs, too")
    options = parser.parse_args()
    events: int = options.events
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "store.sqlite3")
        asking, told = processes.Pipe()
        server = processes.Process(target=serve_store, args=(path, told))
        server.start()
        dsn = asking.recv()
        with ProcessPoolExecutor(SENDERS, mp_context=processes) as senders:
            sending = [
                senders.submit(send, dsn, sender, events // SENDERS, options.traces) for sender in range(SENDERS)
            ]
            sent = [sender.result() for sender in sending]
        asking.send("stop")
        busy = asking.recv()
        server.join()
        with contextlib.closing(Store.open(path)) as store:
            received = store.received()
            counted = received["event"]
            with store.reading() as connection:
                (in_issues,) = connection.execute("SELECT SUM(times_seen) FROM issues").fetchone()
                (spans,) = connection.execute("SELECT COUNT(*) FROM spans").fetchone()
                (logs,) = connection.execute("SELECT COUNT(*) FROM logs").fetchone()
    accepted, sent_in_all = sum(accepted for accepted, _, _ in sent), events // SENDERS * SENDERS
    seconds = max(ended for _, _, ended in sent) - min(began for _, began, _ in sent)
    print(f"sent {sent_in_all}, accepted {accepted}, counted {counted}, in issues {in_issues}")
    print(f"{seconds:.1f} s: {accepted / seconds:.0f} events/s; server {1000 * busy / accepted:.2f} ms CPU an event")
    print(f"{spans} spans, {logs} logs, {received}")
    wanted = ((SPANS + 1) * sent_in_all, LOGS * sent_in_all) if options.traces else (0, 0)
    return int(not accepted == counted == in_issues or (spans, logs) != wanted)


if __name__ == "__main__":
    sys.exit(main())
