"""Serving over streamable HTTP, until a signal comes."""

import time
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn

from application import Application
from commands.ending import GRACE, end_at_once
from commands.logs import announce
from loopback import listener, url_of
from loopback.connection import BoundedConnection
from settings import SettingsError
from web.calls import Calls

CLOSING = 1
"""Seconds after the grace that open streams have to end in."""


def serve_http(
    application: Application,
    host: str,
    port: int,
    *,
    reachable: bool,
    is_of_anybody: bool,
    trusted_proxies: Sequence[str] = (),
) -> int:
    """The exit code; `reachable` by others than this machine; `is_of_anybody` where whoever reaches it acts with the
    token, which is said; forwarded headers are heeded of `trusted_proxies`, addresses or networks. Raises SettingsError
    where it cannot be listened on."""
    calls = Calls()
    app = application.http_app(calls)
    try:
        listening = listener(host, port, reachable=reachable)
    except OSError as error:
        raise SettingsError(f"{host}:{port} cannot be listened on ({error.strerror})") from None
    announce(f"serving MCP on {url_of(listening)}/mcp")
    if is_of_anybody:
        announce("no callers are configured: whoever reaches it, from this machine alone, acts with its token")
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=CLOSING,
        # Said outright: uvicorn's own default believes whatever this machine, or FORWARDED_ALLOW_IPS, says.
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
    )
    _Server(config, calls, application.end_streams).run(sockets=[listening])
    return 0


class _Server(uvicorn.Server):
    """Begins to shut down when the calls that are under way have ended, and the streams have been told that they do.
    Told to, uvicorn closes what is open, and what streams answers ends them (sse-starlette), as if nobody waited for
    them."""

    def __init__(self, config: uvicorn.Config, calls: Calls, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._calls = calls
        self._end_streams = end_streams
        self._ended_by: tuple[int, FrameType | None] | None = None
        self._ends_at = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._ended_by is not None:
            end_at_once(sig, frame)
        self._ended_by = sig, frame
        self._ends_at = time.monotonic() + GRACE
        self._calls.are_refused = True

    async def on_tick(self, counter: int) -> bool:
        if self._ended_by is not None:
            self._end_streams()
            late = time.monotonic() - self._ends_at
            if late >= 0:
                self._calls.break_off()
            if not self._calls.under_way or late >= CLOSING:
                super().handle_exit(*self._ended_by)
        return await super().on_tick(counter)
