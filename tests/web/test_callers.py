"""Who calls over HTTP is known by a token, or is not served; what is outside of their scopes is not there."""

import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from wire import ERAS, Era, served_http, text_of

from service.access.configured import CallersError, callers_in_file

SETTINGS = {"SENTRY_AUTH_TOKEN": "none", "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}
READS, NOTHING, WRITES = "smcp_of_one_who_reads", "smcp_of_one_without_scopes", "smcp_of_one_who_writes"
SCOPES = {READS: ["issues:read"], NOTHING: [], WRITES: ["issues:write"]}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
HEADERS = {"Accept": "application/json, text/event-stream"}


def table(token: str, name: str, scopes: list[str], more: str = "") -> str:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f'[[callers]]\nname = "{name}"\ntoken_sha256 = "{digest}"\nscopes = {json.dumps(scopes)}\n{more}\n'


def tables(*tokens: str) -> str:
    return "".join(table(token, token.removeprefix("smcp_"), SCOPES[token]) for token in tokens)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "callers.toml"
    file.write_text(tables(READS, NOTHING, WRITES))
    return file


@asynccontextmanager
async def client_of(url: str, token: str, era: Era) -> AsyncGenerator[Client]:
    import httpx2

    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        yield client


def bearer(token: str) -> dict[str, str]:
    return {**HEADERS, "Authorization": f"Bearer {token}"}


async def test_without_a_token_that_is_known_nothing_is_answered(file: Path) -> None:
    async with (
        served_http({**SETTINGS, "SENTRY_MCP_CALLERS_FILE": str(file)}) as url,
        httpx.AsyncClient() as http,
    ):
        answers = {
            "none": await http.post(url, json=INITIALIZE, headers=HEADERS),
            "another": await http.post(url, json=INITIALIZE, headers=bearer("smcp_of_nobody")),
            "the digest": await http.post(
                url, json=INITIALIZE, headers=bearer(hashlib.sha256(READS.encode()).hexdigest())
            ),
            "a megabyte": await http.post(url, json=INITIALIZE, headers=bearer("x" * 60_000)),
            "no route": await http.get(httpx.URL(url).join("/nowhere"), headers=HEADERS),
        }
        for name, answer in answers.items():
            assert answer.status_code == 401, name
            assert answer.headers["www-authenticate"].startswith('Bearer realm="sentry-mcp"'), name
            assert set(answer.json()) == {"error", "message", "status_code", "details"}, name
        assert "error=" not in answers["none"].headers["www-authenticate"]
        assert 'error="invalid_token"' in answers["another"].headers["www-authenticate"]

        for ill in ("Basic abc", "Bearer", READS):
            answer = await http.post(url, json=INITIALIZE, headers={**HEADERS, "Authorization": ill})
            assert answer.status_code == 400, ill
        twice = [*HEADERS.items(), *(("Authorization", f"Bearer {READS}"),) * 2]
        assert (await http.post(url, json=INITIALIZE, headers=twice)).status_code == 400
        assert (await http.post(url, json=INITIALIZE, headers=bearer(READS))).status_code == 200


@pytest.mark.parametrize("era", ERAS)
async def test_what_is_outside_of_the_scopes_is_not_there(file: Path, era: Era) -> None:
    async with served_http({**SETTINGS, "SENTRY_MCP_CALLERS_FILE": str(file)}) as url:
        async with client_of(url, READS, era) as reads:
            tools = {tool.name for tool in (await reads.list_tools()).tools}
            assert {"get_issue", "list_issues"} <= tools
            assert "update_issue" not in tools
            hidden = await reads.call_tool("update_issue", {"issues": ["5"], "status": "resolved"})
            unknown = await reads.call_tool("no_such_tool", {})
            assert text_of(hidden) == text_of(unknown).replace("no_such_tool", "update_issue")
            assert (await reads.list_prompts()).prompts
            assert (await reads.list_resources()).resources

        async with client_of(url, WRITES, era) as writes:
            assert {tool.name for tool in (await writes.list_tools()).tools} == {"update_issue"}

        async with client_of(url, NOTHING, era) as nothing:
            assert (await nothing.list_tools()).tools == []
            assert (await nothing.list_prompts()).prompts == []
            assert (await nothing.list_resources()).resources == []
            assert (await nothing.list_resource_templates()).resource_templates == []
            for uri in ("sentry://issues", "sentry://issues/5", "sentry://search-syntax", "sentry://none"):
                with pytest.raises(MCPError, match=f"Unknown resource: {uri}"):
                    await nothing.read_resource(uri)
            refusals: list[str] = []
            for prompt in ("triage_issue", "no_such_prompt"):
                with pytest.raises(MCPError) as caught:
                    await nothing.get_prompt(prompt, {"issue": "5"})
                refusals.append(f"{caught.value.code} {caught.value.message}")
            assert refusals[0] == refusals[1].replace("no_such_prompt", "triage_issue")


async def test_lists_that_vary_by_caller_are_kept_by_nobody_else(file: Path) -> None:
    for callers, scope in ((str(file), "private"), ("", "public")):
        async with (
            served_http({**SETTINGS, "SENTRY_MCP_CALLERS_FILE": callers}) as url,
            client_of(url, READS, "auto") as client,
        ):
            assert (await client.list_tools()).cache_scope == scope


async def test_who_is_taken_out_of_the_file_is_out_with_their_sessions_and_streams(file: Path) -> None:
    async with (
        served_http({**SETTINGS, "SENTRY_MCP_CALLERS_FILE": str(file)}) as url,
        httpx.AsyncClient(timeout=30) as http,
    ):
        opened = await http.post(url, json=INITIALIZE, headers=bearer(READS))
        session = {"Mcp-Session-Id": opened.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
        assert (await http.post(url, json=ping, headers=bearer(READS) | session)).status_code == 200
        assert (await http.post(url, json=ping, headers=bearer(NOTHING) | session)).status_code == 404

        async with http.stream("GET", url, headers=bearer(READS) | session) as stream:
            assert stream.status_code == 200
            await anyio.Path(file).write_text(tables(NOTHING))
            with anyio.fail_after(20):
                async for _ in stream.aiter_raw():
                    pass
        assert (await http.post(url, json=ping, headers=bearer(READS) | session)).status_code == 401
        assert (await http.post(url, json=INITIALIZE, headers=bearer(NOTHING))).status_code == 200

        await anyio.Path(file).write_text("[[callers]]\nname = 5\n")  # a mistake: who was known still is
        assert (await http.post(url, json=INITIALIZE, headers=bearer(NOTHING))).status_code == 200
        await anyio.Path(file).write_text(tables(NOTHING, READS))
        with anyio.fail_after(20):

            async def is_known() -> bool:
                return (await http.post(url, json=INITIALIZE, headers=bearer(READS))).is_success

            while not await is_known():  # noqa: ASYNC110 - another process reads the file
                await anyio.sleep(0.05)


@pytest.mark.parametrize("content", ["[[callers]]\nname = ", "a = " + "[" * 5_000, "a = " + "1" * 5_000, "\0"])
def test_a_file_that_is_no_toml_is_told_of_as_such(tmp_path: Path, content: str) -> None:
    """Whatever the parser raises: what is not told would end the look at the file, and the server."""
    file = tmp_path / "callers.toml"
    file.write_text(content)
    with pytest.raises(CallersError, match="is not TOML"):
        callers_in_file(file, lambda _: None)
