"""The same routes below a path prefix, which a proxy in front takes off or leaves on."""

from starlette.types import ASGIApp, Receive, Scope, Send


class BelowPrefix:
    """ASGI middleware before all that look at the path: it sees none with the prefix any more."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and f"{scope['path']}/".startswith(f"{self._prefix}/"):
            raw = scope.get("raw_path")
            begins = self._prefix.encode()
            scope = {
                **scope,
                "path": scope["path"].removeprefix(self._prefix) or "/",
                "raw_path": raw.removeprefix(begins) or b"/" if isinstance(raw, bytes) else raw,
            }
        await self._app(scope, receive, send)
