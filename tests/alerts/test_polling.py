"""What is found by looking at Sentry is the same as what it tells by webhooks, and costs little."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from alerting import happening
from broken import divide
from standins.clients import connection_to
from wire import Sentry

from alerts.alert import Kind, Outcome, Wanted
from alerts.file import FileInbox
from alerts.inbox import Inbox
from alerts.polling import HISTORIES, Polling
from sentry.changes import IssueChange
from sentry.client import SentryClient

ANY = Wanted()


@asynccontextmanager
async def polling(sentry: Sentry, folder: Path) -> AsyncGenerator[tuple[Polling, Inbox, SentryClient]]:
    connection = connection_to(sentry.embedded.url, token=sentry.token, organization=sentry.organization, cache_ttl=0.0)
    async with SentryClient(connection) as client, FileInbox.opened(folder / "alerts.db") as inbox:
        yield Polling(lambda: client, inbox, 60), inbox, client


async def told(inbox: Inbox) -> list[tuple[Kind, str, int]]:
    return [(found.told.kind, found.told.short_id, found.times) for found in await inbox.look(ANY, 100)][::-1]


async def test_what_was_there_before_the_first_look_is_no_news(sentry: Sentry, tmp_path: Path) -> None:
    sentry.capture(divide)
    async with polling(sentry, tmp_path) as (poller, inbox, _):
        assert await poller.look() == []
        assert await told(inbox) == []


async def test_a_new_issue_is_one_alert_however_often_it_is_seen(sentry: Sentry, tmp_path: Path) -> None:
    async with polling(sentry, tmp_path) as (poller, inbox, client):
        await poller.look()
        for _ in range(3):
            sentry.capture(divide)
            await poller.look()
        (issue,) = (await client.list_issues()).items
        assert await told(inbox) == [(Kind.CREATED, issue.short_id, 1)]
        (found,) = await inbox.look(ANY, 1)
        place = found.told.organization, found.told.project, found.told.issue, found.source
        assert place == (sentry.organization, "shop", issue.id, "polling")
        assert found.told.title.startswith("ZeroDivisionError")


async def test_a_regression_is_told_once_and_again_when_it_happens_again(sentry: Sentry, tmp_path: Path) -> None:
    sentry.capture(divide)
    async with polling(sentry, tmp_path) as (poller, inbox, client):
        (issue,) = (await client.list_issues()).items
        await poller.look()
        for number in (1, 2):
            await client.update_issue(issue.id, IssueChange(status="resolved"))
            sentry.capture(divide)
            await poller.look()
            await poller.look()
            regressed = [row for row in await told(inbox) if row[0] == Kind.REGRESSED]
            assert len(regressed) == number
            claimed = await inbox.claim("engine", Wanted(kinds=frozenset((Kind.REGRESSED,))))
            assert claimed
            await inbox.finish("engine", claimed.claim, ANY, Outcome.DONE, "")
            sentry.capture(divide)  # it is not resolved yet, and seen again: no news
            await poller.look()
            assert len([row for row in await told(inbox) if row[0] == Kind.REGRESSED]) == number


async def test_what_a_webhook_told_is_the_same_alert(sentry: Sentry, tmp_path: Path) -> None:
    async with polling(sentry, tmp_path) as (poller, inbox, client):
        await poller.look()
        sentry.capture(divide)
        (issue,) = (await client.list_issues()).items
        assert issue.first_seen
        await inbox.store([happening(int(issue.id), happened=issue.first_seen.timestamp())], "webhook")
        await poller.look()
        assert len(await told(inbox)) == 1


async def test_what_happened_while_nobody_looked_is_found_by_the_next_process(sentry: Sentry, tmp_path: Path) -> None:
    async with polling(sentry, tmp_path) as (poller, _, _):
        await poller.look()
    for name in ("one", "two", "three"):
        sentry.capture(divide, fingerprint=[name])
    async with polling(sentry, tmp_path) as (poller, inbox, _):
        await poller.look()
        assert [row[0] for row in await told(inbox)] == [Kind.CREATED] * 3


async def test_a_look_at_what_is_idle_is_one_request(sentry: Sentry, tmp_path: Path) -> None:
    for number in range(30):
        sentry.capture(divide, fingerprint=[str(number)])
    async with polling(sentry, tmp_path) as (poller, _, client):
        for _ in range(2):
            await poller.look()
        before = client.statistics.traffic.outcomes.total()
        for _ in range(10):
            await poller.look()
        assert client.statistics.traffic.outcomes.total() - before == 10


async def test_of_several_processes_one_looks(sentry: Sentry, tmp_path: Path) -> None:
    async with polling(sentry, tmp_path) as (_, first, _), polling(sentry, tmp_path) as (_, second, _):
        assert await first.lead("first", 60)
        assert not await second.lead("second", 60)
        assert await first.lead("first", 0)
        assert await second.lead("second", 60)


HOUR = 3_600
NOW = 1_780_000_000


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def row(number: int = 1, last_hour: int = 0, **more: Any) -> dict[str, Any]:
    """An old issue, as today's Sentry lists it: an event in each hour of the day before."""
    hours = [[NOW - HOUR * (23 - hour), 1] for hour in range(23)] + [[NOW, last_hour]]
    return {
        "id": str(number),
        "shortId": f"SHOP-{number}",
        "title": "KeyError: 'SUMMER'",
        "status": "unresolved",
        "substatus": "ongoing",
        "project": {"id": "2", "slug": "shop"},
        "firstSeen": "2020-01-01T00:00:00Z",
        "lastSeen": iso(NOW),
        "stats": {"24h": hours},
        **more,
    }


def _seconds_of(rows: list[Any]) -> float:
    """It is a moment after the last event of the last row."""
    return datetime.fromisoformat(rows[-1]["lastSeen"]).timestamp() + 10


@asynccontextmanager
async def polling_of(rows: list[Any], folder: Path, **paths: Any) -> AsyncGenerator[tuple[Polling, Inbox]]:
    """Of a Sentry that lists these, and answers these paths; what else it is asked for is not there."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removesuffix("/")
        if path.endswith("/issues"):
            return httpx.Response(200, json=rows)
        found = next((body for end, body in paths.items() if path.endswith(end.replace("_", "/"))), None)
        return httpx.Response(404 if found is None else 200, json=found or {"detail": "not there"})

    connection = connection_to("http://sentry.test", organization="acme", cache_ttl=0.0)
    async with (
        SentryClient(connection, httpx.MockTransport(answer)) as client,
        FileInbox.opened(folder / "alerts.db", lambda: _seconds_of(rows)) as inbox,
    ):
        poller = Polling(lambda: client, inbox, 60)
        await inbox.note_looked(NOW - HOUR)
        yield poller, inbox


@pytest.mark.parametrize(("events", "kinds"), [(99, []), (100, [Kind.SPIKE]), (1_000_000, [Kind.SPIKE])])
async def test_many_more_events_than_usual_are_one_spike(tmp_path: Path, events: int, kinds: list[Kind]) -> None:
    async with polling_of([row(last_hour=events)], tmp_path) as (poller, inbox):
        for _ in range(3):
            await poller.look()
        assert [found.told.kind for found in await inbox.look(ANY, 10)] == kinds


async def test_a_hundred_events_of_an_issue_that_has_them_each_hour_are_no_spike(tmp_path: Path) -> None:
    usual: dict[str, Any] = {"stats": {"24h": [[NOW - HOUR * (23 - hour), 100] for hour in range(24)]}}
    async with polling_of([row(**usual)], tmp_path) as (poller, inbox):
        await poller.look()
        assert await inbox.look(ANY, 10) == []


async def test_an_escalation_is_told_as_its_history_has_it(tmp_path: Path) -> None:
    history: list[dict[str, Any]] = [
        {"type": "set_escalating", "dateCreated": iso(NOW - 60), "data": {}},
        {"type": "set_regression", "dateCreated": "2021-01-01T00:00:00Z", "data": {}},
    ]
    escalating = row(substatus="escalating", activity=history)
    async with polling_of([escalating], tmp_path, issues_1=escalating) as (poller, inbox):
        for _ in range(2):
            await poller.look()
        (found,) = await inbox.look(ANY, 10)
        told = found.told.kind, found.told.happened, found.times
        assert told == (Kind.ESCALATING, NOW - 60, 1)


async def test_rows_that_are_none_stop_nobody(tmp_path: Path) -> None:
    nonsense: list[Any] = [
        {},
        {"id": "7", "firstSeen": "yesterday", "lastSeen": [], "stats": 5, "project": "x"},
        None,
        5,
        "x",
    ]
    async with polling_of([*nonsense, row(2, 500)], tmp_path) as (poller, inbox):
        await poller.look()
        assert [found.told.issue for found in await inbox.look(ANY, 10)] == ["2"]


async def test_of_a_server_that_says_less_the_history_tells_each_time_an_issue_comes_back(tmp_path: Path) -> None:
    """As Sentry 9: its rows have no substatus."""
    issue = row(substatus=None, activity=[])
    async with polling_of([issue], tmp_path, issues_1=issue) as (poller, inbox):
        await poller.look()
        for number in (1, 2):
            issue["lastSeen"] = iso(NOW + 60 * number)
            issue["activity"] = [{"type": "set_regression", "dateCreated": iso(NOW + 60 * number + 1), "data": {}}]
            for _ in range(2):
                await poller.look()
            claimed = await inbox.claim("engine", ANY)
            assert claimed, number
            assert (claimed.told.kind, claimed.told.happened) == (Kind.REGRESSED, NOW + 60 * number + 1)
            await inbox.finish("engine", claimed.claim, ANY, Outcome.DONE, "")
            if number == 1:  # what happened before it was done with is a part of it
                issue["lastSeen"] = iso(NOW + 90)
                await poller.look()
                assert await inbox.claim("engine", ANY) is None


async def test_an_event_whose_clock_is_ahead_ends_no_look(tmp_path: Path) -> None:
    rows = [row(1, lastSeen=iso(NOW + 86_400 * 365 * 50)), row(2)]
    async with polling_of(rows, tmp_path) as (poller, inbox):
        await poller.look()
        looked = await inbox.looked()
        assert looked is not None
        assert looked < NOW + 86_400 * 365 * 50
        rows.append(row(3, firstSeen=iso(time.time()), lastSeen=iso(time.time())))
        assert [found.issue for found in await poller.look()] == ["3"]


async def test_a_history_that_is_not_read_yet_hides_no_spike(tmp_path: Path) -> None:
    many = [row(number, last_hour=500, substatus=None) for number in range(1, HISTORIES + 6)]
    async with polling_of(many, tmp_path) as (poller, inbox):
        await poller.look()
        assert len([found for found in await inbox.look(ANY, 100) if found.told.kind == Kind.SPIKE]) == len(many)
