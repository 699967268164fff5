"""REST as its clients meet it: served to callers of several scopes over an embedded Sentry in which the examples of the
description are there; or in this process, over a Sentry that is as a test wants it."""

import copy
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import sentry_sdk
from alerting import SECRET, happening, kept
from standins.clients import connection_to
from starlette.applications import Starlette
from wire import Sentry, served_http, served_in_background

from alerts.alert import Happening, Kind
from application import Application
from local import Store
from sentry.client import SentryClient
from settings import load_settings
from web.calls import Calls
from web.rest.words import EXAMPLES

ENGINE = '["issues:read", "issues:write", "alerts:read", "alerts:write"]'
CALLERS = {
    "engine": f"scopes = {ENGINE}",
    "reader": 'scopes = ["issues:read"]',
    "writer": 'scopes = ["issues:write"]',
    "operator": 'scopes = ["admin", "alerts:read"]',
    "read-only": f"scopes = {ENGINE}\nread_only = true",
    "few-tools": f'scopes = {ENGINE}\ntools = ["get_issue", "list_alerts"]',
    "confirmed": f"scopes = {ENGINE}\nconfirm_writes = true",
}
ISSUES = 14
ALERTS = 40
"""Upon those issues in turns, all waiting; the one of the examples among them."""


def token_of(caller: str) -> str:
    return f"smcp_{hashlib.sha256(caller.encode()).hexdigest()}"


@dataclass
class Rest:
    """Where it is served, and of which Sentry."""

    url: str
    sentry: Sentry
    inbox: Path
    """Its file, for who tells the inbox something."""

    def client(self, caller: str | None = "engine") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token_of(caller)}"} if caller else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20)


@asynccontextmanager
async def rest_served(folder: Path) -> AsyncGenerator[Rest]:
    file = folder / "callers.toml"
    file.write_text("\n".join(_table(name, said) for name, said in CALLERS.items()))
    store = Store.open(None)
    with served_in_background(store) as embedded:
        token = store.create_organization(EXAMPLES["organization"])
        project = store.create_project(EXAMPLES["organization"], EXAMPLES["project"], platform="python")
        sentry = Sentry(embedded, EXAMPLES["organization"], token, project)
        _fill(sentry)
        inbox = folder / "alerts.db"
        await kept(inbox, *map(_alert, range(ALERTS)))
        environment = sentry.environment(
            SENTRY_MCP_CALLERS_FILE=str(file), SENTRY_WEBHOOK_SECRET=SECRET, **with_alerts(inbox)
        )
        async with served_http(environment) as url:
            yield Rest(url.removesuffix("/mcp"), sentry, inbox)
    store.close()


def _table(name: str, said: str) -> str:
    digest = hashlib.sha256(token_of(name).encode()).hexdigest()
    limits = "calls_per_minute = 1000000\ncalls_at_once = 1000"
    return f'[[callers]]\nname = "{name}"\ntoken_sha256 = "{digest}"\n{said}\n{limits}\n'


def with_alerts(inbox: Path) -> dict[str, str]:
    """Settings of a server that hears of alerts from this file alone, or by webhooks."""
    return {
        "SENTRY_MCP_ALERTS": "true",
        "SENTRY_MCP_ALERTS_PATH": str(inbox),
        "SENTRY_MCP_ALERTS_INTERVAL": "0",
    }


def _alert(number: int) -> Happening:
    issue = number % ISSUES + 1
    return happening(
        issue,
        Kind.RULE,
        organization=EXAMPLES["organization"],
        project=EXAMPLES["project"],
        issue=f"SHOP-{issue}",
        short_id=f"SHOP-{issue}",
        rule=f"rule {number}",
    )


def _fill(sentry: Sentry) -> None:
    """An issue each of the same error, of which the last has the event of the examples, too."""
    client = sentry_sdk.Client(sentry.dsn(), release=EXAMPLES["release"], environment=EXAMPLES["environment"])
    frame = {"filename": "cart.py", "function": "total", "lineno": 12, "in_app": True, "context_line": "return 1 / 0"}
    raised = {"type": "KeyError", "value": "'SUMMER'", "stacktrace": {"frames": [frame]}}
    said = [{"category": "cart", "message": "coupon SUMMER"}]
    event: Any = {"exception": {"values": [raised]}, "breadcrumbs": {"values": said}, "user": {"id": "7"}}
    event |= {"contexts": {"trace": {"trace_id": EXAMPLES["trace"], "span_id": EXAMPLES["trace"][:16]}}}
    last = {"fingerprint": [str(ISSUES - 1)], "event_id": EXAMPLES["event"]}
    for more in [*({"fingerprint": [str(number)]} for number in range(ISSUES)), last]:
        client.capture_event(copy.deepcopy(event) | more)  # the SDK goes on with what it was given
    client.close(timeout=10)


@asynccontextmanager
async def rest_over(
    answer: httpx.MockTransport,
    token: str,
    environment: dict[str, str] | None = None,
    kind: type[SentryClient] = SentryClient,
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of REST in this process, over whatever answers as organization acme's Sentry."""
    async with app_over(answer, token, environment, kind) as app:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3004") as client:
            yield client


@asynccontextmanager
async def app_over(
    answer: httpx.MockTransport,
    token: str,
    environment: dict[str, str] | None = None,
    kind: type[SentryClient] = SentryClient,
) -> AsyncGenerator[Starlette]:
    """The same as an ASGI app that runs."""

    def open_client() -> SentryClient:
        connection = connection_to("http://sentry.test", token=token, organization="acme", cache_ttl=0, timeout=2)
        return kind(connection, answer)

    app = Application(load_settings(environment=environment or {}), open_client).http_app(Calls())
    async with app.router.lifespan_context(app):
        yield app
