"""What is read at once is read once: shared while under way, and each who waits gets an answer or an error."""

import asyncio
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from standins.clients import client_of, issue_and_event
from standins.faults import answering
from standins.one_issue import EVENT, Gate, today
from standins.sockets import Request, Server, Wire, listening

from sentry.changes import IssueChange
from sentry.errors import BadResponseError, DeadlineError, UnreachableError
from sentry.transport.cache import Lifetime, Statistics
from sentry.transport.flights import Flights


async def test_200_identical_calls_at_once_cost_two_requests() -> None:
    async with listening(today) as server, client_of(server.url, organization="acme") as client:
        pairs = await asyncio.gather(*(issue_and_event(client, "5") for _ in range(200)))
        assert {(issue.id, event.id) for issue, event in pairs} == {("5", EVENT)}
        assert len(server.requests) == 2
        await issue_and_event(client, "5")
        assert len(server.requests) == 2
        assert client.statistics.misses == 2
        assert client.statistics.hit_rate > 0.99


async def test_an_issue_and_its_event_cost_two_requests_one_round_trip_deep() -> None:
    both_asked = asyncio.Event()

    async def answer(request: Request, wire: Wire) -> None:
        if len(server.requests) == 2:
            both_asked.set()
        await both_asked.wait()
        await today(request, wire)

    server: Server
    for name in ("5", "SHOP-1"):
        both_asked.clear()
        async with listening(answer) as server, client_of(server.url, organization="acme") as client:
            await issue_and_event(client, name)
            assert sorted(server.log) == [
                f"GET /api/0/organizations/acme/issues/{name}/",
                f"GET /api/0/organizations/acme/issues/{name}/events/latest/",
            ]


async def cancelled(call: "asyncio.Future[Any]") -> None:
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_cancelling_one_of_those_who_wait_leaves_the_others() -> None:
    gate = Gate()
    async with listening(gate.answer) as server, client_of(server.url, organization="acme") as client:
        calls = [asyncio.ensure_future(client.get_issue("5")) for _ in range(5)]
        await server.until(lambda: len(server.requests) == 1)
        await cancelled(calls[0])
        await cancelled(calls[3])
        gate.open.set()
        assert [(await calls[number]).id for number in (1, 2, 4)] == ["5"] * 3
        assert (len(server.requests), server.abandoned) == (1, 0)


async def test_cancelling_all_who_wait_hangs_up_at_once() -> None:
    gate = Gate()
    async with listening(gate.answer) as server, client_of(server.url, organization="acme") as client:
        calls = [asyncio.ensure_future(client.get_issue("5")) for _ in range(5)]
        await server.until(lambda: len(server.requests) == 1)
        for call in calls:
            await cancelled(call)
        await server.until(lambda: server.abandoned == 1)


async def test_cancelling_a_write_hangs_up_at_once() -> None:
    async def never(_: Request, wire: Wire) -> None:
        await asyncio.Event().wait()

    async with listening(never) as server, client_of(server.url, organization="acme") as client:
        call = asyncio.ensure_future(client.update_issue("5", IssueChange(status="resolved")))
        await server.until(lambda: len(server.requests) == 1)
        await cancelled(call)
        await server.until(lambda: server.abandoned == 1)


async def test_who_asks_while_a_request_is_being_cancelled_gets_an_answer() -> None:
    gate = Gate()
    async with listening(gate.answer) as server, client_of(server.url, organization="acme") as client:
        first = asyncio.ensure_future(client.get_issue("5"))
        await server.until(lambda: len(server.requests) == 1)
        first.cancel()
        second = asyncio.ensure_future(client.get_issue("5"))
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.open.set()
        assert (await second).id == "5"


async def test_an_error_reaches_all_who_wait_as_one_of_their_own() -> None:
    async with listening(answering(200, b"no json")) as server, client_of(server.url, organization="acme") as client:
        calls = [client.get_issue("5") for _ in range(20)]
        errors = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(error, BadResponseError) for error in errors)
        assert len({id(error) for error in errors}) == 20
        assert len(server.requests) == 1


async def test_a_bug_in_a_read_reaches_who_asked_and_does_not_end_the_client() -> None:
    async def bug() -> str:
        raise ZeroDivisionError

    async def good() -> str:
        return "good"

    async with anyio.create_task_group() as tasks:
        flights = Flights[str](tasks, Statistics(), 5)
        with pytest.raises(ZeroDivisionError):
            await flights.join((Lifetime.ISSUE, 0, "url", None), bug)
        assert await flights.join((Lifetime.ISSUE, 0, "url", None), good) == "good"


async def test_a_read_lives_as_long_as_the_most_patient_who_waits() -> None:
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "good"

    async with anyio.create_task_group() as tasks:
        flights = Flights[str](tasks, Statistics(), 30)
        patient = asyncio.ensure_future(flights.join((Lifetime.ISSUE, 0, "url", None), slow))
        with anyio.move_on_after(0.05) as hurried:
            await flights.join((Lifetime.ISSUE, 0, "url", None), slow)
        assert hurried.cancelled_caught
        gate.set()
        assert await patient == "good"


async def test_a_read_ends_after_the_timeout_whoever_waits() -> None:
    async with anyio.create_task_group() as tasks:
        flights = Flights[None](tasks, Statistics(), 0.05)
        with pytest.raises(Exception, match="did not answer in time"):
            await flights.join((Lifetime.ISSUE, 0, "url", None), anyio.sleep_forever)


async def test_who_asks_while_a_read_whose_time_was_up_is_still_ending_gets_one_of_their_own() -> None:
    is_ending, may_end = asyncio.Event(), asyncio.Event()

    async def slow_to_end() -> str:
        try:
            await anyio.sleep_forever()
        finally:
            is_ending.set()
            with anyio.CancelScope(shield=True):
                await may_end.wait()
        return "late"

    async def good() -> str:
        return "good"

    async with anyio.create_task_group() as tasks:
        flights = Flights[str](tasks, Statistics(), 0.05)
        first = asyncio.ensure_future(flights.join((Lifetime.ISSUE, 0, "url", None), slow_to_end))
        await is_ending.wait()
        second = asyncio.ensure_future(flights.join((Lifetime.ISSUE, 0, "url", None), good))
        await anyio.lowlevel.checkpoint()
        may_end.set()
        assert await second == "good"
        with pytest.raises(DeadlineError):
            await first


async def test_who_waits_when_all_ends_is_told() -> None:
    tasks = anyio.create_task_group()
    await tasks.__aenter__()
    flights = Flights[None](tasks, Statistics(), 30)
    waiting = asyncio.ensure_future(flights.join((Lifetime.ISSUE, 0, "url", None), anyio.sleep_forever))
    await anyio.lowlevel.checkpoint()
    tasks.cancel_scope.cancel()
    await tasks.__aexit__(None, None, None)
    with pytest.raises(UnreachableError, match="was closed"):
        await waiting
