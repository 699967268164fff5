"""What a call costs in memory, beside a bare SDK tool that answers with the same text: `python benchmarks/calls.py`.

`--beside PATH` times another checkout in turns with this one (`git worktree add PATH COMMIT`). Sentry is a stand-in
in the same process that answers at once. A cached call asks for what was just read, a first one for what never was,
whole or in part. Ends with 1 when a bar is missed.
"""

import argparse
import asyncio
import importlib
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, os.environ.get("CALLS_OF_CHECKOUT", str(Path(__file__).parents[1])))

import httpx
from mcp.client.client import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import TextContent
from pydantic import SecretStr

from sentry.client import SentryClient
from sentry.connection import Connection
from settings import load_settings

CHECKOUT = Path(sys.path[0])
NUMBER = "4242424"
"""Stands in the stand-in's answers for the number that was asked for: 1... is an ordinary event, 2... a large one."""
WARM_UP = 3
Times = dict[str, list[tuple[float, float]]]
"""By case, the milliseconds of each of our calls and of the bare tool's next to it."""


class Case(NamedTuple):
    """Texts of `arguments` have a place for a number. The bars are ratios of medians: to bare, to the other."""

    name: str
    calls: int
    tool: str
    arguments: dict[str, Any]
    of_bare: float = float("inf")
    of_other: float = float("inf")


ORDINARY, LARGE, QUERY = "1{:06}", "2{:06}", "is:unresolved {:07}"
CASES = [
    Case("cached get_issue, ordinary event", 150, "get_issue", {"issue": ORDINARY}, of_bare=1.3),
    Case("cached get_issue, large event", 40, "get_issue", {"issue": LARGE}, of_bare=1.5),
    Case("cached get_issue, large, max_tokens=8000", 25, "get_issue", {"issue": LARGE, "max_tokens": 8000}, 1.5),
    Case("cached list_issues, 100 rows", 40, "list_issues", {"query": QUERY, "limit": 100}, of_bare=1.5),
    Case("first get_issue, ordinary event", 60, "get_issue", {"issue": ORDINARY}),
    Case("first get_issue, large event", 15, "get_issue", {"issue": LARGE}),
    Case("first list_issues, 100 rows", 25, "list_issues", {"query": QUERY, "limit": 100}, of_other=0.6),
    Case("first list_issues, 25 rows", 60, "list_issues", {"query": QUERY, "limit": 25}),
]


def canned_answers() -> dict[str, str]:
    """JSON of an issue, of events and of lists. From this file's checkout: both are asked about the same."""
    from specimens import large_event, recorded

    issue = {**recorded("python_issue.json"), "id": NUMBER, "shortId": f"SHOP-{NUMBER}"}
    not_in_lists = ("activity", "firstRelease", "lastRelease", "participants", "seenBy", "tags", "userReportCount")
    row = {name: value for name, value in issue.items() if name not in not_in_lists}
    answers: dict[str, Any] = {"issue": issue}
    for name, event in (("event 1", recorded("python_event.json")), ("event 2", large_event())):
        new = "e" * 25 + NUMBER
        answers[name] = {**event, "id": new, "eventID": new, "groupID": NUMBER, "title": f"{event['title']} {NUMBER}"}
    for count in (25, 100):
        answers[f"list {count}"] = [
            {**row, "id": f"{NUMBER}{n}", "shortId": f"SHOP-{NUMBER}{n}", "title": f"KeyError: 'ORDER-{NUMBER}-{n}'"}
            for n in range(count)
        ]
    # In the source of calls too: to have read another event's lines is of no use.
    numbered = f"p{NUMBER}"
    return {name: re.sub(r"\b(previous|percent)\b", numbered, json.dumps(found)) for name, found in answers.items()}


class StandIn:
    """A Sentry as an ASGI app."""

    def __init__(self, canned: dict[str, str]) -> None:
        self._pieces = {name: answer.encode().split(NUMBER.encode()) for name, answer in canned.items()}
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        body = self._body(scope["path"].strip("/").split("/")[4:], scope["query_string"].decode())
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _body(self, path: list[str], query: str) -> bytes:
        match path:
            case []:
                return b'{"id": "1", "slug": "acme", "name": "Acme"}'
            case ["issues"]:
                name = "list 100" if "=100" in query else "list 25"
            case ["issues", _]:
                name = "issue"
            case ["issues", number, "events", _]:
                name = f"event {number[0]}"
            case _:
                return b"[]"
        asked = re.search(r"\d{7}\b", f"{path} {query}")
        assert asked, (path, query)
        return asked[0].encode().join(self._pieces[name])


async def milliseconds(client: Client, case: Case, arguments: dict[str, Any]) -> tuple[float, str]:
    """How long the call took, and the text of its answer."""
    started = time.perf_counter_ns()
    result = await client.call_tool(case.tool, arguments)
    took = (time.perf_counter_ns() - started) / 1_000_000
    text = "".join(part.text for part in result.content if isinstance(part, TextContent))
    assert text, result
    assert not result.is_error, text
    return took, text


async def measure(canned: dict[str, str]) -> Times:
    url, sentry, said = "http://sentry.test", StandIn(canned), ""

    def open_client() -> AbstractAsyncContextManager[SentryClient]:
        connection = Connection(url, SecretStr("none"), organization="acme")
        return SentryClient(connection, http_transport=httpx.ASGITransport(sentry))

    async def get_issue(issue: str, max_tokens: int | None = None) -> str:
        return said

    async def list_issues(query: str, limit: int) -> str:
        return said

    settings = load_settings(environment={"SENTRY_URL": url, "SENTRY_ORG": "acme", "SENTRY_AUTH_TOKEN": "none"})
    is_in_server = not (CHECKOUT / "application.py").exists()  # as in 0.1
    module = importlib.import_module("server" if is_in_server else "application")
    server: MCPServer[Any] = module.build_server(settings, open_client)
    control = MCPServer("bare", log_level=settings.log_level)
    for tool in (get_issue, list_issues):
        control.add_tool(tool, structured_output=False)
    times: Times = {case.name: [] for case in CASES}
    numbers = itertools.count(1)
    async with Client(server, mode="auto") as client, Client(control, mode="auto") as bare:
        for case in CASES:
            for call in range(-WARM_UP, case.calls):
                is_first = case.name.startswith("first")
                number, asked = next(numbers) if is_first else 0, sentry.asked
                given = {name: of.format(number) if isinstance(of, str) else of for name, of in case.arguments.items()}
                ours, said = await milliseconds(client, case, given)
                assert sentry.asked > asked or not is_first
                beside, _ = await milliseconds(bare, case, given)
                if call >= 0:
                    times[case.name].append((ours, beside))
    return times


def measured(checkout: Path, canned: str) -> Times:
    """In a process of its own, with the code of that checkout."""
    command, environment = [sys.executable, __file__, "--worker"], {**os.environ, "CALLS_OF_CHECKOUT": str(checkout)}
    done = subprocess.run(command, env=environment, input=canned, stdout=subprocess.PIPE, text=True, check=True)
    times: Times = json.loads(done.stdout)
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", type=Path, help="another checkout, such as of an earlier version")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        print(json.dumps(asyncio.run(measure(json.load(sys.stdin)))))
        return 0
    canned = json.dumps(canned_answers())
    checkouts = [CHECKOUT, *([chosen.beside.resolve()] if chosen.beside else [])]
    rounds = [[measured(checkout, canned) for checkout in checkouts] for _ in range(chosen.rounds)]
    is_within = True
    print(f"{'medians in ms':40}    ours    bare  ratio   bar", "   other  ratio   bar" if chosen.beside else "")
    for case in CASES:
        pairs = [[pair for one in rounds for pair in one[index][case.name]] for index in range(len(checkouts))]
        ours, *other = [statistics.median(mine for mine, _ in of) for of in pairs]
        bare = statistics.median(beside for _, beside in pairs[0])
        compared = [(bare, case.of_bare), *((theirs, case.of_other) for theirs in other)]
        shown = [f"{control:7.2f} {ours / control:6.2f} {'' if bar > 9 else bar:>5}" for control, bar in compared]
        print(f"{case.name:40} {ours:7.2f} {' '.join(shown)}")
        is_within = is_within and all(ours <= control * bar for control, bar in compared)
    print("bars met" if is_within else "bars MISSED")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
