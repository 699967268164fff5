"""What the embedded Sentry sends by itself, as whoever receives it sees it: over real sockets, of a real program."""

import asyncio
import hashlib
import hmac
import itertools
import json
import logging
import queue
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from logging.handlers import QueueHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from sending import broken, capture, envelope, failure
from standins.sockets import Handler, Request, Server, Wire, listening
from wire import ROOT, free_port

from local import Embedded, Store, Webhook, serve
from local.webhooks import Rule
from local.webhooks.rule import Counts

SECRET = "client-secret-of-the-embedded-sentry"
RECORDED = ROOT / "tests" / "recorded" / "sentry-9.1.2" / "webhooks"
NEVER = Rule(events=1_000_000)


@dataclass
class Watched:
    """An embedded Sentry and who receives its webhooks."""

    embedded: Embedded
    receiver: Server
    api: httpx.AsyncClient

    async def told(self, number: int) -> list[Request]:
        """The webhooks so far, once there are so many."""
        await self.receiver.until(lambda: len(self.receiver.requests) >= number)
        return self.receiver.requests

    async def put(self, **body: Any) -> None:
        assert (await self.api.put("issues/1/", json=body)).status_code == 200

    async def get(self, path: str) -> Any:
        answer = await self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, *events: dict[str, Any]) -> None:
        """As an SDK does: one after the other."""
        headers = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={self.embedded.store.dsn_key}"}
        url = f"{self.embedded.url}/api/1/envelope/"
        for event in events:
            assert (await self.api.post(url, content=envelope(event), headers=headers)).status_code == 200


async def takes(request: Request, wire: Wire) -> None:
    await wire.answer()


async def hangs(request: Request, wire: Wire) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def sending_to(url: str, receiver: Server, rule: Rule = NEVER) -> AsyncGenerator[Watched]:
    with closing(Store.open(None)) as store:
        async with (
            serve(store, webhook=Webhook(url, SECRET, rule)) as embedded,
            httpx.AsyncClient(
                base_url=f"{embedded.url}/api/0/organizations/local/",
                headers={"Authorization": f"Bearer {embedded.token}"},
            ) as api,
        ):
            yield Watched(embedded, receiver, api)


@asynccontextmanager
async def watched(handler: Handler = takes, rule: Rule = NEVER) -> AsyncGenerator[Watched]:
    async with listening(handler) as receiver, sending_to(f"{receiver.url}/hook", receiver, rule) as found:
        yield found


def issues(number: int) -> list[dict[str, Any]]:
    return [failure(f"Kind{at}") for at in range(number)]


def content(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def happened(requests: list[Request]) -> list[str]:
    """`issue created`, one for each."""
    return [f"{request.headers['sentry-hook-resource']} {content(request)['action']}" for request in requests]


def warnings(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Of the embedded Sentry, as whoever runs it sees them."""
    return [one for one in caplog.records if one.name.startswith("local") and one.levelno >= logging.WARNING]


def until_refused(port: int) -> None:
    """Waits until nobody listens there any more."""
    with suppress(ConnectionRefusedError):
        while True:
            socket.create_connection(("127.0.0.1", port)).close()
            time.sleep(0.01)


async def test_a_new_issue_is_told_in_the_form_of_a_real_sentry() -> None:
    async with watched() as seen:
        await capture(seen.embedded, broken(), release="shop@1.4.2")
        (request,) = await seen.told(1)
        issue = await seen.get("issues/1/")
        said = content(request)

        assert (request.method, request.path) == ("POST", "/hook")
        recorded = json.loads((RECORDED / "05_issue.headers.json").read_text())
        assert {name.lower() for name in recorded} <= set(request.headers)
        assert request.headers["sentry-hook-resource"] == "issue"
        real = json.loads((RECORDED / "05_issue.body").read_bytes())
        assert set(said) == set(real)
        assert (said["action"], said["actor"]) == (real["action"], real["actor"])
        assert set(said["data"]["issue"]) >= set(real["data"]["issue"])

        told = said["data"]["issue"]
        assert told["title"] == "ValueError: Grüße ✓"
        assert (told["status"], told["substatus"], told["count"]) == ("unresolved", "new", "1")
        assert {name: issue[name] for name in told.keys() & issue.keys()} == {
            name: told[name] for name in told.keys() & issue.keys()
        }
        assert told.keys() - issue.keys() == {"url", "web_url", "project_url"}
        assert (await seen.get(told["url"]))["id"] == "1"
        assert "ValueError: Grüße ✓" in (await seen.api.get(told["web_url"])).text


async def test_signed_is_the_body_as_its_bytes_travel() -> None:
    async with watched(rule=Rule(events=1)) as seen:
        await capture(seen.embedded, broken("Grüße ✓"))
        created, alert = await seen.told(2)
        for request in (created, alert):
            made = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
            assert request.headers["sentry-hook-signature"] == made
        assert created.headers["request-id"] != alert.headers["request-id"]


async def test_more_events_of_an_open_issue_are_not_told() -> None:
    async with watched() as seen:
        await capture(seen.embedded, broken(times=3))
        await seen.put(status="resolved")
        assert happened(await seen.told(2)) == ["issue created", "issue resolved"]


async def test_what_becomes_of_an_issue_is_told_with_whose_doing_it_was() -> None:
    async with watched() as seen:
        await capture(seen.embedded, broken())
        await seen.put(status="resolved")
        await capture(seen.embedded, broken())
        await seen.put(status="ignored")
        await seen.put(status="unresolved")
        await seen.put(assignedTo="user:1")
        await seen.put(status="ignored", statusDetails={"ignoreCount": 1})
        await capture(seen.embedded, broken())
        await seen.put(status="resolved", statusDetails={"inNextRelease": True})
        requests = await seen.told(9)

    assert happened(requests) == [
        "issue created",
        "issue resolved",
        "issue unresolved",
        "issue archived",
        "issue unresolved",
        "issue assigned",
        "issue archived",
        "issue unresolved",
        "issue resolved",
    ]
    somebody = [content(request)["actor"]["type"] == "user" for request in requests]
    assert somebody == [False, True, False, True, True, True, True, False, True]
    said = [content(request)["data"] for request in requests]
    assert content(requests[1])["actor"] == {"type": "user", "id": 1, "name": "Local Developer"}
    assert (said[1]["resolution_type"], said[8]["resolution_type"]) == ("now", "in_next_release")
    assert said[5]["assignee"]["email"] == said[5]["issue"]["assignedTo"]["email"] == "developer@local.invalid"
    assert {content(request)["installation"]["uuid"] for request in requests} == {
        content(requests[0])["installation"]["uuid"]
    }


async def test_an_error_after_its_fix_is_told_as_a_regression() -> None:
    async with watched() as seen:
        await capture(seen.embedded, broken())
        await seen.put(status="resolved")
        await capture(seen.embedded, broken())
        request = (await seen.told(3))[2]
        told = content(request)["data"]["issue"]
        assert (told["id"], told["status"], told["substatus"], told["count"]) == ("1", "unresolved", "regressed", "2")


async def test_what_a_commit_fixes_is_told_as_that() -> None:
    async with watched() as seen:
        await capture(seen.embedded, broken())
        release = {"version": "2", "projects": ["app"], "commits": [{"id": "a" * 40, "message": "Fixes APP-1"}]}
        assert (await seen.api.post("releases/", json=release)).status_code == 201
        _, resolved = await seen.told(2)
    said = content(resolved)
    assert (said["action"], said["data"]["resolution_type"]) == ("resolved", "with_commit")
    assert (said["data"]["issue"]["statusDetails"]["inRelease"], said["actor"]["name"]) == ("2", "Sentry")


async def test_many_issues_changed_at_once_are_told_one_by_one() -> None:
    async with watched() as seen:
        await seen.send(*issues(3))
        answer = await seen.api.put("issues/", params={"query": "is:unresolved"}, json={"status": "resolved"})
        assert answer.status_code == 200
        requests = (await seen.told(6))[3:]
        assert happened(requests) == ["issue resolved"] * 3
        assert {content(request)["data"]["issue"]["id"] for request in requests} == {"1", "2", "3"}


async def test_an_issue_whose_time_of_being_archived_is_over_is_told() -> None:
    async with watched() as seen:
        await seen.send(failure())
        await seen.put(status="ignored", statusDetails={"ignoreDuration": 1})
        with seen.embedded.store.writing() as connection:
            connection.execute("UPDATE issues SET ignore_until = 1")
        await seen.get("issues/")
        assert happened(await seen.told(3)) == ["issue created", "issue archived", "issue unresolved"]


async def test_a_rule_fires_once_for_fifty_events_with_the_one_that_made_it_fire() -> None:
    async with watched(rule=Rule(events=10, seconds=3_600)) as seen:
        await capture(seen.embedded, broken(times=50), release="shop@1.4.2", environment="staging")
        await seen.put(status="resolved")
        created, alert, resolved = await seen.told(3)
        assert happened([created, alert, resolved]) == ["issue created", "event_alert triggered", "issue resolved"]

        said = content(alert)
        assert said["actor"] == {"type": "application", "id": "sentry", "name": "Sentry"}
        assert said["data"]["triggered_rule"] == "10 events in 3600 seconds"
        event = said["data"]["event"]
        listed = await seen.get("issues/1/events/?per_page=100")
        assert len(listed) == 50
        assert event["event_id"] == listed[-10]["id"]
        assert (event["project"], event["issue_id"], event["title"]) == (1, "1", "ValueError: Grüße ✓")
        assert ["environment", "staging"] in event["tags"]
        assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "fail"
        real = json.loads((RECORDED / "02_event_alert.body").read_bytes())["data"]["event"]
        internal = {"_meta", "_ref", "_ref_version", "grouping_config", "key_id", "time_spent", "use_rust_normalize"}
        assert set(event) >= set(real) - internal - {"version", "fingerprint", "logger", "modules"}
        assert {name: type(event[name]) for name in real.keys() & event.keys() - {"received"}} == {
            name: type(real[name]) for name in real.keys() & event.keys() - {"received"}
        }
        assert (await seen.get(event["url"]))["id"] == event["event_id"]
        assert (await seen.get(event["issue_url"]))["id"] == "1"
        assert event["event_id"] in event["web_url"]
        assert (await seen.api.get(event["web_url"])).status_code == 200
        assert (await seen.api.get(event["web_url"].replace(event["event_id"], "f" * 32))).status_code == 404


async def test_a_rule_counts_each_issue_by_itself() -> None:
    async with watched(rule=Rule(events=3, seconds=3_600)) as seen:
        await seen.send(*[failure(kind) for kind in ("A", "B", "A", "B", "B", "A")])
        requests = (await seen.told(4))[2:]
        assert [content(request)["data"]["event"]["issue_id"] for request in requests] == ["2", "1"]


def test_a_rule_fires_again_after_its_window_and_not_for_events_far_apart() -> None:
    counts = Counts(Rule(events=3, seconds=60))
    assert [at for at in range(200) if counts.fires(1, at)] == [2, 62, 122, 182]
    assert not [at for at in range(300, 3_000, 30) if counts.fires(1, at)]


async def test_a_receiver_that_hangs_holds_nothing_up_and_loses_no_event(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with watched(hangs) as seen:
        await capture(seen.embedded, broken(times=5))
        await seen.told(1)
        await seen.send(*issues(100))
        await seen.put(status="resolved")

        assert seen.embedded.store.received() == {"event": 105}
        assert len(await seen.get("issues/?query=")) == 100
        assert len(seen.receiver.requests) < 100  # they were not waited for
        await seen.told(2)
    assert len(seen.receiver.requests) < 100  # nor at the end
    assert [record.message for record in warnings(caplog)] == [
        "A webhook of the embedded Sentry was not taken, and is not sent again: no answer within 1 second"
    ]
    assert SECRET not in caplog.text


async def test_so_many_wait_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    async with watched(hangs) as seen:
        await seen.send(*issues(1_100))
        assert seen.embedded.store.received() == {"event": 1_100}
    assert any("1000 wait already" in record.message for record in warnings(caplog))


async def test_what_was_not_taken_is_not_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = itertools.chain([503, 307, 200, 401], itertools.repeat(200))

    async def refuses(request: Request, wire: Wire) -> None:
        await wire.answer(next(answers), location="/elsewhere")

    async with watched(refuses) as seen:
        await seen.send(*issues(6))
        requests = await seen.told(6)
    assert [content(request)["data"]["issue"]["id"] for request in requests] == ["1", "2", "3", "4", "5", "6"]
    assert [record.message.rpartition(": ")[2] for record in warnings(caplog)] == [
        "answered 503",
        "answered 307",
        "answered 401",
    ]
    assert SECRET not in caplog.text


async def test_while_nobody_listens_there_events_are_taken_in_and_later_ones_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    nobody = Server(port)
    warned: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = QueueHandler(warned)
    logging.getLogger("local").addHandler(handler)
    async with sending_to(url, nobody) as seen:
        await capture(seen.embedded, broken())
        await seen.send(*issues(20))
        assert seen.embedded.store.received() == {"event": 21}
        assert len(await seen.get("issues/?query=")) == 21
        await seen.put(status="resolved")
        await asyncio.to_thread(warned.get, timeout=10)
        async with listening(takes, port) as receiver:
            await capture(seen.embedded, broken())
            await receiver.until(lambda: "issue unresolved" in happened(receiver.requests))
    logging.getLogger("local").removeHandler(handler)
    assert [record.message.rpartition(": ")[2] for record in warnings(caplog)] == ["ConnectError"]


async def test_what_waits_at_the_end_is_still_sent() -> None:
    ports: list[int] = []

    async def takes_after_the_end(request: Request, wire: Wire) -> None:
        await asyncio.to_thread(until_refused, ports[0])
        await asyncio.sleep(0.25)  # the server needs a moment from its last connection to its end
        await wire.answer()

    async with listening(takes_after_the_end) as receiver:
        async with sending_to(f"{receiver.url}/hook", receiver) as seen:
            ports.append(int(seen.embedded.url.rpartition(":")[2]))
            await seen.send(*issues(2))
        assert (happened(receiver.requests), receiver.abandoned) == (["issue created"] * 2, 0)


async def test_a_receiver_that_answers_without_end_is_left_alone() -> None:
    async def endless(request: Request, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        while True:
            await wire.send(b"x" * 65_536)

    async with watched(endless) as seen:
        await seen.send(*issues(3))
        assert happened(await seen.told(3)) == ["issue created"] * 3


async def test_the_same_file_is_the_same_installation(tmp_path: Path) -> None:
    async with listening(takes) as receiver:
        webhook = Webhook(receiver.url, SECRET, Rule(events=1))
        for _ in range(2):
            with closing(Store.open(tmp_path / "store.db")) as store:
                async with serve(store, webhook=webhook) as embedded:
                    await capture(embedded, broken())
        assert happened(receiver.requests) == ["issue created", "event_alert triggered", "event_alert triggered"]
        assert len({content(request)["installation"]["uuid"] for request in receiver.requests}) == 1


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(Webhook("http://127.0.0.1:1/", SECRET))
