"""A server that knows only the answers a test gives it, and what a call makes of them."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from standins.clients import client_of
from standins.sockets import Request, Wire, listening

from sentry.client import SentryClient
from sentry.dialects import Dialect
from sentry.errors import SentryError

WHO = "/organizations/"
ORGANIZATIONS: dict[Dialect, dict[str, Any]] = {
    Dialect.TODAY: {"slug": "acme", "require2FA": False, "isEarlyAdopter": False, "links": {}},
    Dialect.SENTRY_10: {"slug": "acme", "require2FA": False, "isEarlyAdopter": False},
    Dialect.GLITCHTIP: {"slug": "acme", "isEarlyAdopter": False, "isAcceptingEvents": True},
}
"""What tells each kind of server, in its list of organizations."""


class Answering:
    """A server that knows some paths, and perhaps says of which kind it is; a status for all else."""

    def __init__(
        self,
        known: dict[str, tuple[int, Any]],
        unknown: tuple[int, bytes] = (404, b""),
        kind: Dialect | None = None,
    ) -> None:
        self.known = known if kind is None else {**known, f"GET {WHO}": (200, [ORGANIZATIONS[kind]])}
        self.unknown = unknown

    async def answer(self, request: Request, wire: Wire) -> None:
        path = request.target.removeprefix("/api/0")
        asked = f"{request.method} {path}"
        fitting = [key for key in self.known if (asked == key if key == f"GET {WHO}" else asked.startswith(key))]
        if fitting:
            status, body = self.known[max(fitting, key=len)]
            await wire.answer(status, json.dumps(body).encode())
        else:
            await wire.answer(self.unknown[0], self.unknown[1], "text/html")


async def asked(
    known: dict[str, tuple[int, Any]], call: Callable[[SentryClient], Awaitable[Any]], kind: Dialect | None = None
) -> tuple[Any, list[str]]:
    """What a call gives or raises, and what it asked besides who the server is."""
    server_like = Answering(known, kind=kind)
    settings = {"organization": "acme", "cache_ttl": 0}
    async with listening(server_like.answer) as server, client_of(server.url, **settings) as client:
        try:
            answer: Any = await call(client)
        except SentryError as error:
            answer = error
        log = [line.replace("/api/0", "") for line in server.log]
        return answer, [line for line in log if line not in (f"GET {WHO}", "GET /api/settings/")]
