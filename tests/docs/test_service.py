"""docs/service.md, followed line by line as whoever sets the service up would."""

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from broken import divide
from readme import blocks, commands, page, printed, served, shell
from standins.rest import rest_served, token_of
from wire import ROOT, Sentry

from local import Embedded
from service.access.configured import callers_in
from settings import load_settings
from tools.catalogue import unknown_tool
from web.callers.refusals import UNNAMED
from web.rest.failures import STATUSES

PAGE = "docs/service.md"
RUN_HERE = (
    "sentry-mcp token ",
    "SENTRY_AUTH_TOKEN=",
    "export SENTRY_CALLER_TOKEN=",
    "curl ",
    "install ",
    "printf ",
    "chmod ",
)
RUN_NOWHERE = (
    "claude mcp add ",  # a program of others
    "SENTRY_ORG=acme docker compose up ",  # where there is a Docker
    "docker build ",
    "kubectl ",
)
ERROR = r"^\| (\d{3}) \| `(\w+)` \|"
"""A row of the table of errors, by its beginning."""
WHOSE_TOKEN = "SENTRY_CALLER_TOKEN"


class Followed(NamedTuple):
    """Where the page's reader has come to: a server, a caller's token, and the shell they type in."""

    url: str
    token: str
    issue: str
    shell: dict[str, str]


@pytest.fixture(scope="module")
def followed(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Generator[Followed]:
    folder = tmp_path_factory.mktemp("followed")
    command = folder / "bin" / "sentry-mcp"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "server.py"}" "$@"\n')
    command.chmod(0o755)
    organization = "acme-of-the-page"
    token = embedded.store.create_organization(organization)
    project = embedded.store.create_project(organization, "shop", platform="python")
    Sentry(embedded, organization, token, project).capture(divide)
    environment = shell(command.parent, folder, SENTRY_URL=embedded.url, SENTRY_MCP_HTTP_PORT="0")

    make, start, *_ = blocks("sh", "From nothing", PAGE)
    said = printed(["bash", "-euc", make], environment)
    (caller_token,) = re.findall(r"^smcp_\S+$", said, re.MULTILINE)
    (digest,) = re.findall(r'^token_sha256 = "(\w+)"$', said, re.MULTILINE)
    (table,) = blocks("toml", "From nothing", PAGE)
    (folder / "callers.toml").write_text(table.replace("0" * 64, digest))
    start = start.replace("sntryu_...", token).replace("ORG=acme", f"ORG={organization}")
    with served(start.replace(" sentry-mcp ", " exec sentry-mcp "), folder, environment, 1) as first:
        url = first.split("serving MCP on ")[1].strip().removesuffix("/mcp")
        yield Followed(url, caller_token, "SHOP-1", {**environment, WHOSE_TOKEN: caller_token})


@pytest.mark.parametrize("of", [PAGE, "docs/kubernetes.md"])
def test_each_command_is_run_by_a_test(of: str) -> None:
    for line in commands(of):
        for command in line.split(" && "):
            assert command.startswith((*RUN_HERE, *RUN_NOWHERE)), command


def hosts() -> dict[str, tuple[str, dict[str, str]]]:
    """By host, where its lines on the page lead, and with which headers."""
    found: dict[str, Any] = {}
    for host, key in {"Cursor": "mcpServers", "VS Code": "servers"}.items():
        (text,) = blocks("json", host, PAGE)
        found[host] = json.loads(text)[key]["sentry"]
    (text,) = blocks("toml", "Codex", PAGE)
    codex = tomllib.loads(text)["mcp_servers"]["sentry"]
    found["Codex"] = {
        "url": codex["url"],
        "headers": {"Authorization": f"Bearer ${{{codex['bearer_token_env_var']}}}"},
    }
    (text,) = blocks("sh", "Claude Code", PAGE)
    url, header = re.findall(r"(http\S+) --header '(.*)'$", text, re.MULTILINE)[0]
    found["Claude Code"] = {"url": url, "headers": dict([header.split(": ")])}
    return {host: (lines["url"], lines["headers"]) for host, lines in found.items()}


@pytest.mark.parametrize("host", ["Claude Code", "Codex", "Cursor", "VS Code"])
def test_a_host_is_let_in_by_its_lines(followed: Followed, host: str) -> None:
    url, headers = hosts()[host]
    assert re.sub(r"^http://localhost:3004", "", url) == "/mcp"
    put_in = {f"${{{WHOSE_TOKEN}}}", f"${{env:{WHOSE_TOKEN}}}", "${input:sentry-caller}"}
    (name,) = headers
    assert headers[name].removeprefix("Bearer ") in put_in
    initialize = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": host, "version": "1"},
    }
    answer = httpx.post(
        f"{followed.url}/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize},
        headers={"Accept": "application/json, text/event-stream", name: f"Bearer {followed.token}"},
    )
    assert answer.status_code == 200


def test_the_program_asks_as_the_page_says(followed: Followed, tmp_path: Path) -> None:
    (program,) = blocks("python", of=PAGE)
    (tmp_path / "program.py").write_text(program.replace("http://localhost:3004", followed.url))
    assert "ZeroDivisionError" in printed([sys.executable, str(tmp_path / "program.py")], followed.shell)


def test_no_token_no_answer(followed: Followed) -> None:
    assert httpx.post(f"{followed.url}/mcp", json={}).status_code == 401


def test_rest_is_asked_as_the_page_says(followed: Followed) -> None:
    block, _ = blocks("sh", "Programs that speak no MCP", PAGE)
    said = curl(block, followed)
    assert said.count("ZeroDivisionError") >= 3
    assert '"resolved"' in said


async def test_alerts_are_worked_off_as_the_page_says(tmp_path: Path) -> None:
    _, block = blocks("sh", "Programs that speak no MCP", PAGE)
    async with rest_served(tmp_path) as rest:
        environment = shell(tmp_path, tmp_path, **{WHOSE_TOKEN: token_of("engine")})
        here = Followed(rest.url, token_of("engine"), "SHOP-1", environment)
        said = await asyncio.to_thread(curl, block, here)
    assert '"alert":"17"' in said
    assert '"alert":"1.1"' in said
    assert "Alert 17 is claimed by nobody" in said  # it is the first that was claimed


def test_it_is_watched_as_the_page_says(followed: Followed) -> None:
    ready, metrics = blocks("sh", "Watching it", PAGE)[0].splitlines()
    assert '"ready":true' in curl(ready, followed)
    assert "insufficient_scope" in curl(metrics, followed)  # as this caller has not `admin`
    asked = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", page("Dockerfile"), re.MULTILINE)[0]
    for port, code in ((followed.url.rsplit(":", 1)[1], 0), ("1", 1)):
        check = [sys.executable, *json.loads(asked.replace("3004", port))[1:]]
        assert subprocess.run(check, capture_output=True, check=False).returncode == code


def curl(block: str, followed: Followed) -> str:
    block = block.replace("http://localhost:3004", followed.url)
    return printed(["bash", "-euc", f'curl() {{ command curl -sS --max-time 20 "$@"; }}\n{block}'], followed.shell)


def test_what_belongs_beside_compose_is_made_as_the_page_says(tmp_path: Path) -> None:
    (block,) = blocks("sh", "Several replicas", PAGE)
    (tmp_path / "callers.toml").write_text("")
    made = f"docker() {{ echo started; }}\numask 077\n{block}"
    environment = {**os.environ, "SENTRY_AUTH_TOKEN": "sntryu_0"}
    said = subprocess.run(
        ["bash", "-euc", made], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == "started\n"
    files = {str(file.relative_to(tmp_path)): file.stat().st_mode & 0o777 for file in tmp_path.rglob("*")}
    assert files["secrets"] == 0o700
    assert files["secrets/sentry_auth_token"] & 0o004
    token_file = str(tmp_path / "secrets/sentry_auth_token")
    settings = load_settings(environment={"SENTRY_AUTH_TOKEN_FILE": token_file})
    assert settings.token is not None
    assert settings.token.get_secret_value() == "sntryu_0"
    assert files["callers/callers.toml"] & 0o004


def own_errors() -> set[tuple[int, str]]:
    """What `web` refuses with by itself, by status and name, as its sources say."""
    found = set(UNNAMED.items()) | {(503, "shutting_down")}
    found |= {(status, kind.error) for kind, status in STATUSES.items() if kind.__module__ == "alerts.inbox"}
    for file in (ROOT / "web").rglob("*.py"):
        for one in ast.walk(ast.parse(file.read_text("utf-8"))):
            match one:
                case ast.Call(
                    func=ast.Name(id="Refusal" | "RefusedError"),
                    args=[ast.Constant(value=int(status)), ast.Constant(value=str(name)), *_],
                ):
                    found.add((status, name))
                case _:
                    pass
    return found


def test_the_page_has_each_error_of_the_servers_own() -> None:
    rows = re.findall(ERROR, page(PAGE), re.MULTILINE)
    assert {(int(status), name) for status, name in rows} == own_errors()


def test_what_the_page_names_is_there() -> None:
    text = re.sub(rf"{ERROR}.*$", "", page(PAGE), flags=re.MULTILINE)
    fields = callers_in([{**tomllib.loads(blocks("toml", "From nothing", PAGE)[0])["callers"][0]}], unknown_tool)[
        0
    ].model_fields_set
    assert {"name", "token_sha256", "scopes"} == fields
    for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text):
        assert name in (ROOT / "config.toml").read_text(), name
    for file in re.findall(r"`((?:docs/)?[a-z]+\.(?:md|toml|yaml))`", text):
        assert (ROOT / file).exists() or file == "callers.toml", file
