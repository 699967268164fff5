"""Who comes too often waits, and others do not; who is in a line has a place in the end."""

import anyio
import pytest
from standins.clocks import Clock

from web.limits.pace import Pace, Turns
from web.limits.places import Places
from web.limits.sessions import Sessions


def test_after_a_few_at_once_one_comes_after_the_other() -> None:
    clock = Clock()
    pace = Pace(burst=2, longest=5.0, clock=clock)
    assert [pace.wait("one", 1.0) for _ in range(8)] == [0, 0, 0, 1, 2, 3, 4, 5]
    assert pace.wait("one", 1.0) is None, "more wait than may"
    assert pace.wait("two", 1.0) == 0
    clock.now = 1.0
    assert pace.wait("one", 1.0) == 5
    clock.now = 100.0
    assert [pace.wait("one", 1.0) for _ in range(4)] == [0, 0, 0, 1]


def test_who_comes_from_ever_new_addresses_fills_no_memory() -> None:
    pace = Pace(burst=0, longest=5.0, clock=Clock())
    for number in range(100_000):
        pace.wait(str(number), 1.0)
    assert pace.wait("99999", 1.0) == 1.0, "whoever came last is remembered"
    assert pace.wait("0", 1.0) == 0.0


def test_one_caller_has_a_part_of_the_servers_time_while_others_ask() -> None:
    clock, processor = Clock(), Clock()
    turns = Turns(clock, processor)

    def greedy(calls: int) -> list[float]:
        return [turns.wait("greedy") for _ in range(calls)]

    assert greedy(100) == [0.0] * 100, "alone it need not wait"
    assert turns.wait("other") == 0.0
    waits = greedy(12)
    assert waits[: turns.burst] == [0.0] * turns.burst
    assert waits == sorted(waits)
    assert waits[-1] > 0
    assert turns.wait("other") == 0.0, "who asks now and then never waits"
    for _ in range(320):  # each has cost 20 ms
        processor.now += 0.02
        clock.now += 0.02
        turns.served()
    turns.wait("other")
    began = greedy(turns.burst + 2)[-1] - greedy(1)[-1]
    assert abs(began) == pytest.approx(0.02 / turns.part, rel=0.1)
    clock.now += 60.0
    assert greedy(100) == [0.0] * 100, "the other one has gone"
    turns.wait("other")
    assert max(greedy(1_000)) <= turns.longest


async def test_who_waits_for_a_place_has_it_when_it_is_left() -> None:
    places = Places(patience=60.0)
    order: list[str] = []

    async def call(name: str, until: anyio.Event) -> None:
        async with places.place("one", 1) as has_place:
            order.append(f"{name} {'begins' if has_place else 'is refused'}")
            if has_place:
                await until.wait()

    first, never = anyio.Event(), anyio.Event()
    never.set()
    async with anyio.create_task_group() as tasks:
        for name, until in (("first", first), ("second", never), ("third", never)):
            tasks.start_soon(call, name, until)
        await anyio.wait_all_tasks_blocked()
        assert order == ["first begins", "third is refused"], "as many wait as there are places"
        async with places.place("two", 1) as has_place:
            assert has_place
        async with places.place("one", 0) as has_place:
            assert has_place, "without a bound"
        first.set()
    assert order[2:] == ["second begins"]
    impatient = Places(patience=0.001)
    async with impatient.place("one", 1), impatient.place("one", 1) as has_place:
        assert not has_place
    async with impatient.place("one", 1) as has_place:
        assert has_place


def test_a_session_that_nobody_uses_makes_room() -> None:
    clock = Clock()
    sessions = Sessions(in_all=3, of_one=2, idle=100.0, clock=clock)

    def begin(owner: str, session: str) -> float:
        with sessions.opening(owner) as opening:
            if not opening.wait:
                sessions.opened(owner, opening, session)
            return opening.wait

    assert [begin("one", "a"), begin("one", "b")] == [0, 0]
    clock.now = 70.0
    assert begin("one", "c") == 30, "the first of them ends then"
    assert begin("two", "d") == 0
    with sessions.using("one", "a"), sessions.using("two", "a"):
        clock.now = 150.0
        assert begin("three", "e") == 0, "b has ended"
        assert begin("four", "f") == 20, "as d will"
        sessions.ended("two", "a")
        assert begin("four", "f") == 20, "that was none of two's"
    clock.now = 200.0
    assert begin("one", "g") == 0
    assert begin("five", "h") == 50, "as a will, which was used until then"
    clock.now = 250.0
    with sessions.opening("five") as opening:
        assert opening.wait == 0
        assert begin("six", "i") == 0
        assert begin("seven", "j") == 50, "one that is being opened has a place"
