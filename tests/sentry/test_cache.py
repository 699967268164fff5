"""What is kept of Sentry's answers when there is no room for all of them, told by what Sentry is asked again."""

import gc
import json
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from standins.clients import client_of, connection_to
from standins.clocks import Clock
from standins.sockets import Request, Wire, listening

from sentry.client import SentryClient

KILOBYTE, MEGABYTE = 1_000, 1_000_000


async def a_long_issue(request: Request, wire: Wire) -> None:
    issue = {"id": request.path.split("/")[-2], "title": "x" * 50 * KILOBYTE}
    await wire.answer(body=json.dumps(issue).encode())


async def test_an_answer_that_is_read_again_and_again_outlasts_those_read_once() -> None:
    room = {"organization": "acme", "cache_ttl": 600, "cache_size": 500 * KILOBYTE}
    async with listening(a_long_issue) as server, client_of(server.url, **room) as client:
        for number in range(1, 31):
            await client.get_issue("1000")
            await client.get_issue(str(number))
        await client.get_issue("1000")
        await client.get_issue("1")

    asked = [request.path.split("/")[-2] for request in server.requests]
    assert asked.count("1000") == 1, "it was always among the last that were read"
    assert asked.count("1") == 2, "there was no room for it"


ANSWERS = {
    "empty issues": "[" + ",".join(["{}"] * 100) + "]",
    "issues of one key": json.dumps([{"id": "1"}] * 100),
    "text beyond ASCII": json.dumps([{"title": "é" * 5_000 + "🙂"}] * 20, ensure_ascii=False),
    "text with one escape": json.dumps([{"title": "x" * 2_000 + "🙂"}] * 20),
    "statistics": json.dumps([{"stats": {"24h": [[n * 1_000, 70_000 + n] for n in range(200)]}}] * 20),
    "metadata": json.dumps([{"metadata": {f"key {n}": n * 1.5 for n in range(200)}}] * 20),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_what_is_remembered_takes_no_more_memory_than_the_bound_whatever_sentry_sends(answer: str) -> None:
    async def list_issues(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=answer.encode())

    connection = connection_to("http://sentry.test", organization="acme", cache_ttl=60, cache_size=MEGABYTE)
    async with SentryClient(connection, httpx.MockTransport(list_issues)) as client:
        await client.list_issues(query="first")  # what the first question needs besides
        gc.collect()
        tracemalloc.start()
        try:
            for number in range(40):
                await client.list_issues(query=f"question {number}")
            gc.collect()
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert client.statistics.misses == 41
    assert kept < 1.2 * MEGABYTE


@asynccontextmanager
async def shop(clock: Clock, answers: dict[str, Any]) -> AsyncGenerator[tuple[SentryClient, list[str]]]:
    """A client that keeps issues for ten seconds of that clock, and what Sentry was asked."""
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/0/").removesuffix("/")
        asked.append(path)
        return httpx.Response(200, json=answers[path]) if path in answers else httpx.Response(404)

    connection = connection_to("http://sentry.test", organization="acme", cache_ttl=10)
    async with SentryClient(connection, httpx.MockTransport(answer), clock=clock) as client:
        yield client, asked


EVENT = "a" * 32


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        (f"organizations/acme/issues/5/events/{EVENT}", {"issue": "5"}),
        (f"projects/acme/shop/events/{EVENT}", {"project": "shop"}),
    ],
)
async def test_which_event_is_the_next_one_is_known_for_seconds_and_what_it_holds_for_ever(
    path: str, arguments: dict[str, Any]
) -> None:
    clock = Clock()
    event: dict[str, Any] = {"eventID": EVENT, "groupID": "5", "nextEventID": None}
    async with shop(clock, {path: event}) as (client, asked):
        assert (await client.get_event(EVENT, **arguments)).next_event_id is None
        event["nextEventID"] = "b" * 32
        clock.now = 9.9
        assert (await client.get_event(EVENT, **arguments)).next_event_id is None
        assert len(asked) == 1
        clock.now = 10
        assert (await client.get_event(EVENT, **arguments)).next_event_id == "b" * 32
        clock.now = 10_000
        await client.get_stacktrace(f"http://sentry.test/acme/shop/events/{EVENT}/", issue=arguments.get("issue"))
        assert len(asked) == 2


async def test_a_projects_latest_release_is_known_for_seconds() -> None:
    clock = Clock()
    project = {"id": "1", "slug": "shop", "latestRelease": {"version": "shop@1"}}
    async with shop(clock, {"projects/acme/shop": project, "organizations/acme/projects": [project]}) as (client, _):
        for clock.now, version in ((0, "shop@1"), (9.9, "shop@1"), (10, "shop@2")):
            found = (await client.get_project("shop")).latest_release
            assert found is not None
            assert found.version == version
            assert len((await client.list_projects()).items) == 1
            project["latestRelease"] = {"version": "shop@2"}


async def test_a_new_project_is_listed_after_seconds() -> None:
    clock = Clock()
    projects = [{"slug": "shop"}]
    async with shop(clock, {"organizations/acme/projects": projects}) as (client, _):
        await client.list_projects()
        projects.append({"slug": "new"})
        clock.now = 10
        assert [project.slug for project in (await client.list_projects()).items] == ["shop", "new"]


async def test_which_projects_to_look_through_is_known_for_minutes() -> None:
    clock = Clock()
    who = {"slug": "acme", "require2FA": False, "isEarlyAdopter": False}
    issue = {"id": "5", "permalink": "http://sentry.test/acme/shop/issues/5/"}
    known = {
        "organizations": [who],
        "organizations/acme/projects": [{"slug": "shop"}],
        "projects/acme/shop/issues": [issue],
    }
    async with shop(clock, known) as (client, asked):
        for clock.now in (0, 10, 299):
            await client.list_issues()
    assert asked.count("projects/acme/shop/issues") == 3
    assert asked.count("organizations/acme/projects") == 1
