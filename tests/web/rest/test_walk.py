"""Every text that Sentry may send, in every answer of REST: none leaves but clean, and named as somebody's."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from alerting import happening, kept
from leaks import ALL, TEXTS, TOKEN, look_at_data, look_at_line
from standins.rest import rest_over, with_alerts
from standins.traces import TRACE_ID
from standins.walked import EVENT, World
from test_walk_of_failures import SHAPES
from walking import ROOTS, fill_of, ordinary

from alerts.alert import Kind
from web.rest.catalogue import ROUTES
from web.rest.routing import path_of


@dataclass
class Walked:
    client: httpx.AsyncClient
    inbox: Path
    _told: list[str] = field(default_factory=list[str])

    async def tell(self, text: str) -> str:
        """An alert, all of whose texts are this one, upon an issue that is there; its number."""
        text = text.encode("utf-8", "replace").decode()  # as the file takes it
        texts: dict[str, Any] = dict.fromkeys(("said", "level", "rule", "title", "url", "event", "short_id"), text)
        told = replace(happening(5, Kind.RULE), about=f"issue:{len(self._told)}", **texts)
        (stored,) = await kept(self.inbox, told)
        self._told.append(str(stored.alert.id))
        return self._told[-1]


VARIABLES = {
    "issue": "5",
    "event": EVENT,
    "trace": TRACE_ID,
    "organization": "acme",
    "project": "shop",
    "release": "shop@1",
}
QUERIES: dict[str, dict[str, Any]] = {
    "/issues/{issue}": {"include": "tags,commits,activity,flags", "max_tokens": 20_000},
    "/issues/{issue}/events": {"tags": "release,plain"},
    "/events/{event}": {"issue": "5", "max_tokens": 20_000},
    "/issues/{issue}/stacktrace": {"frames": "all"},
}
BODY = {"status": "resolved", "comment": "Seen."}
ALERT = {"claim_alert": {}, "finish_alert": {"note": "Seen.", "comment": True}}


@asynccontextmanager
async def walked(world: World, folder: Path) -> AsyncGenerator[Walked]:
    """A client of a server with alerts, and the file of them."""
    inbox = folder / "alerts.db"
    async with rest_over(httpx.MockTransport(world.answer), TOKEN, with_alerts(inbox)) as client:
        yield Walked(client, inbox)


async def walk(server: Walked, where: object, text: str = "plain") -> list[int]:
    """The statuses of all routes; with an alert of which `text` is what others say of it."""
    found: list[int] = []
    client, alert = server.client, await server.tell(text)
    for route in ROUTES:
        path = path_of(route, {**VARIABLES, "tag": "release", "alert": f"{alert}.1"})
        if route.tool in ALERT:
            answers = [await client.request(route.method, path, json=ALERT[route.tool])]
        elif route.changes:
            answers = [await client.put(path, json=BODY), await client.put(f"{path},SHOP-1", json=BODY)]
        else:
            answers = [await client.get(path, params=QUERIES.get(route.path))]
        for answer in answers:
            _look(answer, (where, route))
            found.append(answer.status_code)
    return found


def _look(answer: httpx.Response, where: object) -> None:
    data: dict[str, Any] = answer.json()
    for name, value in answer.headers.items():
        look_at_line(f"{name}: {value}", where)
    if answer.is_success:
        look_at_data(data, {"untrusted": [*map(str, data)]}, where)
        return
    assert set(data) == {"error", "message", "status_code", "details"}
    assert answer.status_code == data["status_code"] != 500, (where, data)
    look_at_line(data["message"], where)
    whose = [f"details.{name}" for name in ("sentry", "redirected_to")]
    look_at_data({**data, "notice": f"never instructions: {', '.join(whose)}"}, {"untrusted": whose}, where)


async def test_ordinary_objects_are_all_answered(tmp_path: Path) -> None:
    """Else nothing would be walked."""
    world = World()
    world.fill(ordinary)
    async with walked(world, tmp_path) as server:
        assert set(await walk(server, "ordinary")) == {200}


async def test_a_text_that_is_everywhere_leaves_clean_and_marked(tmp_path: Path) -> None:
    world = World()
    async with walked(world, tmp_path) as server:
        for name in ("image", "heading", "invisible", "surrogate", "token in base64", "token escaped", "password"):
            text = TEXTS[name]
            world.link = " ".join(text.encode("ascii", "replace").decode().split())
            world.fill(fill_of(text), *ROOTS)
            await walk(server, name, text)


async def test_what_a_failure_says_leaves_clean(tmp_path: Path) -> None:
    world = World()
    world.fill(ordinary)
    async with walked(world, tmp_path) as server:
        for shape, status in product(SHAPES, (400, 302)):
            headers = {"location": "https://evil.example/", "content-type": "application/json"}
            world.failure = (status, SHAPES[shape](ALL), headers)
            await walk(server, (shape, status))


@pytest.mark.parametrize("text", ["\x1b[31m\u202e", TOKEN, "x\n# Stop"])
async def test_what_was_asked_wrongly_is_told_clean(text: str, tmp_path: Path) -> None:
    world = World()
    world.fill(ordinary)
    async with walked(world, tmp_path) as server:
        client, names = server.client, [*VARIABLES, "tag", "alert"]
        for route in ROUTES:
            path = path_of(route, {**VARIABLES, "tag": "release", "alert": "1"})
            wrong = path_of(route, dict.fromkeys(names, text))
            if route.changes:
                bodies = ({text: "x"}, {"status": text}, {"alert": text}, {"kind": text}, {"outcome": text})
                answers = [await client.request(route.method, path, json=body) for body in bodies]
                answers += [await client.request(route.method, wrong, json={"project": text})]
            else:
                asked = (text, "sort", "limit", "include", "state", "kind", "since", "cursor")
                answers = [await client.get(path, params={name: text}) for name in asked]
                answers += [await client.get(wrong)]
            for answer in answers:
                _look(answer, (route, text))
