"""What get_trace costs for a trace of 10,000 spans, as a tool called by an MCP client, beside one of ten spans,
get_issue, and the reading of the same JSON alone, which tells how loaded the machine is: `python benchmarks/traces.py`.

Sentry is a stand-in in a process of its own. Ends with 1 when a bar is missed: the answer is within its budget, the way
from the root to the error whole, and takes at most 150 ms of processor, the median.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import re
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bpe_openai import get_encoding
from mcp.client.client import Client
from pydantic_core import from_json
from standins import todays_answers as answers
from standins.sockets import Request, Wire, listening
from standins.traces import Row, counts, error, log, span, status, table
from wire import connected_to, text_of

from commands.serve import GARBAGE

SPANS = 10_000
BUDGET, BAR = 4_000, 150.0
"""Tokens, and milliseconds of processor."""
WAY = ("pageload /checkout", "http.server POST /api/checkout", "http.client POST https://pay.acme.test/charge")
SMALL, WIDE, BUSHY = "0" * 31 + "1", "0" * 31 + "2", "0" * 31 + "3"


def failing(*others: Row) -> list[Row]:
    """A request that failed, and what was done besides."""
    charge = span(3, at=900, ms=800, op="http.client", description=WAY[2].removeprefix("http.client "))
    charge |= {"errors": [error(answers.EVENT_ID, 1_690)], **status("deadline_exceeded")}
    view = span(2, *others, charge, at=10, ms=1_700, op="http.server", description=WAY[1].removeprefix("http.server "))
    return [span(1, view | status("internal_error"), at=0, ms=1_750, op="pageload", description="/checkout")]


def query(number: int) -> Row:
    what = f"SELECT id, name, price FROM products_{number % 7} WHERE sku = {number} AND deleted_at IS NULL"
    return span(10 + number, at=20 + number / 20, ms=number % 40, op="db", description=what)


def bushy() -> list[Row]:
    """Spans in each other, as a large page of many parts has them."""
    parts = [
        span(
            100_000 + part,
            *(span(200_000 + 10 * part + n, *(query(30 * part + 10 * n + at) for at in range(6))) for n in range(3)),
            at=20 + part,
            description=f"render part {part}",
        )
        for part in range((SPANS - 3) // 22)
    ]  # fmt: skip
    rest = SPANS - 3 - 22 * len(parts)
    return failing(*parts, *map(query, range(90_000, 90_000 + rest)))


def stand_in(ready: Connection) -> None:
    """Until it is ended."""
    whole = {
        SMALL: failing(*map(query, range(7))),
        WIDE: failing(*map(query, range(SPANS - 3))),
        BUSHY: bushy(),
    }
    bodies = {f"/trace/{name}/": json.dumps(rows).encode() for name, rows in whole.items()}
    bodies |= {f"/trace-meta/{name}/": json.dumps(counts(SPANS, 1, 100)).encode() for name in whole}
    logs = [log(number, 10 * number, f"asked for product {number}") for number in range(100)]
    bodies |= {
        "/events/latest/": json.dumps(answers.EVENT).encode(),
        "/events/": json.dumps(table(logs)).encode(),
        "/issues/1/": json.dumps(answers.ISSUE_WHOLE).encode(),
    }

    async def answer(request: Request, wire: Wire) -> None:
        body = next((body for path, body in bodies.items() if request.path.endswith(path)), b"[]")
        await wire.answer(body=body)

    async def serve() -> None:
        async with listening(answer) as server:
            ready.send(server.url)
            await asyncio.Event().wait()

    asyncio.run(serve())


async def milliseconds(client: Client, tool: str, **arguments: object) -> tuple[float, str]:
    """Of processor, of this process alone, and the answer."""
    started = time.process_time()
    result = await client.call_tool(tool, arguments)
    took = (time.process_time() - started) * 1_000
    if result.is_error:
        raise RuntimeError(text_of(result))
    return took, text_of(result)


def is_whole(text: str) -> bool:
    """Whether each span of the way stands in the answer, one within the other, and the error in the last."""
    lines = text.splitlines()
    depths: list[int] = []
    for step in (*WAY, answers.SHORT_ID):
        found = next((line for line in lines if step in line), None)
        if found is None:
            return False
        depths.append(len(found) - len(found.lstrip()))
    return depths == sorted(set(depths)) and not re.search(r"in \d+ spans? not shown", text)


async def measure(url: str, rounds: int) -> bool:
    encoding = get_encoding("o200k_base")
    asked: dict[str, tuple[str, dict[str, object]]] = {
        "get_issue": ("get_issue", {"issue": "1"}),
        "10 spans": ("get_trace", {"trace": SMALL}),
        "10,000 in one": ("get_trace", {"trace": WIDE}),
        "10,000 in many": ("get_trace", {"trace": BUSHY}),
    }
    took: dict[str, list[float]] = {name: [] for name in asked}
    texts: dict[str, str] = {}
    content = json.dumps(bushy()).encode()
    gc.freeze()  # as a server does
    gc.set_threshold(*GARBAGE)
    async with connected_to(url, SENTRY_AUTH_TOKEN="none", SENTRY_ORG="acme", SENTRY_MCP_CACHE_TTL="0") as client:
        for number in range(rounds + 1):
            for name, read in (("json.loads", json.loads), ("JSON alone", from_json)):
                started = time.process_time()
                read(content)
                took[name] = [*took.get(name, []), (time.process_time() - started) * 1_000]
            for name, (tool, arguments) in asked.items():
                figure, texts[name] = await milliseconds(client, tool, **arguments)
                if number:  # the first round loads what is needed
                    took[name].append(figure)
    are_met, alone = True, statistics.median(took["json.loads"])
    print(f"{'':16} {'median':>9} {'most':>9}  of processor")
    for name, figures in took.items():
        median = statistics.median(figures)
        line = f"{name:16} {median:6.1f} ms {max(figures):6.1f} ms {median / alone:5.2f} x json.loads"
        if name in asked and asked[name][0] == "get_trace":
            tokens, whole = len(encoding.encode(texts[name])), is_whole(texts[name])
            are_met &= median <= BAR and tokens <= BUDGET and whole
            line += f"  {tokens:,} tokens, the failing way {'whole' if whole else 'NOT WHOLE'}"
        print(line)
    print(f"bars: {BAR:.0f} ms, {BUDGET:,} tokens, the failing way whole: {'met' if are_met else 'MISSED'}")
    return are_met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=stand_in, args=(theirs,), daemon=True)
    process.start()
    try:
        return 0 if asyncio.run(measure(ours.recv(), parser.parse_args().rounds)) else 1
    finally:
        process.terminate()
        process.join()


if __name__ == "__main__":
    sys.exit(main())
