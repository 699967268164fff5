"""Serving: over stdio or streamable HTTP, over a real Sentry or the embedded one."""

import argparse
import gc
import socket
import sys
from contextlib import AbstractAsyncContextManager

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from sentry.protocol import SentryClientProtocol
from server import build_server
from settings import Settings

GRACE = 3
"""Seconds that open streams have to end in, when the server is told to stop."""


def serve(options: argparse.Namespace, settings: Settings) -> int:
    def open_embedded() -> AbstractAsyncContextManager[SentryClientProtocol]:
        from commands.embedded import embedded_client

        return embedded_client(options.data, settings.ingest_port)

    gc.disable()
    server = build_server(settings, open_embedded if options.local else None)
    gc.freeze()  # all that was made so far stays: no collection need look at it again
    gc.enable()
    if options.http:
        port = settings.http_port if options.port is None else options.port
        return _serve_http(server, options.host or settings.http_host, port)
    anyio.run(server.run_stdio_async)
    return 0


def _serve_http(server: MCPServer[SentryClientProtocol], host: str, port: int) -> int:
    import uvicorn

    host = host.strip("[]")
    shown = f"[{host}]" if ":" in host else host
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=512
        )
    except OSError as error:
        print(f"sentry-mcp: {shown}:{port} cannot be listened on ({error.strerror})", file=sys.stderr)
        return 2
    # A web page that a browser on this machine opens must not reach us by a name that it rebinds (DNS).
    names = [shown, "127.0.0.1", "localhost", "[::1]"]
    app = server.streamable_http_app(
        streamable_http_path="/mcp",
        host=host,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=True,
            allowed_hosts=[f"{name}:*" for name in names],
            allowed_origins=[f"http://{name}:*" for name in names],
        ),
    )
    port = listening.getsockname()[1]
    print(f"sentry-mcp: serving MCP on http://{shown}:{port}/mcp", file=sys.stderr)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE)
    uvicorn.Server(config).run(sockets=[listening])
    return 0
