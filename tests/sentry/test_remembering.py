"""What was read is remembered for a while and within bounds, and forgotten after a write and what else happens."""

import asyncio
import gc
import json
import tracemalloc

from standins.clients import client_of
from standins.clocks import Clock
from standins.faults import answering
from standins.one_issue import EVENT, Gate, today
from standins.sockets import Request, Wire, listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.transport.cache import Cache, Lifetime, Statistics
from sentry.transport.sources import noting_sources


async def test_a_write_makes_issues_be_read_anew_and_leaves_events() -> None:
    async with listening(today) as server, client_of(server.url, organization="acme") as client:
        for _ in range(2):
            await client.get_issue("5")
            await client.get_event(EVENT, issue="5")
        assert len(server.requests) == 2
        await client.update_issue("5", IssueChange(status="resolved"))
        server.requests.clear()
        await client.get_issue("5")
        await client.get_event(EVENT, issue="5")
        assert server.log == ["GET /api/0/organizations/acme/issues/5/"]


async def test_a_write_makes_the_events_that_an_issue_names_be_read_anew() -> None:
    async with listening(today) as server, client_of(server.url, organization="acme") as client:
        for name in ("latest", "oldest", "recommended"):
            await client.get_event(name, issue="5")
            await client.update_issue("5", IssueChange(status="resolved"))
            server.requests.clear()
            await client.get_event(name, issue="5")
            assert server.log == [f"GET /api/0/organizations/acme/issues/5/events/{name}/"]


async def test_an_answer_that_a_write_overtook_is_not_remembered() -> None:
    gate = Gate()
    async with listening(gate.answer) as server, client_of(server.url, organization="acme") as client:
        before = asyncio.ensure_future(client.get_issue("5"))
        await gate.reached.wait()
        gate.status = "resolved"
        await client.update_issue("5", IssueChange(status="resolved"))
        after = asyncio.ensure_future(client.get_issue("5"))
        await server.until(lambda: len(server.requests) == 3)
        gate.open.set()
        assert [(await before).status, (await after).status] == ["unresolved", "resolved"]
        assert (await client.get_issue("5")).status == "resolved"


async def an_issue_and_lists(request: Request, wire: Wire) -> None:
    """Answers each question of an issue, and lists with no rows."""
    if request.path.partition("?")[0].endswith(("/issues/", "/events/", "/tags/", "/projects/")):
        await wire.answer(body=b"[]")
        return
    number = "5" if "/issues/SHOP-5/" in request.path else "6"
    found = {"id": number, "shortId": f"SHOP-{number}", "eventID": EVENT}
    await wire.answer(body=json.dumps(found).encode())


async def read_all_of(client: SentryClient, issue: str) -> None:
    await client.get_issue(issue)
    await client.get_event("latest", issue=issue)
    await client.get_event(EVENT, issue=issue)
    await client.get_events(issue)
    await client.get_tags(issue)


async def test_where_something_happened_that_issue_and_lists_are_read_anew() -> None:
    async with listening(an_issue_and_lists) as server, client_of(server.url, organization="acme") as client:

        async def read() -> list[str]:
            server.requests.clear()
            await read_all_of(client, "5")
            await read_all_of(client, "55")
            await client.list_issues()
            await client.list_projects()
            return [line.partition("?")[0].removeprefix("GET /api/0/organizations/acme/") for line in server.log]

        asked = await read()
        of_five = [path for path in asked if path.startswith("issues/5/")]
        assert of_five == [
            f"issues/5/{part}" for part in ("", "events/latest/", f"events/{EVENT}/", "events/", "tags/")
        ]
        assert await read() == []
        client.forget("5")
        assert await read() == [*of_five, "issues/"]
        assert await read() == []


async def test_an_issue_is_forgotten_by_its_short_id_too_be_that_told_or_known() -> None:
    async with listening(an_issue_and_lists) as server, client_of(server.url, organization="acme") as client:
        await client.get_issue("SHOP-5")  # which says its number
        await client.get_tags("SHOP-6")  # which does not
        for names in (("5",), ("6", "shop-6")):
            server.requests.clear()
            client.forget(*names)
            await client.get_issue("SHOP-5")
            await client.get_tags("SHOP-6")
            path = "SHOP-5/" if names == ("5",) else "SHOP-6/tags/"
            assert server.log == [f"GET /api/0/organizations/acme/issues/{path}"]


async def test_an_answer_that_was_under_way_when_something_happened_is_not_remembered() -> None:
    gate = Gate()
    async with listening(gate.answer) as server, client_of(server.url, organization="acme") as client:
        before = asyncio.ensure_future(client.get_issue("5"))
        await gate.reached.wait()
        gate.status = "resolved"
        client.forget("5")
        after = asyncio.ensure_future(client.get_issue("5"))
        await server.until(lambda: len(server.requests) == 2)
        gate.open.set()
        assert [(await before).status, (await after).status] == ["unresolved", "resolved"]
        assert (await client.get_issue("5")).status == "resolved"
        assert len(server.requests) == 2


async def test_what_was_made_of_an_issue_is_not_current_when_something_happened_in_it() -> None:
    async with listening(today) as server, client_of(server.url, organization="acme") as client:
        with noting_sources() as sources:
            await client.get_issue("5")
        with noting_sources() as sources_of_another:
            await client.get_issue("6")
        assert client.are_current(sources)
        client.forget("5")
        assert (client.are_current(sources), client.are_current(sources_of_another)) == (False, True)


async def test_a_flood_of_issues_in_which_something_happened_takes_no_memory_and_no_other_answer() -> None:
    async with (
        listening(today) as server,
        client_of(server.url, organization="acme", cache_ttl=3_600) as client,
    ):
        await client.get_issue("5")
        gc.collect()
        tracemalloc.start()
        try:
            for number in range(1_000, 101_000):
                client.forget(str(number))
            gc.collect()
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await client.get_issue("5")
        assert len(server.requests) == 1
    assert kept < 100_000


def test_of_issues_that_are_read_and_of_those_forgotten_no_more_is_held_than_the_bound() -> None:
    cache = Cache(10, 200_000)
    tracemalloc.start()
    try:
        for number in range(20_000):
            cache.put(cache.key(Lifetime.ISSUE, f"/api/0/issues/{number}/"), {}, 2_000)
            if number % 2:
                cache.forget([str(number)])
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert cache.size <= 200_000
    assert kept < 200_000


async def test_a_fresh_read_asks_sentry_even_if_the_answer_is_remembered() -> None:
    async with listening(today) as server, client_of(server.url, organization="acme") as client:
        await client.get_issue("5")
        await client.get_issue("5", fresh=True)
        await client.get_issue("5")
        assert len(server.requests) == 2


async def test_nothing_is_remembered_with_a_ttl_of_zero() -> None:
    async with listening(today) as server, client_of(server.url, organization="acme", cache_ttl=0) as client:
        for _ in range(2):
            await client.get_event(EVENT, issue="5")
        assert len(server.requests) == 2


async def test_a_failure_is_not_remembered() -> None:
    async with listening(answering(500, b"{}")) as server, client_of(server.url, organization="acme") as client:
        await asyncio.gather(client.get_issue("5"), return_exceptions=True)
        await asyncio.gather(client.get_issue("5"), return_exceptions=True)
        assert len(server.requests) == 2


def test_issues_are_remembered_for_the_ttl_projects_longer_code_for_an_hour_and_events_for_ever() -> None:
    clock = Clock()
    cache = Cache(10, 1_000_000, clock)
    keys = {kind: cache.key(kind, "url") for kind in Lifetime}
    for key in keys.values():
        cache.put(key, {}, 1_000)
    seen: dict[float, set[Lifetime]] = {}
    for clock.now in (9.9, 10.0, 299.9, 300.0, 3599.9, 3600.0, 1e9):
        seen[clock.now] = {kind for kind, key in keys.items() if cache.get(key)}
    assert seen == {
        9.9: {Lifetime.ISSUE, Lifetime.PROJECT, Lifetime.CODE, Lifetime.EVENT},
        10.0: {Lifetime.PROJECT, Lifetime.CODE, Lifetime.EVENT},
        299.9: {Lifetime.PROJECT, Lifetime.CODE, Lifetime.EVENT},
        300.0: {Lifetime.CODE, Lifetime.EVENT},
        3599.9: {Lifetime.CODE, Lifetime.EVENT},
        3600.0: {Lifetime.EVENT},
        1e9: {Lifetime.EVENT},
    }


def test_the_least_recently_used_goes_first_and_the_bound_holds() -> None:
    cache = Cache(10, 50_000)
    keys = [cache.key(Lifetime.EVENT, f"url {number}") for number in range(1_000)]
    for number, key in enumerate(keys):
        cache.put(key, "x", 10_010)
        assert cache.get(keys[0]) if number < 4 else True
        assert cache.size <= 50_000
    assert [key in (keys[-1], keys[-2], keys[-3], keys[-4]) for key in keys if cache.get(key)] == [True] * 4


def test_an_answer_larger_than_the_whole_cache_is_not_remembered() -> None:
    cache = Cache(10, 5_000)
    small, large = cache.key(Lifetime.EVENT, "small"), cache.key(Lifetime.EVENT, "large")
    cache.put(small, {}, 1_000)
    cache.put(large, "x", 6_000)
    assert (cache.get(small) is not None, cache.get(large)) == (True, None)


def test_an_answer_that_is_remembered_again_is_counted_once() -> None:
    cache = Cache(10, 50_000)
    for _ in range(100):
        cache.put(cache.key(Lifetime.EVENT, "url"), "x", 10_000)
    assert cache.size < 11_000


def test_an_answer_that_comes_after_a_write_takes_no_room() -> None:
    cache = Cache(10, 50_000)
    before = cache.key(Lifetime.ISSUE, "url")
    cache.drop(Lifetime.ISSUE)
    cache.put(before, {}, 1_000)
    assert (cache.size, cache.get(before)) == (0, None)


def test_the_hit_rate_of_nothing_is_zero() -> None:
    assert Statistics().hit_rate == 0
