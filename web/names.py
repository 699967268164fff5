"""Who is served: whoever reaches this machine by a name of its own, and no web page of another's.

A page that a browser here opens may let its own name mean 127.0.0.1 (DNS rebinding); its requests then still name it.
"""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from loopback import names_loopback


class OnlyThisMachine:
    """Answers as the SDK does, which however takes whatever follows `localhost:` for a port."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)


def _refusal(headers: Headers) -> PlainTextResponse | None:
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or not names_loopback(hosts[0]):
        return PlainTextResponse("Invalid Host header", 421)
    if not all(_is_ours(origin) for origin in origins):
        return PlainTextResponse("Invalid Origin header", 403)
    return None


def _is_ours(origin: str) -> bool:
    """An origin is serialized without a path, or as `null` (RFC 6454, 6.1)."""
    scheme, _, authority = origin.partition("://")
    return scheme == "http" and names_loopback(authority)
