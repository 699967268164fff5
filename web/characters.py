"""What is no text over HTTP: half a surrogate pair, which JSON can express (\\ud800) and no answer could hold."""

import json
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS


async def refuse_half_characters(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware of MCP's. Of clients up to 2025-11-25 it does not come so far: the SDK reads them by other means."""
    try:
        json.dumps([ctx.request_id, ctx.method, ctx.params], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        words = "The request holds half a surrogate pair (such as \\ud800), which is no character"
        raise MCPError(INVALID_PARAMS, words) from None
    return await call_next(ctx)
