"""The deadline of a call: it holds for each, and says of a write that nobody knows whether it was done."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from standins.clients import client_of
from standins.sockets import Request, Wire, listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.errors import AGAIN, UNSURE, DeadlineError

READS: dict[str, Callable[[SentryClient], Awaitable[Any]]] = {
    "list_organizations": lambda client: client.list_organizations(),
    "list_projects": lambda client: client.list_projects(),
    "get_project": lambda client: client.get_project("shop"),
    "list_issues": lambda client: client.list_issues(),
    "get_issue": lambda client: client.get_issue("5"),
    "get_events": lambda client: client.get_events("5"),
    "get_event": lambda client: client.get_event("latest", issue="5"),
    "get_stacktrace": lambda client: client.get_stacktrace(issue="6"),
    "get_tags": lambda client: client.get_tags("5"),
    "get_tag_values": lambda client: client.get_tag_values("5", "level"),
    "get_suspect_commits": lambda client: client.get_suspect_commits("shop", "0" * 32),
    "list_releases": lambda client: client.list_releases(),
    "get_release": lambda client: client.get_release("1.0"),
    "get_release_commits": lambda client: client.get_release_commits("1.0"),
    "get_release_deploys": lambda client: client.get_release_deploys("1.0"),
    "search_events": lambda client: client.search_events(fields=["id"]),
    "get_event_series": lambda client: client.get_event_series(functions=["count()"]),
    "get_attributes": lambda client: client.get_attributes("errors"),
    "get_outcomes": lambda client: client.get_outcomes("errors"),
}
WRITES: dict[str, Callable[[SentryClient], Awaitable[Any]]] = {
    "update_issue": lambda client: client.update_issue("5", IssueChange(status="resolved")),
    "add_comment": lambda client: client.add_comment("5", "Seen in staging too."),
}


async def never(_: Request, __: Wire) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(("calls", "advice"), [(READS, AGAIN), (WRITES, UNSURE)], ids=["reads", "writes"])
async def test_every_call_ends_within_its_deadline_and_says_what_that_means(
    calls: dict[str, Callable[[SentryClient], Awaitable[Any]]], advice: str
) -> None:
    async with (
        listening(never) as server,
        client_of(server.url, organization="acme", timeout=0.3, max_concurrent_requests=100) as client,
    ):
        ended = await asyncio.gather(*(call(client) for call in calls.values()), return_exceptions=True)

    for name, error in zip(calls, ended, strict=True):
        assert isinstance(error, DeadlineError), name
        assert error.message.endswith(f" did not answer within 0.3 s (setting timeout). {advice}"), name
