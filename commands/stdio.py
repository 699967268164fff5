"""Serving over stdio, until the host closes it or somebody at a terminal has enough of it."""

import io
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import TYPE_CHECKING

import anyio
from mcp.types import CONNECTION_CLOSED, JSONRPCNotification, JSONRPCRequest

from commands.ending import GRACE, end_at_once
from commands.lines import ENDS, MAX_LINE, answer_of_error, read, too_long
from sentry.values import as_object
from settings import SettingsError
from web.calls import SHUTTING_DOWN, WITHOUT_END

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CLOSING = 0.7
"""Seconds after the grace in which what is still under way can be broken off, and the rest closed."""
PIECE = 65_536
"""Bytes that are read at once: what a pipe holds."""
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
        host = _Host()
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_Input(host)))
        sys.stdout = io.TextIOWrapper(_Output(host))
        _end_on_signals(host, ended_by)
    is_read = True
    try:
        anyio.run(run)
    except* BrokenPipeError:
        is_read = False  # what is raised here becomes a group before Python 3.11.4
    finally:
        sys.stdin, sys.stdout = given
    if not is_read:
        raise SettingsError("the host has closed standard output")
    return 128 + ended_by[0] if ended_by else 0


def _end_on_signals(host: "_Host", ended_by: list[int]) -> None:
    def end(number: int, _: FrameType | None) -> None:
        ended_by.append(number)
        signal.signal(number, end_at_once)
        _end_surely(128 + number)
        host.end(GRACE)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _end_surely(code: int) -> None:
    """Ends the process, whatever it waits for, such as a host that does not read."""
    last = threading.Timer(GRACE + CLOSING, os._exit, (code,))
    last.daemon = True
    last.start()


class _Host:
    """Who is spoken with: what it has asked and is not answered yet, and until when that is waited for."""

    def __init__(self) -> None:
        self._output = os.dup(1)
        os.dup2(2, 1)  # standard output belongs to the protocol: what else is printed goes to stderr
        self._writing = threading.Lock()
        self._asked: set[str | int] = set()
        self._woken, self._wake = os.pipe()
        self._ends_at: float | None = None

    def ask(self, request: str | int) -> None:
        self._asked.add(request)

    def forget(self, request: object) -> None:
        """What is answered, or no longer wanted."""
        if isinstance(request, str | int):
            self._asked.discard(request)
        if self.is_ending:
            self._wake_up()

    def say(self, lines: "ReadableBuffer") -> None:
        """Whole lines. Raises BrokenPipeError when nobody reads them any more; then there is nothing to wait for."""
        left = memoryview(lines).cast("B")
        try:
            with self._writing:
                while left:
                    left = left[os.write(self._output, left) :]
        except BrokenPipeError:
            self.end(0.0)
            raise

    def end(self, grace: float) -> None:
        """No more is to be asked; what was, is waited for so many seconds. Called by handlers of signals, too."""
        until = time.monotonic() + grace
        self._ends_at = until if self._ends_at is None else min(until, self._ends_at)
        self._wake_up()

    @property
    def is_ending(self) -> bool:
        return self._ends_at is not None

    @property
    def has_ended(self) -> bool:
        return self._ends_at is not None and (not self._asked or self._ends_at <= time.monotonic())

    def wait(self, *descriptors: int) -> bool:
        """Until something can be read there (true), or something happened to what is waited for."""
        seconds = None if self._ends_at is None else max(0.0, self._ends_at - time.monotonic())
        ready, _, _ = select.select([*descriptors, self._woken], [], [], seconds)
        if self._woken in ready:
            os.read(self._woken, PIECE)
        return any(descriptor in ready for descriptor in descriptors)

    def _wake_up(self) -> None:
        os.write(self._wake, b".")


class _Input(io.RawIOBase):
    """Standard input: the lines that the server can read; the others are answered here. It ends when what the host
    asked is answered, after the host has closed it or a signal came.

    The SDK breaks off what is under way as soon as its input ends. It reads in a thread, and nothing calls a thread
    back from a read that waits: at a terminal it took three Ctrl-C to end it
    (https://github.com/modelcontextprotocol/python-sdk/issues/3551).
    """

    def __init__(self, host: _Host) -> None:
        super().__init__()
        self._host = host
        self._is_open = True
        self._line = b""
        self._is_too_long = False
        self._passed = bytearray()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        while not self._passed and not self._host.has_ended:
            if self._host.wait(*[0] * self._is_open):
                self._receive(os.read(0, PIECE))
        room = memoryview(buffer)
        given = min(len(room), len(self._passed))
        room[:given] = self._passed[:given]
        del self._passed[:given]
        return given

    def _receive(self, piece: bytes) -> None:
        self._is_open = piece != b""
        *lines, rest = (self._line + (piece or b"\n")).split(b"\n")
        for line in lines:
            self._take(line.decode(errors="replace").strip(), is_too_long=self._is_too_long or len(line) > MAX_LINE)
            self._is_too_long = False
        self._is_too_long |= len(rest) > MAX_LINE
        self._line = rest[:ENDS] + rest[-ENDS:] if self._is_too_long and len(rest) > 2 * ENDS else rest
        if not self._is_open:
            _end_surely(0)
            self._host.end(GRACE)

    def _take(self, line: str, *, is_too_long: bool) -> None:
        if is_too_long:
            self._host.say(too_long(line))
            return
        if not line:
            return
        match message := read(line):
            case bytes():
                self._host.say(message)
                return
            case JSONRPCRequest() if self._host.is_ending:
                self._host.say(answer_of_error(message.id, CONNECTION_CLOSED, SHUTTING_DOWN))
                return
            case JSONRPCRequest() if message.method != WITHOUT_END:
                self._host.ask(message.id)
            case JSONRPCNotification(method="notifications/cancelled"):
                self._host.forget((message.params or {}).get("requestId"))
            case _:
                pass
        # To a reader of text a carriage return ends a line, in JSON it is a blank.
        self._passed += line.replace("\r", " ").encode() + b"\n"


class _Output(io.RawIOBase):
    """Standard output, to which the server writes a line at a time."""

    name = "<stdout>"

    def __init__(self, host: _Host) -> None:
        super().__init__()
        self._host = host

    def writable(self) -> bool:
        return True

    def write(self, line: "ReadableBuffer", /) -> int:
        self._host.say(line)
        message = as_object(json.loads(bytes(line))) or {}
        if "method" not in message:
            self._host.forget(message.get("id"))
        return memoryview(line).nbytes
