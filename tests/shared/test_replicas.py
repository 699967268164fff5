"""Two servers and one Valkey, as clients of both eras meet them: any of them answers any request."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
import httpx2
from broken import divide
from mcp.client.client import Client
from mcp.client.context import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, InputRequiredResult, InputResponses
from standins.passing_on import passing_on
from standins.replicas import Replica, RoundRobin, replicas
from standins.stores import PASSWORD, Valkey, running
from wire import ERAS, Era, Sentry, text_of

TOKEN, ASKED = "a-token-of-the-callers-own", "a-token-of-one-who-is-asked"
CONFIG = f"""
[[callers]]
name = "engine"
token_sha256 = "{hashlib.sha256(TOKEN.encode()).hexdigest()}"
scopes = ["issues:read", "issues:write"]

[[callers]]
name = "asked"
token_sha256 = "{hashlib.sha256(ASKED.encode()).hexdigest()}"
scopes = ["issues:read", "issues:write"]
confirm_writes = true
"""


@asynccontextmanager
async def service(
    sentry: Sentry, url: str, valkey: Valkey, folder: Path, cache_ttl: float = 600
) -> AsyncGenerator[list[Replica]]:
    """Two servers that ask the Sentry at `url`, and remember what it says for `cache_ttl` seconds."""
    config = folder / "config.toml"
    config.write_text(CONFIG)
    environment = sentry.environment(
        SENTRY_URL=url,
        SENTRY_MCP_CACHE_TTL=str(cache_ttl),
        SENTRY_MCP_STRUCTURED_CONTENT="false",
        SENTRY_MCP_SHARED_URL=valkey.url,
        SENTRY_MCP_CONFIG=str(config),
    )
    async with replicas(2, environment) as both:
        yield both


@asynccontextmanager
async def client_of(
    both: list[Replica], era: Era, token: str = TOKEN, agreeing: ElicitationFnT | None = None
) -> AsyncGenerator[tuple[Client, RoundRobin]]:
    """A client whose requests go to one server after the other."""
    spread = RoundRobin([one.url for one in both])
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(transport=spread, headers=headers, timeout=30) as http,
        Client(
            streamable_http_client(both[0].url, http_client=http), mode=era, elicitation_callback=agreeing
        ) as client,
    ):
        yield client, spread


async def until_shown(client: Client, status: str) -> None:
    """Until each of two servers, asked in turns, shows it."""
    shown = 0
    with anyio.fail_after(20):
        while shown < 2:
            text = text_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))
            shown = shown + 1 if text.startswith(f"Issue SHOP-1: {status} ") else 0


async def test_any_server_answers_any_request_and_shows_what_another_one_wrote(sentry: Sentry, tmp_path: Path) -> None:
    sentry.capture(divide)
    with running() as valkey:
        async with passing_on(sentry.embedded.url) as passing, service(sentry, passing.url, valkey, tmp_path) as both:
            for era in ERAS:
                async with client_of(both, era) as (client, spread):
                    assert len((await client.list_tools()).tools) > 5
                    for status in ("resolved", "unresolved", "resolved", "unresolved"):
                        changed = await client.call_tool("update_issue", {"issue": "SHOP-1", "status": status})
                        assert not changed.is_error, text_of(changed)
                        await until_shown(client, status)
                    for _ in both:
                        read = await client.read_resource("sentry://issues/SHOP-1")
                        assert "ZeroDivisionError" in read.model_dump_json()
                    assert min(spread.answered.values()) >= 5, "each of them answered"
            asked = passing.log.count(f"GET /api/0/projects/{sentry.organization}/shop/")
            async with client_of(both, "auto") as (client, _):
                for _ in both:
                    assert not (await client.call_tool("get_project", {"project": "shop"})).is_error
            assert passing.log.count(f"GET /api/0/projects/{sentry.organization}/shop/") == asked + 1
            content = valkey.content()
            for secret in (sentry.token, TOKEN, PASSWORD, "ZeroDivisionError", sentry.organization):
                assert secret.encode() not in content


async def _agreeing(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    return ElicitResult(action="accept", content={})


async def test_what_a_user_agreed_to_is_done_once_whichever_server_is_told(sentry: Sentry, tmp_path: Path) -> None:
    sentry.capture(divide)
    remark = {"issue": "SHOP-1", "comment": "once"}  # which changes nothing that the question says
    yes: InputResponses = {"confirm": ElicitResult(action="accept", content={})}
    with running() as valkey:
        async with (
            service(sentry, sentry.embedded.url, valkey, tmp_path) as both,
            client_of(both, "auto", ASKED, _agreeing) as (client, spread),
        ):
            asking = await client.session.call_tool("update_issue", remark, allow_input_required=True)
            assert isinstance(asking, InputRequiredResult)
            state, before = asking.request_state, dict(spread.answered)
            done = [
                await client.session.call_tool(
                    "update_issue", remark, input_responses=yes, request_state=state, allow_input_required=True
                )
                for _ in range(4)
            ]
            assert all(spread.answered[url] > before[url] for url in before), "each of them was told"
    assert [type(one) for one in done] == [CallToolResult, *[InputRequiredResult] * 3]


async def test_without_the_store_and_one_server_reads_and_writes_go_on(sentry: Sentry, tmp_path: Path) -> None:
    sentry.capture(divide)
    with running() as valkey:
        async with service(sentry, sentry.embedded.url, valkey, tmp_path, 0.5) as both, AsyncExitStack() as stack:
            clients = [(await stack.enter_async_context(client_of(both, era)))[0] for era in ERAS]
            for client in clients:
                await until_shown(client, "unresolved")
            valkey.end()
            for client, status in zip(clients, ("resolved", "unresolved"), strict=True):
                changed = await client.call_tool("update_issue", {"issue": "SHOP-1", "status": status})
                assert not changed.is_error, text_of(changed)
                await until_shown(client, status)
            both[0].kill()
            await both[0].process.wait()
            for client in clients:
                await until_shown(client, "unresolved")
