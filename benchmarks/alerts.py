"""Alerts from Sentry to who works them off: `python benchmarks/alerts.py`, or one part of it by name.

- `latency`: how long after a webhook is sent a waiting claim has its alert and issue (bar: a median under 50 ms).
- `replicas`: the same where two servers share a Valkey: it comes to one, the claim waits at the other (100 ms).
- `killed`: 5,000 webhooks over 20 connections to a server that is killed five times (-9) and started again: each that
  was answered is in the inbox once, and after one look at Sentry the others are, too.
- `engines`: 1,000 alerts for three engines, of which one at a time is killed at random moments: each alert is finished,
  and none is worked on by two at once.

Sentry is the embedded one, in a process of its own. Ends with 1 where a bar is missed.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from alerting import SECRET, happening, issue_body, signed
from mcp.client.client import Client
from standins.clients import connection_to
from standins.stores import running
from wire import ROOT, bare_environment, free_port, text_of

from alerts.alert import State, Wanted
from alerts.file import FileInbox
from alerts.polling import Polling
from sentry.client import SentryClient

SENTRY = """
import json, sys
sys.path[:0] = [".", "tests"]
import sentry_sdk
from wire import Sentry, Store, served_in_background
store = Store.open(None)
with served_in_background(store) as embedded:
    token = store.create_organization("acme")
    project = store.create_project("acme", "shop", platform="python")
    sentry = Sentry(embedded, "acme", token, project)
    print(json.dumps({"url": embedded.url, "token": token}), flush=True)
    client = sentry_sdk.Client(sentry.dsn(), release="shop@1")
    for line in sys.stdin:
        for number in range(int(line)):
            client.capture_event({"message": f"error {number}", "level": "error", "fingerprint": [str(number)]})
            if number % 50 == 0:
                client.flush(30)
        client.flush(30)
        print("done", flush=True)
    client.close()
"""
ENGINE = """
import asyncio, random, sys, time
from mcp.client.client import Client
async def main():
    async with Client(sys.argv[1]) as client:
        while True:
            claimed = await client.call_tool("claim_alert", {"wait_seconds": 5})
            alert = (claimed.structured_content or {}).get("alert")
            if claimed.is_error or alert is None:
                continue
            print("begin", alert["alert"], time.time(), flush=True)
            await asyncio.sleep(random.random() / 5)
            done = await client.call_tool("finish_alert", {"alert": alert["alert"], "note": "done"})
            print("lost" if done.is_error else "end", alert["alert"], time.time(), flush=True)
asyncio.run(main())
"""
LATENCY, LATENCY_OF_REPLICAS = 50.0, 100.0
"""Milliseconds."""


@dataclass
class World:
    sentry: dict[str, str]
    capture: Callable[[int], Awaitable[None]]
    """So many issues, each with an event."""
    folder: Path
    port: int

    @property
    def inbox(self) -> Path:
        return self.folder / "alerts.db"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def server(self, **settings: str) -> AsyncGenerator[asyncio.subprocess.Process]:
        environment = {
            "SENTRY_URL": self.sentry["url"],
            "SENTRY_ORG": "acme",
            "SENTRY_AUTH_TOKEN": self.sentry["token"],
            "SENTRY_WEBHOOK_SECRET": SECRET,
            "SENTRY_MCP_ALERTS": "true",
            "SENTRY_MCP_ALERTS_PATH": str(self.inbox),
            "SENTRY_MCP_ALERTS_INTERVAL": "0",
            "SENTRY_MCP_STRUCTURED_CONTENT": "true",
            **settings,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "server.py", "--http", "--port", str(self.port)),
            cwd=ROOT,
            env={**bare_environment(), **environment},
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with httpx.AsyncClient() as client:
                while True:
                    with suppress(httpx.HTTPError):
                        await client.get(f"{self.url}/health")
                        break
                    await asyncio.sleep(0.05)
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[SentryClient]:
        connection = connection_to(self.sentry["url"], token=self.sentry["token"], organization="acme", cache_ttl=0.0)
        async with SentryClient(connection) as client:
            yield client

    async def issues(self) -> list[dict[str, str]]:
        """By its own API: ID and short ID of each."""
        found: list[dict[str, str]] = []
        async with self.client() as client:
            cursor = None
            while True:
                page = await client.list_issues(query="", limit=100, cursor=cursor)
                found += [
                    {"id": row.id, "shortId": row.short_id or "", "firstSeen": row.first_seen.isoformat()}
                    for row in page.items
                    if row.first_seen
                ]
                cursor = page.next_cursor
                if not cursor:
                    return found


@asynccontextmanager
async def world() -> AsyncGenerator[World]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SENTRY),
        cwd=ROOT,
        env=bare_environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    reading, writing = process.stdout, process.stdin
    assert reading is not None
    assert writing is not None

    async def capture(count: int) -> None:
        writing.write(f"{count}\n".encode())
        await writing.drain()
        await reading.readline()

    try:
        with tempfile.TemporaryDirectory() as folder:
            yield World(json.loads(await reading.readline()), capture, Path(folder), free_port())
    finally:
        writing.close()
        await process.wait()


async def latency(rounds: int) -> list[str]:
    async with world() as there, there.server():
        return await _latency("latency", rounds, LATENCY, there, there.url)


async def replicas(rounds: int) -> list[str]:
    with running() as store:
        async with world() as there:
            other = replace(there, port=free_port())
            shared = {"SENTRY_MCP_SHARED_URL": store.url}
            async with there.server(**shared), other.server(**shared):
                return await _latency("replicas", rounds, LATENCY_OF_REPLICAS, there, other.url)


async def _latency(name: str, rounds: int, bar: float, there: World, claiming_at: str) -> list[str]:
    await there.capture(rounds)
    took: list[float] = []
    async with Client(f"{claiming_at}/mcp") as client, httpx.AsyncClient() as sentry:
        for issue in await there.issues():
            claiming = asyncio.create_task(client.call_tool("claim_alert", {"wait_seconds": 30}))
            await asyncio.sleep(0.05)
            body = issue_body(int(issue["id"]), **issue)
            began = time.perf_counter()
            sent = asyncio.create_task(sentry.post(f"{there.url}/webhooks/sentry", content=body, headers=signed(body)))
            claimed = await claiming
            took.append((time.perf_counter() - began) * 1000)
            assert (await sent).status_code == 200
            answer: dict[str, Any] = claimed.structured_content or {}
            assert answer["issue"]["issue_id"] == issue["id"], text_of(claimed)
            await client.call_tool("finish_alert", {"alert": answer["alert"]["alert"]})
    median = statistics.median(took)
    print(f"{name}: {median:.1f} ms in the median of {len(took)}, {sorted(took)[int(len(took) * 0.99)]:.1f} at p99")
    return [f"{name}: {median:.1f} ms (bar {bar:.0f})"] * (median >= bar)


async def killed(webhooks: int) -> list[str]:
    async with world() as there:
        async with there.client() as client, FileInbox.opened(there.inbox) as inbox:
            await Polling(lambda: client, inbox, 60).look()  # what comes from now on is news
        await there.capture(webhooks)
        left = await there.issues()
        answers: Counter[str] = Counter()
        answered: set[str] = set()
        is_over = anyio.Event()

        async def sending() -> None:
            async with httpx.AsyncClient(timeout=10) as sentry:
                while left:
                    issue = left.pop()
                    body = issue_body(int(issue["id"]), **issue)
                    try:
                        got = await sentry.post(f"{there.url}/webhooks/sentry", content=body, headers=signed(body))
                        answers[str(got.status_code)] += 1
                        if got.status_code == 200:
                            answered.add(issue["id"])
                    except httpx.HTTPError:
                        answers["none"] += 1
                        await asyncio.sleep(0.2)  # or all would be lost while it is down

        async def killing() -> None:
            for number in range(6):
                async with there.server() as process:
                    goal = webhooks * (number + 1) // 6
                    while number < 5 and sum(answers.values()) < goal:  # noqa: ASYNC110 - of what senders count
                        await asyncio.sleep(0.01)
                    if number == 5:
                        await is_over.wait()
                    else:
                        process.kill()
                        await process.wait()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(killing())
            async with asyncio.TaskGroup() as senders:
                for _ in range(20):
                    senders.create_task(sending())
            is_over.set()
        async with there.client() as client, FileInbox.opened(there.inbox) as inbox:
            before = Counter([found.told.issue for found in await inbox.look(Wanted(), 2 * webhooks)])
            await Polling(lambda: client, inbox, 60).look()
            after = Counter([found.told.issue for found in await inbox.look(Wanted(), 2 * webhooks)])
    lost = answered - set(before)
    twice = [issue for issue, times in after.items() if times > 1]
    print(f"killed: {webhooks:,} webhooks: {dict(answers)}; of those answered {len(lost)} are not there")
    print(f"        in the inbox {len(before):,}, after one look at Sentry {len(after):,}; {len(twice)} more than once")
    wrong = [f"{len(lost)} that were answered are lost"] * bool(lost) + [f"{len(twice)} are there twice"] * bool(twice)
    return wrong + [f"{webhooks - len(after)} are not there after one look"] * (len(after) != webhooks)


async def engines(count: int) -> list[str]:
    worked: dict[str, list[tuple[float, float]]] = {}  # of each alert, from when to when
    is_over = False
    async with world() as there:
        async with FileInbox.opened(there.inbox) as inbox:
            await inbox.store([happening(number, issue="") for number in range(count)], "webhook")
        running: dict[int, asyncio.subprocess.Process] = {}

        async def engine(number: int) -> None:
            """Started again whenever it was killed."""
            while not is_over:
                process = running[number] = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-c", ENGINE, f"{there.url}/mcp"),
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                )
                assert process.stdout is not None
                begun: dict[str, float] = {}
                async for line in process.stdout:
                    words = line.decode().split()
                    if len(words) < 3:  # it was killed within the line
                        continue
                    alert, at = words[1].partition(".")[0], float(words[2])
                    if words[0] == "begin":
                        begun[alert] = at
                    else:
                        worked.setdefault(alert, []).append((begun.pop(alert), at))
                await process.wait()
                for alert, at in begun.items():
                    worked.setdefault(alert, []).append((at, time.time()))

        async with there.server(SENTRY_MCP_ALERTS_LEASE="3"), FileInbox.opened(there.inbox) as inbox:
            async with asyncio.TaskGroup() as tasks:
                for number in range(3):
                    tasks.create_task(engine(number))
                kills, chance = 0, random.Random(13)
                while await inbox.look(Wanted(is_open=True), 1):
                    await asyncio.sleep(1 + 2 * chance.random())
                    number = chance.randrange(3)
                    if number in running and running[number].returncode is None:
                        os.kill(running[number].pid, signal.SIGKILL)
                        kills += 1
                is_over = True
                for process in running.values():
                    with suppress(ProcessLookupError):
                        process.kill()
            ended = await inbox.look(Wanted(states=frozenset((State.DONE,))), 2 * count)
    again = {alert: sorted(spans) for alert, spans in worked.items() if len(spans) > 1}
    early = [alert for alert, spans in again.items() if any(b[0] < a[1] for a, b in pairwise(spans))]
    print(f"engines: {len(ended):,} of {count:,} finished; {kills} kills; {len(again)} were claimed again")
    wrong = [f"{count - len(ended)} alerts were not finished"] * (len(ended) != count)
    return wrong + [f"{len(early)} alerts were worked on by two at once"] * bool(early)


PARTS = (
    ("latency", latency, 100),
    ("replicas", replicas, 100),
    ("killed", killed, 5_000),
    ("engines", engines, 1_000),
)


async def main() -> int:
    parser = argparse.ArgumentParser(description="Alerts from Sentry to who works them off.")
    parser.add_argument("part", nargs="?", choices=[name for name, _, _ in PARTS])
    parser.add_argument("--count", type=int, help="rounds, webhooks or alerts")
    given = parser.parse_args()
    wrong: list[str] = []
    for name, part, count in PARTS:
        if given.part in (None, name):
            wrong += await part(given.count or count)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
