"""By which names this server is asked: its own, and no web page of another's.

A page that a browser opens may let its own name mean this server's address (DNS rebinding); its requests then still
name it.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from loopback import names_loopback
from web.callers.authentication import OPEN


class OnlyByItsNames:
    """Answers as the SDK does, which however takes whatever follows `localhost:` for a port.

    What anybody may ask is answered by any name: whoever watches over a server, such as Kubernetes, asks its address.
    `hosts` None: by whatever Host, as where callers are known nobody is let in for where they are.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None = (), origins: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origin.lower() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] != "http" or scope["path"] in OPEN
        answer = None if is_open else self._refusal(Headers(scope=scope))
        await (answer or self._app)(scope, receive, send)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not (self._hosts is None or hosts[0].lower() in self._hosts or names_loopback(hosts[0])):
            return PlainTextResponse("Invalid Host header", 421)
        if not all(_is_of_this_machine(origin) or origin.lower() in self._origins for origin in origins):
            return PlainTextResponse("Invalid Origin header", 403)
        return None


def _is_of_this_machine(origin: str) -> bool:
    """An origin is serialized without a path, or as `null` (RFC 6454, 6.1)."""
    scheme, _, authority = origin.partition("://")
    return scheme == "http" and names_loopback(authority)
