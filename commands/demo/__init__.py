"""`sentry-mcp demo`: real errors of a sample app; an agent's way from the list to the regression, an engine's from the
alert to the fix."""

import importlib.util
import signal
import sys

import anyio
import httpx2
from mcp import MCPError

from commands.demo import agent, engine
from commands.demo.screen import DemoError, note
from local import Store, serve
from settings import SettingsError

SIGNALS = () if sys.platform == "win32" else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Those that end it tidily. Windows' event loop receives none, for which an engine cannot be stopped there either."""


def demo() -> int:
    """The exit code: 1, and a line on stderr, where something was to be seen and was not; after a signal 128 and its
    number. Nothing that was started is left. Raises SettingsError without the SDK."""
    if importlib.util.find_spec("sentry_sdk") is None:
        raise SettingsError(
            "the demo captures errors with the real sentry-sdk, which is not installed here: "
            "pip install 'sentry-mcp-server[demo]', or in a checkout pip install '.[demo]'"
        )
    code, is_read = 1, True
    try:
        code = anyio.run(_until_signalled)
    except* BrokenPipeError:
        is_read = False  # what is raised here becomes a group before Python 3.11.4
    except* (DemoError, MCPError, httpx2.HTTPError) as failed:
        reason = _first(failed)
        print(f"sentry-mcp: the demo failed: {str(reason) or type(reason).__name__}", file=sys.stderr)
    if not is_read:
        raise BrokenPipeError
    return code


def _first(failed: BaseExceptionGroup[Exception]) -> Exception:
    first = failed.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _until_signalled() -> int:
    ended_by: list[int] = []
    with anyio.open_signal_receiver(*SIGNALS) as signals:  # until all is tidied up, whoever asks twice
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                async for number in signals:
                    ended_by.append(number)
                    tasks.cancel_scope.cancel()

            tasks.start_soon(listen)
            await _show()
            tasks.cancel_scope.cancel()
    return 128 + ended_by[0] if ended_by else 0


async def _show() -> None:
    store = Store.open(None)
    try:
        async with serve(store) as embedded:
            await agent.show(embedded)
            if SIGNALS:
                await engine.show(embedded)
    finally:
        store.close()
    note(
        "Try it with your own errors: sentry-mcp --local --http, and with your own Sentry: the README's first screen. "
        f"An engine of your own begins as a copy of {engine.ENGINE}; docs/alerts.md says more."
    )
