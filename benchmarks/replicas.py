"""Many callers over two servers and one Valkey, one of the servers killed: `python benchmarks/replicas.py`.

Each caller may see one project, whose data bear its mark, and asks mixed questions of one server after the other, half
of the callers by each protocol era. Sentry is the embedded one, in a process of its own. Ends with 1 when a bar is
missed: an error, an answer with another caller's mark or without one's own, a slowest hundredth of ten times the median
or more; with one server killed, a call that fails and was not under way there.
"""

import argparse
import asyncio
import hashlib
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from standins.passing_on import passing_on
from standins.replicas import Replica, replicas
from standins.sockets import Server
from standins.stores import running
from wire import ROOT, bare_environment

ERAS = ("2026-07-28", "2025-11-25")
RATIO = 10.0
"""The slowest hundredth may take so many times the median."""
MARK = re.compile(r"mark-(\d+)-")
SENTRY = """
import json, sys
sys.path[:0] = [".", "tests"]
from wire import Sentry, Store, served_in_background
store = Store.open(None)
with served_in_background(store) as embedded:
    token = store.create_organization("acme")
    for number in range(int(sys.argv[1])):
        def broken():
            raise ValueError(f"mark-{number}-")
        project = store.create_project("acme", f"mark-{number}-shop", platform="python")
        shop = Sentry(embedded, "acme", token, project)
        shop.capture(broken, release=f"mark-{number}-@1", user={"id": f"mark-{number}-"})
    print(json.dumps({"url": embedded.url, "token": token}), flush=True)
    sys.stdin.read()
"""


@asynccontextmanager
async def sentry(projects: int) -> AsyncGenerator[dict[str, str]]:
    """The URL and a token of a Sentry with so many marked projects."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SENTRY, str(projects)),
        cwd=ROOT,
        env=bare_environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said: dict[str, str] = json.loads(await process.stdout.readline())
        yield said
    finally:
        process.stdin.close()
        await process.wait()


@dataclass
class Figures:
    """Milliseconds of each call, and what went wrong."""

    times: list[float] = field(default_factory=list[float])
    errors: list[str] = field(default_factory=list[str])
    of_others: list[str] = field(default_factory=list[str])
    cut_off: int = 0
    """Calls that were under way at the server that was killed."""
    killed_at: float | None = None


@dataclass
class Caller:
    """Asks one server after the other; where one does not answer, the next."""

    number: int
    http: httpx.AsyncClient
    urls: list[str]
    figures: Figures

    @property
    def token(self) -> str:
        return token_of(self.number)

    @property
    def project(self) -> str:
        return f"mark-{self.number}-shop"

    def questions(self) -> list[tuple[str, dict[str, Any]]]:
        project, issue = self.project, f"{self.project.upper()}-1"
        once: list[tuple[str, dict[str, Any]]] = [
            ("list_issues", {"project": project}),
            ("get_issue", {"issue": issue}),
            ("get_stacktrace", {"issue": issue}),
            ("get_events", {"issue": issue}),
            ("get_project", {"project": project}),
            ("list_releases", {"project": project}),
            ("list_issues", {"project": project, "query": "is:unresolved mark"}),
            ("get_event", {"event": "latest", "issue": issue}),
            ("get_issue", {"issue": issue, "max_tokens": 2_000}),
            ("get_tag_values", {"issue": issue, "tag": "user"}),
        ]
        return once + once

    async def ask_all(self) -> None:
        for name, arguments in self.questions():
            await self.ask(name, arguments)

    async def ask(self, name: str, arguments: dict[str, Any]) -> None:
        figures, text = self.figures, ""
        started = time.perf_counter()
        for left in reversed(range(len(self.urls))):
            url = self.urls.pop(0)
            self.urls.append(url)
            try:
                text = await self._call(url, name, arguments)
                break
            except httpx.TransportError as error:
                if figures.killed_at is not None and started <= figures.killed_at:
                    figures.cut_off += 1
                    return
                if figures.killed_at is None or not left:
                    figures.errors.append(f"{name}: {error!r} after {time.perf_counter() - started:.1f} s")
                    return
        figures.times.append((time.perf_counter() - started) * 1_000)
        marks = set(MARK.findall(text.lower()))
        if marks - {str(self.number)}:
            figures.of_others.append(f"{name} of {self.number}: {sorted(marks)}")
        elif not marks or '"isError":true' in text:
            figures.errors.append(f"{name}: {text[:300]}")

    async def _call(self, url: str, name: str, arguments: dict[str, Any]) -> str:
        era = ERAS[self.number % len(ERAS)]
        params: dict[str, Any] = {"name": name, "arguments": arguments}
        headers = {"Authorization": f"Bearer {self.token}", "Mcp-Protocol-Version": era}
        if era == ERAS[0]:
            meta: dict[str, object] = {"protocolVersion": era, "clientCapabilities": {}}
            params["_meta"] = {f"io.modelcontextprotocol/{key}": of for key, of in meta.items()}
            headers |= {"Mcp-Method": "tools/call", "Mcp-Name": name}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer = await self.http.post(url, json=message, headers=headers)
        return f"{'' if answer.status_code == 200 else answer.status_code} {answer.text}"


def token_of(number: int) -> str:
    return f"token-of-caller-{number}"


def configuration(callers: int, *, bounded: bool) -> str:
    return "\n".join(
        f"""[[callers]]
name = "caller-{number}"
token_sha256 = "{hashlib.sha256(token_of(number).encode()).hexdigest()}"
scopes = ["issues:read"]
{f'projects = ["mark-{number}-shop"]' if bounded else ""}"""
        for number in range(callers)
    )


async def load(callers: int, servers: list[Replica], killing: Replica | None = None) -> Figures:
    figures = Figures()
    accepts = {"Accept": "application/json, text/event-stream"}
    # Each call over a connection of its own: none is sent into one that the server is just closing, as it idled for
    # five seconds.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(headers=accepts, limits=limits, timeout=60) as http:
        urls = [server.url for server in servers]
        asking = [
            asyncio.create_task(Caller(number, http, [urls[number % 2], urls[1 - number % 2]], figures).ask_all())
            for number in range(callers)
        ]
        if killing is not None:
            while len(figures.times) < callers * 8:
                await asyncio.wait(asking, timeout=0.01)
            figures.killed_at = time.perf_counter()
            killing.kill()
        await asyncio.gather(*asking)
    return figures


def report(name: str, figures: Figures, asked: Server | None) -> bool:
    times = sorted(figures.times)
    median, slowest = statistics.median(times), times[int(len(times) * 0.99)]
    wrong = len(figures.errors) + len(figures.of_others)
    is_met = not wrong and slowest < RATIO * median
    print(
        f"{name:<12} {len(times)} answers, {wrong} wrong, {figures.cut_off} cut off; median {median:.1f} ms, p99 "
        f"{slowest:.1f} ms ({slowest / median:.1f} x)",
        flush=True,
    )
    if asked is not None:
        print(f"    Sentry: {len(asked.requests)} requests for {len({one.target for one in asked.requests})} URLs")
        asked.requests.clear()
    for words in (figures.errors + figures.of_others)[:5]:
        print(f"    {words}")
    return is_met


async def measure(callers: int, *, bounded: bool, counted: bool) -> bool:
    with running() as valkey, tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.toml"
        config.write_text(configuration(callers, bounded=bounded))
        async with AsyncExitStack() as stack:
            found = await stack.enter_async_context(sentry(callers))
            asked = await stack.enter_async_context(passing_on(found["url"])) if counted else None
            environment = {
                "SENTRY_URL": asked.url if asked else found["url"],
                "SENTRY_ORG": "acme",
                "SENTRY_AUTH_TOKEN": found["token"],
                "SENTRY_MCP_SHARED_URL": valkey.url,
                "SENTRY_MCP_CONFIG": str(config),
            }
            servers = await stack.enter_async_context(replicas(2, environment))
            is_met = report("both", await load(callers, servers), asked)
            is_met = report("one killed", await load(callers, servers, killing=servers[1]), asked) and is_met
            found_in_store = valkey.content()
            secrets = [found["token"], *map(token_of, range(callers)), "mark-"]
            told = [secret for secret in secrets if secret.encode() in found_in_store]
            print(f"in the store: {len(found_in_store) / 1e6:.1f} MB, {len(told)} of {len(secrets)} secrets in clear")
            return is_met and not told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=100)
    parser.add_argument("--unbounded", action="store_true", help="callers that may see all projects")
    parser.add_argument("--count", action="store_true", help="count Sentry's requests, which costs time")
    chosen = parser.parse_args()
    is_met = asyncio.run(measure(chosen.callers, bounded=not chosen.unbounded, counted=chosen.count))
    print(f"bars, no wrong answer and p99 under {RATIO:.0f} x the median: {'met' if is_met else 'MISSED'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
