"""How a Sentry is reached: regions, path prefixes, certificates, proxies, addresses."""

import json
import shutil
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from standins.clients import client_of, connection_to
from standins.faults import answering
from standins.recorded import TOKEN
from standins.sockets import Request, Wire, listening

from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.endpoints.organizations import ASK_REGION_AGAIN, Organizations, region_of
from sentry.errors import (
    ForbiddenError,
    InvalidRequestError,
    MisconfiguredError,
    SentryError,
    UnavailableError,
    UnreachableError,
)
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


async def test_a_path_prefix_is_kept() -> None:
    async with listening(answering(200, b'{"id": "5"}')) as server:
        prefixed = f"{server.url}/tools/sentry/"
        async with client_of(prefixed, organization="acme") as client:
            await client.get_issue(f"{server.url}/tools/sentry/organizations/acme/issues/5/")
        assert server.log == ["GET /tools/sentry/api/0/organizations/acme/issues/5/"]


async def test_a_proxy_from_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(answering(200, b'{"id": "5"}')) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        async with client_of("http://sentry.invalid", organization="acme") as client:
            assert (await client.get_issue("5")).id == "5"
        assert proxy.log == ["GET http://sentry.invalid/api/0/organizations/acme/issues/5/"]


async def test_a_proxy_that_refuses_is_a_sentry_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(answering(407, b"")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        async with client_of("https://sentry.invalid", organization="acme", timeout=1) as client:
            with pytest.raises(UnreachableError, match="No connection to"):
                await client.get_issue("5")


PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.mark.parametrize("variable", PROXIES)
async def test_no_proxy_stands_before_a_sentry_on_this_machine(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    async with listening(answering(200, b'{"id": "6"}')) as proxy, listening(answering(200, b'{"id": "5"}')) as server:
        monkeypatch.setenv(variable, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        for host in ("127.0.0.1", "localhost", "LOCALHOST"):
            async with client_of(f"http://{host}:{server.port}", organization="acme") as client:
                assert (await client.get_issue("5")).id == "5"
        assert proxy.accepted == 0


async def test_a_sentry_that_is_named_in_no_proxy_is_asked_without(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(answering(200, b'{"id": "6"}')) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "sentry.invalid")
        async with client_of("http://sentry.invalid", organization="acme", timeout=2) as client:
            with pytest.raises(UnreachableError):
                await client.get_issue("5")
        assert proxy.accepted == 0


@pytest.mark.parametrize(("url", "is_said"), [("http://sentry.invalid", True), ("https://sentry.invalid", False)])
async def test_a_token_in_clear_text_through_a_proxy_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str, is_said: bool
) -> None:
    async with listening(answering(200, b'{"id": "5"}')) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url.replace("://", "://somebody:hunter2@"))
        monkeypatch.setenv("NO_PROXY", "")
        async with client_of(url, organization="acme", timeout=1) as client:
            for _ in range(2):
                with suppress(SentryError):
                    await client.get_issue("5")
    said = [words for record in caplog.records if "clear text" in (words := record.getMessage())]
    assert len(said) == is_said
    assert all(f"in clear text through the proxy 127.0.0.1:{proxy.port}," in words for words in said)
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    "proxy", ["gopher://somebody:hunter2@x", "socks5://somebody:hunter2@x", "http://somebody:hunter2@x:port"]
)
async def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    async with client_of("http://sentry.invalid", organization="acme", timeout=1) as client:
        with pytest.raises(MisconfiguredError, match="HTTP_PROXY") as raised:
            await client.get_issue("5")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


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


def made_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that only itself vouches for, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    file = folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file


async def test_a_ca_of_ones_own_is_trusted_when_it_is_named_and_else_told_about(tmp_path: Path) -> None:
    certificate = made_certificate(tmp_path)
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate, tmp_path / "key.pem")
    async with listening(answering(200, b'{"id": "5"}'), secure=secure) as server:
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
        assert len(server.requests) == 1


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
