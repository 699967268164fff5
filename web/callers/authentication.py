"""Lets callers in, by the token that they show; whoever shows none is told what is wanted, and nothing else.

https://www.rfc-editor.org/rfc/rfc6750 says how a token is shown and refused.
"""

from collections.abc import Callable, Iterable, Sequence

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.callers import Caller, ExpiringCaller
from service.current import calling
from web.callers.known import CannotTellError, KnownCallers
from web.callers.refusals import Refusal, refused

OPEN = frozenset(("/health", "/ready", "/openapi.json", "/docs"))
OPEN_BELOW = ("/.well-known/", "/webhooks/")
"""What anybody may ask: it says nothing of Sentry's. What is sent to a webhook is believed by its signature."""

NOTHING_SHOWN = Refusal(401, None, "Authorization: Bearer TOKEN is wanted; `sentry-mcp token NAME` makes a token")
UNKNOWN = Refusal(401, "invalid_token", "The token is none that this server knows, or it has expired")
UNREADABLE = Refusal(400, "invalid_request", "Give one Authorization header: Bearer, a space, the token")
WITHOUT_SCOPE = Refusal(403, "insufficient_scope", "The token grants none of the scopes that this server has")


class Authentication:
    """ASGI middleware around everything but what anybody may ask."""

    def __init__(
        self,
        app: ASGIApp,
        callers: KnownCallers,
        scopes: Iterable[str] = (),
        metadata_url: Callable[[Scope], str | None] | None = None,
    ) -> None:
        """`scopes` are those to ask for; `metadata_url` is where a request is told who issues tokens (RFC 9728)."""
        self._open = app
        self._app = AuthContextMiddleware(app)
        self._callers = callers
        self._scopes = tuple(scopes)
        self._metadata_url = metadata_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_open(scope):
            await self._open(scope, receive, send)
            return
        found = await self._who(taken_out(scope, "authorization"))
        if isinstance(found, Refusal):
            await self._refuse(found, scope, receive, send)
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
            await self._refuse(UNKNOWN, scope, receive, send)
        elif not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _who(self, shown: Sequence[str]) -> Caller | Refusal:
        if not shown:
            return NOTHING_SHOWN
        scheme, _, token = shown[0].partition(" ")
        if len(shown) > 1 or scheme.lower() != "bearer" or not token.strip():
            return UNREADABLE
        try:
            found = await self._callers.caller_of(token.strip())
        except CannotTellError as error:
            return Refusal(503, None, f"Try again: {error}", retry_after=error.retry_after)
        if isinstance(found, ExpiringCaller) and not found.scopes:  # who can get a token that grants more
            return WITHOUT_SCOPE
        return found or UNKNOWN

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        metadata_url = self._metadata_url(scope) if self._metadata_url is not None else None
        await refused(refusal, self._scopes, metadata_url)(scope, receive, send)


def is_open(scope: Scope) -> bool:
    """Whether whoever asks is answered."""
    return scope["type"] != "http" or scope["path"] in OPEN or scope["path"].startswith(OPEN_BELOW)


def taken_out(scope: Scope, name: str) -> list[str]:
    """The values of a header, which nothing behind sees any more: no handler, log or span could pass it on."""
    taken = [value.decode("latin-1") for key, value in scope["headers"] if key == name.encode()]
    scope["headers"] = [(key, value) for key, value in scope["headers"] if key != name.encode()]
    return taken
