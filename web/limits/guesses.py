"""Whoever shows wrong tokens hears so later and later; who shows a right one, from the same address, as ever."""

import ipaddress

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.calls import note_limit
from web.limits.pace import Pace
from web.limits.refusals import Refusal

PER_SECOND = 5
"""Refusals that one address is told, after the first few: clients whose tokens have expired share theirs."""
FIRST = 20
LONGEST = 10.0
"""Seconds that an answer is held back. Who would wait for longer has dozens of guesses under way."""
GUESSES = Refusal(
    429, "rate_limited", "Too many requests from this address showed no token that is known.", LONGEST, "guesses"
)


class SlowsGuesses:
    """ASGI middleware around Authentication."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._pace = Pace(FIRST, LONGEST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_replaced = False

        async def sending(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and _refuses_a_token(message):
                wait = self._pace.wait(_whose(scope), 1 / PER_SECOND)
                if wait is None:
                    is_replaced = True
                elif wait:
                    await anyio.sleep(wait)
            if not is_replaced:
                await send(message)

        await self._app(scope, receive, sending)
        if is_replaced:
            note_limit(GUESSES.limit)
            await GUESSES.response(is_mcp=False, closes=True)(scope, receive, send)


def _refuses_a_token(message: Message) -> bool:
    return message["status"] in (400, 401) and any(name == b"www-authenticate" for name, _ in message["headers"])


def _whose(scope: Scope) -> str:
    """An address, or of IPv6 what one network has of it (RFC 6177: whoever has one address has 2 to the 64)."""
    client = scope.get("client")
    host = str(client[0]) if client else ""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host
