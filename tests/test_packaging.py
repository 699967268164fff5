"""What is installed in an empty environment, started in a folder that holds its own `tools/` and `server.py`."""

import re
import subprocess
from pathlib import Path

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from wire import Sentry

FOLDERS = ("commands", "local", "resources", "sentry", "tools", "views")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A user's own project, whose names are ours too."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('not ours')")
    for name in ("server", "settings"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not ours')")
    return tmp_path


@pytest.mark.parametrize("command", [["sentry-mcp"], ["sentry-mcp-server"], ["python", "-m", "sentry_mcp"]])
async def test_the_installed_wheel_runs_in_a_hostile_folder(
    installed: Path, hostile: Path, sentry: Sentry, command: list[str]
) -> None:
    parameters = StdioServerParameters(
        command=str(installed / command[0]), args=command[1:], env=sentry.environment(), cwd=hostile
    )

    async with Client(stdio_client(parameters)) as client:
        tools = (await client.list_tools()).tools
        projects = await client.call_tool("list_projects", {})

    assert {"list_issues", "get_issue", "update_issue"} <= {tool.name for tool in tools}
    assert not projects.is_error


def test_the_wheel_carries_all_code_under_one_name(installed: Path) -> None:
    listed = subprocess.run(
        [str(installed / "python"), "-m", "pip", "show", "--files", "sentry-mcp-server"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    files = [line.strip() for line in listed.partition("Files:\n")[2].splitlines()]
    outside = [file for file in files if not file.startswith(("sentry_mcp/", "sentry_mcp_server-", "../"))]
    assert outside == []
    assert {f"sentry_mcp/{name}/__init__.py" for name in FOLDERS} <= set(files)
    assert {"sentry_mcp/config.toml", "sentry_mcp/views/o200k_base.zlib", "sentry_mcp/examples/engine.py"} <= set(files)


def test_no_expression_has_what_python_3_11_0_gets_wrong() -> None:
    """A possessive group that goes back within itself (https://github.com/python/cpython/issues/106052); an atomic one
    does the same. Not every machine that runs the tests has that Python."""
    root = Path(__file__).parents[1]
    group = re.compile(r"""(?<!\\)\)(?:[+*?]|\{\{?[0-9]*,?[0-9]*\}\}?)\+""")
    files = [file for folder in (*FOLDERS, "service", "web", "loopback") for file in (root / folder).rglob("*.py")]
    assert files
    assert not [
        f"{file.name}: {line}" for file in files for line in file.read_text().splitlines() if group.search(line)
    ]


def test_the_demo_without_its_sdk_says_what_to_install(installed: Path) -> None:
    ended = subprocess.run([str(installed / "sentry-mcp"), "demo"], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
    assert "pip install 'sentry-mcp-server[demo]'" in ended.stderr


def test_help_says_where_the_settings_are(installed: Path) -> None:
    shown = subprocess.run([str(installed / "sentry-mcp"), "--help"], capture_output=True, text=True, check=True).stdout

    (path,) = [Path(line.strip()) for line in shown.splitlines() if line.endswith("config.toml")]
    assert path.is_relative_to(installed.parent)
    assert "timeout = 30.0" in path.read_text()
    assert "SENTRY_MCP_TIMEOUT=60" in shown
