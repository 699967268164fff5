"""Who is served over HTTP: no web page of another's, by whatever name it comes."""

import httpx
import pytest
from wire import bare_environment, served_http

SETTINGS = {"SENTRY_AUTH_TOKEN": "none", "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}
PING = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
HEADERS = {"Accept": "application/json, text/event-stream"}
OURS = ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "localhost", "[::1]:{port}", "127.0.0.1:80"]
OTHERS = [
    "evil.example", "evil.example:{port}", "localhost:evil.example", "localhost:{port}:evil.example", "localhost:",
    "localhost:{port}.evil.example", "localhost.evil.example:{port}", "127.0.0.1.evil.example:{port}", "evil@localhost",
    "localhost@evil.example", "localhost/evil.example", "localhost:99999", "localhost:-1", "localhost: 80", "[::1",
    "::1", "192.168.0.7", "0.0.0.0", "",
]  # fmt: skip


async def test_only_by_names_of_this_machine() -> None:
    async with served_http({**bare_environment(), **SETTINGS}) as url, httpx.AsyncClient(headers=HEADERS) as client:
        port = httpx.URL(url).port

        async def status(**headers: str) -> int:
            sent = {name: value.format(port=port) for name, value in headers.items()}
            return (await client.post(url, json=PING, headers=sent)).status_code

        for host in OURS:
            assert await status(Host=host) == 200, host
            assert await status(Origin=f"http://{host}") == 200, host
        for host in OTHERS:
            assert await status(Host=host) == 421, host
            assert await status(Origin=f"http://{host}") == 403, host
        for origin in ("null", "localhost", "https://localhost", "file://localhost", "http://localhost/evil.example"):
            assert await status(Origin=origin) == 403, origin
        twice = [*HEADERS.items(), ("Origin", "http://localhost"), ("Origin", "http://evil.example")]
        assert (await client.post(url, json=PING, headers=twice)).status_code == 403


@pytest.mark.parametrize("route", ["/mcp", "/other"])
async def test_whatever_the_route(route: str) -> None:
    async with served_http({**bare_environment(), **SETTINGS}) as url, httpx.AsyncClient() as client:
        answer = await client.get(httpx.URL(url).join(route), headers={"Host": "localhost:evil.example"})
        assert (answer.status_code, answer.text) == (421, "Invalid Host header")
