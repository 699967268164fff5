"""The inbox that several servers have in common: what only they meet, and that it is like the one in a file."""

import random
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from alerting import SECRET, happening, issue_body, post
from mcp.client.client import Client
from mcp.types import CallToolResult
from standins.replicas import replicas
from standins.stores import Valkey, running
from wire import Sentry, connected, data_of, text_of

from alerts.alert import Happening, Kind, Outcome, State, Wanted
from alerts.file import FileInbox
from alerts.inbox import LEASE, Inbox, InboxError, NotClaimedError
from sentry.errors import NotFoundError
from shared.inbox import SharedInbox
from shared.store import ALERTS, Store

ANY = Wanted()
NOW = 1_800_000_000.0


@asynccontextmanager
async def replica(valkey: Valkey, name: str = "acme", **clock: Any) -> AsyncGenerator[tuple[SharedInbox, Store]]:
    """The inbox as one server has it, with a connection of its own."""
    store = Store(valkey.url)
    async with store.opened(), SharedInbox.opened(store, name, **clock) as inbox:
        yield inbox, store


async def found_again(store: Store) -> None:
    """Waits for a store that was lost, 10 s at most."""
    found = anyio.Event()
    stop = store.listen(ALERTS, lambda message: found.set() if message is None else None)
    with anyio.fail_after(10):
        await found.wait()
    stop()


async def test_what_one_stores_another_claims_and_a_third_finishes(valkey: Valkey) -> None:
    async with replica(valkey) as (one, _), replica(valkey) as (other, _), replica(valkey) as (third, _):
        await one.store([happening(title="Zoë \U0001f600 \ud800")], "webhook")
        claimed = await other.claim("engine", ANY)
        assert claimed
        assert claimed.told.title == "Zoë \U0001f600 \ud800"
        await third.finish("engine", claimed.claim, ANY, Outcome.DONE, "fixed")
        (found,) = await one.look(ANY, 10)
        assert (found.state, found.note) == (State.DONE, "fixed")


async def test_inboxes_of_two_sentries_in_one_store_know_nothing_of_each_other(valkey: Valkey) -> None:
    async with replica(valkey) as (one, _), replica(valkey, "umbrella") as (other, _):
        await one.store([happening()], "webhook")
        assert await other.claim("engine", ANY) is None
        assert await other.places() == frozenset()
        (stored,) = await other.store([happening()], "webhook")
        assert stored.is_new


async def test_claims_of_many_at_two_servers_while_alerts_come_in_are_never_the_same(valkey: Valkey) -> None:
    async with replica(valkey) as (one, _), replica(valkey) as (other, _):
        claims: list[str] = []
        finished: list[int] = []

        async def engine(inbox: SharedInbox, who: str) -> None:
            while len(finished) < 200:
                found = await inbox.claim(who, ANY, time.time() + 0.2)
                if found is not None:
                    claims.append(found.claim)
                    await anyio.lowlevel.checkpoint()
                    await inbox.finish(who, found.claim, ANY, Outcome.DONE, "")
                    finished.append(found.id)

        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                for number in range(6):
                    tasks.start_soon(engine, (one, other)[number % 2], f"engine {number}")
                for number in range(200):
                    await (other, one)[number % 2].store([happening(number)], "webhook")
        assert sorted(finished) == list(range(1, 201))
        assert Counter(claims) == Counter(f"{number}.1" for number in range(1, 201))


async def test_the_same_told_to_two_servers_at_once_is_one_alert_and_each_time_is_counted(valkey: Valkey) -> None:
    async with replica(valkey) as (one, _), replica(valkey) as (other, _):
        new: list[bool] = []

        async def tell(inbox: SharedInbox, number: int) -> None:
            rule = happening(1, Kind.RULE, 1_000.0 + number, rule="too many")
            new.extend(stored.is_new for stored in await inbox.store([rule, happening(2)], "webhook"))

        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                for number in range(10):  # each later than all before, whoever is told first
                    for inbox in (one, other):
                        tasks.start_soon(tell, inbox, number)
        created, rule = await one.look(ANY, 10)
        assert sorted((created.told.kind, rule.told.kind)) == [Kind.CREATED, Kind.RULE]
        assert Counter(new) == {True: 2, False: 38}
        assert max(found.told.happened for found in (created, rule)) == 1_009.0


async def test_a_claim_that_waits_hears_at_once_of_what_another_server_stores_or_lets_go(valkey: Valkey) -> None:
    async with replica(valkey) as (one, _), replica(valkey) as (other, _):
        got: list[str] = []

        async def wait(wanted: Wanted) -> None:
            found = await other.claim("engine", wanted, time.time() + 50)
            assert found
            got.append(found.claim)

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait, Wanted(project="checkout"))
                await anyio.sleep(0.2)
                await one.store([happening(1)], "webhook")
                await one.store([happening(2, project="checkout")], "webhook")
            assert got == ["2.1"]
            first = await one.claim("engine", ANY)
            assert first
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait, ANY)
                await anyio.sleep(0.2)
                await one.release("engine", first.claim)
        assert got == ["2.1", "1.1"]


async def test_a_claim_that_waits_gets_what_comes_back_when_a_lease_ends_at_another_server(valkey: Valkey) -> None:
    moved = 0.0

    def clock() -> float:
        return time.time() + moved

    async with replica(valkey, clock=clock) as (one, _), replica(valkey, clock=clock) as (other, _):
        await one.store([happening()], "webhook")
        assert await one.claim("engine that died", ANY)
        moved = LEASE - 0.5
        with anyio.fail_after(20):
            found = await other.claim("engine", ANY, time.time() + moved + 50)
        assert found
        assert found.claim == "1.2"


async def test_who_gives_up_at_whichever_moment_has_an_alert_and_knows_it_or_has_none(valkey: Valkey) -> None:
    async with replica(valkey) as (one, _), replica(valkey) as (other, _):
        await one.store([happening()], "webhook")
        for number in range(150):
            found = None
            with anyio.move_on_after(number * 0.00002):
                found = await other.claim("engine", ANY, time.time() + 50)
            if found is not None:
                await other.release("engine", found.claim)
        claimed = await one.claim("engine", ANY)
        assert claimed
        assert claimed.claim == "1.1"


async def test_while_the_store_is_lost_nothing_is_taken_and_then_all_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with running() as valkey:
        async with replica(valkey) as (one, store), replica(valkey) as (other, other_store):
            await one.store([happening(1)], "webhook")
            assert await other.claim("engine", ANY)
            got: list[str] = []

            async def wait() -> None:
                found = await other.claim("engine", ANY, time.time() + 50)
                assert found
                got.append(found.told.issue)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait)
                await anyio.sleep(0.2)
                valkey.end()
                for refused in (
                    one.store([happening(2)], "webhook"),
                    one.claim("engine", ANY),
                    one.look(ANY, 10),
                    one.places(),
                    one.waiting(),
                    one.touch(),
                    one.release("engine", "1.1"),
                    one.finish("engine", "1.1", ANY, Outcome.DONE, ""),
                    one.lead("one", 60),
                    one.looked(),
                    one.note_looked(NOW),
                ):
                    with pytest.raises(InboxError, match="cannot be read or written") as caught:
                        await refused
                    assert caught.value.status_code == 503
                async with anyio.create_task_group() as finding:
                    finding.start_soon(found_again, store)
                    finding.start_soon(found_again, other_store)
                    valkey.start()
                assert got == []
                await one.store([happening(2)], "webhook")
            assert got == ["2"], "who waited meanwhile waits on"
    assert "cannot be used" in caplog.text


async def test_what_waits_is_there_after_a_store_that_writes_it_down_has_crashed(tmp_path: Path) -> None:
    with running(tmp_path) as valkey:
        async with replica(valkey) as (one, store):
            stored = await one.store([happening(number) for number in range(50)], "webhook")
            assert await one.claim("engine", ANY)
            valkey.end()
            valkey.start()
            await found_again(store)
            assert [found.id for found in await one.look(ANY, 100)] == [found.alert.id for found in stored][::-1]
            claimed = await one.claim("engine", ANY)
            assert claimed
            assert claimed.claim == "2.1"
            (after,) = await one.store([happening(999)], "webhook")
            assert after.alert.id == 51


async def test_a_full_memory_refuses_and_loses_nothing() -> None:
    with running() as valkey:
        async with replica(valkey) as (one, store):
            await one.store([happening(1)], "webhook")
            with valkey.full(), pytest.raises(InboxError, match="cannot be read or written"):
                await one.store([happening(number) for number in range(2, 50)], "webhook")
            if store.lost_since is not None:
                await found_again(store)
            with valkey.full(), pytest.raises(InboxError, match="cannot be read or written"):
                await one.touch()
            if store.lost_since is not None:
                await found_again(store)
            assert [found.told.issue for found in await one.look(ANY, 100)] == ["1"]
            (stored,) = await one.store([happening(999)], "webhook")
            assert (stored.alert.id, stored.is_new) == (2, True)


async def test_who_wants_what_is_rare_finds_it_among_thousands_of_others(valkey: Valkey) -> None:
    others = [happening(number, project=f"project-{number % 40}") for number in range(1_000)]
    rare = happening(5_000, Kind.METRIC, project="rare", rule="one")
    seen = frozenset(("acme", f"project-{number}") for number in range(50, 250)) | {("acme", "rare")}
    kinds = frozenset(Kind)
    async with replica(valkey) as (one, _):
        for start in range(0, len(others), 250):
            await one.store(others[start : start + 250], "webhook")
        await one.store([rare], "webhook")
        await one.store([happening(number) for number in range(6_000, 6_250)], "webhook")
        for wanted in (
            Wanted(project="rare"),
            Wanted(project="acme/rare", kinds=kinds),
            Wanted(kinds=frozenset((Kind.METRIC, Kind.SPIKE))),
            Wanted(places=seen),
            Wanted(places=seen, kinds=kinds),
            Wanted(issue="5000"),
            Wanted(id=1_001),
        ):
            assert [found.id for found in await one.look(wanted, 10)] == [1_001], wanted
            claimed = await one.claim("engine", wanted)
            assert claimed, wanted
            assert claimed.id == 1_001
            await one.release("engine", claimed.claim)


class Asked:
    """Asks the same of two inboxes, and compares what they say."""

    def __init__(self, chance: random.Random, inboxes: tuple[Inbox, Inbox]) -> None:
        self._chance = chance
        self._inboxes = inboxes
        self.now = NOW
        self.claims: list[tuple[str, str]] = []

    async def step(self) -> None:
        chance = self._chance
        self.now += chance.choice((0, 0, 1, 30, 100, 700))
        who = chance.choice("ab")
        match chance.randrange(8):
            case 0 | 1 | 2:
                told = [self._happening() for _ in range(chance.randint(1, 3))]
                await self._both("store", told, chance.choice(("webhook", "polling")))
            case 3 | 4:
                found = await self._both("claim", who, self._wanted())
                self.claims += [(who, found.claim)] if found else []
            case 5:
                await self._both("look", self._wanted(), chance.randint(1, 40), chance.choice((None, 5, 20)))
                await self._both("places")
            case _ if self.claims:
                whose, claim = chance.choice(self.claims)
                who = chance.choice((whose, whose, whose, who))
                claim = chance.choice((claim, claim, claim.partition(".")[0]))
                match chance.randrange(4):
                    case 0:
                        await self._both("release", who, claim)
                    case 1:
                        await self._both("prolong", who, claim, self._wanted())
                    case _:
                        outcome = chance.choice((Outcome.DONE, Outcome.GIVEN_BACK, Outcome.GIVEN_BACK))
                        await self._both("finish", who, claim, ANY, outcome, "note")
            case _:
                pass

    async def _both(self, method: str, *given: Any) -> Any:
        said = [await self._said(inbox, method, given) for inbox in self._inboxes]
        assert said[0] == said[1], (method, given)
        return said[0]

    async def _said(self, inbox: Inbox, method: str, given: tuple[Any, ...]) -> Any:
        try:
            return await getattr(inbox, method)(*given)
        except (NotClaimedError, NotFoundError) as error:
            return error.message

    def _happening(self) -> Happening:
        chance = self._chance
        return happening(
            chance.randint(1, 6),
            chance.choice((Kind.CREATED, Kind.REGRESSED, Kind.RULE)),
            self.now - chance.choice((-50, 0, 1, 50, 1_000)),
            project=chance.choice(("shop", "checkout", "")),
            organization=chance.choice(("acme", "umbrella")),
            event=chance.choice(("", "a" * 32, "b" * 32)),
            is_work=chance.random() < 0.9,
        )

    def _wanted(self) -> Wanted:
        chance = self._chance
        places = frozenset((("acme", "shop"), ("umbrella", "checkout"), ("acme", "")))
        return Wanted(
            places=chance.choice((None, None, places, frozenset())),
            project=chance.choice((None, None, None, "shop", "acme/shop", "nowhere")),
            kinds=chance.choice((None, None, frozenset((Kind.REGRESSED, Kind.RULE)))),
            states=chance.choice((None, None, frozenset((chance.choice(list(State)),)))),
            since=chance.choice((None, None, None, self.now - 500)),
            id=chance.choice((None, None, None, None, chance.randint(1, 20))),
            issue=chance.choice((None, None, None, "1")),
            is_open=chance.random() < 0.2,
        )


@pytest.mark.parametrize("seed", range(4))
async def test_it_says_what_the_one_in_a_file_says(valkey: Valkey, tmp_path: Path, seed: int) -> None:
    asked: Asked

    def clock() -> float:
        return asked.now

    async with (
        FileInbox.opened(tmp_path / "alerts.db", clock) as in_file,
        replica(valkey, clock=clock) as (shared, _),
    ):
        asked = Asked(random.Random(seed), (in_file, shared))
        for _ in range(300):
            await asked.step()
        assert len(asked.claims) > 10


async def test_any_server_claims_what_sentry_tells_another_over_http_and_stdio(
    sentry: Sentry, valkey: Valkey, tmp_path: Path
) -> None:
    file = tmp_path / "alerts.db"
    settings: dict[str, Any] = {
        "SENTRY_MCP_ALERTS": "true",
        "SENTRY_MCP_ALERTS_PATH": str(file),
        "SENTRY_MCP_SHARED_URL": valkey.url,
        "SENTRY_WEBHOOK_SECRET": SECRET,
    }
    async with (
        replicas(2, sentry.environment(**settings)) as (one, other),
        Client(other.url) as client,
        connected(sentry, "stdio", **settings) as over_stdio,
    ):
        for number, claiming in ((78, client), (79, over_stdio)):
            claims: list[CallToolResult] = []

            async def claim(claiming: Client = claiming, claims: list[CallToolResult] = claims) -> None:
                claims.append(await claiming.call_tool("claim_alert", {"wait_seconds": 50}))

            with anyio.fail_after(30):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(claim)
                    await anyio.sleep(0.3)
                    assert (await post(one.url, issue_body(number))).status_code == 200
            assert f"SHOP-{number}" in text_of(claims[0])
        listed = data_of(await over_stdio.call_tool("list_alerts", {"state": "claimed"}))
        assert [row["issue"] for row in listed["alerts"]] == ["SHOP-79", "SHOP-78"]
    assert not file.exists()
