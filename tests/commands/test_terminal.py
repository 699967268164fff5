"""The server where a person meets it: at a terminal, with Ctrl-C, in a pipe that somebody closes. Processes all."""

import asyncio
import fcntl
import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest
from standins.sockets import Request, Wire, listening
from wire import ROOT, bare_environment

from local import Store

HINT = "an MCP server, which an agent's host starts"
META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
PARAMETERS: dict[str, object] = {"name": "list_issues", "arguments": {}, "_meta": META}
CALL = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": PARAMETERS}).encode() + b"\n"
SETTINGS = {"SENTRY_AUTH_TOKEN": "none", "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}
PORT = {"SENTRY_MCP_INGEST_PORT": "0"}


class Terminal:
    """A program at a terminal of its own; what it says on stderr comes by a pipe."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._keyboard, screen = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=screen,
            stdout=screen,
            stderr=subprocess.PIPE,
            env={**bare_environment(), **environment},
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(screen)

    @property
    def errors(self) -> IO[bytes]:
        assert self.process.stderr is not None
        return self.process.stderr

    def type(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def said_until(self, words: str) -> None:
        while words not in (line := self.errors.readline().decode()):
            assert line, f"ended without {words}"

    def ended(self) -> tuple[int, str]:
        """Its exit code, and what it said since."""
        rest = self.errors.read().decode()
        return self.process.wait(20), rest

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.errors.close()
        os.close(self._keyboard)


def test_a_terminal_is_told_what_this_is_and_a_host_is_not() -> None:
    with closing(Terminal("server.py", **SETTINGS)) as terminal:
        terminal.said_until(HINT)
        assert "sentry-mcp --help" in terminal.errors.readline().decode()
        terminal.type(b"\x04")  # end of input
        assert terminal.ended() == (0, "")

    ended = subprocess.run(
        [sys.executable, "server.py"],
        env={**bare_environment(), **SETTINGS},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("arguments", [[], ["--local"]])
def test_one_ctrl_c_ends_it(arguments: list[str]) -> None:
    with closing(Terminal("server.py", *arguments, **SETTINGS, **PORT)) as terminal:
        terminal.said_until("DSN" if arguments else "sentry-mcp --help")
        terminal.type(b"\x03")
        assert terminal.ended() == (130, "")


@pytest.mark.parametrize("module", ["commands.line", "pydantic", "anyio", "mcp.types", "application", "uvicorn"])
def test_one_ctrl_c_ends_it_while_it_starts(module: str) -> None:
    """With `-X importtime` a process says what it has just imported."""
    with closing(Terminal("-X", "importtime", "server.py", "--local", **SETTINGS, **PORT)) as terminal:
        terminal.said_until(f" {module}\n")
        terminal.type(b"\x03")
        code, rest = terminal.ended()
    assert code == 130
    assert "Traceback" not in rest
    assert "KeyboardInterrupt" not in rest


@pytest.mark.parametrize("signalled", ["ctrl-c", "SIGTERM"])
async def test_a_call_that_sentry_leaves_waiting_does_not_hold_it_up(signalled: str) -> None:
    asked = asyncio.Event()

    async def never(request: Request, wire: Wire) -> None:
        asked.set()
        await asyncio.Event().wait()

    async with listening(never) as silent:
        with closing(Terminal("server.py", **{**SETTINGS, "SENTRY_URL": silent.url})) as terminal:
            terminal.type(CALL)
            await asked.wait()
            if signalled == "SIGTERM":
                terminal.process.terminate()
            else:
                terminal.type(b"\x03")
            code, rest = await asyncio.to_thread(terminal.ended)
    assert code == {"ctrl-c": 130, "SIGTERM": 143}[signalled]
    assert "Traceback" not in rest


def test_http_ends_with_one_ctrl_c() -> None:
    with closing(Terminal("server.py", "--http", "--port", "0", **SETTINGS)) as terminal:
        terminal.said_until("acts with its token\n")
        terminal.type(b"\x03")
        assert terminal.ended() == (130, "")


@contextmanager
def nobody_reads() -> Generator[int]:
    """A pipe to write to whose reader has gone: `| head -1`, a little later."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["doctor"], ["demo"]])
def test_output_that_nobody_reads_is_one_line(arguments: list[str]) -> None:
    with nobody_reads() as output:
        ended = subprocess.run(
            [sys.executable, "server.py", *arguments],
            env={**bare_environment(), **SETTINGS, "SENTRY_MCP_TIMEOUT": "2"},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (2, "sentry-mcp: nobody reads the output any more\n")


def test_a_host_that_stops_reading_is_told_in_one_line() -> None:
    with nobody_reads() as output:
        process = subprocess.Popen(
            [sys.executable, "server.py"],
            env={**bare_environment(), **SETTINGS, "SENTRY_MCP_TIMEOUT": "2"},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(CALL)
        process.stdin.flush()
        said = process.stderr.read().decode()
        process.stdin.close()
        process.stderr.close()
        assert (process.wait(20), said) == (2, "sentry-mcp: the host has closed standard output\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_without_input_or_output_there_is_nothing_to_serve(closed: str) -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", f'exec "{sys.executable}" server.py {closed}'],
        env={**bare_environment(), **SETTINGS},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == "sentry-mcp: standard input or output is closed; MCP over stdio needs both\n"


@pytest.mark.parametrize("transport", [[], ["--http", "--port", "0"]])
def test_a_data_file_that_cannot_be_one_is_one_line(tmp_path: Path, transport: list[str]) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and long enough to be looked at: " * 100)
    for path, reason in (
        (tmp_path, "unable to open"),
        (tmp_path / "missing" / "errors.db", "No such file or directory"),
        (tmp_path / "notes.txt", "it holds something else"),
        (tmp_path / "notes.txt" / "errors.db", "Not a directory"),
    ):
        ended = subprocess.run(
            [sys.executable, "server.py", "--local", "--data", str(path), *transport],
            env=bare_environment(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.startswith(f"sentry-mcp: --data: '{path}' cannot be used ({reason}")
        assert ended.stderr.count("\n") == 1


def test_the_token_of_the_embedded_sentry_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    kept = ["server.py", "--local", "--data", str(tmp_path / "errors.db")]
    with closing(Terminal(*kept, **PORT)) as terminal:
        terminal.said_until("DSN")
        terminal.type(b"\x03")
        assert terminal.ended() == (130, "")

    with closing(Terminal(*kept, "--show-token", **PORT)) as terminal:
        terminal.said_until("DSN")
        found = re.search(
            r"Web API: (http://\S+), organization local, token (\w+)", terminal.errors.readline().decode()
        )
        assert found
        answer = httpx.get(
            f"{found[1]}/api/0/organizations/local/issues/", headers={"Authorization": f"Bearer {found[2]}"}
        )
    assert (answer.status_code, answer.json()) == (200, [])


def test_what_was_kept_is_whole_after_ctrl_c(tmp_path: Path) -> None:
    data = tmp_path / "errors.db"
    with closing(Terminal("server.py", "--local", "--data", str(data), **PORT)) as terminal:
        terminal.said_until("DSN")
        terminal.type(b"\x03")
        assert terminal.ended()[0] == 130

    assert sorted(path.name for path in tmp_path.iterdir()) == ["errors.db"]  # closed: no journal is left beside it
    with closing(Store.open(data)) as store:
        assert store.received() == {"event": 0}
