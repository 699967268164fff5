"""The command line: what it prints, where, and with which exit code."""

import os
import re
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import sentry_sdk
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from wire import ROOT, Sentry, bare_environment, data_of, free_port, served_http

from sentry_mcp import __version__
from server import main

TOKEN = "sntryu_0123456789abcdef"
HOOK = "http://127.0.0.1:3004/webhooks/sentry"
STRUCTURED = {"SENTRY_MCP_STRUCTURED_CONTENT": "true"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python server.py ...` in an environment that holds nothing else."""
    return subprocess.run(
        [sys.executable, str(ROOT / "server.py"), *arguments],
        env={**bare_environment(), **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def test_version_and_help_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for option, words in (("--version", f"sentry-mcp {__version__}"), ("--help", "doctor")):
        with pytest.raises(SystemExit) as ended:
            main([option])
        assert ended.value.code == 0
        assert words in capsys.readouterr().out


def test_the_version_is_that_of_the_package() -> None:
    assert version("sentry-mcp-server") == __version__


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        ([], {}, "SENTRY_AUTH_TOKEN is not set"),
        (["doctor"], {}, "SENTRY_AUTH_TOKEN is not set"),
        ([], {"SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_URL": "nonsense"}, "SENTRY_URL must be the address of a Sentry"),
        ([], {"SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_MCP_TIMOUT": "1"}, "did you mean SENTRY_MCP_TIMEOUT?"),
        (["--config", "/nonexistent.toml"], {"SENTRY_AUTH_TOKEN": TOKEN}, "'/nonexistent.toml' cannot be read"),
        (["--http", "--host", "0.0.0.0"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--host: 0.0.0.0 is not a loopback"),
        (
            ["--http"],
            {"SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_MCP_HTTP_HOST": "example.com"},
            "SENTRY_MCP_HTTP_HOST must be a loopback",
        ),
        (["--http", "--port", "70000"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--port: 70000 is not a port"),
        (["--port", "1"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--host and --port go with --http"),
        (["--data", "x"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--data goes with --local"),
        (["--keep-days", "7"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--keep-days goes with --local, and with no command"),
        (["doctor", "--local", "--keep-mb", "7"], {}, "--keep-mb goes with --local, and with no command"),
        (["--local", "--keep-events", "0"], {}, "--keep-events: 0 is not a number from 1 to 1000000000"),
        (["--local", "--keep-mb", "9999999999"], {}, "--keep-mb: 9999999999 is not a number from 1"),
        (["doctor", "--http"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--http does not go with doctor"),
        (["demo", "--local"], {}, "--local does not go with demo"),
        (["--channel", "--http"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--channel goes with stdio, and with no command"),
        (["doctor", "--channel"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--channel goes with stdio, and with no command"),
        (["demo", "--channel"], {}, "--channel goes with stdio, and with no command"),
        (["--show-token"], {"SENTRY_AUTH_TOKEN": TOKEN}, "--show-token goes with --local"),
        (["--webhook", HOOK], {"SENTRY_AUTH_TOKEN": TOKEN}, "--webhook goes with --local"),
        (["doctor", "--local", "--webhook", HOOK], {}, "--webhook does not go with doctor"),
        (["--local", "--webhook", HOOK], {}, "--webhook needs SENTRY_WEBHOOK_SECRET"),
        (["--local", "--webhook", "127.0.0.1:3004"], {"SENTRY_WEBHOOK_SECRET": TOKEN}, "--webhook: is no http or"),
        (["--local", "--webhook", ""], {"SENTRY_WEBHOOK_SECRET": TOKEN}, "--webhook: is no http or https address"),
        (["--local", "--webhook", "http://x:70000/"], {"SENTRY_WEBHOOK_SECRET": TOKEN}, "--webhook: is no http or"),
        (["--tools", "get_isue"], {}, "--tools must be a list of names of tools: there is no tool 'get_isue'; did you"),
        (["doctor", "--exclude-tools", "get_event,x"], {}, "--exclude-tools must be a list of names of tools"),
        (["--tools", ""], {}, "--tools must be a list of names of tools, such as [\"get_issue\"], not ''"),
        ([], {"SENTRY_MCP_TOOLS": "update_isue"}, "no tool 'update_isue'; did you mean update_issue?"),
        (["demo", "--read-only"], {}, "--read-only, --tools and --exclude-tools do not go with demo"),
        (
            [],
            {"SENTRY_MCP_CONFIRM_WRITES": "engine"},
            "SENTRY_MCP_CONFIRM_WRITES must be a word, never or always, or a list of callers' names: "
            "there is no caller 'engine'",
        ),
    ],
)
def test_what_is_wrong_is_one_clear_line_and_exit_code_2(
    arguments: list[str],
    environment: dict[str, str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in list(os.environ):
        if name.startswith("SENTRY_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert main(arguments) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("sentry-mcp: ")
    assert words in printed.err
    assert TOKEN not in printed.err


def test_a_server_with_nothing_to_offer_or_a_wrong_name_in_the_file_of_callers_does_not_start(tmp_path: Path) -> None:
    callers = tmp_path / "callers.toml"
    callers.write_text(
        f'[[callers]]\nname = "engine"\ntoken_sha256 = "{"0" * 64}"\nscopes = []\nexclude_tools = ["get_isues"]\n'
    )
    token, file = {"SENTRY_AUTH_TOKEN": TOKEN}, {"SENTRY_MCP_CALLERS_FILE": str(callers)}

    nothing = run("--read-only", "--tools", "update_issue", **token)
    named = run("--http", **token, **file)
    callers.write_text(callers.read_text().replace("get_isues", "get_issue"))
    asked = run("--http", **token, **file, SENTRY_MCP_CONFIRM_WRITES="engin")

    assert [ended.returncode for ended in (nothing, named, asked)] == [2, 2, 2]
    assert nothing.stderr == "sentry-mcp: read_only, tools and exclude_tools leave no tool to offer\n"
    assert "exclude_tools of number 1: there is no tool get_isues; did you mean get_issue?\n" in named.stderr
    assert asked.stderr.endswith("there is no caller 'engin'; did you mean engine?\n")


def test_a_process_with_a_wrong_setting_ends_without_a_traceback() -> None:
    ended = run(SENTRY_AUTH_TOKEN=TOKEN, SENTRY_URL="https://user:hunter2@x.org")

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert "hunter2" not in ended.stderr


def test_a_port_that_is_taken_is_told(sentry: Sentry) -> None:
    port = sentry.embedded.url.rpartition(":")[2]

    ended = run("--http", "--port", port, **sentry.environment())

    assert ended.returncode == 2
    assert f"127.0.0.1:{port} cannot be listened on" in ended.stderr


def test_stdio_ends_quietly_when_the_host_goes(sentry: Sentry) -> None:
    ended = run(**sentry.environment())

    assert (ended.returncode, ended.stdout) == (0, "")
    assert "Traceback" not in ended.stderr


def test_http_ends_on_a_signal(sentry: Sentry) -> None:
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "server.py"), "--http", "--port", "0"],
        env={**bare_environment(), **sentry.environment()},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "serving MCP on http://127.0.0.1:" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=20)

    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in rest


async def test_local_takes_events_at_the_dsn_it_prints_and_keeps_them(tmp_path: Path) -> None:
    data = tmp_path / "errors.db"
    errors = tmp_path / "stderr"
    environment = {**bare_environment(), **STRUCTURED, "SENTRY_MCP_INGEST_PORT": str(free_port())}
    parameters = StdioServerParameters(
        command=sys.executable,
        args=[str(ROOT / "server.py"), "--local", "--data", str(data)],
        env=environment,
    )
    for expected in (1, 2):
        with errors.open("w") as log:
            async with Client(stdio_client(parameters, errlog=log)) as client:
                found = re.search(r"DSN (http://\w+@127\.0\.0\.1:\d+/1)", errors.read_text())
                assert found
                sdk = sentry_sdk.Client(found[1])
                sdk.capture_event({"message": "kept", "level": "error"})
                sdk.close(timeout=10)
                (row,) = data_of(await client.call_tool("list_issues", {}))["issues"]
                assert (row["title"], row["count"]) == ("kept", expected)


async def test_local_takes_another_port_when_its_own_is_taken(sentry: Sentry) -> None:
    taken = sentry.embedded.url.rpartition(":")[2]

    async with served_http({**STRUCTURED, "SENTRY_MCP_INGEST_PORT": taken}, "--local") as url, Client(url) as client:
        assert data_of(await client.call_tool("list_issues", {}))["issues"] == []
