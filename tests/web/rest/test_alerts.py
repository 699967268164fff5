"""Alerts over REST: they are worked off without MCP, and none is held by somebody who left."""

import asyncio
import itertools
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from alerting import happening, kept
from leaks import TOKEN
from standins.rest import Rest, app_over, rest_over, with_alerts
from standins.walked import World
from starlette.types import Message
from walking import ordinary
from wire import started_http

from alerts.alert import Wanted
from alerts.file import FileInbox
from web.rest.catalogue import ROUTES
from web.rest.routing import path_of
from web.rest.words import EXAMPLES

pytestmark = pytest.mark.asyncio(loop_scope="session")
OF_ALERTS = [route for route in ROUTES if route.path.startswith("/alerts")]
LONG = 60
"""Seconds: the most that a claim waits."""
_projects = itertools.count(1)


def a_project() -> str:
    """One of which there are no alerts yet."""
    return f"of-a-test-{next(_projects)}"


async def tell(rest: Rest, project: str, count: int = 1) -> list[str]:
    """That many alerts, upon an issue that is there; their numbers."""
    told = [happening(1, rule=f"{project} {n}", project=project, issue="SHOP-1") for n in range(count)]
    return [str(stored.alert.id) for stored in await kept(rest.inbox, *told)]


async def states(rest: Rest, project: str) -> list[tuple[str, int]]:
    """Of each alert, the newest first: its state, and how often it was claimed."""
    async with rest.client() as client:
        rows = (await client.get("/alerts", params={"project": project})).json()["alerts"]
    return [(row["state"], row.get("attempts", 0)) for row in rows]


async def test_an_alert_is_listed_claimed_with_its_issue_and_finished_once(rest: Rest) -> None:
    project = a_project()
    (number,) = await tell(rest, project)
    async with rest.client() as client:
        (row,) = (await client.get("/alerts", params={"project": f"acme/{project}", "state": "new"})).json()["alerts"]
        claimed = (await client.post("/alerts/claim", json={"project": project})).json()
        read = (await client.get(f"/alerts/{number}")).json()
        done = await client.put(f"/alerts/{number}.1", json={"note": "Fixed."})
        again = await client.put(f"/alerts/{number}.1", json={})
        another = await client.post("/alerts/claim", json={"alert": number})
        rows = (await client.get("/alerts", params={"project": project, "state": "done"})).json()["alerts"]
    assert (row["alert"], row["kind"], row["issue"]) == (number, "created", "SHOP-1")
    assert (claimed["alert"]["alert"], claimed["alert"]["claimed_by"]) == (f"{number}.1", "engine")
    assert claimed["issue"]["short_id"] == "SHOP-1"
    assert (read["alert"]["alert"], read["alert"]["state"], "issue" in read) == (number, "claimed", False)
    assert (done.status_code, done.json()["alert"]["state"]) == (200, "done")
    for refused in (again, another):
        assert (refused.status_code, refused.json()["error"]) == (409, "not_claimed")
        assert refused.json()["message"] == f"Alert {number} is done with already."
    assert [found["note"] for found in rows] == ["Fixed."]


async def test_what_is_given_back_is_not_claimed_at_once_again(rest: Rest) -> None:
    project = a_project()
    (number,) = await tell(rest, project)
    async with rest.client() as client:
        await client.post("/alerts/claim", json={"alert": number})
        back = await client.put(f"/alerts/{number}.1", json={"outcome": "given_back", "note": "It needs a database."})
        again = await client.post("/alerts/claim", json={"alert": number})
        other = await client.post("/alerts/claim", json={"project": project})
    assert (back.status_code, back.json()["alert"]["state"]) == (200, "new")
    assert (again.status_code, again.json()["error"]) == (409, "not_claimed")
    assert (other.status_code, "alert" in other.json()) == (200, False)


async def test_links_lead_through_all_alerts(rest: Rest) -> None:
    project = a_project()
    numbers = await tell(rest, project, 7)
    seen: list[str] = []
    async with rest.client() as client:
        url = f"/alerts?project={project}&limit=3"
        while url:
            answer = await client.get(url)
            seen += [row["alert"] for row in answer.json()["alerts"]]
            url = answer.links.get("next", {}).get("url", "")
    assert seen == numbers[::-1]


WRONG: dict[str, tuple[str, str, Any, str]] = {
    "a list": ("POST", "/alerts/claim", [], "object"),
    "too long": ("POST", "/alerts/claim", {"wait_seconds": 61}, "less than or equal to 60"),
    "a text for a number": ("POST", "/alerts/claim", {"wait_seconds": "5"}, "valid integer"),
    "a number for a text": ("POST", "/alerts/claim", {"alert": 17}, "valid string"),
    "null": ("POST", "/alerts/claim", {"alert": None}, "null"),
    "no kind": ("POST", "/alerts/claim", {"kind": "resolved"}, "kind"),
    "no alert": ("POST", "/alerts/claim", {"alert": "the first"}, "named by its number"),
    "unknown": ("POST", "/alerts/claim", {"wait": 5}, "Did you mean wait_seconds?"),
    "no outcome": ("PUT", "/alerts/17.1", {"outcome": "parked"}, "outcome"),
    "no note": ("PUT", "/alerts/17.1", {"comment": True}, "no note"),
    "no truth": ("PUT", "/alerts/17.1", {"comment": "Fixed."}, "valid boolean"),
    "another alert": ("PUT", "/alerts/17.1", {"alert": "18.1"}, "There is no argument 'alert'"),
    "no name": ("PUT", "/alerts/x", {}, "named by its number"),
    "no state": ("GET", "/alerts?state=old", None, "state"),
    "no time": ("GET", "/alerts?since=yesterday", None, "how long ago"),
    "no cursor": ("GET", "/alerts?cursor=0:100:0", None, "cursor"),
    "no number": ("GET", "/alerts/latest", None, "named by its number"),
}


async def test_what_says_nothing_of_an_alert_is_refused(rest: Rest) -> None:
    async with rest.client() as client:
        for name, (method, path, body, words) in WRONG.items():
            answer = await client.request(method, path, json=body)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), (name, answer.text)
            assert words in answer.json()["message"], (name, answer.text)
        for method, path in (("GET", "/alerts/999999"), ("PUT", "/alerts/999999.1"), ("POST", "/alerts/claim")):
            answer = await client.request(method, path, json={"alert": "999999"} if method == "POST" else {})
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found"), answer.text
        assert (await client.post("/alerts/claim")).status_code == 415
        assert (await client.get("/alerts/claim")).headers["allow"] == "POST, OPTIONS"


async def test_who_waits_hears_of_an_alert_when_it_comes(rest: Rest) -> None:
    project = a_project()
    async with rest.client() as client:
        waiting = asyncio.create_task(client.post("/alerts/claim", json={"project": project, "wait_seconds": LONG}))
        await under_way(rest, 1)
        (number,) = await tell(rest, project)
        answer = await waiting
    assert (answer.status_code, answer.json()["alert"]["alert"]) == (200, f"{number}.1")


async def test_who_leaves_while_they_wait_claims_nothing(rest: Rest) -> None:
    project = a_project()
    body = {"project": project, "wait_seconds": LONG}
    async with rest.client() as client:
        leaving = asyncio.create_task(client.post("/alerts/claim", json=body))
        await under_way(rest, 1)
        leaving.cancel()
        await under_way(rest, 0)
        await tell(rest, project)
        assert await states(rest, project) == [("new", 0)]


async def under_way(rest: Rest, count: int) -> None:
    """Waits until the server answers so many calls, beside the one that asks."""
    with anyio.fail_after(20):
        async with rest.client("operator") as client:
            while f"calls_in_flight {count}.0" not in (await client.get("/metrics")).text:
                pass


class Leaving:
    """A request of a client that sends it whole, and hangs up when it is told to."""

    def __init__(self, method: str, path: str, body: bytes) -> None:
        self.hangs_up = asyncio.Event()
        self.answered: list[Message] = []
        self._left = [body]
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:3004"), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 3004),
        }

    async def receive(self) -> Message:
        if self._left:
            return {"type": "http.request", "body": self._left.pop(), "more_body": False}
        await self.hangs_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.answered.append(message)


async def test_who_leaves_while_the_issue_is_read_has_not_claimed_it(tmp_path: Path) -> None:
    inbox = tmp_path / "alerts.db"
    await kept(inbox, happening(5))
    request = Leaving("POST", "/alerts/claim", b"{}")
    found: list[Any] = []

    async def never(_: httpx.Request) -> httpx.Response:
        """The issue is read once it is claimed, and its event at the same time."""
        async with FileInbox.opened(inbox) as opened:
            found[:] = await opened.look(Wanted(), 1)
        request.hangs_up.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with app_over(httpx.MockTransport(never), TOKEN, with_alerts(inbox)) as app:
        with anyio.fail_after(20):
            await app(request.scope, request.receive, request.send)
    assert [alert.state for alert in found] == ["claimed"]
    assert request.answered == []
    async with FileInbox.opened(inbox) as opened:
        (left,) = await opened.look(Wanted(), 1)
    assert (left.state, left.attempts) == ("new", 0)


async def test_a_server_that_stops_ends_the_wait_and_holds_nothing(tmp_path: Path) -> None:
    inbox = tmp_path / "alerts.db"
    environment = {"SENTRY_URL": "http://127.0.0.1:9", "SENTRY_AUTH_TOKEN": "none", "SENTRY_ORG": "acme"}
    async with started_http(environment | with_alerts(inbox)) as (process, url):
        base = url.removesuffix("/mcp")
        async with httpx.AsyncClient(base_url=base, timeout=LONG / 2) as client:
            waiting = asyncio.create_task(client.post("/alerts/claim", json={"wait_seconds": LONG}))
            with anyio.fail_after(20):
                while "calls_in_flight 1.0" not in (await client.get("/metrics")).text:
                    pass
            process.send_signal(signal.SIGTERM)
            answer = await waiting
        assert (answer.status_code, answer.json()["error"]) == (503, "shutting_down")
        with anyio.fail_after(20):
            assert await process.wait() == -signal.SIGTERM
    await kept(inbox, happening())
    async with FileInbox.opened(inbox) as opened:
        assert [(alert.state, alert.attempts) for alert in await opened.look(Wanted(), 10)] == [("new", 0)]


def over(**environment: str) -> Any:
    world = World()
    world.fill(ordinary)
    return rest_over(httpx.MockTransport(world.answer), TOKEN, environment)


async def test_without_alerts_there_is_no_such_path() -> None:
    async with over() as client:
        unknown = (await client.get("/nothing")).json()
        for route in OF_ALERTS:
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                answer = await client.request(method, path_of(route, EXAMPLES))
                assert answer.status_code == 404, (method, route)
                assert method == "HEAD" or answer.json() == unknown, (method, route)
        described = (await client.get("/openapi.json")).text
        page = (await client.get("/docs")).text
    assert not [word for word in ("alert", "not_claimed") if word in described.lower().replace("metric alert", "")]
    assert "/alerts" not in page


@pytest.mark.parametrize("switch", [{"READ_ONLY": "true"}, {"TOOLS": "list_alerts,get_issue"}])
async def test_where_alerts_are_read_alone_no_other_route_of_theirs_is_offered(
    switch: dict[str, str], tmp_path: Path
) -> None:
    await kept(tmp_path / "alerts.db", happening(5))
    settings = {f"SENTRY_MCP_{name}": value for name, value in switch.items()}
    async with over(**settings, **with_alerts(tmp_path / "alerts.db")) as client:
        refused = [await client.post("/alerts/claim", json={}), await client.put("/alerts/1.1", json={})]
        read = [await client.get(path) for path in ("/alerts", "/alerts/1")]
        allowed = (await client.options("/alerts/1")).headers["allow"]
        described = (await client.get("/openapi.json")).json()["paths"]
    assert [(answer.status_code, answer.json()["error"]) for answer in refused] == [(403, "forbidden")] * 2
    assert [answer.status_code for answer in read] == [200, 200]
    assert allowed == "GET, HEAD, OPTIONS"
    assert {path: set(methods) for path, methods in described.items() if path.startswith("/alerts")} == {
        "/alerts": {"get"},
        "/alerts/{alert}": {"get"},
    }


async def test_whoever_may_not_list_alerts_may_not_read_one(tmp_path: Path) -> None:
    await kept(tmp_path / "alerts.db", happening(5))
    async with over(SENTRY_MCP_EXCLUDE_TOOLS="list_alerts", **with_alerts(tmp_path / "alerts.db")) as client:
        answer = await client.get("/alerts/1")
        described = (await client.get("/openapi.json")).json()["paths"]
    assert (answer.status_code, answer.json()["message"]) == (403, "This caller may not use list_alerts.")
    assert {path: set(methods) for path, methods in described.items() if path.startswith("/alerts")} == {
        "/alerts/claim": {"post"},
        "/alerts/{alert}": {"put"},
    }


async def test_where_a_person_confirms_changes_alerts_are_worked_off_all_the_same(tmp_path: Path) -> None:
    """They are the server's own. What would be written in Sentry is not."""
    await kept(tmp_path / "alerts.db", happening(5))
    async with over(SENTRY_MCP_CONFIRM_WRITES="always", **with_alerts(tmp_path / "alerts.db")) as client:
        claimed = await client.post("/alerts/claim", json={})
        refused = await client.put("/alerts/1.1", json={"note": "Fixed.", "comment": True})
        done = await client.put("/alerts/1.1", json={"note": "Fixed."})
    assert (claimed.status_code, claimed.json()["alert"]["alert"]) == (200, "1.1")
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
    assert (done.status_code, done.json()["alert"]["state"]) == (200, "done")


async def test_a_note_is_posted_beneath_the_issue(tmp_path: Path) -> None:
    await kept(tmp_path / "alerts.db", happening(5))
    world, posted = World(), list[bytes]()
    world.fill(ordinary)

    def note(request: httpx.Request) -> httpx.Response:
        posted.extend([request.content] * (request.method == "POST"))
        return world.answer(request)

    async with rest_over(httpx.MockTransport(note), TOKEN, with_alerts(tmp_path / "alerts.db")) as client:
        await client.post("/alerts/claim", json={})
        done = await client.put("/alerts/1.1", json={"note": "Fixed by the new price list.", "comment": True})
    assert (done.status_code, done.json()["comment"]["comment"]) == (200, "Fixed by the new price list.")
    assert [b"Fixed by the new price list." in body for body in posted] == [True]


ASKED: list[Callable[[httpx.AsyncClient], Any]] = [
    lambda client: client.get("/alerts"),
    lambda client: client.get("/alerts/1"),
    lambda client: client.post("/alerts/claim", json={"wait_seconds": LONG}),
    lambda client: client.put("/alerts/1.1", json={}),
]


async def test_an_inbox_that_fails_is_unavailable_and_asked_again_soon(tmp_path: Path) -> None:
    async with over(**with_alerts(tmp_path / "alerts.db")) as client:
        broken = sqlite3.connect(tmp_path / "alerts.db")
        broken.execute("DROP TABLE alerts")
        broken.close()
        for ask in ASKED:
            answer = await ask(client)
            assert (answer.status_code, answer.json()["error"]) == (503, "inbox_unavailable"), answer.text
            assert answer.headers["retry-after"] == "1"
