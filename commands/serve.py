"""Serving: over stdio or streamable HTTP, over a real Sentry or the embedded one."""

import argparse
import gc
import sys
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import anyio

from application import Application
from loopback import listener, url_of
from settings import Settings

if TYPE_CHECKING:
    from sentry.protocol import SentryClientProtocol

GARBAGE = 20_000, 20, 50
"""Containers that are made between two looks for garbage (gc.set_threshold). Sentry's answers are trees, which go as
soon as nobody refers to them: to look through them for cycles took longer than to read them."""
GRACE = 3
"""Seconds that open streams have to end in, when the server is told to stop."""


def serve(options: argparse.Namespace, settings: Settings) -> int:
    def open_embedded() -> "AbstractAsyncContextManager[SentryClientProtocol]":
        from commands.embedded import embedded_client

        return embedded_client(options.data, settings.ingest_port)

    gc.disable()
    application = Application(settings, open_embedded if options.local else None)
    gc.freeze()  # all that was made so far stays: no collection need look at it again
    gc.set_threshold(*GARBAGE)
    gc.enable()
    if options.http:
        port = settings.http_port if options.port is None else options.port
        return _serve_http(application, options.host or settings.http_host, port)
    anyio.run(application.server.run_stdio_async)
    return 0


def _serve_http(application: Application, host: str, port: int) -> int:
    import uvicorn

    try:
        listening = listener(host, port)
    except OSError as error:
        print(f"sentry-mcp: {host}:{port} cannot be listened on ({error.strerror})", file=sys.stderr)
        return 2
    print(f"sentry-mcp: serving MCP on {url_of(listening)}/mcp", file=sys.stderr)
    config = uvicorn.Config(
        application.http_app(host.strip("[]")), log_config=None, access_log=False, timeout_graceful_shutdown=GRACE
    )
    uvicorn.Server(config).run(sockets=[listening])
    return 0
