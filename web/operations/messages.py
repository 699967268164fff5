"""Which of MCP's messages a call over HTTP was, and how it ended: by names from a list, whatever a client sends."""

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS

from prompts.catalogue import scope_of_prompt
from resources.catalogue import name_of_uri
from service.calls import current_call
from tools.catalogue import scope_of_tool

METHODS = frozenset(
    "initialize ping server/discover tools/list tools/call resources/list resources/templates/list resources/read "
    "resources/subscribe resources/unsubscribe prompts/list prompts/get completion/complete logging/setLevel "
    "subscriptions/listen notifications/initialized notifications/cancelled notifications/progress "
    "notifications/roots/list_changed".split()
)


async def note_message(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware of MCP's."""
    call = current_call.get()
    if call is None:
        return await call_next(ctx)
    call.route = ctx.method if ctx.method in METHODS else "other"
    call.name = _name(ctx.method, ctx.params or {})
    call.protocol = ctx.protocol_version if ctx.protocol_version in KNOWN_PROTOCOL_VERSIONS else ""
    try:
        result = await call_next(ctx)
    except MCPError:
        call.outcome = call.outcome or "refused"
        raise
    except Exception:
        call.outcome = call.outcome or "error"
        raise
    match result:
        case CallToolResult(is_error=True) | {"isError": True}:
            call.outcome = call.outcome or "refused"
        case _:
            call.outcome = "ok"
    return result


def _name(method: str, params: Any) -> str:
    """Of a tool, a prompt or a resource that is there; a client's own text stands nowhere."""
    match method, params:
        case "tools/call", {"name": str(name)} if scope_of_tool(name) is not None:
            return name
        case "prompts/get", {"name": str(name)} if scope_of_prompt(name) is not None:
            return name
        case "resources/read", {"uri": str(uri)}:
            return name_of_uri(uri)
        case _:
            return ""
