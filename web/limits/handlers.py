"""What is under way of a caller's calls, when nobody waits for their answers any more.

A client up to 2025-11-25 that closes its connection does not end its call: it could have as many under way as it can
open connections.
"""

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError

from service.access.callers import ANYBODY
from service.calls import note_limit
from service.current import current_caller
from settings import Settings
from web.limits.places import Places
from web.limits.refusals import OVER_LIMIT, too_many_at_once
from web.limits.requests import CALLS


class HandlersAtOnce:
    """Middleware of MCP's. Each of a caller's calls has a place of its own here, too, until it has ended."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = Places(0)

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        caller = current_caller()
        if ctx.method not in CALLS or caller is ANYBODY:
            return await call_next(ctx)
        size = caller.calls_at_once or self._settings.limits_calls_at_once
        async with self._places.place(caller.name, size) as has_place:
            if not has_place:
                refusal = too_many_at_once(size)
                note_limit(refusal.limit)
                raise MCPError(OVER_LIMIT, refusal.text)
            return await call_next(ctx)
