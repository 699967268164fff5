"""A server that knows only the answers a test gives it, and what a call makes of them."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from standins.clients import client_of
from standins.sockets import Request, Wire, listening

from sentry.client import SentryClient
from sentry.errors import SentryError


class Answering:
    """A server that knows some paths; `{}` and a status for the others."""

    def __init__(self, known: dict[str, tuple[int, Any]], unknown: tuple[int, bytes] = (404, b"")) -> None:
        self.known = known
        self.unknown = unknown

    async def answer(self, request: Request, wire: Wire) -> None:
        path = request.target.removeprefix("/api/0")
        fitting = [key for key in self.known if f"{request.method} {path}".startswith(key)]
        if fitting:
            status, body = self.known[max(fitting, key=len)]
            await wire.answer(status, json.dumps(body).encode())
        else:
            await wire.answer(self.unknown[0], self.unknown[1], "text/html")


async def asked(
    known: dict[str, tuple[int, Any]], call: Callable[[SentryClient], Awaitable[Any]]
) -> tuple[Any, list[str]]:
    """What a call gives or raises, and what it asked."""
    server_like = Answering(known)
    settings = {"organization": "acme", "cache_ttl": 0}
    async with listening(server_like.answer) as server, client_of(server.url, **settings) as client:
        try:
            answer: Any = await call(client)
        except SentryError as error:
            answer = error
        return answer, [line.replace("/api/0", "") for line in server.log]
