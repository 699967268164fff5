"""How resources, prompts and completions reach the client of the request they serve."""

from contextvars import ContextVar
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from sentry.protocol import SentryClientProtocol

_connected: ContextVar[SentryClientProtocol] = ContextVar("connected")


async def remember_client(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: the SDK hands a Context to tools and templates, but not to plain resources and completions."""
    _connected.set(ctx.lifespan_context)
    return await call_next(ctx)


def connected_client() -> SentryClientProtocol:
    """The client of the request being served."""
    return _connected.get()
