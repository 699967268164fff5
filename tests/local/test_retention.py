"""What the embedded Sentry forgets, and what it does not."""

import asyncio
import random
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sending import Local, ago, connect, failure, frame, span, typed

from local import Retention, Store, serve
from local.clock import now
from local.forgetting import delete
from local.intake.incoming import read_event
from local.intake.recording import record_event
from local.retention import forget


def put(store: Store, number: int, project: int = 1, **more: Any) -> None:
    """Events of one issue, each by another user, the first one the oldest."""
    for each in range(number):
        event = failure(user={"id": f"{each}"}, tags={"queue": f"q{each % 2}"}, **more)
        record_event(store, project, read_event(event, now()))


def kept(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute("SELECT COUNT(*) FROM events").fetchone()[0])


def wait_until_empty(store: Store) -> None:
    until = time.monotonic() + 20
    while kept(store) and time.monotonic() < until:
        time.sleep(0.01)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Store]:
    with closing(Store.open(None if request.param == "memory" else tmp_path / "store.sqlite3")) as opened:
        yield opened


async def test_what_is_old_is_forgotten_and_its_counts_are_kept(store: Store) -> None:
    put(store, 250, timestamp=ago(days=31))
    put(store, 3, timestamp=ago(days=29))
    assert forget(store, Retention()) == 250
    assert forget(store, Retention()) == 0
    async with connect(store) as client:
        local = Local(store, client)
        (issue,) = await local.get("issues/", query="")
        assert (issue["count"], issue["userCount"]) == ("253", 250)
        assert issue["firstSeen"] < ago(days=30)
        queue = await local.get("issues/1/tags/queue/")
        assert queue["totalValues"] == 253
        assert len(await local.get("issues/1/events/")) == 3
    assert store.received() == {"event": 253}


async def test_an_issue_without_events_stays_and_is_shown(store: Store) -> None:
    put(store, 2, timestamp=ago(days=40))
    forget(store, Retention(days=7))
    async with connect(store) as client:
        local = Local(store, client)
        assert await local.titles() == ["ValueError: bad coupon"]
        assert (await local.get("issues/1/"))["count"] == "2"
        assert await local.get("issues/1/events/") == []
        assert (await local.get("issues/1/hashes/"))[0]["latestEvent"] is None
        assert (await local.call("GET", "issues/1/events/latest/")).status_code == 404
        assert (await client.get("/organizations/local/issues/1/", headers={"Host": "127.0.0.1"})).status_code == 200
        assert await local.titles("coupon") == []
        assert await local.titles("queue:q1") == []
        await local.send(failure())
        assert await local.titles("coupon") == ["ValueError: bad coupon"]
        assert (await local.get("issues/1/"))["count"] == "3"


async def test_of_each_issue_the_newest_events_are_kept(store: Store) -> None:
    for hours in range(130):
        put(store, 1, timestamp=ago(hours=hours + 1))
    put(store, 4, frames=[frame("other")])
    assert forget(store, Retention(events_of_issue=5)) == 125
    async with connect(store) as client:
        local = Local(store, client)
        shown = await local.get("issues/1/events/")
        assert [event["dateCreated"] > ago(hours=6.5) for event in shown] == [True] * 5
        assert len(await local.get("issues/2/events/")) == 4


def test_of_all_the_newest_are_kept_when_there_is_no_more_room_and_room_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    chance = random.Random(3)
    sizes: list[int] = []
    with closing(Store.open(path)) as store:
        for _ in range(6):
            put(store, 300, extra={"noise": chance.randbytes(4000).hex()})  # of which nothing can be deflated away
            forget(store, Retention(megabytes=2))
            assert 0 < kept(store) < 600
            sizes.append(path.stat().st_size)
        with store.reading() as connection:
            (first,) = connection.execute("SELECT MIN(id) FROM events").fetchone()
            (last,) = connection.execute("SELECT MAX(id) FROM events").fetchone()
            assert last - first + 1 == kept(store)
    assert sizes[5] < 1.05 * sizes[2]  # since the bound and what came at once had their room for the first time


def test_a_store_with_room_and_young_events_keeps_all(store: Store) -> None:
    put(store, 20)
    assert forget(store, Retention()) == 0
    assert kept(store) == 20


async def test_texts_of_new_events_are_found_after_old_ones_were_forgotten(store: Store) -> None:
    put(store, 300, timestamp=ago(days=40))
    forget(store, Retention())
    assert kept(store) == 0
    for number in range(150):  # these take the rows of the old ones
        record_event(store, 1, read_event(failure(f"Kind{number}", f"needle-{number}-"), now()))
    async with connect(store) as client:
        local = Local(store, client)
        assert await local.titles("needle-7-") == ["Kind7: needle-7-"]
        assert await local.titles("needle-149-") == ["Kind149: needle-149-"]
        assert await local.titles("bad coupon") == []


async def test_texts_are_found_however_often_something_was_forgotten() -> None:
    with closing(Store.open(None)) as store:
        for number in range(2_304):
            record_event(store, 1, read_event(failure("Kind", f"needle-{number}-"), now()))
        for row in range(1, 2_201):  # SQLite 3.40 reads no index of texts of more than 2,000 levels
            with store.writing() as connection:
                delete(connection, "events", [row])
        put(store, 256)
        async with connect(store) as client:
            local = Local(store, client)
            assert len(await local.get("issues/1/events/", query="needle-2300-")) == 1
            assert len(await local.titles("needle-2300-")) == 1
            assert await local.titles("needle-7-") == []


async def test_a_served_store_forgets_in_the_background_from_the_start() -> None:
    with closing(Store.open(None)) as store:
        put(store, 150, timestamp=ago(days=10))
        async with serve(store, retention=Retention(days=5)):
            await asyncio.to_thread(wait_until_empty, store)
            assert kept(store) == 0


async def test_a_served_store_without_a_retention_forgets_nothing() -> None:
    with closing(Store.open(None)) as store:
        put(store, 2, timestamp=ago(days=400))
        async with serve(store):
            await asyncio.sleep(0.1)
        assert kept(store) == 2


def put_one(store: Store, kind: str = "ValueError", **more: Any) -> None:
    record_event(store, 1, read_event(failure(kind, **more), now()))


def unlike(number: int) -> dict[str, str]:
    """Tags as a web application has them, of which no two events have the same."""
    chance = random.Random(number)
    return {name: chance.randbytes(90).hex() for name in ("request_id", "order", "url", "cart")}


async def test_what_differs_in_each_event_does_not_push_all_events_out(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    sizes: list[int] = []
    with closing(Store.open(path)) as store:
        for number in range(2400):
            tags = {**unlike(number), "queue": f"q{number % 2}"}
            event = failure(user={"id": number}, tags=tags, extra={"number": number}, fingerprint=["one"])
            event["exception"]["values"][0]["stacktrace"]["frames"][0]["function"] = f"step_{number}"
            record_event(store, 1, read_event(event, now()))
            if number % 400 == 399:
                forget(store, Retention(megabytes=2))
                assert kept(store) > 100
                sizes.append(path.stat().st_size)
        async with connect(store) as client:
            local = Local(store, client)
            (issue,) = await local.get("issues/")
            assert (issue["count"], issue["userCount"]) == ("2400", 2400)
            queue = await local.get("issues/1/tags/queue/")
            assert [value["count"] for value in queue["topValues"]] == [1200, 1200]
            assert (await local.get("issues/1/tags/order/"))["uniqueValues"] == kept(store)
            latest = await local.get("issues/1/events/latest/")
            assert latest["context"] == {"number": 2399}
            assert await local.titles(f"order:{unlike(2399)['order']}") != []
            assert await local.titles(f"order:{unlike(0)['order']}") == []
            assert await local.titles("stack.function:step_2399") != []
            assert await local.titles("stack.function:step_0") == []
    assert sizes[-1] < 1.2 * sizes[1]


async def test_each_event_of_an_issue_of_its_own_fills_no_store(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    sizes: list[int] = []
    with closing(Store.open(path)) as store:
        for number in range(3000):
            more = {"release": f"r{number}" + "x" * 150, "environment": f"e{number}" + "y" * 50}
            put_one(store, f"Kind{number}" + "z" * 400, tags={f"k{number}": "v" * 190}, **more)
            if number % 500 == 499:
                forget(store, Retention(megabytes=2))
                sizes.append(path.stat().st_size)
        assert kept(store) > 50
        async with connect(store) as client:
            local = Local(store, client)
            assert (await local.titles("", sort="new"))[0].startswith("Kind2999")
            assert await local.titles("Kind7zzz") == []
            assert len(await local.get("environments/")) == kept(store)
        assert store.received() == {"event": 3000}
    assert sizes[-1] < 1.2 * sizes[1]


async def test_issues_without_events_keep_their_counts_while_there_is_room(store: Store) -> None:
    for number in range(300):
        put_one(store, f"Kind{number}", timestamp=ago(days=40), release=f"r{number}")
    put_one(store, "Kind299", release="today")
    forget(store, Retention())
    async with connect(store) as client:
        local = Local(store, client)
        assert len(await local.get("issues/", query="", limit=100)) == 100
        assert (await local.get("issues/300/"))["count"] == "2"
        assert (await local.get("issues/1/"))["firstRelease"]["version"] == "r0"


async def test_values_environments_users_and_releases_go_with_their_last_event(store: Store) -> None:
    async with connect(store) as client:
        local = Local(store, client)
        await local.add("releases/", version="made", projects=["app"], ref="main")
        for version, environment, user in (("first", "staging", 1), ("made", "dev", 2), ("between", "test", 3)):
            put_one(
                store,
                timestamp=ago(days=40),
                release=version,
                environment=environment,
                user={"id": user},
                tags={"queue": version},
            )
        put_one(store, timestamp=ago(days=2), release="last", environment="production", user={"id": 1})
        forget(store, Retention())
        assert [row["name"] for row in await local.get("environments/")] == ["production"]
        assert sorted(row["version"] for row in await local.get("releases/")) == ["first", "last", "made"]
        assert [tag["key"] for tag in await local.get("issues/1/tags/") if tag["key"] in ("queue", "release")] == [
            "release"
        ]
        put_one(store, user={"id": 1})
        assert (await local.get("issues/1/"))["userCount"] == 3
        put_one(store, user={"id": 2})  # none of their events is kept: counted once more
        assert (await local.get("issues/1/"))["userCount"] == 4


async def test_many_spans_do_not_push_errors_out(store: Store) -> None:
    put(store, 60, timestamp=ago(hours=1))
    async with connect(store) as client:
        local = Local(store, client)
        for _ in range(8):
            await local.send_items("span", *(span(attributes=typed(noise="n" * 150)) for _ in range(1000)))
        forget(store, Retention(megabytes=2))
        assert kept(store) == 60
        (row,) = await local.explore("spans", "count()")
        assert 1000 < row["count()"] < 8000


async def test_nothing_goes_for_the_room_that_other_things_take(store: Store) -> None:
    put(store, 40)
    async with connect(store) as client:
        local = Local(store, client)
        for version in range(4):
            commits = [{"id": f"{number:040x}", "message": "m" * 3000} for number in range(200)]
            await local.add("releases/", version=f"{version}", projects=["app"], commits=commits)
        assert forget(store, Retention(megabytes=1)) == 0
        assert kept(store) == 40


def test_the_index_of_texts_becomes_no_greater_than_what_is_kept(store: Store) -> None:
    sizes: list[int] = []
    for number in range(3000):
        put_one(store, value=f"order {random.Random(number).randbytes(40).hex()}")
        if number % 500 == 499:
            forget(store, Retention(events_of_issue=500))
            with store.reading() as connection:
                sizes.append(connection.execute("SELECT SUM(LENGTH(block)) FROM event_texts_data").fetchone()[0])
    assert sizes[-1] < 2 * sizes[0]


async def test_types_of_items_are_counted_by_name_up_to_a_bound(store: Store) -> None:
    async with connect(store) as client:
        local = Local(store, client)
        for part in range(3):
            lines = [b"{}", *(b'{"type":"kind%d","length":1}\nx' % (part * 50 + number) for number in range(50))]
            assert (await local.post(b"\n".join(lines) + b"\n")).status_code == 200
        await local.post(b'{}\n{"type":"kind3","length":1}\nx\n')
    received = store.received()
    assert len(received) == 102
    assert (received["kind3"], received["other"], sum(received.values())) == (2, 50, 151)
