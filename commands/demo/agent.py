"""An agent's way over stdio, from the list of issues to the regression; and from a slow request to why it is slow."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from commands.demo.processes import SERVER, run_app
from commands.demo.screen import DemoError, call, note, say, title
from local import Embedded
from local.store import FIRST_ORGANIZATION

RELEASES = ("shop@1.4.0", "shop@1.5.0")
SLOW = "shop@1.5.1"


async def show(embedded: Embedded) -> None:
    """Raises DemoError where the issue is not found, its regression not seen, or the slow request not."""
    title("1. A sample app breaks; the real sentry-sdk sends its errors to the embedded Sentry")
    for release in RELEASES:
        await run_app(embedded, release)
    note(f"releases {' and '.join(RELEASES)}; events were accepted: {embedded.store.received()}")
    async with _agent(embedded) as client:
        title("2. The agent asks what broke: list_issues")
        listed = await call(client, "list_issues")
        found = [row["short_id"] for row in listed["issues"] if row["title"].startswith("CheckoutError")]
        if not found:
            raise DemoError("the sample app's errors have not come")
        issue = found[0]
        title(f"3. Why, and in which release? get_issue {issue}")
        await call(client, "get_issue", issue=issue)
        title(f"4. The stack trace alone, as a program reads it: get_stacktrace {issue}")
        traced = await call(client, "get_stacktrace", quiet=True, issue=issue)
        for frame in traced["stacktrace"]["frames"]:
            say(f"{frame['filename']}:{frame['lineno']} {frame['function']}:{frame['context_line']}")
        title(f"5. Fixed, says the agent: update_issue {issue} resolved")
        await call(client, "update_issue", issue=issue, status="resolved", comment="Unknown coupons are refused now.")
        title("6. It happens again: the issue is back, as a regression")
        await run_app(embedded, RELEASES[1])
        after = await call(client, "list_issues", query="is:unresolved is:regressed")
        if [row["short_id"] for row in after["issues"]] != [issue]:
            raise DemoError("the regression was not seen")
        await _slow(embedded, client)


async def _slow(embedded: Embedded, client: Client) -> None:
    title(f"7. No error, and yet: what is slow in {SLOW}? search_events")
    await run_app(embedded, SLOW)
    found = await call(
        client,
        "search_events",
        dataset="spans",
        query=f"is_transaction:true release:{SLOW}",
        fields=["transaction", "trace", "span.duration"],
        sort="-span.duration",
    )
    if not found["rows"]:
        raise DemoError("the sample app's spans have not come")
    trace = found["rows"][0]["trace"]
    title(f"8. One query for each order, and the log line that tells why: get_trace {trace}")
    await call(client, "get_trace", trace=trace)


@asynccontextmanager
async def _agent(embedded: Embedded) -> AsyncGenerator[Client]:
    """A real MCP client, and the server as a host starts it: a process of its own, over stdio."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=[str(SERVER)],
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
