"""The wheel, installed in an empty environment, started in a folder that holds its own `tools/` and `server.py`."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from wire import ROOT, Sentry

FOLDERS = ("commands", "local", "resources", "sentry", "tools", "views")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the commands of an environment that holds the wheel and what it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "environment", with_pip=True)
    commands = folder / "environment" / "bin"
    install = [str(commands / "python"), "-m", "pip", "install", "--quiet", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    return commands


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A user's own project, whose names are ours too."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('not ours')")
    for name in ("server", "settings"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not ours')")
    return tmp_path


@pytest.mark.parametrize("command", [["sentry-mcp"], ["python", "-m", "sentry_mcp"]])
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
    assert "sentry_mcp/config.toml" in files
