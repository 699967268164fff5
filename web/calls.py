"""The calls that are under way, which a server that is told to stop still answers: over stdio it is its lines that tell
them, over HTTP the middleware."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import CONNECTION_CLOSED

WITHOUT_END = "subscriptions/listen"
"""The request that is answered by what happens from then on: no call that could be waited for."""
OF_AN_ANSWER = "tools/list"
"""What clients ask when a call was answered, for the schema of its answer, without which they do not take it."""
SHUTTING_DOWN = "The server is shutting down."


class Calls:
    """Middleware of MCP's, and what REST counts by. `are_refused` is set when no more calls are to be taken."""

    def __init__(self) -> None:
        self.under_way = 0
        self.are_refused = False

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.request_id is None or ctx.method == WITHOUT_END:
            return await call_next(ctx)
        if self.are_refused and ctx.method != OF_AN_ANSWER:
            raise MCPError(CONNECTION_CLOSED, SHUTTING_DOWN)
        with self.one():
            return await call_next(ctx)

    @contextmanager
    def one(self) -> Generator[None]:
        """The block is a call under way, which a server that is told to stop waits for."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
