"""Whether a caller may use a route. REST is a documented interface: what a scope would open is refused, not hidden.
What belongs to projects that are not the caller's is not found, as everywhere."""

from functools import cache

from service.access.callers import ANYBODY, Caller, Scope
from service.access.switches import OF_ALERTS, Switches
from service.confirming import must_confirm
from web.rest.catalogue import ROUTES, Route
from web.rest.failures import RefusedError


def is_there(route: Route, switches: Switches) -> bool:
    """Whether the server has what the route is of; what it has not is no path, whoever asks."""
    return switches.alerts or route.scope not in OF_ALERTS


@cache
def offered(switches: Switches) -> tuple[Route, ...]:
    """The routes that the server has for some caller."""
    somebody = switches.of(ANYBODY)
    return tuple(route for route in ROUTES if somebody.may_use(route.tool, route.scope))


def admit(route: Route, caller: Caller, switches: Switches) -> None:
    """Raises RefusedError: 403, with RFC 6750's challenge where a scope is missing, and none where no scope helps."""
    if route.changes and caller.read_only:
        whose = "server" if switches.read_only else "caller"
        raise RefusedError(403, "forbidden", f"This {whose} is read-only. Nothing was changed.")
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
    if not caller.may_use(route.tool, route.scope):
        raise RefusedError(403, "forbidden", f"This caller may not use {route.tool}.")
    if route.scope == Scope.ISSUES_WRITE and must_confirm():
        raise RefusedError(
            403,
            "confirmation_required",
            "Changes of this caller's are confirmed by a person, whom only an MCP client can ask. Nothing was changed.",
        )
