"""Which issues a search finds and in what order, of more issues than are looked at in one step: as counting all events
one by one has it."""

import random
import re
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from sending import Local, ago, connect, failure

from local import Store
from local.clock import now
from local.intake.incoming import read_event
from local.intake.recording import record_event

ISSUES = 700
CURSOR = re.compile(r'rel="(\w+)"; results="(\w+)"; cursor="([^"]*)"')


@dataclass(frozen=True)
class Sent:
    kind: str
    hours: int
    """And a half, since it happened; no two of an issue in the same."""
    environment: str
    user: int
    region: str
    tier: str
    text: str
    seats: int | None


def made() -> list[Sent]:
    chance = random.Random(11)
    return [
        Sent(
            kind=f"Kind{number}",
            hours=hours,
            environment=chance.choice(["production", "production", "staging"]),
            user=chance.randrange(4),
            region=chance.choice(["eu", "us"]),
            tier=chance.choice(["free", "pro", "pro"]),
            text=chance.choice(["card declined", "took too long", "zq", "card expired"]),
            seats=chance.choice([None, 1, 20, 300]),
        )
        for number in range(ISSUES)
        for hours in chance.sample(range(1, 100), chance.randint(1, 5))
    ]


SENT = made()


@pytest.fixture(scope="module")
def filled() -> Generator[Store]:
    with closing(Store.open(None)) as store:
        for sent in SENT:
            event = failure(
                sent.kind,
                sent.text,
                timestamp=ago(hours=sent.hours, minutes=30),
                environment=sent.environment,
                user={"id": sent.user},
                tags={"region": sent.region, "tier": sent.tier, **({"seats": sent.seats} if sent.seats else {})},
            )
            record_event(store, 1, read_event(event, now()))
        yield store


@pytest.fixture
async def local(filled: Store) -> AsyncGenerator[Local]:
    async with connect(filled) as client:
        yield Local(filled, client)


SEARCHES: dict[str, tuple[dict[str, Any], Callable[[Sent], bool]]] = {
    "all": ({"query": ""}, lambda one: True),
    "a tag": ({"query": "region:eu"}, lambda one: one.region == "eu"),
    "two tags": ({"query": "region:eu tier:free"}, lambda one: one.region == "eu" and one.tier == "free"),
    "not a tag": ({"query": "!tier:pro"}, lambda one: one.tier != "pro"),
    "any tag of a name": ({"query": "has:seats"}, lambda one: one.seats is not None),
    "no tag of a name": ({"query": "!has:seats"}, lambda one: one.seats is None),
    "an empty tag": ({"query": 'seats:"" tier:pro'}, lambda one: one.seats is None and one.tier == "pro"),
    "a tag of a name that none has": ({"query": "has:nowhere"}, lambda one: False),
    "a tag that is greater": ({"query": "seats:>=20"}, lambda one: (one.seats or 0) >= 20),
    "a tag that is not greater": (
        {"query": "!seats:>1 region:eu"},
        lambda one: (one.seats or 0) < 2 and one.region == "eu",
    ),
    "a text": ({"query": "card"}, lambda one: "card" in one.text),
    "a text of two characters": ({"query": "zq"}, lambda one: one.text == "zq"),
    "text and tag": ({"query": "card region:us"}, lambda one: "card" in one.text and one.region == "us"),
    "text without a tag": ({"query": "zq !region:us"}, lambda one: one.text == "zq" and one.region != "us"),
    "a period": ({"query": "", "statsPeriod": "40h"}, lambda one: one.hours < 40),
    "an environment and a period": (
        {"query": "", "environment": "staging", "statsPeriod": "40h"},
        lambda one: one.environment == "staging" and one.hours < 40,
    ),
    "text in an environment": (
        {"query": "declined", "environment": "production"},
        lambda one: "declined" in one.text and one.environment == "production",
    ),
    "text and whether there is a tag": ({"query": "card has:region"}, lambda one: "card" in one.text),
    "text and a field that is in no index": (
        {"query": "card error.value:*expired* tier:pro"},
        lambda one: one.text == "card expired" and one.tier == "pro",
    ),
    "a field that is in no index": ({"query": "error.value:*zq*"}, lambda one: one.text == "zq"),
    "a type by a pattern": ({"query": "error.type:*7"}, lambda one: one.kind.endswith("7")),
    "types and a tag": (
        {"query": "error.type:[Kind1,Kind2,Kind3,Kind4,Kind5] region:eu", "statsPeriod": "60h"},
        lambda one: one.kind in {f"Kind{number}" for number in range(1, 6)} and one.region == "eu" and one.hours < 60,
    ),
    "nothing": ({"query": "nowhere-to-be-found"}, lambda one: False),
}
ORDERS: dict[str, Callable[[list[Sent]], int]] = {
    "date": lambda events: -min(one.hours for one in events),
    "freq": len,
    "user": lambda events: len({one.user for one in events}),
}


def expected(matches: Callable[[Sent], bool], sort: str) -> dict[str, int]:
    """By its kind what each issue is ordered by; of an issue without events that match, nothing."""
    events: dict[str, list[Sent]] = {}
    for one in SENT:
        if matches(one):
            events.setdefault(one.kind, []).append(one)
    return {kind: ORDERS[sort](seen) for kind, seen in events.items()}


async def page(local: Local, query: dict[str, Any], cursor: str | None) -> tuple[list[str], dict[str, str], int]:
    """Kinds, the cursors that lead on, how many there are in all."""
    response = await local.call("GET", "issues/", **query, **({"cursor": cursor} if cursor else {}))
    assert response.status_code == 200, response.text
    on = {relation: value for relation, more, value in CURSOR.findall(response.headers["link"]) if more == "true"}
    return [row["metadata"]["type"] for row in response.json()], on, int(response.headers["x-hits"])


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("search", SEARCHES)
async def test_pages_lead_through_what_matches_in_order_and_back(local: Local, search: str, sort: str) -> None:
    asked, matches = SEARCHES[search]
    wanted = expected(matches, sort)
    query = {**asked, "sort": sort, "limit": 90}
    pages: list[list[str]] = []
    cursor: str | None = None
    on: dict[str, str] = {}
    while cursor or not pages:
        found, on, hits = await page(local, query, cursor)
        assert hits == len(wanted)
        pages.append(found)
        cursor = on.get("next")
    kinds = [kind for found in pages for kind in found]
    assert sorted(kinds) == sorted(wanted)
    assert [wanted[kind] for kind in kinds] == sorted(wanted.values(), reverse=True)
    for earlier in reversed(pages[:-1]):
        found, on, hits = await page(local, query, on["previous"])
        assert (found, hits) == (earlier, len(wanted))


@pytest.mark.parametrize("sort", ["new", "recommended", "trends", "inbox"])
@pytest.mark.parametrize("search", SEARCHES)
async def test_in_any_order_a_page_has_what_matches(local: Local, search: str, sort: str) -> None:
    asked, matches = SEARCHES[search]
    wanted = expected(matches, "freq")
    found, _, hits = await page(local, {**asked, "sort": sort, "limit": 100}, None)
    assert hits == len(wanted)
    assert len(found) == len(set(found)) == min(len(wanted), 100)
    assert set(found) <= set(wanted)


async def test_of_more_than_a_thousand_no_more_are_counted() -> None:
    with closing(Store.open(None)) as store:
        for number in range(1_005):
            record_event(store, 1, read_event(failure(f"Kind{number}", "card", tags={"region": "eu"}), now()))
        async with connect(store) as client:
            for query in ("", "region:eu", "card", "ca"):
                response = await Local(store, client).call("GET", "issues/", query=query, limit=1)
                assert response.headers["x-hits"] == response.headers["x-max-hits"] == "1000", query


async def test_events_of_the_same_moment_have_their_own_texts(store: Store) -> None:
    at = ago(hours=1)
    for text, region in (("second", "us"), ("first", "eu")):
        event = failure("Kind", text, timestamp=at, fingerprint=["one"], tags={"region": region})
        record_event(store, 1, read_event(event, now()))
    async with connect(store) as client:
        local = Local(store, client)
        assert len(await local.titles("first region:eu")) == len(await local.titles("second region:us")) == 1
        assert await local.titles("second region:eu") == await local.titles("first region:us") == []
