"""An engine's way over HTTP, from the alert to the fix: examples/engine.py as it is, beside a service with an inbox."""

import hashlib
import secrets
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from commands.demo.processes import SERVER, run_app, started
from commands.demo.screen import DemoError, call, note, say, title
from local import Embedded, Webhook, serve
from local.store import FIRST_ORGANIZATION

ENGINE = Path(__file__).parents[2] / "examples" / "engine.py"
RELEASE = "shop@1.6.0"
CALLER = """\
[[callers]]
name = "engine"
token_sha256 = "{digest}"
scopes = ["alerts:read", "alerts:write", "issues:read", "issues:write"]
structured_content = true
"""
LOOKING = "10"
"""Seconds between the service's looks at Sentry. They find what a webhook told in vain: on a machine so slow that it is
not answered within a second, and it is sent but once."""


async def show(embedded: Embedded) -> None:
    """Raises DemoError where the engine does not do what it should."""
    token, secret = f"smcp_{secrets.token_urlsafe(32)}", secrets.token_urlsafe(32)
    title("9. Nobody asks any more: Sentry tells a service by signed webhooks, and an engine waits there")
    async with _service(embedded, token, secret) as url:
        note(f"sentry-mcp --http, with alerts = true, takes webhooks at {url}/webhooks/sentry")
        # Each must know the other's address before it starts: so the Sentry is served once more, now with a webhook.
        async with (
            serve(embedded.store, webhook=Webhook(f"{url}/webhooks/sentry", secret)) as telling,
            started(ENGINE, SENTRY_CALLER_URL=f"{url}/mcp", SENTRY_CALLER_TOKEN=token) as engine,
        ):
            say(await engine.until("engine: waits for alerts"))
            title(f"10. {RELEASE} breaks in two ways: the engine claims both alerts, and does what its rule says")
            await run_app(telling, RELEASE)
            for _ in range(2):
                say(await engine.until("engine: alert"))
        await _look(url, token)


async def _look(url: str, token: str) -> None:
    """As any caller of the service does."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        title("11. Finished: what the inbox says, list_alerts")
        alerts = {alert.get("outcome"): alert for alert in (await call(client, "list_alerts"))["alerts"]}
        if not {"done", "given_back"} <= alerts.keys():
            raise DemoError("one alert was to be done, and the other given back")
        issue = alerts["done"]["issue"]
        title(f"12. Fixed: what the issue says, get_issue {issue}")
        found = await call(client, "get_issue", issue=issue, include=["activity"], max_tokens=500)
        if found["status"] != "resolved":
            raise DemoError(f"{issue} was to be resolved")


@asynccontextmanager
async def _service(embedded: Embedded, token: str, secret: str) -> AsyncGenerator[str]:
    """`sentry-mcp --http` with one caller, on a free port; its URL. What it keeps goes with it."""
    with tempfile.TemporaryDirectory(prefix="sentry-mcp-demo-") as folder:
        callers = Path(folder) / "callers.toml"
        callers.write_text(CALLER.format(digest=hashlib.sha256(token.encode()).hexdigest()))
        settings = {
            "SENTRY_URL": embedded.url,
            "SENTRY_ORG": FIRST_ORGANIZATION,
            "SENTRY_AUTH_TOKEN": embedded.token,
            "SENTRY_WEBHOOK_SECRET": secret,
            "SENTRY_MCP_ALERTS": "true",
            "SENTRY_MCP_ALERTS_PATH": str(Path(folder) / "alerts.db"),
            "SENTRY_MCP_ALERTS_INTERVAL": LOOKING,
            "SENTRY_MCP_CALLERS_FILE": str(callers),
            "SENTRY_MCP_CACHE_TTL": "0",
            "SENTRY_MCP_LOG_LEVEL": "ERROR",
        }
        async with started(SERVER, "--http", "--port", "0", **settings) as server, anyio.create_task_group() as tasks:
            line = await server.until(" serving MCP on ")
            tasks.start_soon(server.show)  # whose lines nobody reads stops, at last
            yield line.partition(" serving MCP on ")[2].removesuffix("/mcp")
            tasks.cancel_scope.cancel()
