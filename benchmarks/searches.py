"""How fast the embedded Sentry lists and searches when it is full: `python benchmarks/searches.py`.

Fills a file and memory with 100,000 events in 5,000 issues by the functions of the intake, then asks each list and
each search over HTTP, in process; then one issue, alone and beside two searches. The smallest call is the control.
Ends with 1 when a list or a search takes more than 30 ms of the processor, or an issue beside two searches more than
twice its time alone.
"""

import argparse
import asyncio
import gc
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx

from commands.serve import GARBAGE, SWITCH
from local import Store, create_app
from local.clock import now
from local.intake.incoming import read_event
from local.intake.recording import record_event

BAR = 30.0
"""Milliseconds."""

EVENTS_OF_ISSUE = 20
DAYS = 29
ROUNDS = 7

KINDS = (
    "ValueError",
    "KeyError",
    "TimeoutError",
    "ConnectionError",
    "TypeError",
    "IndexError",
    "RuntimeError",
    "OSError",
)
CAUSES = ("card was declined", "connection was refused", "field is missing", "took too long", "is out of stock")
BROWSERS = (("Chrome", "141.0"), ("Chrome", "140.0"), ("Firefox", "139.0"), ("Safari", "18.1"), ("Edge", "141.0"))

ORGANIZATION = "/api/0/organizations/local/"
ISSUES = ORGANIZATION + "issues/"
PROJECT = "/api/0/projects/local/app/"

Query = dict[str, Any]

SEARCHES: dict[str, str] = {
    "nothing": "",
    "unresolved": "is:unresolved",
    "environment as a term": "is:unresolved environment:staging",
    "release": "is:unresolved release:shop@1.7.0",
    "release by a pattern": "is:unresolved release:shop@1.*",
    "a tag that few have": "is:unresolved queue:q7",
    "a tag that most have": "is:unresolved level:error",
    "two tags": "is:unresolved region:eu customer.tier:pro",
    "not a tag": "is:unresolved !browser.name:Chrome",
    "a tag by a pattern": "is:unresolved browser:Chrome*",
    "user": "is:unresolved user.email:user77@example.com",
    "exception type": "is:unresolved error.type:TimeoutError",
    "exception types by a pattern": "is:unresolved error.type:*Error",
    "exception type and tag": "is:unresolved error.type:TimeoutError region:eu",
    "text that one event has": "is:unresolved order-77-",
    "text that some have": "is:unresolved declined",
    "text that all have": "is:unresolved customer",
    "text that none has": "is:unresolved nowhere-to-be-found",
    "text of two characters": "is:unresolved er",
    "text and tag": "is:unresolved declined region:eu",
    "text and a field": "is:unresolved declined error.value:*77*",
    "unhandled": "is:unresolved error.unhandled:true",
    "value of an error": "is:unresolved error.value:*declined*",
    "has a tag": "is:unresolved has:region",
    "has no such tag": "is:unresolved !has:nowhere",
}
SORTS = ("date", "new", "freq", "user")
WITHIN: dict[str, dict[str, str]] = {
    "": {},
    ", 24h": {"statsPeriod": "24h"},
    ", 14d": {"statsPeriod": "14d"},
    ", production": {"environment": "production"},
    ", development": {"environment": "development"},
    ", 14d of production": {"statsPeriod": "14d", "environment": "production"},
}

EXPLORE: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "rows": (("id", "title", "timestamp"), {"sort": "-timestamp"}),
    "rows with a tag": (("id", "title", "timestamp"), {"sort": "-timestamp", "query": "region:eu"}),
    "rows with a text": (("id", "title", "timestamp"), {"sort": "-timestamp", "query": "declined"}),
    "rows with a text that one has": (("id", "title", "timestamp"), {"sort": "-timestamp", "query": "order-77-"}),
    "count": (("count()",), {}),
    "count of a text": (("count()",), {"query": "declined"}),
    "count by release": (("release", "count()"), {"sort": "-count()"}),
    "count by a tag": (("region", "count()"), {"sort": "-count()"}),
    "count by a tag of 200 values": (("transaction", "count()"), {"sort": "-count()"}),
    "count by exception type": (("error.type", "count()"), {"sort": "-count()"}),
    "count and users by issue": (("issue", "count()", "count_unique(user)"), {"sort": "-count()"}),
    "count and users by browser in production": (
        ("browser.name", "count()", "count_unique(user)"),
        {"sort": "-count()", "environment": "production"},
    ),
}


def calls(issue: int) -> dict[str, tuple[str, Query]]:
    """Every list and search, by what it is called."""
    found: dict[str, tuple[str, Query]] = {
        f"issues: {name}{within}, by {sort}": (ISSUES, {"query": query, "sort": sort, **bounds})
        for (name, query), (within, bounds), sort in itertools.product(SEARCHES.items(), WITHIN.items(), SORTS)
        if not within or sort == "date" or (within, sort) == (", 14d of production", "user")
    }
    events = {"": "", " with a tag": "region:eu", " with a rare tag": "queue:q7", " with a text": "declined"}
    for name, query in events.items():
        found[f"events of an issue{name}"] = (f"{ISSUES}{issue}/events/", {"query": query})
        found[f"events of the project{name}"] = (f"{PROJECT}events/", {"query": query})
        found[f"events of the project{name}, 14d"] = (f"{PROJECT}events/", {"query": query, "statsPeriod": "14d"})
    for within in ("", ", 14d", ", production"):
        bounds = WITHIN[within]
        found[f"tags of an issue{within}"] = (f"{ISSUES}{issue}/tags/", bounds)
        found[f"values of a tag{within}"] = (f"{ISSUES}{issue}/tags/browser/", bounds)
    for name, (fields, more) in EXPLORE.items():
        found[f"explore: {name}, 14d"] = (f"{ORGANIZATION}events/", {"field": fields, "statsPeriod": "14d", **more})
    for name, query in {"": "", " with a tag": "region:eu"}.items():
        asked = {"yAxis": "count()", "interval": "1h", "statsPeriod": "14d", "query": query}
        found[f"explore: events by hour{name}, 14d"] = (f"{ORGANIZATION}events-timeseries/", asked)
    found["an issue"] = (f"{ISSUES}{issue}/", {})
    found["its latest event"] = (f"{ISSUES}{issue}/events/latest/", {})
    found["releases"] = (f"{ORGANIZATION}releases/", {})
    found["releases by a part of the version"] = (f"{ORGANIZATION}releases/", {"query": "1.7"})
    found["projects"] = (f"{ORGANIZATION}projects/", {})
    return found


def error(number: int, issues: int, chance: random.Random) -> dict[str, Any]:
    """An ordinary error of an ordinary web service; each issue has a place in the code of its own."""
    issue = number % issues
    module = f"shop.module{issue % 97}"
    at = datetime.now(UTC) - timedelta(seconds=chance.random() * DAYS * 86_400)
    browser, version = chance.choice(BROWSERS)
    customer = chance.randrange(5000)
    frames = [
        {
            "filename": module.replace(".", "/") + ".py",
            "abs_path": "/srv/" + module.replace(".", "/") + ".py",
            "module": module,
            "function": f"step_{issue if depth == 9 else depth}",
            "lineno": 10 + depth,
            "in_app": True,
            "pre_context": [f"    line = {line} + total" for line in range(5)],
            "context_line": "    return charge(order, card)",
            "post_context": [f"    other = {line} + total" for line in range(5)],
            "vars": {"order": str(number), "total": "12.5", "customer": {"id": customer, "name": "somebody"}},
        }
        for depth in range(10)
    ]
    exception = {
        "type": KINDS[issue % len(KINDS)],
        "value": f"order-{number}- of customer {customer}: {CAUSES[issue % len(CAUSES)]}",
        "mechanism": {"type": "generic", "handled": issue % 3 > 0},
        "stacktrace": {"frames": frames},
    }
    return {
        "event_id": f"{number:032x}",
        "platform": "python",
        "level": chance.choices(("error", "warning", "fatal"), (8, 1, 1))[0],
        "timestamp": at.isoformat(),
        "release": f"shop@1.{chance.randrange(50)}.0",
        "environment": chance.choices(("production", "staging", "development"), (8, 1, 1))[0],
        "server_name": f"web-{chance.randrange(20)}",
        "transaction": f"/api/v1/resource{issue % 200}/",
        "user": {"id": str(customer), "email": f"user{customer}@example.com"},
        "tags": {
            "customer.tier": chance.choice(("free", "pro", "enterprise")),
            "region": chance.choice(("eu", "us", "ap")),
            "queue": f"q{chance.randrange(30)}",
        },
        "contexts": {
            "browser": {"name": browser, "version": version},
            "os": {"name": "Linux", "version": "6.1"},
            "runtime": {"name": "CPython", "version": "3.11.4"},
            "trace": {"trace_id": f"{chance.getrandbits(128):032x}", "span_id": f"{chance.getrandbits(64):016x}"},
        },
        "request": {"method": "POST", "url": f"https://shop.example.com/api/v1/resource{issue % 200}/"},
        "breadcrumbs": {
            "values": [
                {"timestamp": at.timestamp() - back, "category": "query", "message": f"SELECT {number + back}"}
                for back in range(15)
            ]
        },
        "sdk": {"name": "sentry.python", "version": "2.40.0"},
        "exception": {"values": [exception]},
    }


def fill(store: Store, events: int) -> None:
    chance = random.Random(7)
    began, issues = time.process_time(), max(events // EVENTS_OF_ISSUE, 1)
    for number in range(events):
        record_event(store, 1, read_event(error(number, issues, chance), now(), size=8000))
    spent = 1000 * (time.process_time() - began) / events
    print(f"filled with {events} events in {issues} issues, {spent:.2f} ms CPU an event, those made here with them")


@asynccontextmanager
async def client(store: Store) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(store))
    headers = {"Authorization": f"Bearer {store.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as opened:
        yield opened


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one call, in the median: until it answered, and of the processor, which others do not disturb."""

    waited: float
    busy: float

    def __str__(self) -> str:
        return f"{self.busy:6.1f} ms of the processor, {self.waited:6.1f} ms in all"


async def median(call: Callable[[], Awaitable[Any]], rounds: int) -> Taken:
    """After one call that is not counted."""
    await call()
    waited: list[float] = []
    busy: list[float] = []
    for _ in range(rounds):
        began, worked = time.perf_counter(), time.process_time()
        await call()
        waited.append(1000 * (time.perf_counter() - began))
        busy.append(1000 * (time.process_time() - worked))
    return Taken(statistics.median(waited), statistics.median(busy))


async def measure(store: Store, rounds: int, *, everything: bool) -> int:
    """How many calls miss the bar."""
    async with client(store) as http:

        async def get(path: str, query: Query) -> None:
            (await http.get(path, params=query)).raise_for_status()

        print(f"the smallest call: {await median(lambda: get(ORGANIZATION, {}), rounds)}")
        with store.reading() as connection:
            (issue,) = connection.execute("SELECT id FROM issues ORDER BY id LIMIT 1 OFFSET 3").fetchone()
        taken = {name: await median(partial(get, *of), rounds) for name, of in calls(issue).items()}
        slow = {name: each for name, each in taken.items() if each.busy > BAR}
        ordered = sorted(taken.values(), key=lambda one: one.busy)
        print(f"{len(taken):3} lists and searches, median: {ordered[len(ordered) // 2]}; slowest: {ordered[-1]}")
        for name, each in sorted((taken if everything else slow).items(), key=lambda pair: -pair[1].busy):
            print(f"  {each}  {name}")
        return len(slow) + await beside(get, issue)


async def beside(get: Callable[[str, dict[str, str]], Awaitable[None]], issue: int) -> int:
    """Whether an issue takes more than twice its time beside two searches."""
    searches = ({"query": "is:unresolved declined", "sort": "freq"}, {"query": "region:eu", "statsPeriod": "14d"})
    path = f"{ISSUES}{issue}/"
    alone = await median(lambda: get(path, {}), 200)
    done = asyncio.Event()

    async def search(query: dict[str, str]) -> None:
        while not done.is_set():
            await get(ISSUES, query)

    searching = [asyncio.create_task(search(query)) for query in searches]
    together = await median(lambda: get(path, {}), 200)
    done.set()
    await asyncio.gather(*searching)
    print(f"an issue alone {alone.waited:.1f} ms, beside two searches {together.waited:.1f} ms")
    return int(together.waited > 2 * alone.waited)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the median counts")
    parser.add_argument("--all", action="store_true", help="print each, not only those that miss the bar")
    parser.add_argument("--data", help="a file to fill, or one that was filled before; memory is left out then")
    options = parser.parse_args()
    gc.freeze()  # as a server does, with both of these
    gc.set_threshold(*GARBAGE)
    sys.setswitchinterval(SWITCH)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in [options.data] if options.data else [str(Path(folder) / "store.sqlite3"), None]:
            with closing(Store.open(path)) as store:
                print("in a file" if path else "in memory")
                if not store.received()["event"]:
                    fill(store, options.events)
                missed += asyncio.run(measure(store, options.rounds, everything=options.all))
            if path:
                print(f"the file: {Path(path).stat().st_size / 1e6:.0f} MB")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
