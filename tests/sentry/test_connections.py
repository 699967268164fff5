"""Which connection a request goes over: reads share a few, each write has its own."""

import asyncio
import json

import pytest
from standins.clients import client_of
from standins.faults import answering
from standins.sockets import Handler, Request, Wire, listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.errors import DeadlineError, SentryError

RESOLVED = IssueChange(status="resolved")
ISSUE = b'{"id": "5", "status": "resolved"}'
REFUSED = {
    status: answering(status, json.dumps({"detail": "No."}).encode()) for status in (400, 401, 403, 404, 500, 502)
}


async def test_writes_reach_a_server_that_takes_one_request_a_connection_and_does_not_say_so() -> None:
    """As a Sentry 9 without a proxy does: what comes second, on its way while the server hangs up, is lost."""
    answered: set[object] = set()

    async def once(_: Request, wire: Wire) -> None:
        if wire.writer in answered:
            return wire.reset()
        answered.add(wire.writer)
        return await wire.answer(body=ISSUE)

    async with listening(once) as server, client_of(server.url, organization="acme") as client:
        for _ in range(10):
            assert (await client.update_issue("5", RESOLVED)).status == "resolved"
            await client.add_comment("5", "Seen.")
        assert len(server.requests) == 20


async def test_a_write_never_goes_over_a_connection_that_was_used() -> None:
    async with listening(answering(200, ISSUE)) as server, client_of(server.url, organization="acme") as client:
        await client.get_issue("5")
        for writes in (1, 2, 3):
            await client.update_issue("5", RESOLVED)
            assert server.accepted == 1 + writes
        await server.until(lambda: server.connections == 1)


@pytest.mark.parametrize("handler", REFUSED.values(), ids=map(str, REFUSED))
async def test_a_connection_is_kept_when_its_answer_is_an_error(handler: Handler) -> None:
    async with (
        listening(handler) as server,
        client_of(server.url, organization="acme", timeout=1.0) as client,
    ):
        for number in range(5):
            with pytest.raises(SentryError):
                await client.get_issue(str(number))
        assert server.accepted == 1


async def test_a_write_that_waited_for_its_turn_until_the_deadline_is_told_as_not_made() -> None:
    async def never(_: Request, __: Wire) -> None:
        await asyncio.Event().wait()

    async def failure(client: SentryClient, issue: int) -> DeadlineError:
        with pytest.raises(DeadlineError) as raised:
            await client.update_issue(str(issue), RESOLVED)
        return raised.value

    async with (
        listening(never) as server,
        client_of(server.url, organization="acme", timeout=0.3, max_concurrent_requests=1) as client,
    ):
        errors = await asyncio.gather(*(failure(client, issue) for issue in range(10)))
        sent = {int(request.path.split("/")[-2]) for request in server.requests}

    not_made = {issue for issue, error in enumerate(errors) if not error.is_outcome_unknown}
    assert len(not_made) > 5
    assert not_made.isdisjoint(sent)
    assert all("Nothing was changed" in errors[issue].message for issue in not_made)
    assert errors[0].is_outcome_unknown
