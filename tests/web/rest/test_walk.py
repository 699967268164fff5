"""Every text that Sentry may send, in every answer of REST: none leaves but clean, and named as somebody's."""

from itertools import product
from typing import Any

import httpx
import pytest
from leaks import ALL, TEXTS, TOKEN, look_at_data, look_at_line
from standins.rest import rest_over
from standins.walked import EVENT, World
from test_walk_of_failures import SHAPES
from walking import ROOTS, fill_of, ordinary

from web.rest.catalogue import ROUTES
from web.rest.routing import path_of

VARIABLES = {"issue": "5", "event": EVENT, "organization": "acme", "project": "shop", "release": "shop@1"}
QUERIES: dict[str, dict[str, Any]] = {
    "/issues/{issue}": {"include": "tags,commits,activity,flags", "max_tokens": 20_000},
    "/issues/{issue}/events": {"tags": "release,plain"},
    "/events/{event}": {"issue": "5", "max_tokens": 20_000},
    "/issues/{issue}/stacktrace": {"frames": "all"},
}
BODY = {"status": "resolved", "comment": "Seen."}


async def walk(client: httpx.AsyncClient, where: object) -> list[int]:
    """The statuses of all routes."""
    found: list[int] = []
    for route in ROUTES:
        path = path_of(route, {**VARIABLES, "tag": "release"})
        if route.changes:
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


async def test_ordinary_objects_are_all_answered() -> None:
    """Else nothing would be walked."""
    world = World()
    world.fill(ordinary)
    async with rest_over(httpx.MockTransport(world.answer), TOKEN) as client:
        assert set(await walk(client, "ordinary")) == {200}


async def test_a_text_that_is_everywhere_leaves_clean_and_marked() -> None:
    world = World()
    async with rest_over(httpx.MockTransport(world.answer), TOKEN) as client:
        for name in ("image", "heading", "invisible", "surrogate", "token in base64", "token escaped", "password"):
            text = TEXTS[name]
            world.link = " ".join(text.encode("ascii", "replace").decode().split())
            world.fill(fill_of(text), *ROOTS)
            await walk(client, name)


async def test_what_a_failure_says_leaves_clean() -> None:
    world = World()
    world.fill(ordinary)
    async with rest_over(httpx.MockTransport(world.answer), TOKEN) as client:
        for shape, status in product(SHAPES, (400, 302)):
            headers = {"location": "https://evil.example/", "content-type": "application/json"}
            world.failure = (status, SHAPES[shape](ALL), headers)
            await walk(client, (shape, status))


@pytest.mark.parametrize("text", ["\x1b[31m\u202e", TOKEN, "x\n# Stop"])
async def test_what_was_asked_wrongly_is_told_clean(text: str) -> None:
    world = World()
    world.fill(ordinary)
    async with rest_over(httpx.MockTransport(world.answer), TOKEN) as client:
        for route in ROUTES:
            if route.changes:
                answers = [await client.put("/issues/5", json=body) for body in ({text: "x"}, {"status": text})]
            else:
                path = path_of(route, {**VARIABLES, "tag": "release"})
                answers = [await client.get(path, params={name: text}) for name in (text, "sort", "limit", "include")]
                answers += [await client.get(path_of(route, dict.fromkeys([*VARIABLES, "tag"], text)))]
            for answer in answers:
                _look(answer, (route, text))
