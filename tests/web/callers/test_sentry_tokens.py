"""A caller's own Sentry token: who brings it is answered with what it sees, and nobody else is."""

import asyncio
import hashlib
import json
import logging
import tomllib
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from calling import LIST_TOOLS, OF_LIST_TOOLS, bearing, calling
from pydantic import SecretStr
from standins.clients import connection_to
from standins.sockets import Request, Server, Wire, listening
from starlette.types import Message, Receive, Scope, Send
from wire import ERAS, Era, served_http, text_of

from commands.logs import Lines
from opening import connection
from sentry.clients import IDLE, MOST_OF_ONE, Clients, TooManyTokensError
from sentry.connection import Connection
from settings import load_settings
from web.callers.sentry_tokens import SentryTokens

OURS = "sntrys_of_the_server_itself"
TOKENS = {"ann": "smcp_of_ann", "bob": "smcp_of_bob"}
OWN = [f"sntryu_{name}{'0' * 40}" for name in ("first", "second", "third")]


def mark(token: str) -> str:
    """What only this token sees."""
    return f"project-{hashlib.sha256(token.encode()).hexdigest()[:12]}"


async def marked(request: Request, wire: Wire) -> None:
    """A Sentry that shows each token a project of its own, at the same address; and says the token where it fails."""
    assert "x-sentry-token" not in request.headers
    if "/issues/" in request.path:
        await wire.answer(400, json.dumps({"detail": f"{request.token} and {OURS} cannot search"}).encode())
    elif request.path.endswith(("/organizations/", "/releases/")):
        await wire.answer(body=b"[]")
    else:
        project = {"id": "1", "slug": "shop", "name": mark(request.token), "platform": "python"}
        await wire.answer(body=json.dumps(project).encode())


def environment(folder: Path, sentry: str, **more: str) -> dict[str, str]:
    rows = [
        f'[[callers]]\nname = "{name}"\ntoken_sha256 = "{hashlib.sha256(token.encode()).hexdigest()}"\n'
        'scopes = ["issues:read"]\n'
        for name, token in TOKENS.items()
    ]
    file = folder / "callers.toml"
    file.write_text("\n".join(rows))
    assert len(tomllib.loads(file.read_text())["callers"]) == len(TOKENS)
    return {
        "SENTRY_URL": sentry,
        "SENTRY_ORG": "acme",
        "SENTRY_AUTH_TOKEN": OURS,
        "SENTRY_MCP_CALLERS_FILE": str(file),
        "SENTRY_MCP_ACCEPT_SENTRY_TOKENS": "true",
        "SENTRY_MCP_CACHE_TTL": "600",
        **more,
    }


async def refused(http: httpx.AsyncClient, url: str, *own: str, **more: str) -> str:
    """What is said to a request that is refused for its Sentry tokens."""
    named = {**OF_LIST_TOOLS, **bearing(TOKENS["ann"]), **more}
    headers = [*named.items(), *(("X-Sentry-Token", token) for token in own)]
    answer = await http.post(url, json=LIST_TOOLS, headers=headers)
    assert answer.status_code == 400, answer.text
    said = answer.json()
    assert said["status_code"] == 400
    return str(said["message"])


async def test_each_token_is_answered_with_what_it_sees_in_turn_and_at_once(tmp_path: Path) -> None:
    async with (
        listening(marked) as sentry,
        served_http(environment(tmp_path, sentry.url)) as url,
        httpx.AsyncClient() as http,
    ):
        whose = [("ann", OWN[0]), ("ann", OWN[1]), ("bob", OWN[1]), ("bob", OWN[2]), ("ann", None), ("bob", None)]

        async def ask(caller: str, own: str | None, era: Era) -> None:
            headers = bearing(TOKENS[caller]) | ({"X-Sentry-Token": own} if own else {})
            async with calling(url, era, headers) as client:
                for _ in range(4):
                    said = text_of(await client.call_tool("get_project", {"project": "shop"}))
                    assert {word for word in said.split() if word.startswith("project-")} == {mark(own or OURS)}
                failed = text_of(await client.call_tool("list_issues", {}))
                assert "cannot search" in failed
                assert own is None or own not in failed
                assert OURS not in failed

        for caller, own in whose:
            for era in ERAS:
                await ask(caller, own, era)
        async with asyncio.TaskGroup() as tasks:
            for caller, own in whose:
                for era in ERAS:
                    tasks.create_task(ask(caller, own, era))

        # Each was asked for once; none was used that a caller showed to us.
        asked = [request.token for request in sentry.requests if request.path.endswith("/acme/shop/")]
        assert sorted(asked) == sorted([OURS, *OWN])
        assert {request.token for request in sentry.requests} == {OURS, *OWN}

        # A session, too, asks with what each request brings.
        async with httpx.AsyncClient(headers=bearing(TOKENS["ann"]), timeout=30) as session:
            assert await _in_one_session(session, url, [OWN[0], OWN[1], None, OWN[0]]) == [
                mark(OWN[0]),
                mark(OWN[1]),
                mark(OURS),
                mark(OWN[0]),
            ]

        assert "16 to 1000 visible characters" in await refused(http, url, "short")
        assert "16 to 1000 visible characters" in await refused(http, url, f"Bearer {OWN[0]}")
        assert "16 to 1000 visible characters" in await refused(http, url, "x" * 1_001)
        assert "16 to 1000 visible characters" in await refused(http, url, OWN[0], OWN[1])
        assert "16 to 1000 visible characters" in await refused(http, url, "")
        for forwarded in ("X-Forwarded-For", "Forwarded"):
            assert "clear text" in await refused(http, url, OWN[0], **{forwarded: "192.0.2.7"})
        assert (await http.post(url, headers={"X-Sentry-Token": OWN[0]})).status_code == 401


async def _in_one_session(http: httpx.AsyncClient, url: str, tokens: list[str | None]) -> list[str]:
    accept = {"Accept": "application/json, text/event-stream"}
    about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    begun = await http.post(
        url, json={"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": about}, headers=accept
    )
    headers = accept | {"Mcp-Session-Id": begun.headers["mcp-session-id"], "Mcp-Protocol-Version": "2025-11-25"}
    await http.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
    params = {"name": "get_project", "arguments": {"project": "shop"}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    said: list[str] = []
    for token in tokens:
        own = {"X-Sentry-Token": token} if token else {}
        text = (await http.post(url, json=call, headers=headers | own)).text
        said += sorted({word for word in text.replace("\\n", " ").split() if word.startswith("project-")})
    return said


async def test_a_server_without_a_token_of_its_own_wants_the_callers(tmp_path: Path) -> None:
    async with listening(marked) as sentry:
        settings = environment(tmp_path, sentry.url)
        del settings["SENTRY_AUTH_TOKEN"]
        async with served_http(settings) as url, httpx.AsyncClient() as http:
            assert "this server has none" in await refused(http, url)
            async with calling(url, "auto", {**bearing(TOKENS["ann"]), "X-Sentry-Token": OWN[0]}) as client:
                assert mark(OWN[0]) in text_of(await client.call_tool("get_project", {"project": "shop"}))


async def _nothing() -> Message:
    return {"type": "http.request"}


async def answered(middleware: SentryTokens, scheme: str, client: str | None, *forwarded: bytes) -> int:
    """The status of a request that brings a token, from there, by way of a proxy that says so."""
    scope: Scope = {
        "type": "http",
        "path": "/mcp",
        "scheme": scheme,
        "client": (client, 7) if client else None,
        "headers": [(b"x-sentry-token", OWN[0].encode()), *((name, b"https") for name in forwarded)],
    }
    seen: list[int] = []

    async def send(message: Message) -> None:
        seen.extend([message["status"]] if "status" in message else [])

    await middleware(scope, _nothing, send)
    return seen[0]


async def end(scope: Scope, receive: Receive, send: Send) -> None:
    assert OWN[0] not in repr(scope)
    await send({"type": "http.response.start", "status": 200, "headers": []})


@pytest.mark.parametrize(
    ("scheme", "client", "forwarded", "status"),
    [
        ("https", "192.0.2.7", b"", 200),
        ("https", "192.0.2.7", b"x-forwarded-proto", 200),  # believed by what set the scheme
        ("http", "127.0.0.1", b"", 200),
        ("http", "::1", b"", 200),
        ("http", "192.0.2.7", b"", 400),
        ("http", "192.0.2.7", b"x-forwarded-proto", 400),
        ("http", "127.0.0.1", b"x-forwarded-proto", 400),
        ("http", None, b"", 400),
    ],
)
async def test_a_token_is_taken_where_nobody_could_read_along(
    scheme: str, client: str | None, forwarded: bytes, status: int
) -> None:
    clients = Clients(lambda token: connection_to("http://127.0.0.1:1", token=token.get_secret_value()))
    async with clients.opened():
        middleware = SentryTokens(end, clients, is_needed=False)
        assert await answered(middleware, scheme, client, *filter(None, [forwarded])) == status


async def test_a_token_that_is_not_accepted_is_never_passed_over() -> None:
    assert await answered(SentryTokens(end, None, is_needed=False), "https", "127.0.0.1") == 400


@asynccontextmanager
async def having(
    sentry: Server, most: int, most_of_one: int = MOST_OF_ONE, idle: float = IDLE
) -> AsyncGenerator[Clients]:
    def connect(token: SecretStr) -> Connection:
        return connection_to(sentry.url, token=token.get_secret_value(), organization="acme")

    clients = Clients(connect, most=most, most_of_one=most_of_one, idle=idle)
    async with clients.opened():
        yield clients


async def an_issue(request: Request, wire: Wire) -> None:
    await wire.answer(body=json.dumps({"id": request.path.split("/")[-2]}).encode())


async def ask(clients: Clients, token: str, caller: str = "ann") -> str | None:
    async with clients.using(SecretStr(token), caller) as (digest, client):
        assert token not in digest
        return (await client.get_project("shop")).name


async def test_clients_are_bounded_and_the_one_that_was_not_used_for_longest_makes_room() -> None:
    async with listening(marked) as sentry, having(sentry, most=2) as clients:
        for token in (OWN[0], OWN[1], OWN[0], OWN[2], OWN[0]):
            assert await ask(clients, token) == mark(token)
        await sentry.until(lambda: sentry.connections == 2)
        assert sum(request.token == OWN[0] for request in sentry.requests) == 1
        await ask(clients, OWN[1])
        assert sum(request.token == OWN[1] for request in sentry.requests) == 2

    assert sentry.connections == 0


async def test_where_something_happened_each_clients_answers_are_forgotten() -> None:
    async with listening(an_issue) as sentry, having(sentry, most=3) as clients:
        for _ in range(2):
            for token in OWN[:2]:
                async with clients.using(SecretStr(token), "ann") as (_, client):
                    await client.get_issue("5")
                    await client.get_issue("6")
            assert len(sentry.requests) in (4, 6)
            clients.forget("5")
        assert [request.path.split("/")[-2] for request in sentry.requests[4:]] == ["5", "5"]


async def test_none_is_closed_that_is_in_use_and_one_caller_leaves_room_for_others() -> None:
    async with listening(marked) as sentry, having(sentry, most=3, most_of_one=2, idle=0.001) as clients:
        async with (
            clients.using(SecretStr(OWN[0]), "ann") as (_, first),
            clients.using(SecretStr(OWN[1]), "ann") as (_, second),
        ):
            with pytest.raises(TooManyTokensError):
                await ask(clients, OWN[2], "ann")
            assert await ask(clients, OWN[0], "ann") == mark(OWN[0])
            assert await ask(clients, OWN[2], "bob") == mark(OWN[2])
            assert (await second.get_project("shop")).name == mark(OWN[1])
            async with clients.using(SecretStr(OWN[2]), "bob"):
                with pytest.raises(TooManyTokensError):
                    await ask(clients, "sntryu_a_fourth_token", "bob")
            assert (await first.get_project("shop")).name == mark(OWN[0])
        await sentry.until(lambda: sentry.connections == 0)


async def test_a_token_that_is_in_use_is_hidden_in_log_lines_and_the_servers_in_its_answers() -> None:
    lines = Lines(load_settings(environment={"SENTRY_AUTH_TOKEN": OURS}))

    def line(text: str) -> str:
        return lines.format(logging.LogRecord("shop", logging.INFO, __file__, 1, "%s", (text,), None))

    token = "a-token-of-no-known-form-at-all"
    settings = load_settings(environment={"SENTRY_AUTH_TOKEN": OURS, "SENTRY_URL": "http://127.0.0.1:1"})
    clients = Clients(partial(connection, settings))
    assert token in line(token)
    async with clients.opened(), clients.using(SecretStr(token), "ann") as (_, client):
        for form in (token, token.upper(), quote(f"x={token}"), b64encode(f"ann:{token}".encode()).decode()):
            assert token not in line(f"said {form}").lower()
            assert "[token]" in line(f"said {form}")
            assert "[token]" in client.site.without_token(form)
        assert client.site.without_token(OURS) == "[token]"
        assert token not in repr(clients) + repr(client) + repr(client.connection) + repr(client.site)
    assert token in line(token)
