"""The calls that are under way, which a server that is told to stop still answers: over stdio it is its lines that tell
them, over HTTP the middleware."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import CONNECTION_CLOSED

WITHOUT_END = "subscriptions/listen"
"""The request that is answered by what happens from then on: no call that could be waited for."""
OF_AN_ANSWER = "tools/list"
"""What clients ask when a call was answered, for the schema of its answer, without which they do not take it."""
SHUTTING_DOWN = "The server is shutting down."
BROKEN_OFF = f"{SHUTTING_DOWN} It did not wait for Sentry's answer: what was to be changed, if anything, may have been."


class BrokenOffError(Exception):
    """A call had not ended when the time was over for which a server that stops waits."""


class Calls:
    """Middleware of MCP's, and what REST counts by. `are_refused` is set when no more calls are to be taken."""

    def __init__(self) -> None:
        self.are_refused = False
        self._scopes: set[anyio.CancelScope] = set()

    @property
    def under_way(self) -> int:
        return len(self._scopes)

    def break_off(self) -> None:
        """What is under way ends, and says so to whoever asked."""
        for scope in self._scopes:
            scope.cancel()

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.request_id is None:
            return await call_next(ctx)
        if self.are_refused and ctx.method != OF_AN_ANSWER:
            raise MCPError(CONNECTION_CLOSED, SHUTTING_DOWN)
        if ctx.method == WITHOUT_END:
            return await call_next(ctx)
        try:
            with self.one():
                return await call_next(ctx)
        except BrokenOffError:
            raise MCPError(CONNECTION_CLOSED, BROKEN_OFF) from None

    @contextmanager
    def one(self) -> Generator[None]:
        """The block is a call under way, which a server that is told to stop waits for. Raises BrokenOffError."""
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                yield
            finally:
                self._scopes.discard(scope)
        if scope.cancelled_caught:
            raise BrokenOffError
