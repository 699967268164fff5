"""What is switched for everybody holds for whatever is asked over HTTP, MCP or not."""

from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.switches import Switches
from service.current import under


class Switched:
    """ASGI middleware, behind whatever finds out who calls."""

    def __init__(self, app: ASGIApp, switches: Switches) -> None:
        self._app = app
        self._switches = switches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with under(self._switches):
            await self._app(scope, receive, send)
