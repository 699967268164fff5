"""How a Sentry is reached: path prefixes, certificates, addresses, and what is sent there."""

import ssl
from pathlib import Path

import httpx
import pytest
from standins.certificates import made_certificate, secure_server
from standins.clients import client_of, connection_to
from standins.faults import answering
from standins.recorded import TOKEN
from standins.sockets import Request, Wire, listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.errors import InvalidRequestError, MisconfiguredError, SentryError, UnavailableError, UnreachableError


async def test_a_path_prefix_is_kept() -> None:
    async with listening(answering(200, b'{"id": "5"}')) as server:
        prefixed = f"{server.url}/tools/sentry/"
        async with client_of(prefixed, organization="acme") as client:
            await client.get_issue(f"{server.url}/tools/sentry/organizations/acme/issues/5/")
        assert server.log == ["GET /tools/sentry/api/0/organizations/acme/issues/5/"]


async def test_no_cookie_is_kept() -> None:
    async def handle(_: Request, wire: Wire) -> None:
        await wire.answer(body=b'{"id": "5"}', set_cookie="sid=abc; Path=/")

    async with listening(handle) as server:
        connection = connection_to(server.url, organization="acme", cache_ttl=0)
        async with SentryClient(connection) as client:
            for _ in range(2):
                await client.get_issue("5")
                await client.update_issue("5", IssueChange(status="resolved"))
        assert len(server.requests) == 4
        assert not any("cookie" in request.headers for request in server.requests)


async def test_a_ca_of_ones_own_is_trusted_when_it_is_named_and_else_told_about(tmp_path: Path) -> None:
    certificate = made_certificate(tmp_path)
    async with listening(answering(200, b'{"id": "5"}'), secure=secure_server(certificate)) as server:
        async with client_of(server.url, organization="acme", ca_file=str(certificate)) as client:
            assert (await client.get_issue("5")).id == "5"
        async with client_of(server.url, organization="acme") as client:
            with pytest.raises(MisconfiguredError, match=r"self.signed.*ca_file"):
                await client.get_issue("5")
        assert len(server.requests) == 1


@pytest.mark.parametrize("content", [None, "not a certificate"])
async def test_a_ca_file_that_cannot_be_read_is_named_as_a_setting(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    async with client_of("https://sentry.invalid", organization="acme", ca_file=str(file)) as client:
        with pytest.raises(MisconfiguredError, match="ca_file") as raised:
            await client.get_issue("5")
    assert str(tmp_path) not in raised.value.message


async def test_a_certificate_that_is_not_trusted_is_told_once_and_names_the_setting() -> None:
    asked = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        untrusted = ssl.SSLCertVerificationError("certificate verify failed")
        untrusted.verify_message = "self-signed certificate"
        try:
            raise untrusted
        except ssl.SSLCertVerificationError as error:
            raise httpx.ConnectError("failed", request=request) from error

    connection = connection_to("https://sentry.example.com", organization="acme")
    async with SentryClient(connection, httpx.MockTransport(answer)) as client:
        with pytest.raises(MisconfiguredError, match=r"\(self-signed certificate\).*ca_file"):
            await client.get_issue("5")
    assert asked == 1


@pytest.mark.parametrize("url", ["http://exa\x00mple", "http://a..invalid"])
async def test_an_address_that_is_none_is_told_as_such(url: str) -> None:
    async with client_of(url, organization="acme", timeout=2) as client:
        with pytest.raises(UnreachableError, match="sentry_url"):
            await client.get_issue("5")


async def test_only_the_headers_that_are_needed_are_sent() -> None:
    async with (
        listening(answering(200, b'{"id": "5"}')) as server,
        client_of(server.url, organization="acme") as client,
    ):
        await client.get_issue("5")
        headers = server.requests[0].headers
        assert headers["authorization"] == f"Bearer {TOKEN}"
        assert set(headers) == {"host", "accept", "accept-encoding", "authorization", "connection", "user-agent"}


async def test_too_long_a_query_and_text_that_cannot_be_sent_are_refused_before_any_request() -> None:
    async with listening(answering(200, b"[]")) as server, client_of(server.url, organization="acme") as client:
        with pytest.raises(InvalidRequestError, match="too long"):
            await client.list_issues(query="x" * 100_000)
        with pytest.raises(InvalidRequestError, match="cannot be sent"):
            await client.add_comment("5", "half a pair: \ud800")
        with pytest.raises(InvalidRequestError):
            await client.get_release("../../../admin")
        with pytest.raises(InvalidRequestError):
            await client.get_tag_values("5", "%2e%2e")
        await client.list_issues(query="half a pair: \ud800 и ещё")
        assert len([request for request in server.requests if "/issues/" in request.target]) == 1


async def test_ipv6_is_an_address_like_any_other() -> None:
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(500, json={})

    connection = connection_to("http://[::1]:9000", organization="acme")
    async with SentryClient(connection, httpx.MockTransport(answer)) as client:
        with pytest.raises(UnavailableError):
            await client.get_issue("http://[::1]:9000/issues/5/")
    assert asked == ["http://[::1]:9000/api/0/organizations/acme/issues/5/"]


async def test_what_a_connection_shows_of_itself_holds_no_secret() -> None:
    connection = connection_to("https://user:secret@sentry.example.com:8000/path")
    assert connection.host == "sentry.example.com:8000"
    assert TOKEN not in repr(connection)


async def an_odd_server(_: Request, wire: Wire) -> None:
    await wire.answer(body=b'"a single value"')


async def test_a_single_value_where_an_object_or_a_list_is_due_is_a_bad_response() -> None:
    async with listening(an_odd_server) as server, client_of(server.url, organization="acme") as client:
        for call, due in ((client.get_issue("5"), "an object"), (client.list_projects(), "a list")):
            with pytest.raises(SentryError, match=f"a single value where {due} was expected"):
                await call
