"""An inbox: what happens to an alert from when it is told until it is done with."""

import math
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from alerting import happening
from standins.stores import Valkey

from alerts.alert import Kind, Outcome, State, Wanted
from alerts.file import FileInbox
from alerts.inbox import KEPT_FOR, LEASE, MAX_ATTEMPTS, Inbox, NotClaimedError
from sentry.errors import NotFoundError
from shared.inbox import SharedInbox
from shared.store import Store

ANY = Wanted()


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


Opened = Callable[[Clock], AbstractAsyncContextManager[Inbox]]


@pytest.fixture(params=["file", "valkey"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the inbox, in each place where one can be; opened again it is as another process opens it."""
    if request.param == "file":
        return lambda clock: in_file(tmp_path, clock)
    valkey: Valkey = request.getfixturevalue("valkey")
    return lambda clock: in_store(valkey, clock)


@asynccontextmanager
async def in_file(folder: Path, clock: Clock) -> AsyncGenerator[Inbox]:
    async with FileInbox.opened(folder / "alerts.db", clock) as inbox:
        yield inbox


@asynccontextmanager
async def in_store(valkey: Valkey, clock: Clock) -> AsyncGenerator[Inbox]:
    store = Store(valkey.url)
    async with store.opened(), SharedInbox.opened(store, "acme", clock) as inbox:
        yield inbox


async def test_the_oldest_is_claimed_first_and_each_but_once(opened: Opened) -> None:
    async with opened(Clock()) as inbox:
        await inbox.store([happening(number) for number in (3, 1, 2)], "webhook")
        claimed = [await inbox.claim(who, ANY) for who in ("a", "b", "a", "b")]
        assert [found and (found.told.issue, found.claimed_by) for found in claimed] == [
            ("3", "a"),
            ("1", "b"),
            ("2", "a"),
            None,
        ]


async def test_many_at_once_each_get_another(opened: Opened) -> None:
    async with opened(Clock()) as first, opened(Clock()) as second:
        await first.store([happening(number) for number in range(40)], "webhook")
        got: list[int] = []

        async def engine(inbox: Inbox, who: str) -> None:
            while (found := await inbox.claim(who, ANY)) is not None:
                got.append(found.id)

        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(engine, (first, second)[number % 2], f"engine {number}")
        assert sorted(got) == list(range(1, 41))


async def test_a_lease_that_ran_out_comes_back_and_the_first_can_no_longer_finish(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox:
        await inbox.store([happening()], "webhook")
        first = await inbox.claim("engine", ANY)
        assert first
        clock.now += LEASE - 1
        assert await inbox.claim("engine", ANY) is None
        clock.now += 2
        second = await inbox.claim("engine", ANY)
        assert second
        assert (first.claim, second.claim) == ("1.1", "1.2")
        with pytest.raises(NotClaimedError, match="somebody else's now"):
            await inbox.finish("engine", first.claim, ANY, Outcome.DONE, "")
        done = await inbox.finish("engine", second.claim, ANY, Outcome.DONE, "fixed")
        assert (done.state, done.note) == (State.DONE, "fixed")
        with pytest.raises(NotClaimedError, match="done with already"):
            await inbox.finish("engine", second.claim, ANY, Outcome.DONE, "")


async def test_a_lease_can_be_prolonged_by_its_owner_alone(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox:
        await inbox.store([happening()], "webhook")
        assert await inbox.claim("one", ANY)
        clock.now += LEASE - 1
        with pytest.raises(NotClaimedError, match="somebody else's"):
            await inbox.prolong("two", "1.1", ANY)
        assert (await inbox.prolong("one", "1.1", ANY)).lease_ends == clock.now + LEASE
        clock.now += LEASE - 1
        assert await inbox.claim("two", ANY) is None


async def test_what_is_given_back_comes_again_later_and_is_parked_in_the_end(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox:
        await inbox.store([happening()], "webhook")
        waits: list[float] = []
        for attempt in range(1, MAX_ATTEMPTS + 1):
            claimed = await inbox.claim("engine", ANY)
            assert claimed, attempt
            back = await inbox.finish("engine", claimed.claim, ANY, Outcome.GIVEN_BACK, "no idea")
            waits.append(back.not_before - clock.now)
            assert await inbox.claim("engine", ANY) is None
            clock.now = back.not_before + 1
        assert waits == [60, 120, 240, 480, 960]
        (parked,) = await inbox.look(Wanted(states=frozenset((State.PARKED,))), 10)
        assert (parked.attempts, parked.note) == (MAX_ATTEMPTS, "no idea")
        ended = await inbox.finish("a person", "1", ANY, Outcome.DONE, "looked into")
        assert (ended.state, ended.note) == (State.DONE, "looked into")


async def test_who_lets_every_lease_run_out_parks_it_too(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox:
        await inbox.store([happening()], "webhook")
        for _ in range(MAX_ATTEMPTS):
            assert await inbox.claim("engine", ANY)
            clock.now += LEASE + 1
        assert await inbox.claim("engine", ANY) is None
        assert [found.state for found in await inbox.look(ANY, 10)] == [State.PARKED]


async def test_a_claim_that_nobody_heard_of_leaves_no_trace(opened: Opened) -> None:
    async with opened(Clock()) as inbox:
        await inbox.store([happening()], "webhook")
        lost = await inbox.claim("gone", ANY)
        assert lost
        await inbox.release("gone", lost.claim)
        again = await inbox.claim("engine", ANY)
        assert again
        assert again.claim == "1.1"


@pytest.mark.parametrize("is_reversed", [False, True])
async def test_the_same_from_two_sources_is_one_alert_whatever_the_order(opened: Opened, is_reversed: bool) -> None:
    told = [(happening(happened=5.0), "webhook"), (happening(happened=5.0, title="another's words"), "polling")]
    async with opened(Clock()) as inbox:
        stored = [(await inbox.store([one], source))[0] for one, source in (told[::-1] if is_reversed else told)]
        assert [(one.alert.id, one.is_new) for one in stored] == [(1, True), (1, False)]
        assert len(await inbox.look(ANY, 10)) == 1


async def test_ten_thousand_of_the_same_are_one_alert(opened: Opened) -> None:
    async with opened(Clock()) as inbox:
        rule = [happening(1, Kind.RULE, 1_000.0 + number, rule="too many") for number in range(10_000)]
        for start in range(0, len(rule), 500):
            await inbox.store(rule[start : start + 500], "webhook")
        (found,) = await inbox.look(ANY, 10)
        assert (found.times, found.told.happened) == (10_000, 10_999.0)


async def test_what_happens_after_the_end_is_another_alert_and_what_happened_before_is_not(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox:
        regressed = [happening(1, Kind.REGRESSED, clock.now - 100)]
        await inbox.store(regressed, "webhook")
        claimed = await inbox.claim("engine", ANY)
        assert claimed
        await inbox.finish("engine", claimed.claim, ANY, Outcome.DONE, "")
        clock.now += 500
        late = await inbox.store([happening(1, Kind.REGRESSED, clock.now - 550)], "polling")
        after = await inbox.store([happening(1, Kind.REGRESSED, clock.now - 400)], "polling")
        created = await inbox.store([happening(1, Kind.CREATED, 1.0)], "polling")
        assert [one[0].alert.id for one in (late, after, created)] == [1, 2, 3]


async def test_what_is_told_of_the_future_happened_now(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox:
        (stored,) = await inbox.store([happening(happened=clock.now * 2)], "webhook")
        assert stored.alert.told.happened == clock.now


async def test_nobody_claims_what_is_told_and_no_more(opened: Opened) -> None:
    async with opened(Clock()) as inbox:
        await inbox.store([happening(1, Kind.RESOLVED, is_work=False)], "webhook")
        assert await inbox.claim("engine", ANY) is None
        (found,) = await inbox.look(ANY, 10)
        assert (found.state, found.outcome) == (State.DONE, Outcome.TOLD)


async def test_who_wants_certain_alerts_gets_no_others(opened: Opened) -> None:
    async with opened(Clock()) as inbox:
        told = [
            happening(1),
            happening(2, project="checkout"),
            happening(3, organization="umbrella"),
            happening(4, Kind.RULE, rule="one"),
        ]
        await inbox.store(told, "webhook")

        async def found(wanted: Wanted) -> list[str]:
            return [one.told.issue for one in await inbox.look(wanted, 10)]

        assert await found(Wanted(project="shop")) == ["4", "3", "1"]
        assert await found(Wanted(project="acme/shop")) == ["4", "1"]
        assert await found(Wanted(kinds=frozenset((Kind.RULE,)))) == ["4"]
        assert await found(Wanted(places=frozenset((("acme", "checkout"), ("umbrella", "shop"))))) == ["3", "2"]
        assert await found(Wanted(places=frozenset())) == []
        assert await inbox.places() == {("acme", "shop"), ("acme", "checkout"), ("umbrella", "shop")}
        claimed = await inbox.claim("engine", Wanted(project="umbrella/shop"))
        assert claimed
        assert claimed.told.issue == "3"
        with pytest.raises(NotFoundError, match="Alert 3 was not found"):
            await inbox.finish("engine", claimed.claim, Wanted(places=frozenset()), Outcome.DONE, "")


async def test_a_claim_waits_for_an_alert_and_hears_of_it_at_once(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox, opened(clock) as of_another_process:
        for writer in (inbox, of_another_process):
            got: list[str] = []

            async def wait(got: list[str] = got) -> None:
                found = await inbox.claim("engine", ANY, math.inf)
                assert found
                got.append(found.told.issue)

            with anyio.fail_after(10):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(wait)
                    await anyio.sleep(0.2)
                    assert got == []
                    await writer.store([happening(id(writer) % 1_000_000)], "webhook")
            assert got == [str(id(writer) % 1_000_000)]


async def test_what_was_stored_is_there_after_another_opens_it(opened: Opened) -> None:
    async with opened(Clock()) as inbox:
        await inbox.store([happening(title="Zoë \U0001f600")], "webhook")
    async with opened(Clock()) as inbox:
        assert [found.told.title for found in await inbox.look(ANY, 10)] == ["Zoë \U0001f600"]


async def test_what_is_done_with_is_forgotten_after_a_month_and_no_number_is_given_twice(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox:
        await inbox.store([happening(1)], "webhook")
        claimed = await inbox.claim("engine", ANY)
        assert claimed
        await inbox.finish("engine", claimed.claim, ANY, Outcome.DONE, "")
        await inbox.store([happening(2)], "webhook")
        clock.now += KEPT_FOR + 1
    async with opened(clock) as inbox:  # it tidies when it first stores
        await inbox.store([happening(3)], "webhook")
        assert [(found.id, found.told.issue) for found in await inbox.look(ANY, 10)] == [(3, "3"), (2, "2")]


async def test_what_waits_is_what_could_be_claimed_now(opened: Opened) -> None:
    clock = Clock()
    async with opened(clock) as inbox:
        assert await inbox.waiting() == 0
        await inbox.touch()
        told = [happening(number) for number in range(4)]
        await inbox.store([*told, happening(9, Kind.RESOLVED, is_work=False)], "webhook")
        assert await inbox.waiting() == 4
        for outcome in (Outcome.DONE, Outcome.GIVEN_BACK, None):
            claimed = await inbox.claim("engine", ANY)
            assert claimed
            if outcome:
                await inbox.finish("engine", claimed.claim, ANY, outcome, "")
        assert await inbox.waiting() == 1
        clock.now += 61
        assert await inbox.waiting() == 2, "what was given back can be claimed again"
        clock.now += LEASE
        assert await inbox.waiting() == 3, "a lease has run out"


async def test_who_names_no_claim_of_their_own_takes_nothing_from_another_of_the_same_name(opened: Opened) -> None:
    async with opened(Clock()) as inbox:
        await inbox.store([happening()], "webhook")
        assert await inbox.claim("engine", ANY)
        for step in (inbox.prolong("engine", "1", ANY), inbox.finish("engine", "1", ANY, Outcome.DONE, "")):
            with pytest.raises(NotClaimedError, match="Name your claim"):
                await step
        assert (await inbox.finish("engine", "1.1", ANY, Outcome.DONE, "")).state == State.DONE


async def test_those_that_are_newer_come_in_their_order_done_with_or_not(opened: Opened) -> None:
    async with opened(Clock()) as inbox:
        await inbox.store([happening(1), happening(2, Kind.RESOLVED, is_work=False), happening(3)], "webhook")
        await inbox.store([happening(4, project="checkout"), happening(5)], "polling")
        assert await inbox.claim("engine", Wanted(id=3))
        await inbox.finish("engine", "3.1", ANY, Outcome.DONE, "")
        assert await inbox.claim("engine", Wanted(id=4))
        assert [found.id for found in await inbox.newer(0, 10)] == [1, 2, 3, 4, 5]
        assert [found.id for found in await inbox.newer(1, 3)] == [2, 3, 4]
        assert [(found.id, found.told.issue) for found in await inbox.newer(4, 10)] == [(5, "5")]


async def test_who_waits_for_newer_ones_hears_of_the_next_and_not_of_more_of_the_same(opened: Opened) -> None:
    clock = Clock()
    rule = [happening(1, Kind.RULE, 1_000.0 + number, rule="too many") for number in range(3)]
    async with opened(clock) as inbox, opened(clock) as of_another_process:
        await inbox.store(rule[:1], "webhook")
        last = 1
        for writer in (inbox, of_another_process):
            for new in (happening(last + 1), happening(last + 2, Kind.RESOLVED, is_work=False)):
                got: list[tuple[int, str]] = []

                async def wait(got: list[tuple[int, str]] = got, last: int = last) -> None:
                    got.extend((found.id, found.told.issue) for found in await inbox.newer(last, 10))

                with anyio.fail_after(10):
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(wait)
                        await anyio.wait_all_tasks_blocked()
                        await writer.store(rule[1:], "webhook")
                        claimed = await writer.claim("engine", ANY)
                        assert claimed
                        await writer.release("engine", claimed.claim)
                        await anyio.sleep(0.05)
                        assert got == []
                        await writer.store([new], "webhook")
                last += 1
                assert got == [(last, new.issue)]
