"""Serving over stdio, until the host closes it or somebody at a terminal has enough of it."""

import io
import os
import select
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import TYPE_CHECKING

import anyio

from settings import SettingsError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

GRACE = 0.7
"""Seconds in which what is under way can end after a signal."""
HINT = """\
sentry-mcp: an MCP server, which an agent's host starts and speaks to by standard input and output; Ctrl-C ends it.
sentry-mcp: try \"sentry-mcp demo\" or \"sentry-mcp doctor\"; \"sentry-mcp --help\" says the rest."""


def serve_stdio(run: Callable[[], Awaitable[None]]) -> int:
    """Runs the server; its exit code. Raises SettingsError where there is nothing, or no longer, to speak by."""
    if sys.stdin is None or sys.stdout is None:
        raise SettingsError("standard input or output is closed; MCP over stdio needs both")
    if sys.stdin.isatty():
        print(HINT, file=sys.stderr)
    given = sys.stdin, sys.stdout
    ended_by: list[int] = []
    if sys.platform != "win32":  # there a pipe cannot be waited for so
        stdin = _Input()
        sys.stdin = io.TextIOWrapper(io.BufferedReader(stdin))
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_Output(stdin)))
        _end_on_signals(stdin, ended_by)
    try:
        anyio.run(run)
    except* BrokenPipeError:
        raise SettingsError("the host has closed standard output") from None
    finally:
        sys.stdin, sys.stdout = given
    return 128 + ended_by[0] if ended_by else 0


def _end_on_signals(stdin: "_Input", ended_by: list[int]) -> None:
    def end_at_once(number: int, _: FrameType | None) -> None:
        os._exit(128 + number)

    def end(number: int, _: FrameType | None) -> None:
        ended_by.append(number)
        signal.signal(number, end_at_once)  # who asks twice does not wait
        last = threading.Timer(GRACE, os._exit, (128 + number,))
        last.daemon = True
        last.start()
        stdin.end()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


class _Input(io.RawIOBase):
    """Standard input that can be ended here, too: the server then stops as it does when its host goes.

    The SDK reads in a thread, and nothing calls a thread back from a read that waits: at a terminal it took three
    Ctrl-C to end it (https://github.com/modelcontextprotocol/python-sdk/issues/3551).
    """

    def __init__(self) -> None:
        super().__init__()
        self._ended, self._end = os.pipe()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        ready, _, _ = select.select([0, self._ended], [], [])
        if self._ended in ready:
            return 0
        room = memoryview(buffer)
        received = os.read(0, len(room))
        room[: len(received)] = received
        return len(received)

    def end(self) -> None:
        os.write(self._end, b".")


class _Output(io.RawIOBase):
    """Standard output, which belongs to the protocol: what else is printed goes to stderr. When the host has closed
    it, there is nothing more to read either."""

    def __init__(self, stdin: _Input) -> None:
        super().__init__()
        self._stdin = stdin
        self._output = os.dup(1)
        os.dup2(2, 1)

    def writable(self) -> bool:
        return True

    def write(self, text: "ReadableBuffer", /) -> int:
        try:
            return os.write(self._output, text)
        except BrokenPipeError:
            self._stdin.end()
            raise
