"""Webhooks as nobody should send them: `python benchmarks/fuzz_webhooks.py --requests 10000 --seed 13`.

Bodies that a real Sentry has sent, with parts of them replaced or cut off, and what is no webhook at all; three in five
with the signature of the body, the others with a wrong, cut or missing one; one in ten is sent twice; some come to
GlitchTip's path, with its secret or another. The server is a process of its own.

Ends with 1 when one is answered with neither 200 nor 4xx, when a wrong signature is believed, when something else is in
the inbox than what was answered with 200, each once, or when the server has grown by 10 MB after the first 2,000.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from alerting import RECORDED, SECRET, issue_body, recorded, signed
from wire import started_http

from alerts.alert import Wanted
from alerts.file import FileInbox
from sentry.values import as_list, as_object

AT_ONCE = 8
WARM = 2_000
GROWTH = 10
"""Megabytes."""
KINDS = (
    "issue",
    "error",
    "event_alert",
    "metric_alert",
    "installation",
    "comment",
    "seer",
    "preprod_artifact",
    "x" * 900,
)
TEXTS = ("", "0", "-1", "9" * 400, "\0", "\ud800", "../..", "<script>", "x" * 9_000, "SHOP-1", "created", "2026-11-24")
EMPTY: list[Any] = []
VALUES: tuple[Any, ...] = (None, True, 0, -1, 10**30, 1e308, EMPTY, {}, [EMPTY] * 500, {"id": {"id": []}}, *TEXTS)
NO_BODIES = (b"", b"{", b"[" * 50_000, b'{"a":' * 5_000, b"\xff\xfe", b"null", b'"\\ud800"', b"1" * 10_000, b"[{}]")


class Fuzz:
    """Webhooks of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._names = sorted({path.name.split(".")[0] for path in RECORDED.glob("*.body")})
        self._sent: list[tuple[str, bytes, dict[str, str], bool]] = []

    def webhook(self) -> tuple[str, bytes, dict[str, str], bool]:
        """Its path, body and headers, and whether it is to be believed."""
        if self._sent and self._random.random() < 0.1:
            return self._random.choice(self._sent)
        body = self._body()
        is_known = self._random.random() < 0.6
        if self._random.random() < 0.1:
            path = (
                f"/webhooks/glitchtip/{SECRET if is_known else self._random.choice(('x', SECRET[:-1], f'{SECRET}/'))}"
            )
            made = path, body, {"Content-Type": "application/json"}, is_known
        else:
            headers = signed(body, self._random.choice(KINDS))
            made = "/webhooks/sentry", body, headers if is_known else self._spoilt(headers, body), is_known
        self._sent = [*self._sent[-50:], made]
        return made

    def _spoilt(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        name = "Sentry-Hook-Signature"
        good = headers[name]
        others = (
            "",
            good[:-1],
            f"{good}0",
            good[::-1],
            signed(body, secret="x")[name],
            signed(body + b" ")[name],
        )
        return {**headers, name: self._random.choice(others)}

    def _body(self) -> bytes:
        if self._random.random() < 0.1:
            return self._random.choice(NO_BODIES)
        whole = recorded(self._random.choice(self._names))[0]
        if self._random.random() < 0.5:
            whole = issue_body(self._random.randrange(1, 2_000), self._random.choice(("created", "unresolved", "x")))
        if self._random.random() < 0.1:
            return whole[: self._random.randrange(len(whole))]
        sent: Any = json.loads(whole)
        for _ in range(int(self._random.random() * 5)):
            self._change(sent)
        return json.dumps(sent).encode()

    def _change(self, part: Any) -> None:
        """One value, somewhere within, is another."""
        within: dict[Any, Any] | list[Any] | None = as_object(part) or as_list(part)
        if not within:
            return
        names: list[Any] = [*within] if isinstance(within, dict) else [*range(len(within))]
        name = self._random.choice(names)
        inner: Any = within[name]
        if isinstance(inner, dict | list) and inner and self._random.random() < 0.7:
            self._change(inner)
        else:
            within[name] = deepcopy(self._random.choice(VALUES))


async def fuzz(url: str, server: psutil.Process, count: int, seed: int) -> tuple[list[str], set[int]]:
    """What went wrong, and which alerts were answered with 200."""
    webhooks, statuses, wrong, answered = Fuzz(seed), Counter[tuple[str, int]](), list[str](), set[int]()
    left, warm = count, 0.0

    async def send(client: httpx.AsyncClient) -> None:
        nonlocal left, warm
        while left > 0:
            left -= 1
            if count - left == min(WARM, count):
                warm = server.memory_info().rss / 1e6
            path, body, headers, is_known = webhooks.webhook()
            answer = await client.post(path, content=body, headers=headers)
            statuses["signed" if is_known else "not signed", answer.status_code] += 1
            if answer.status_code == 200 and is_known:
                answered.update(answer.json()["alerts"])
            elif not 400 <= answer.status_code < 500:
                wrong.append(f"{answer.status_code} of {path}: {body[:300]!r}")

    began = time.perf_counter()
    async with httpx.AsyncClient(base_url=url.removesuffix("/mcp"), timeout=60) as client:
        await asyncio.gather(*(send(client) for _ in range(AT_ONCE)))
    grown = server.memory_info().rss / 1e6 - warm
    for (whose, status), times in sorted(statuses.items()):
        print(f"{whose:>10}: {status} {times:,}x")
    taken = time.perf_counter() - began
    print(f"{count:,} webhooks in {taken:.0f} s, {len(answered):,} alerts; it grew by {grown:.1f} MB after {WARM:,}")
    return wrong + [f"it grew by {grown:.1f} MB"] * (grown > GROWTH), answered


async def main() -> int:
    parser = argparse.ArgumentParser(description="Webhooks as nobody should send them.")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder) / "alerts.db"
        environment = {
            "SENTRY_AUTH_TOKEN": "none",
            "SENTRY_URL": "http://127.0.0.1:1",
            "SENTRY_WEBHOOK_SECRET": SECRET,
            "SENTRY_MCP_ALERTS": "true",
            "SENTRY_MCP_ALERTS_PATH": str(inbox),
            "SENTRY_MCP_ALERTS_INTERVAL": "0",
        }
        async with started_http(environment) as (process, url):
            wrong, answered = await fuzz(url, psutil.Process(process.pid), options.requests, options.seed)
        async with FileInbox.opened(inbox) as opened:
            kept = [alert.id for alert in await opened.look(Wanted(), 1_000_000)]
    if len(kept) != len(set(kept)) or set(kept) != answered:
        wrong.append(f"{len(kept):,} alerts are kept, of {len(answered):,} that were answered with 200")
    for line in wrong[:20]:
        print("wrong:", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
