"""Which organization and region a call goes to: found out once, and by no link that leads elsewhere."""

import json
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from standins.clients import client_of, connection_to
from standins.faults import answering
from standins.sockets import listening

from sentry.client import SentryClient
from sentry.endpoints.organizations import ASK_REGION_AGAIN, Organizations, region_of
from sentry.errors import ForbiddenError, InvalidRequestError, SentryError, UnavailableError
from sentry.models import Organization
from sentry.transport.cache import Cache
from sentry.transport.pool import Transport


def region(link: Any, ours: str) -> str:
    return region_of(Organization.model_validate({"slug": "acme", "links": {"regionUrl": link}}), connection_to(ours))


@pytest.mark.parametrize(
    ("ours", "link"),
    [
        ("https://sentry.io", "https://us.sentry.io"),
        ("https://sentry.io", "https://de.sentry.io/"),
        ("https://sentry.example.com", "https://eu.sentry.example.com"),
        ("http://sentry.test", "http://eu.sentry.test"),
        ("http://sentry.test", "https://eu.sentry.test"),
        ("https://sentry.example.com:8443", "https://eu.sentry.example.com:8443"),
        ("https://sentry.io", "HTTPS://US.Sentry.IO"),
    ],
)
def test_a_region_of_our_own_site_is_followed(ours: str, link: str) -> None:
    assert region(link, ours) == link.rstrip("/").lower()


@pytest.mark.parametrize(
    ("ours", "link"),
    [
        ("https://sentry.io", "https://us.sentry.io.evil.com"),
        ("https://sentry.io", "https://evilsentry.io"),
        ("https://sentry.io", "http://us.sentry.io"),
        ("https://sentry.io", "https://us.sentry.io:8443"),
        ("https://sentry.io", "https://user@us.sentry.io"),
        ("https://sentry.io", "https://us.sentry.io/path"),
        ("https://sentry.io", "https://us.sentry.io?x=1"),
        ("https://sentry.io", "https://us.sentry.io:port"),
        ("https://sentry.io", "https://[us.sentry.io"),
        ("https://sentry.io", "https://evil.example\\.sentry.io"),
        ("https://sentry.io", "https://evil.example\\@us.sentry.io"),
        ("https://sentry.io", "https:\\\\us.sentry.io"),
        ("https://sentry.io", "https://evil.example%2f.sentry.io"),
        ("https://sentry.io", "https://evil.example%23.sentry.io"),
        ("https://sentry.io", "https://us.sentry.io%2fevil"),
        ("https://sentry.io", "https://evil.example/.sentry.io"),
        ("https://sentry.io", "https://evil.example?.sentry.io"),
        ("https://sentry.io", "https://evil.example#.sentry.io"),
        ("https://sentry.io", "https://evil.example;.sentry.io"),
        ("https://sentry.io", "https://evil.example:.sentry.io"),
        ("https://sentry.io", "https://evil.example:443@us.sentry.io"),
        ("https://sentry.io", "https://evil.example .sentry.io"),
        ("https://sentry.io", "https://us.sentry.io evil.example"),
        ("https://sentry.io", " https://us.sentry.io"),
        ("https://sentry.io", "https://us.sentry.io\n"),
        ("https://sentry.io", "https://us.sen\ttry.io"),
        ("https://sentry.io", "https://us.sentry.io\x00"),
        ("https://sentry.io", "https://us.sentry.io."),
        ("https://sentry.io", "https://.sentry.io"),
        ("https://sentry.io", "https://us..sentry.io"),
        ("https://sentry.io", "https://us.sentry.io#x"),
        ("https://sentry.io", "https://us.sentry.io:"),
        ("https://sentry.io", "https://us.sentry.io//"),
        ("https://sentry.io", "//us.sentry.io"),
        ("https://sentry.io", "us.sentry.io"),
        ("https://sentry.io", "ftp://us.sentry.io"),
        ("https://sentry.io", "javascript://us.sentry.io"),
        ("https://sentry.io", "https://us\u3002sentry.io"),
        ("https://sentry.io", "https://us.sentry\uff0eio"),
        ("https://sentry.io", "https://us.\u017fentry.io"),
        ("https://sentry.io", "https://us.sentry.i\u03bf"),
        ("https://sentry.io", "https://\u00fcs.sentry.io"),
        ("https://sentry.io", "https://evil.example\u2044.sentry.io"),
        ("http://127.0.0.1:9000", "http://1.127.0.0.1:9000"),
        ("http://[::1]:9000", "http://x.::1:9000"),
        ("https://sentry.example.com", "https://evilsentry.example.com"),
        ("https://sentry.example.com:8443", "https://eu.sentry.example.com:443"),
        ("https://sentry.io", None),
        ("https://sentry.io", {"url": "https://us.sentry.io"}),
        ("https://sentry.example.com/prefix", "https://sentry.example.com"),
        ("http://localhost:9001", "http://localhost:9000"),
        ("https://internal.example.com", "https://sentry.example.com"),
        ("https://sentry.example.com", "https://us.sentry.io"),
    ],
)
def test_no_other_link_moves_the_token(ours: str, link: Any) -> None:
    assert region(link, ours) == ours


def sentry_io(asked: list[str], *, region_status: int = 200) -> httpx.MockTransport:
    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url.host}{request.url.path}")
        if request.url.path == "/api/0/organizations/acme/":
            body = {"slug": "acme", "links": {"regionUrl": "https://de.sentry.io"}}
            return httpx.Response(region_status, json=body if region_status == 200 else {"detail": "no"})
        if request.url.path == "/api/0/organizations/":
            return httpx.Response(200, json=[{"slug": "acme", "links": {"regionUrl": "https://us.sentry.io"}}])
        return httpx.Response(200, json={"id": "5"})

    return httpx.MockTransport(answer)


async def test_the_region_of_an_organization_is_asked_for_once_and_then_used() -> None:
    asked: list[str] = []
    connection = connection_to("https://sentry.io", organization="acme", cache_ttl=0)
    async with SentryClient(connection, sentry_io(asked)) as client:
        for _ in range(2):
            await client.get_issue("5")
    assert asked == [
        "sentry.io/api/0/organizations/acme/",
        "de.sentry.io/api/0/organizations/acme/issues/5/",
        "de.sentry.io/api/0/organizations/acme/issues/5/",
    ]


async def test_the_region_comes_with_the_organization_when_that_is_found_out() -> None:
    asked: list[str] = []
    async with SentryClient(connection_to("https://sentry.io"), sentry_io(asked)) as client:
        await client.get_issue("5")
    assert asked == ["sentry.io/api/0/organizations/", "us.sentry.io/api/0/organizations/acme/issues/5/"]


@pytest.mark.parametrize("status", [403, 404])
async def test_a_token_that_may_not_see_the_region_goes_without(status: int) -> None:
    asked: list[str] = []
    connection = connection_to("https://sentry.io", organization="acme")
    async with SentryClient(connection, sentry_io(asked, region_status=status)) as client:
        await client.get_issue("5")
    assert asked[-1] == "sentry.io/api/0/organizations/acme/issues/5/"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, json={"detail": "no"}),
        httpx.Response(404, json={"detail": "no"}),
        httpx.Response(404, html="<html>"),
        httpx.Response(200, html="<html>"),
    ],
    ids=["403", "404", "404 page", "page"],
)
async def test_a_region_that_was_not_told_is_done_without_and_asked_for_again_after_a_while(
    answer: httpx.Response,
) -> None:
    answers = [answer, httpx.Response(200, json={"slug": "acme", "links": {"regionUrl": "https://de.sentry.io"}})]
    network = httpx.MockTransport(lambda _: answers.pop(0))
    connection = connection_to("https://sentry.io", organization="acme")
    clock = SimpleNamespace(now=0.0)
    async with anyio.create_task_group() as tasks:
        transport = Transport(connection, Cache(10, 1_000), tasks, network)
        organizations = Organizations(connection, lambda: transport, lambda _: None, clock=lambda: clock.now)

        for clock.now in (0.0, ASK_REGION_AGAIN - 1):
            assert await organizations.home("acme") == "https://sentry.io"
        for clock.now in (ASK_REGION_AGAIN, 10 * ASK_REGION_AGAIN):
            assert await organizations.home("acme") == "https://de.sentry.io"
        await transport.close()


async def test_a_region_that_cannot_be_asked_for_now_is_asked_for_again() -> None:
    asked: list[str] = []
    connection = connection_to("https://sentry.io", organization="acme")
    async with SentryClient(connection, sentry_io(asked, region_status=500)) as client:
        for _ in range(2):
            with pytest.raises(UnavailableError):
                await client.get_issue("5")
    assert asked == ["sentry.io/api/0/organizations/acme/"] * 2


async def organizations_as(status: int, body: Any) -> SentryError:
    async with (
        listening(answering(status, json.dumps(body).encode())) as server,
        client_of(server.url) as client,
    ):
        with pytest.raises(SentryError) as raised:
            await client.list_issues()
        return raised.value


async def test_the_organization_must_be_said_when_the_token_sees_several_or_none() -> None:
    error = await organizations_as(200, [{"slug": "beta"}, {"slug": "acme"}, {"name": "nameless"}])
    assert isinstance(error, InvalidRequestError)
    assert "sees 2 organizations: acme, beta. Set SENTRY_ORG" in error.message
    assert "sees 0 organizations. Set SENTRY_ORG" in (await organizations_as(200, [])).message


async def test_a_token_that_may_not_list_organizations_is_told_to_name_one() -> None:
    error = await organizations_as(403, {"detail": "no"})
    assert isinstance(error, ForbiddenError)
    assert "Set SENTRY_ORG" in error.message


async def test_an_organization_is_taken_from_the_call_or_from_the_url_before_the_settings() -> None:
    body = b'{"id": "5"}'
    async with listening(answering(200, body)) as server, client_of(server.url, organization="acme") as client:
        await client.get_issue(f"{server.url}/organizations/other/issues/5/")
        await client.get_project("shop", "third")
        assert server.log == ["GET /api/0/organizations/other/issues/5/", "GET /api/0/projects/third/shop/"]
