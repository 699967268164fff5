"""Claude Code's channel: alerts wake the session that the server was started for.

https://code.claude.com/docs/en/channels-reference has its form. The model takes what is told there for a message of the
user's: nothing that an outsider may have written stands in it, no title and no rule.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.types import Notification

from alerts.alert import Alert, State
from views import bounds

CAPABILITY = "claude/channel"
METHOD = "notifications/claude/channel"
PAUSE = 60.0
"""Seconds between two messages, each of which is a turn of the model's: what comes meanwhile is told at once."""


_Notification = Notification[dict[str, Any], str]


class Channel:
    """Over stdio, where there is one session. Middleware of MCP's: it sees the session there."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._session: ServerSession | None = None
        self._first: Alert | None = None
        self._count = 0
        self._woken = anyio.Event()

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        if ctx.method in ("initialize", "server/discover") and isinstance(result, Mapping):
            capabilities = result["capabilities"]
            experimental: dict[str, Any] = {**(capabilities.get("experimental") or {}), CAPABILITY: {}}
            return {**result, "capabilities": {**capabilities, "experimental": experimental}}
        if ctx.method != "initialize":  # to a session that has begun
            self._session = ctx.session
            self._woken.set()
        return result

    def tell(self, alert: Alert) -> None:
        if alert.state == State.NEW:
            self._first = self._first or alert
            self._count += 1
            self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """What it is told it passes on as long as the block lasts."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken = anyio.Event()
            first, count, session = self._first, self._count, self._session
            if first is None or session is None:
                continue
            self._first, self._count = None, 0
            meta = {"alert": str(first.id), "kind": str(first.told.kind), "count": str(count)}  # texts, all of them
            params = {"content": _content(first, count), "meta": meta}
            notification: Any = _Notification(method=METHOD, params=params)  # none of the protocol's own
            await session.send_notification(notification)
            await anyio.sleep(self._pause)


def _content(first: Alert, count: int) -> str:
    if count == 1:
        return f"A Sentry alert waits: {_named(first)}. Take it with claim_alert, alert={first.id}."
    return f"{count} Sentry alerts wait, the first is {_named(first)}. Take one after the other with claim_alert."


def _named(alert: Alert) -> str:
    told = alert.told
    issue = bounds.short_id(told.short_id) or bounds.identifier(told.issue)
    organization, project = bounds.slug(told.organization), bounds.slug(told.project)
    of = f" {issue}" if issue else ""
    return f"{alert.id}, {told.kind}{of}" + (f" in {organization}/{project}" if organization and project else "")
