"""`sentry-mcp demo`: real errors of a sample app, and an agent's way from the list to the regression."""

import importlib.util
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import TextContent

from local import Embedded, Store, serve
from local.store import FIRST_ORGANIZATION, FIRST_PROJECT
from settings import SettingsError

HERE = Path(__file__).parent
RELEASES = ("shop@1.4.0", "shop@1.5.0")


def demo() -> int:
    """Raises SettingsError without the SDK."""
    if importlib.util.find_spec("sentry_sdk") is None:
        raise SettingsError(
            "the demo captures errors with the real sentry-sdk, which is not installed here: "
            "pip install 'sentry-mcp-server[demo]', or in a checkout pip install '.[demo]'"
        )
    anyio.run(_show)
    return 0


async def _show() -> None:
    store = Store.open(None)
    try:
        async with serve(store) as embedded:
            await _tell(embedded)
    finally:
        store.close()


async def _tell(embedded: Embedded) -> None:
    _title("1. A sample app breaks; the real sentry-sdk sends its errors to the embedded Sentry")
    for release in RELEASES:
        await _break(embedded, release)
    _note(f"releases {' and '.join(RELEASES)}; events were accepted: {embedded.store.received()}")
    async with _agent(embedded) as client:
        _title("2. The agent asks what broke: list_issues")
        listed = await _call(client, "list_issues")
        issue = next(row for row in listed["issues"] if row["title"].startswith("CheckoutError"))["short_id"]
        _title(f"3. Why, and in which release? get_issue {issue}")
        await _call(client, "get_issue", issue=issue)
        _title(f"4. The stack trace alone, as a program reads it: get_stacktrace {issue}")
        traced = await _call(client, "get_stacktrace", quiet=True, issue=issue)
        for frame in traced["stacktrace"]["frames"]:
            print(f"{frame['filename']}:{frame['lineno']} {frame['function']}:{frame['context_line']}")
        _title(f"5. Fixed, says the agent: update_issue {issue} resolved")
        await _call(client, "update_issue", issue=issue, status="resolved", comment="Unknown coupons are refused now.")
        _title("6. It happens again: the issue is back, as a regression")
        await _break(embedded, RELEASES[1])
        after = await _call(client, "list_issues", query="is:unresolved is:regressed")
        if [row["short_id"] for row in after["issues"]] != [issue]:
            raise SystemExit("The regression was not seen.")
    _note(
        "That was sentry-mcp over stdio. Try it with your own errors: sentry-mcp --local --http, and with your own "
        "Sentry: the README's first screen."
    )


@asynccontextmanager
async def _agent(embedded: Embedded) -> AsyncGenerator[Client]:
    """A real MCP client, and the server as a host starts it: a process of its own, over stdio."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=[str(HERE.parent / "server.py")],
        env={
            "SENTRY_URL": embedded.url,
            "SENTRY_ORG": FIRST_ORGANIZATION,
            "SENTRY_AUTH_TOKEN": embedded.token,
            "SENTRY_MCP_CACHE_TTL": "0",
            "SENTRY_MCP_STRUCTURED_CONTENT": "true",  # the demo reads answers as a program, too
        },
    )
    async with Client(stdio_client(parameters)) as client:
        yield client


async def _call(client: Client, tool: str, *, quiet: bool = False, **arguments: Any) -> dict[str, Any]:
    """Calls a tool, prints what the model reads, and gives what a program reads."""
    result = await client.call_tool(tool, arguments)
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    if not quiet:
        print(text)
    if result.is_error:
        raise SystemExit(f"{tool} failed.")
    return result.structured_content or {}


async def _break(embedded: Embedded, release: str) -> None:
    app = [sys.executable, str(HERE / "sample_app.py"), embedded.dsn(FIRST_PROJECT), release]
    await anyio.run_process(app, env={**os.environ, "PYTHONWARNINGS": "ignore"}, stderr=None)


def _title(text: str) -> None:
    print(f"\n{_coloured(text, '1;36')}\n")


def _note(text: str) -> None:
    print(_coloured(text, "32"))


def _coloured(text: str, code: str) -> str:
    """In colour on a terminal, unless https://no-color.org/ asks for none."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{code}m{text}\x1b[0m"
