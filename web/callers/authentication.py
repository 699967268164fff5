"""Lets callers in, by the token that they show; whoever shows none is told what is wanted, and nothing else.

https://www.rfc-editor.org/rfc/rfc6750 says how a token is shown and refused.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.callers import Caller
from service.access.callers import Scope as CallerScope
from service.current import calling
from web.callers.known import KnownCallers

OPEN = frozenset(("/health", "/ready", "/openapi.json", "/docs"))
OPEN_BELOW = ("/.well-known/",)
"""What anybody may ask: it says nothing of Sentry's."""


class Refusal(NamedTuple):
    """As an answer says it: `error` is one of RFC 6750, 3.1, or None where nothing was shown."""

    status: int
    error: str | None
    words: str


NOTHING_SHOWN = Refusal(401, None, "Authorization: Bearer TOKEN is wanted; `sentry-mcp token NAME` makes a token")
UNKNOWN = Refusal(401, "invalid_token", "The token is none that this server knows, or it has expired")
UNREADABLE = Refusal(400, "invalid_request", "Give one Authorization header: Bearer, a space, the token")


class Authentication:
    """ASGI middleware around everything but what anybody may ask."""

    def __init__(self, app: ASGIApp, callers: KnownCallers, metadata_url: str | None = None) -> None:
        """`metadata_url` is where RFC 9728 metadata say who issues tokens, where somebody does."""
        self._open = app
        self._app = AuthContextMiddleware(app)
        self._callers = callers
        self._metadata_url = metadata_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN or scope["path"].startswith(OPEN_BELOW):
            await self._open(scope, receive, send)
            return
        found = await self._who(Headers(scope=scope).getlist("authorization"))
        if isinstance(found, Refusal):
            await self._refused(found)(scope, receive, send)
            return
        # The SDK holds a session, and what it seals, to the one who began it.
        shown = AccessToken(token="", client_id=found.name, scopes=sorted(found.scopes))
        scope["user"] = AuthenticatedUser(shown)
        begun = ended = False

        async def sending(message: Message) -> None:
            nonlocal begun, ended
            begun, ended = True, message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        with calling(found), self._callers.serving(found):
            await self._app(scope, receive, sending)
            return
        if not begun:  # taken out meanwhile
            await self._refused(UNKNOWN)(scope, receive, send)
        elif not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _who(self, shown: Sequence[str]) -> Caller | Refusal:
        if not shown:
            return NOTHING_SHOWN
        scheme, _, token = shown[0].partition(" ")
        if len(shown) > 1 or scheme.lower() != "bearer" or not token.strip():
            return UNREADABLE
        return await self._callers.caller_of(token.strip()) or UNKNOWN

    def _refused(self, refusal: Refusal) -> Response:
        said = {
            "realm": "sentry-mcp",
            "error": refusal.error,
            "error_description": refusal.words if refusal.error else None,
            "scope": " ".join(CallerScope),
            "resource_metadata": self._metadata_url,
        }
        challenge = ", ".join(f'{name}="{value}"' for name, value in said.items() if value)
        body: dict[str, object] = {
            "error": refusal.error or "unauthorized",
            "message": refusal.words,
            "status_code": refusal.status,
            "details": {},
        }
        return Response(
            json.dumps(body),
            refusal.status,
            {"WWW-Authenticate": f"Bearer {challenge}", "Cache-Control": "no-store"},
            "application/json",
        )
