"""Whether a caller may use a route. REST is a documented interface: what a scope would open is refused, not hidden.
What belongs to projects that are not the caller's is not found, as everywhere."""

from service.access.callers import Caller
from service.confirming import must_confirm
from web.rest.catalogue import Route
from web.rest.failures import RefusedError


def admit(route: Route, caller: Caller) -> None:
    """Raises RefusedError: 403, with RFC 6750's challenge where a scope is missing."""
    if not caller.has(route.scope):
        raise RefusedError(
            403,
            "insufficient_scope",
            f"This needs the scope {route.scope}, which this caller has not.",
            headers={
                "WWW-Authenticate": f'Bearer realm="sentry-mcp", error="insufficient_scope", scope="{route.scope}"'
            },
            scope=route.scope,
        )
    tool = route.call.__name__
    if not caller.may_use(tool, route.scope):
        raise RefusedError(403, "forbidden", f"This caller may not use {tool}.")
    if route.changes and must_confirm():
        raise RefusedError(
            403,
            "confirmation_required",
            "Changes of this caller's are confirmed by a person, whom only an MCP client can ask. Nothing was changed.",
        )
