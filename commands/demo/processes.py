"""What the demo starts: each a process of its own, which hears of Ctrl-C from the demo alone."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp.client.stdio import get_default_environment

from commands.demo.screen import DemoError, say
from local import Embedded
from local.store import FIRST_PROJECT

SERVER = Path(__file__).parents[2] / "server.py"
APP = Path(__file__).with_name("sample_app.py")
PATIENCE = 120
"""Seconds in which what is waited for must be said, on however slow a machine."""
ENDING = 10
"""Seconds in which what is told to end can do so: a service gives the calls under way a few."""
LONGEST = 65_536
"""Bytes of a line."""


class Output:
    """What a process says, a line at a time."""

    def __init__(self, whose: str, stream: ByteReceiveStream) -> None:
        self._whose, self._stream = whose, BufferedByteReceiveStream(stream)

    async def until(self, words: str) -> str:
        """The next line with these words; those before it are shown. Raises DemoError when none comes."""
        try:
            with anyio.fail_after(PATIENCE):
                while words not in (line := await self._line()):
                    say(line)
                return line
        except TimeoutError:
            raise DemoError(f'{self._whose} did not say "{words}" within {PATIENCE} seconds') from None

    async def show(self) -> None:
        """All that it says. Raises DemoError at the end."""
        while True:
            say(await self._line())

    async def _line(self) -> str:
        try:
            return (await self._stream.receive_until(b"\n", LONGEST)).decode(errors="replace")
        except anyio.IncompleteRead:
            raise DemoError(f"{self._whose} ended") from None


@asynccontextmanager
async def started(program: Path, *arguments: str, **variables: str) -> AsyncGenerator[Output]:
    """A Python program until the block ends, with these variables and nearly no others."""
    process = await anyio.open_process(
        [sys.executable, str(program), *arguments],
        env={**get_default_environment(), **variables},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield Output(program.name, process.stdout)
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGTERM)  # terminate() takes its exit code from who waits for that
            with anyio.move_on_after(ENDING):
                await process.wait()
            if process.returncode is None:
                process.kill()
            await process.aclose()


async def run_app(embedded: Embedded, release: str) -> None:
    """The sample app, whose errors go to this Sentry. Raises DemoError."""
    command = [sys.executable, str(APP), embedded.dsn(FIRST_PROJECT), release]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "no_proxy": "127.0.0.1"}  # no proxy leads to this machine
    try:
        await anyio.run_process(command, env=environment, stderr=None, start_new_session=True)
    except subprocess.CalledProcessError as error:
        raise DemoError(f"{APP.name} ended with exit code {error.returncode}") from None
