"""docs/security.md: each claim names the test that shows it; what no other test shows is shown here."""

import ast
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from readme import page
from wire import ROOT, bare_environment

from settings import SettingsError, load_settings

PAGE = page("docs/security.md")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
TOKEN = "smcp_fVf6nY2pN0qkq2Zs3bQ1rX8tW5uL7mJ4hG9dC6aE0oI"
HEADERS = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("file", sorted({file for file, _ in NAMED}))
def test_each_test_that_the_page_names_is_there(file: str) -> None:
    written = ast.parse((ROOT / file).read_text("utf-8")).body
    there = {one.name for one in written if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert {name for in_file, name in NAMED if in_file == file} <= there


def test_each_claim_names_a_test() -> None:
    rows = [row for row in PAGE.partition("## What is tried")[2].splitlines() if row.startswith("| ")]
    claims = [row for row in rows if not row.startswith("| what holds")]
    assert len(claims) > 20
    assert [claim for claim in claims if not re.search(r"`tests/[\w/]+\.py::\w+`", claim)] == []


async def test_the_token_of_a_caller_is_in_no_line_and_no_answer(tmp_path: Path) -> None:
    """However it is shown, and whatever comes with it; and the page of another site is refused for all that."""
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    (tmp_path / "callers.toml").write_text(
        f'[[callers]]\nname = "reader"\ntoken_sha256 = "{digest}"\nscopes = ["issues:read"]\n'
    )
    environment = {
        **bare_environment(),
        "SENTRY_AUTH_TOKEN": "none",
        "SENTRY_URL": "http://127.0.0.1:9",
        "SENTRY_ORG": "acme",
        "SENTRY_MCP_CALLERS_FILE": str(tmp_path / "callers.toml"),
        "SENTRY_MCP_LOG_LEVEL": "DEBUG",
        "SENTRY_MCP_TIMEOUT": "1",
    }
    command = [sys.executable, str(ROOT / "server.py"), "--http", "--port", "0"]
    log = tmp_path / "log"
    answers: list[httpx.Response] = []
    with log.open("wb") as written:
        process = await anyio.open_process(command, env=environment, stderr=subprocess.PIPE)
        async with process, anyio.create_task_group() as tasks:
            started = anyio.Event()

            async def read() -> None:
                assert process.stderr is not None
                async for piece in process.stderr:
                    written.write(piece)
                    written.flush()
                    if b"/mcp\n" in log.read_bytes():
                        started.set()

            tasks.start_soon(read)
            with anyio.fail_after(20):
                await started.wait()
            url = re.findall(r"serving MCP on (\S+)", log.read_text())[0]
            async with httpx.AsyncClient(headers=HEADERS, timeout=20) as http:
                answers += await ill_requests(http, url)
            process.terminate()
    told = [*(f"{answer.status_code} {answer.headers} {answer.text}" for answer in answers), log.read_text()]
    assert "DEBUG" in told[-1]
    assert [text for text in told if TOKEN in text or TOKEN[5:] in text] == []
    assert answers[-1].status_code == 403


async def ill_requests(http: httpx.AsyncClient, url: str) -> list[httpx.Response]:
    meta: dict[str, Any] = {"protocolVersion": "2026-07-28", "clientCapabilities": {}}

    async def call(tool: str) -> httpx.Response:
        params = {
            "name": tool,
            "arguments": {},
            "_meta": {f"io.modelcontextprotocol/{name}": value for name, value in meta.items()},
        }
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return await http.post(url, json=body, headers=headers)

    return [
        await http.get(url, headers={"Authorization": TOKEN}),
        await http.get(url, headers={"Authorization": f"Basic {TOKEN}"}),
        await http.get(f"{url}/{TOKEN}"),
        await http.get(url, params={"token": TOKEN}),
        await http.post(url, content=b"{" + TOKEN.encode()),
        await http.post(url, json={"jsonrpc": "2.0", "id": TOKEN[:4], "method": "nothing"}),
        await call("list_projects"),
        await call("no_such_tool"),
        await http.post(url, json={}, headers={"Origin": "https://elsewhere.example"}),
    ]


def test_the_password_of_the_store_is_not_told() -> None:
    given = {"SENTRY_MCP_SHARED_URL": "redis://:hunter2hunter2@valkey:6379/0"}
    assert "hunter2" not in repr(load_settings(environment=given))
    with pytest.raises(SettingsError) as refused:
        load_settings(environment={"SENTRY_MCP_SHARED_URL": "http://:hunter2hunter2@valkey:6379/0"})
    assert "hunter2" not in str(refused.value)
