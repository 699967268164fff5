"""What a client is told that has no token yet: who issues them, and for what (RFC 9728).

https://www.rfc-editor.org/rfc/rfc9728 and the authorization of MCP, https://modelcontextprotocol.io/specification.
"""

import re
from urllib.parse import urlsplit

from mcp.server.auth.routes import cors_middleware
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Scope

from service.access.callers import Scope as CallerScope
from settings import Settings

WELL_KNOWN = "/.well-known/oauth-protected-resource"
MCP = "/mcp"
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


def wanted_scopes(settings: Settings) -> list[str]:
    """What a client is told to ask for: all that a model may be given. What it was not granted is not there for it, so
    that nothing would lead it to ask for more later."""
    return [
        scope
        for scope in CallerScope
        if scope is not CallerScope.ADMIN and not (settings.read_only and scope.endswith(":write"))
    ]


def metadata_url(settings: Settings, scope: Scope) -> str | None:
    """Where a client finds the metadata, by the name by which it came; None where that is no name of a host.

    Below the prefix of a proxy that passes on nothing else: a challenge may name any place (RFC 9728, 5.1).
    """
    base = _base(settings, scope)
    return f"{base}{WELL_KNOWN}{MCP}" if base else None


def metadata_routes(settings: Settings) -> list[Route]:
    """At the root, for the path of /mcp, and where a client looks for a server behind a prefix (RFC 9728, 3.1)."""

    async def answer(request: Request) -> JSONResponse:
        base = _base(settings, request.scope)
        if base is None:
            return JSONResponse({"error": "invalid_request", "message": "The Host header is no name of a host"}, 400)
        said = {
            "resource": f"{base}{MCP}",
            "authorization_servers": [settings.identity_provider_issuer],
            "scopes_supported": wanted_scopes(settings),
            "bearer_methods_supported": ["header"],
            "resource_name": "Sentry MCP server",
        }
        return JSONResponse(said, headers={"Cache-Control": "no-store"})

    prefix = urlsplit(settings.public_url).path.rstrip("/") or settings.path_prefix
    paths = dict.fromkeys((WELL_KNOWN, WELL_KNOWN + MCP, WELL_KNOWN + prefix, WELL_KNOWN + prefix + MCP))
    methods = ["GET", "OPTIONS"]
    return [Route(path, cors_middleware(answer, methods), methods=methods) for path in paths]


def _base(settings: Settings, scope: Scope) -> str | None:
    """The address below which this server lies, as its clients see it."""
    if settings.public_url:
        return settings.public_url.rstrip("/").removesuffix(MCP)
    host = Headers(scope=scope).get("host", "")
    return f"{scope['scheme']}://{host}{settings.path_prefix}" if _HOST.fullmatch(host) else None
