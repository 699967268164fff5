"""Passing trouble is waited out, and nothing is done twice that may have been done once."""

import asyncio
from collections.abc import Sequence

import pytest
from standins.clients import client_of
from standins.faults import answering, closed_before_headers, reset_amid_the_body, reset_before_headers
from standins.sockets import Handler, Request, Wire, listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.errors import SentryError, UnavailableError
from sentry.transport.progress import on_progress

GOOD = answering(200, b'{"id": "5", "status": "resolved"}')


def in_turn(handlers: Sequence[Handler]) -> Handler:
    """The first request meets the first handler, and so on; the last stays."""
    left = list(handlers)

    async def answer(request: Request, wire: Wire) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(request, wire)

    return answer


PASSING = {
    "502": answering(502, b""),
    "503": answering(503, b"", retry_after="0"),
    "504": answering(504, b""),
    "429": answering(429, b"{}", retry_after="0"),
    "429 with a reset": answering(429, b"{}", x_sentry_rate_limit_reset="1"),
    "a reset": reset_before_headers,
    "a reset amid the body": reset_amid_the_body,
    "a farewell": closed_before_headers,
}


@pytest.mark.parametrize("trouble", PASSING)
async def test_a_read_recovers_from_passing_trouble(trouble: str) -> None:
    handler = in_turn([PASSING[trouble], PASSING[trouble], GOOD])
    async with listening(handler) as server, client_of(server.url, organization="acme") as client:
        assert (await client.get_issue("5")).id == "5"
        assert len(server.requests) == 3


async def test_a_read_is_given_up_after_four_attempts_and_says_so() -> None:
    async with (
        listening(answering(503, b"")) as server,
        client_of(server.url, organization="acme") as client,
    ):
        with pytest.raises(UnavailableError) as raised:
            await client.get_issue("5")
        assert len(server.requests) == 4
    assert "(status 503). It was asked 4 times." in raised.value.message


async def test_trouble_is_told_rather_than_that_time_was_up_while_it_was_tried_again() -> None:
    async def hang(_: Request, wire: Wire) -> None:
        await asyncio.Event().wait()

    handler = in_turn([answering(503, b"", retry_after="0"), hang])
    async with listening(handler) as server, client_of(server.url, organization="acme", timeout=1) as client:
        with pytest.raises(UnavailableError, match="status 503"):
            await client.get_issue("5")
        assert len(server.requests) == 2


async def test_a_failure_of_sentry_itself_is_not_repeated() -> None:
    async with (
        listening(answering(500, b"{}")) as server,
        client_of(server.url, organization="acme") as client,
    ):
        with pytest.raises(UnavailableError) as raised:
            await client.get_issue("5")
        assert len(server.requests) == 1
    assert "It was asked" not in raised.value.message


@pytest.mark.parametrize("trouble", ["502", "503", "504", "a reset", "a reset amid the body", "a farewell"])
async def test_a_write_that_may_have_been_done_is_not_repeated(trouble: str) -> None:
    handler = in_turn([PASSING[trouble], GOOD])
    async with listening(handler) as server, client_of(server.url, organization="acme") as client:
        with pytest.raises(SentryError):
            await client.update_issue("5", IssueChange(status="resolved"))
        assert len(server.requests) == 1


async def test_a_write_that_was_limited_is_repeated() -> None:
    handler = in_turn([PASSING["429"], GOOD])
    async with listening(handler) as server, client_of(server.url, organization="acme") as client:
        assert (await client.update_issue("5", IssueChange(status="resolved"))).status == "resolved"
        assert server.log == ["PUT /api/0/organizations/acme/issues/5/"] * 2


async def test_a_write_that_met_no_server_is_repeated() -> None:
    async with listening(GOOD) as before:
        port = before.port
    words: asyncio.Queue[str] = asyncio.Queue()
    on_progress.set(words.put)
    async with client_of(f"http://127.0.0.1:{port}", organization="acme") as client:
        call = asyncio.ensure_future(client.update_issue("5", IssueChange(status="resolved")))
        assert "No connection to 127.0.0.1" in await words.get()
        async with listening(GOOD, port):
            assert (await call).status == "resolved"


async def test_whoever_waits_is_told_why() -> None:
    told: list[str] = []

    async def hear(words: str) -> None:
        told.append(words)

    on_progress.set(hear)
    handler = in_turn([PASSING["503"], PASSING["429"], GOOD])
    async with listening(handler) as server, client_of(server.url, organization="acme") as client:
        await client.get_issue("5")
    assert ["status 503" in told[0], "limits the rate" in told[1], len(told)] == [True, True, 2]
    assert all(words.endswith("then trying again.") for words in told)


async def test_all_who_wait_for_the_same_answer_are_told_and_none_of_them_holds_up_the_others() -> None:
    told: list[str] = []
    gate = asyncio.Event()

    async def ask(name: str) -> None:
        async def hear(words: str) -> None:
            told.append(name)
            if name == "deaf":
                raise ConnectionError("its host is gone")
            if name == "slow":
                await gate.wait()

        on_progress.set(hear)
        await client.get_issue("5")

    handler = in_turn([answering(503, b"", retry_after="0"), GOOD])
    async with listening(handler) as server, client_of(server.url, organization="acme") as client:
        asked = {name: asyncio.ensure_future(ask(name)) for name in ("deaf", "slow", "quick")}
        await asked["quick"]
        with pytest.raises(ConnectionError):
            await asked["deaf"]
        assert not asked["slow"].done()
        gate.set()
        await asked["slow"]
        assert len(server.requests) == 2
    assert sorted(told) == ["deaf", "quick", "slow"]


async def test_a_wait_asked_for_with_503_is_heeded() -> None:
    async with (
        listening(answering(503, b"", retry_after="60")) as server,
        client_of(server.url, organization="acme", timeout=30) as client,
    ):
        with pytest.raises(UnavailableError) as raised:
            await client.get_issue("5")
        assert len(server.requests) == 1
    assert raised.value.details["retry_after"] == 60


class Crowd:
    """A server that says how much room there is, and counts how many come at once."""

    def __init__(self) -> None:
        self.remaining: int | None = 0
        self.running = self.most = 0
        self.company: asyncio.Event | None = None

    async def answer(self, _: Request, wire: Wire) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.company is not None:
                if self.running > 1:
                    self.company.set()
                await self.company.wait()
            await asyncio.sleep(0.005)  # a server takes its time, in which others come
            if self.remaining is None:
                await wire.answer(body=b'{"id": "5"}')
            else:
                remaining = str(self.remaining)
                await wire.answer(body=b'{"id": "5"}', x_sentry_rate_limit_concurrentremaining=remaining)
        finally:
            self.running -= 1


async def ask(client: SentryClient, numbers: range) -> None:
    await asyncio.gather(*(client.get_issue(str(number)) for number in numbers))


@pytest.mark.parametrize("remaining", [8, None], ids=["it says so", "it says nothing"])
async def test_no_more_requests_are_made_at_once_than_sentry_has_room_for_and_more_when(
    remaining: int | None,
) -> None:
    crowd = Crowd()
    async with (
        listening(crowd.answer) as server,
        client_of(server.url, organization="acme", max_concurrent_requests=8, timeout=5) as client,
    ):
        await ask(client, range(1, 2))
        await ask(client, range(100, 120))
        assert crowd.most == 1
        crowd.remaining = remaining
        await ask(client, range(2, 3))
        crowd.company = asyncio.Event()  # from now on no request is answered before there are two
        await ask(client, range(200, 240))
        assert 1 < crowd.most <= 8


async def test_there_are_never_more_requests_at_once_than_the_setting_says() -> None:
    crowd = Crowd()
    crowd.remaining = 1_000_000
    async with (
        listening(crowd.answer) as server,
        client_of(server.url, organization="acme", max_concurrent_requests=3) as client,
    ):
        await ask(client, range(100))
        assert crowd.most <= 3
