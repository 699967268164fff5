"""How REST tells that Sentry failed, or the server: the status that fits, and never a secret or words of a bug."""

from typing import Any

import httpx
import pytest
from leaks import ORDER, TOKEN
from standins.rest import rest_over
from standins.walked import World
from walking import ordinary

from sentry.client import SentryClient


def world_of(failure: tuple[int, Any, dict[str, str]] | None = None) -> World:
    world = World(failure=failure)
    world.fill(ordinary)
    return world


STATUSES = [
    (400, 400, "invalid_request"),
    (401, 502, "unauthorized"),  # of the server's token, not of the caller's
    (403, 403, "forbidden"),
    (404, 404, "not_found"),
    (418, 400, "invalid_request"),
    (429, 429, "rate_limited"),
    (500, 502, "sentry_unavailable"),
    (503, 502, "sentry_unavailable"),
]


async def test_what_sentry_answers_with() -> None:
    world = world_of()
    async with rest_over(httpx.MockTransport(world.answer), TOKEN) as client:
        for sentrys, status, error in STATUSES:
            world.failure = (sentrys, {"detail": "No, not today."}, {"retry-after": "600"})
            answer = await client.get("/issues/5")
            told = answer.json()
            assert (answer.status_code, told["status_code"], told["error"]) == (status, status, error)
            assert told["details"]["sentry"] == "No, not today."
            assert told["details"].get("sentry_status", status) == sentrys
            assert answer.headers.get("retry-after") == ("600" if sentrys in (429, 500, 503) else None)


@pytest.mark.parametrize(
    ("raised", "status", "error"),
    [
        (httpx.ConnectError("refused"), 502, "unreachable"),
        (httpx.RemoteProtocolError("broken"), 502, "unreachable"),
        (httpx.ReadTimeout("slow"), 504, "timeout"),
    ],
)
async def test_a_sentry_that_does_not_answer(raised: Exception, status: int, error: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise raised

    async with rest_over(httpx.MockTransport(fail), TOKEN) as client:
        answer = await client.get("/projects/acme/shop")
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_change_whose_outcome_is_not_known_says_so() -> None:
    world = world_of()

    def fail_writes(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            raise httpx.ReadTimeout("slow")
        return world.answer(request)

    async with rest_over(httpx.MockTransport(fail_writes), TOKEN) as client:
        answer = await client.put("/issues/5", json={"status": "resolved"})
    assert (answer.status_code, answer.json()["details"]["outcome"]) == (504, "unknown")


class Buggy(SentryClient):
    """Fails where answers are cleaned."""

    def __getattribute__(self, name: str) -> Any:
        if name == "site":
            raise ValueError(f"{ORDER} {TOKEN}")
        return super().__getattribute__(name)


async def test_a_bug_is_told_without_its_words() -> None:
    async with rest_over(httpx.MockTransport(world_of().answer), TOKEN, kind=Buggy) as client:
        answer = await client.get("/issues/5")
    told = answer.json()
    assert (answer.status_code, told["status_code"], told["error"]) == (500, 500, "internal_error")
    assert ORDER not in answer.text
    assert TOKEN not in answer.text


@pytest.mark.parametrize("confirm", ["always", "local"])
async def test_where_a_person_is_to_be_asked_nothing_is_changed(confirm: str) -> None:
    asked: list[str] = []
    world = world_of()

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return world.answer(request)

    environment = {"SENTRY_MCP_CONFIRM_WRITES": confirm}
    async with rest_over(httpx.MockTransport(note), TOKEN, environment) as client:
        refused = await client.put("/issues/5", json={"status": "resolved"})
        read = await client.get("/issues/5")
    assert (refused.status_code, refused.json()["error"]) == (403, "confirmation_required")
    assert read.status_code == 200
    assert "PUT" not in asked


@pytest.mark.parametrize(
    ("switch", "is_read"), [({"READ_ONLY": "true"}, True), ({"EXCLUDE_TOOLS": "update_issue,get_issue"}, False)]
)
async def test_what_is_switched_off_for_everybody_is_here_too(switch: dict[str, str], is_read: bool) -> None:
    asked: list[str] = []
    world = world_of()

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return world.answer(request)

    environment = {f"SENTRY_MCP_{name}": value for name, value in switch.items()}
    async with rest_over(httpx.MockTransport(note), TOKEN, environment) as client:
        assert (await client.put("/issues/5", json={"status": "resolved"})).status_code == 403
        assert (await client.get("/issues/5")).status_code == (200 if is_read else 403)
        assert (await client.get("/issues/5/events")).status_code == 200
    assert "PUT" not in asked


async def test_a_server_that_only_reads_says_so_and_offers_no_change() -> None:
    async with rest_over(httpx.MockTransport(world_of().answer), TOKEN, {"SENTRY_MCP_READ_ONLY": "true"}) as client:
        refused = await client.put("/issues/5", json={"status": "resolved"})
        options = await client.options("/issues/5")
        other = await client.delete("/issues/5")
        described = (await client.get("/openapi.json")).json()
        page = (await client.get("/docs")).text
    error = refused.json()
    assert (refused.status_code, error["error"], error["details"]) == (403, "forbidden", {})
    assert error["message"] == "This server is read-only. Nothing was changed."
    assert "www-authenticate" not in refused.headers
    assert options.headers["allow"] == other.headers["allow"] == "GET, HEAD, OPTIONS"
    assert set(described["paths"]["/issues/{issue}"]) == {"get"}
    assert "update_issue" not in str(described)
    assert "PUT" not in page


async def test_a_route_that_is_switched_off_for_everybody_is_not_described() -> None:
    environment = {"SENTRY_MCP_TOOLS": "get_issue"}
    async with rest_over(httpx.MockTransport(world_of().answer), TOKEN, environment) as client:
        described = (await client.get("/openapi.json")).json()
    assert {path: set(methods) for path, methods in described["paths"].items()} == {"/issues/{issue}": {"get"}}


async def test_links_lead_to_where_clients_reach_it() -> None:
    world = world_of()
    world.link = "0:100:0"
    environment = {"SENTRY_MCP_PUBLIC_URL": "https://mcp.example.com/sentry/"}
    async with rest_over(httpx.MockTransport(world.answer), TOKEN, environment) as client:
        link = (await client.get("/projects/acme/shop/issues?limit=1")).links["next"]
        described = (await client.get("/openapi.json")).json()["servers"]
    assert link["url"] == "https://mcp.example.com/sentry/projects/acme/shop/issues?limit=1&cursor=0%3A100%3A0"
    assert described == [{"url": "https://mcp.example.com/sentry"}]


async def test_a_name_of_the_server_that_is_none_stands_in_no_link() -> None:
    world = world_of()
    world.link = "0:100:0"
    environment = {"SENTRY_MCP_ALLOWED_HOSTS": 'a>;rel="x'}
    async with rest_over(httpx.MockTransport(world.answer), TOKEN, environment) as client:
        answer = await client.get("/issues", headers={"Host": 'a>;rel="x'})
    assert answer.links["next"]["url"].startswith("/issues?")
