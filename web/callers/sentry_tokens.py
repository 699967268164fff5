"""A caller's own Sentry token: shown beside the one that opens this server, and used instead of the server's."""

import re

from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from loopback import is_loopback
from sentry.clients import Clients, TooManyTokensError
from sentry.site import LEAST
from service.current import calling, current_caller
from web.callers.authentication import is_open, taken_out
from web.callers.refusals import Refusal, refused

HEADER = "x-sentry-token"
MOST = 1_000
"""Characters; Sentry's longest, those of organizations, have some 250."""
TOKEN = re.compile(rf"[!-~]{{{LEAST},{MOST}}}")
"""Visible ASCII (RFC 9110, 5.5), and long enough to be known again where it must not stand."""
FORWARDED = frozenset((b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip"))
"""What a proxy adds: then it is the proxy that is on this machine."""
AGAIN = 5
"""Seconds until there may be room for another token."""

NOT_ACCEPTED = "X-Sentry-Token is not accepted: the setting accept_sentry_tokens is false. Leave it out"
NOT_PRIVATE = "X-Sentry-Token is accepted over https or from this machine only; it was sent in clear text: replace it"
NO_TOKEN = f"X-Sentry-Token must be given once: a Sentry token alone, {LEAST} to {MOST} visible characters of ASCII"
NEEDED = "X-Sentry-Token is wanted, with a Sentry token of your own: this server has none"
NO_ROOM = "Too many Sentry tokens are in use"


class SentryTokens:
    """ASGI middleware. What is not accepted is refused and never passed over, as the call would be made with the
    server's token instead."""

    def __init__(self, app: ASGIApp, clients: Clients | None, *, is_needed: bool) -> None:
        """`clients` None: no token is accepted. `is_needed` where the server has none of its own."""
        self._app = app
        self._clients = clients
        self._is_needed = is_needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_open(scope):
            await self._app(scope, receive, send)
            return
        shown = taken_out(scope, HEADER)
        words = self._why_not(scope, shown)
        if words:
            await refused(Refusal(400, None, words))(scope, receive, send)
        elif self._clients is None or not shown:
            await self._app(scope, receive, send)
        else:
            caller = current_caller()
            try:
                async with self._clients.using(SecretStr(shown[0]), caller.name) as (digest, client):
                    with calling(caller, (digest, lambda: client)):
                        await self._app(scope, receive, send)
            except TooManyTokensError:
                await refused(Refusal(503, None, NO_ROOM, retry_after=AGAIN))(scope, receive, send)

    def _why_not(self, scope: Scope, shown: list[str]) -> str | None:
        if not shown:
            return NEEDED if self._is_needed else None
        if self._clients is None:
            return NOT_ACCEPTED
        if not _is_private(scope):
            return NOT_PRIVATE
        return None if len(shown) == 1 and TOKEN.fullmatch(shown[0]) else NO_TOKEN


def _is_private(scope: Scope) -> bool:
    """Whether nobody on the way could read along: over TLS, as the server or a proxy that it trusts says, or from this
    machine."""
    if scope["scheme"] == "https":
        return True
    client = scope.get("client")
    return client is not None and is_loopback(client[0]) and FORWARDED.isdisjoint(key for key, _ in scope["headers"])
