"""Through which proxy a Sentry is reached, if any, and what is said of it."""

from contextlib import suppress

import pytest
from standins.clients import client_of
from standins.faults import answering
from standins.sockets import listening

from sentry.errors import MisconfiguredError, SentryError, UnreachableError


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
