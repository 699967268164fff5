"""The README, followed line by line as a stranger would, with what its first block on installing installs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import TextContent
from readme import TEXT, blocks, commands, printed, served, shell
from wire import ROOT, Sentry, free_port

from settings import load_settings

RUN_HERE = (
    "pip install .",  # by the fixture `installed`
    "sentry-mcp ",
    "SENTRY_URL=https://sentry.io ",
    "SENTRY_AUTH_TOKEN=",
    "export SENTRY_DSN=",
    "pip install sentry-sdk",
    "python -c ",
    "npx @modelcontextprotocol/inspector",  # where there is a node that runs it
)
RUN_NOWHERE = (
    "pipx install sentry-mcp-server",  # before it is published
    "claude mcp add ",  # a program of others
    "export SENTRY_URL=",  # for these programs of others, as which test_clients.py asks
    "npx @sentry/cli",
    "npx sentry@",
    "env -u SENTRY_URL npx @sentry/mcp-server",
)
TRY = "Try it without a Sentry"


def test_each_command_is_run_by_a_test() -> None:
    always = (ROOT / ".ci" / "run").read_text().splitlines()
    for command in commands():
        assert command in always or command.startswith((*RUN_HERE, *RUN_NOWHERE)), command


def test_links_lead_somewhere_on_a_package_index_too() -> None:
    links = re.findall(r"\]\(([^)]*)\)", TEXT)
    assert [link for link in links if not link.startswith("https://")] == []


def test_what_stands_in_the_hosts_json_are_settings() -> None:
    for block in blocks("json"):
        (server,) = (json.loads(block).get("mcpServers") or json.loads(block)["servers"]).values()
        assert server["command"] == "sentry-mcp"
        assert load_settings(environment=server["env"]).sentry_org == "acme"


def test_doctor_is_asked_as_the_readme_says(installed: Path, sentry: Sentry, tmp_path: Path) -> None:
    (block,) = [block for block in blocks("sh", "Install") if "doctor" in block]
    block = block.replace("https://sentry.io", sentry.embedded.url).replace("sntryu_...", sentry.token)
    block = block.replace("ORG=acme", f"ORG={sentry.organization}")
    asked = ["bash", "-euc", block]

    ended = subprocess.run(asked, env=shell(installed, tmp_path), capture_output=True, text=True, check=False)

    assert "All is well." in ended.stdout
    assert ended.returncode == 0


def test_http_is_served_as_the_readme_says(installed: Path, tmp_path: Path) -> None:
    (block,) = blocks("sh", "An agent engine, over streamable HTTP")
    block = block.replace("sentry-mcp --http", "exec sentry-mcp --http")
    port = str(free_port())

    with served(block, tmp_path, shell(installed, tmp_path, SENTRY_MCP_HTTP_PORT=port), 1) as said:
        assert said == f"sentry-mcp: serving MCP on http://127.0.0.1:{port}/mcp\n"


async def test_it_is_tried_without_a_sentry_from_the_first_line_to_the_last(installed: Path, tmp_path: Path) -> None:
    start, break_something, inspect = blocks("sh", TRY)
    (program,) = blocks("python", "An agent engine, over streamable HTTP")
    port = str(free_port())
    ports = {"SENTRY_MCP_HTTP_PORT": port, "SENTRY_MCP_INGEST_PORT": "0"}

    with served(start, tmp_path, shell(installed, tmp_path, **ports), 2) as said:
        dsn = re.search(r"DSN (\S+)", said)
        assert dsn, said
        assert f"http://127.0.0.1:{port}/mcp" in said
        with_dsn = re.sub(r"(?<=SENTRY_DSN=)\S+", dsn[1], break_something)
        assert with_dsn != break_something
        own = shell(Path(sys.executable).parent, tmp_path)  # the environment of an app of one's own
        assert printed(["bash", "-uc", with_dsn], own).endswith("ZeroDivisionError: division by zero\n")

        (tmp_path / "program.py").write_text(program.replace("3004", port))
        assert "ZeroDivisionError" in printed(["python", str(tmp_path / "program.py")], shell(installed, tmp_path))
        if is_node_new_enough():
            assert "ZeroDivisionError" in printed(["bash", "-euc", inspect.replace("3004", port)], dict(os.environ))
    assert (tmp_path / "errors.db").exists()

    (arguments,) = re.findall(r'"args": (\[.*?\])', TEXT)
    kept = json.loads(arguments.replace("/path/errors.db", str(tmp_path / "errors.db")))
    command = str(installed / "sentry-mcp")
    parameters = StdioServerParameters(command=command, args=kept, env={"SENTRY_MCP_INGEST_PORT": "0"})
    async with Client(stdio_client(parameters)) as client:
        (listed,) = (await client.call_tool("list_issues", {})).content
        assert isinstance(listed, TextContent)
        assert "ZeroDivisionError" in listed.text


def is_node_new_enough() -> bool:
    """For the Inspector."""
    node = shutil.which("node")
    if node is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, version.strip().lstrip("v").split("."))) >= (22, 19)
