"""Whatever a server does, a call ends in time with the right error and leaves nothing behind."""

import asyncio
import gc
import gzip
import json
import os
import time
import tracemalloc
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from standins.clients import client_of
from standins.faults import FAULTS, Fault, answering, happening, length_too_short, unannounced_100_megabytes
from standins.recorded import TOKEN
from standins.sockets import Request, Wire, listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.errors import BadResponseError, RateLimitedError, SentryError
from sentry.steps import at_once
from sentry.transport.bodies import Body

SHORT: dict[str, Any] = {"organization": "acme", "timeout": 2.0, "max_answer_size": 200_000, "cache_ttl": 0}
SHORTER: dict[str, Any] = {**SHORT, "timeout": 0.3, "read_timeout": 0.2}
SLACK = 5.0
"""Seconds over the deadline, for a machine that is busy with other things."""


def settings_for(fault: Fault) -> dict[str, Any]:
    return SHORTER if fault.error == "timeout" else SHORT


async def failure_of(call: Callable[[], Awaitable[object]]) -> SentryError:
    with pytest.raises(SentryError) as raised:
        await call()
    return raised.value


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_each_fault_ends_in_time_as_the_right_error(fault: Fault) -> None:
    settings = settings_for(fault)
    async with happening(fault) as url, client_of(url, **settings) as client:
        started = time.monotonic()
        error = await failure_of(lambda: client.get_issue("5"))
        assert time.monotonic() - started < settings["timeout"] + SLACK
    assert error.error == fault.error
    told = json.dumps(error.as_dict(), allow_nan=False)
    assert TOKEN not in told
    assert error.message.endswith(".")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_write_meets_each_fault_with_the_same_error(fault: Fault) -> None:
    async with happening(fault) as url, client_of(url, **settings_for(fault)) as client:
        error = await failure_of(lambda: client.update_issue("5", IssueChange(status="resolved")))
    assert error.error == fault.error
    unsure = "not known" in error.message
    said_no = fault.name in ("refused", "redirect elsewhere")
    failed = ("timeout", "unreachable", "bad_response", "sentry_unavailable")
    assert unsure == error.is_outcome_unknown == (error.error in failed and not said_no)


async def test_nothing_is_left_behind_by_any_fault() -> None:
    def held() -> set[object]:
        """What is open or under way, each by what it is: what an older test left may well close meanwhile."""
        return {*asyncio.all_tasks(), *(file for file in map(_file, Path("/dev/fd").iterdir()) if file)}

    async def fail(fault: Fault) -> None:
        async with happening(fault) as url, client_of(url, **SHORTER) as client:
            calls = [client.get_issue(str(number)) for number in range(1, 11)]
            for answer in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(answer, SentryError)

    before = held()
    await asyncio.gather(*(fail(fault) for fault in FAULTS))
    for _moment in range(1000):
        if held() - before:
            await asyncio.sleep(0.01)  # the event loop lets go of closed sockets a moment later
    assert held() - before == set()


def _file(descriptor: Path) -> tuple[int, int] | None:
    try:
        status = os.fstat(int(descriptor.name))
    except OSError:  # that of the listing itself
        return None
    return status.st_dev, status.st_ino


async def test_a_client_goes_on_with_the_next_call_after_any_fault() -> None:
    told = ("rate_limited", "sentry_unavailable")  # whole answers, after which nothing is left to go wrong
    faults = {fault.name: fault.handler for fault in FAULTS if fault.handler is not None and fault.error not in told}
    failing = ""

    async def answer(request: Request, wire: Wire) -> None:
        handler = faults.get(failing)
        await (handler(request, wire) if handler else wire.answer(body=b'{"id": "5"}'))

    async with listening(answer) as server, client_of(server.url, **{**SHORT, "read_timeout": 0.2}) as client:
        for failing in faults:
            await failure_of(lambda: client.get_issue("5"))
            name, failing = failing, ""
            assert (await client.get_issue("5")).id == "5", name


async def test_a_wait_that_sentry_asks_for_and_that_is_too_long_is_told_at_once() -> None:
    async with (
        happening(Fault("", answering(429, b"{}", retry_after="60"), "")) as url,
        client_of(url, organization="acme", timeout=20) as client,
    ):
        started = time.monotonic()
        error = await failure_of(lambda: client.get_issue("5"))
        assert time.monotonic() - started < SLACK
    assert isinstance(error, RateLimitedError)
    assert error.details["retry_after"] == 60
    assert "in 60 seconds" in error.message


async def test_the_limit_on_an_answers_size_is_named_and_the_rest_is_not_read() -> None:
    async with listening(unannounced_100_megabytes) as server, client_of(server.url, organization="acme") as client:
        error = await failure_of(lambda: client.get_issue("5"))
        await server.until(lambda: server.abandoned > 0)
    assert isinstance(error, BadResponseError)
    assert "more than 32 MB" in error.message
    assert "max_answer_size" in error.message


async def test_an_error_is_told_however_large_its_page() -> None:
    page = b'{"detail": "Internal Error", "more": "' + b"x" * 1_000_000 + b'"}'
    async with happening(Fault("", answering(400, page), "")) as url, client_of(url, **SHORT) as client:
        error = await failure_of(lambda: client.get_issue("5"))
    assert (error.error, error.status_code) == ("invalid_request", 400)


async def test_a_redirect_takes_the_token_nowhere() -> None:
    async with listening(answering(200, b'{"id": "5"}')) as elsewhere:
        handler = answering(302, b"", location=f"{elsewhere.url}/api/0/?token=secret")
        async with listening(handler) as server, client_of(server.url, **SHORT) as client:
            error = await failure_of(lambda: client.get_issue("5"))
        assert elsewhere.requests == []
        assert error.details["redirected_to"] == elsewhere.url


async def test_a_server_that_echoes_the_token_does_not_get_it_into_the_error() -> None:
    async def echo(request: Request, wire: Wire) -> None:
        await wire.answer(403, json.dumps({"detail": f"denied for {request.token}"}).encode())

    async with listening(echo) as server, client_of(server.url, **SHORT) as client:
        error = await failure_of(lambda: client.get_issue("5"))
    assert TOKEN not in json.dumps(error.as_dict())
    assert error.sentry == "denied for [token]"


async def test_a_refused_answer_is_let_go_at_once() -> None:
    """In circles with its error it would wait for the garbage collector, with others of a hundred megabytes."""
    async with listening(unannounced_100_megabytes) as server, client_of(server.url, **SHORT) as client:
        await failure_of(lambda: client.get_issue("5"))
        gc.collect()
        gc.disable()
        try:
            await failure_of(lambda: client.get_issue("6"))
            await failure_of(lambda: client.get_issue("7"))
            assert not [one for one in gc.get_objects() if isinstance(one, Body)]
        finally:
            gc.enable()


async def test_what_failed_before_a_call_keeps_what_it_knows() -> None:
    def failing() -> None:
        known = "what a debugger shows"
        raise ValueError(known)

    async def failing_twice() -> None:
        try:
            failing()
        except ValueError:
            await failure_of(lambda: client.update_issue("5", IssueChange(status="resolved")))
            raise

    async with listening(answering(404, b"{}")) as server, client_of(server.url, **SHORT) as client:
        with pytest.raises(ValueError, match="debugger") as before:
            await failing_twice()
    assert before.traceback[-1].frame.f_locals == {"known": "what a debugger shows"}


async def test_what_only_begins_like_the_token_takes_no_time() -> None:
    async def echo(_: Request, wire: Wire) -> None:
        await wire.answer(403, json.dumps({"detail": "sntrys_eyJpYXQi. " * 5_000}).encode())

    token = "sntrys_eyJpYXQiOjE3OTU0Njc2MDB9_Zq9hunter2Zq9hunter2Zq9"
    async with listening(echo) as server, client_of(server.url, **SHORT, token=token) as client:
        error = await failure_of(lambda: client.get_issue("5"))
    assert error.error == "forbidden"


SPELLINGS: list[Callable[[str], str]] = [
    str.upper,
    lambda token: quote(quote(token, safe=""), safe=""),
    lambda token: "".join(f"%{ord(one):02X}" for one in token),
    lambda token: "".join(f"%25{ord(one):02x}" for one in token),
    lambda token: "".join(f"\\u{ord(one):04x}" for one in token),
    lambda token: "".join(f"\\x{ord(one):02x}" for one in token),
    lambda token: "".join(f"&#{ord(one)};" for one in token),
    lambda token: "".join(f"&#x{ord(one):X};" for one in token),
    lambda token: token.replace("_", r"\_"),
    lambda token: token[:20],
    lambda token: b64encode(token.encode()).decode(),
]


@pytest.mark.parametrize("spelled", SPELLINGS)
async def test_no_spelling_of_the_token_gets_into_the_error(spelled: Callable[[str], str]) -> None:
    async def echo(request: Request, wire: Wire) -> None:
        await wire.answer(403, json.dumps({"detail": f'denied for "{spelled(request.token)}" (1)'}).encode())

    token = "sntrys_eyJpYXQiOjE3OTU0Njc2MDB9_Zq9hunter2Zq9hunter2Zq9"
    async with listening(echo) as server, client_of(server.url, **SHORT, token=token) as client:
        error = await failure_of(lambda: client.get_issue("5"))
    assert error.sentry == 'denied for "[token]" (1)'


@pytest.mark.parametrize("before", [488, 1_988, 1_995, 1_999])
async def test_not_even_a_part_of_the_token_is_left_where_the_words_are_cut(before: int) -> None:
    async def echo(request: Request, wire: Wire) -> None:
        await wire.answer(403, json.dumps({"detail": f"{'.' * before}{request.token}"}).encode())

    async with listening(echo) as server, client_of(server.url, **SHORT) as client:
        error = await failure_of(lambda: client.get_issue("5"))
    assert "." * before + "[token]"[: 2_000 - before] == error.sentry


async def test_an_answer_longer_than_its_length_does_not_spoil_the_next_one() -> None:
    async def answer(request: Request, wire: Wire) -> None:
        if request.path.endswith("/5/"):
            await length_too_short(request, wire)
        else:
            await wire.answer(body=b'{"id": "6"}')

    async with listening(answer) as server, client_of(server.url, **SHORT) as client:
        for _ in range(5):
            await failure_of(lambda: client.get_issue("5"))
            assert (await client.get_issue("6")).id == "6"
        assert len(server.requests) == 10  # none was asked twice, for what stood where its answer was due


async def test_good_answers_come_over_one_connection() -> None:
    async with (
        listening(answering(200, b'{"id": "5"}')) as server,
        client_of(server.url, **SHORT) as client,
    ):
        for number in range(1, 10):
            await client.get_issue(str(number))
        assert server.accepted == 1


async def test_a_client_starts_while_sentry_is_down_and_recovers_by_itself() -> None:
    async with listening(answering(200, b"{}")) as before:
        port = before.port
    async with client_of(f"http://127.0.0.1:{port}", **SHORT) as client:
        for _ in range(2):
            assert (await failure_of(lambda: client.get_issue("5"))).error == "unreachable"
        async with listening(answering(200, b'{"id": "5"}'), port):
            assert (await client.get_issue("5")).id == "5"
        assert (await failure_of(lambda: client.get_issue("5"))).error == "unreachable"
        async with listening(answering(200, b'{"id": "5"}'), port):
            assert (await client.get_issue("5")).id == "5"


async def test_a_call_that_is_under_way_when_the_client_closes_ends_with_an_error() -> None:
    async def forever(_: Request, wire: Wire) -> None:
        await asyncio.Event().wait()

    async with listening(forever) as server:
        async with client_of(server.url, organization="acme") as client:
            call = asyncio.ensure_future(failure_of(lambda: client.get_issue("5")))
            await server.until(lambda: len(server.requests) == 1)
        assert (await call).error == "unreachable"
        await server.until(lambda: server.connections == 0)


async def test_an_error_in_the_block_leaves_the_client_as_it_is() -> None:
    with pytest.raises(KeyError):
        async with client_of("http://127.0.0.1:9"):
            raise KeyError


async def test_a_closed_client_says_that_it_is() -> None:
    client: SentryClient
    async with client_of("http://127.0.0.1:9") as client:
        pass
    with pytest.raises(RuntimeError, match="outside of `async with`"):
        await client.get_issue("5")


def test_a_gzip_bomb_is_not_unpacked_beyond_the_limit() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    too_large = BadResponseError("too large")
    body = Body("gzip", 200_000, too_large)
    tracemalloc.start()
    try:
        with pytest.raises(BadResponseError, match="too large"):
            at_once(body.feed(bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_gzip_members_without_end_are_not_unpacked() -> None:
    too_large = BadResponseError("more than the limit")
    body = Body("gzip", 50_000_000, too_large)
    with pytest.raises(BadResponseError) as raised:
        at_once(body.feed(gzip.compress(b" ") * 1_001))
    assert raised.value is too_large


async def test_an_answer_of_several_gzip_members_is_read_whole() -> None:
    body = gzip.compress(b'{"id": ') + gzip.compress(b'"5"}')
    handler = answering(200, body, content_encoding="gzip")
    async with listening(handler) as server, client_of(server.url, **SHORT) as client:
        assert (await client.get_issue("5")).id == "5"
