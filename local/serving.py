"""Serves the embedded Sentry on a loopback socket, in the background of the event loop that asks for it."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from local.app import create_app
from local.happening import Tell, tell_nobody
from local.retention import Retention, retaining
from local.store import Store
from local.webhooks import Webhook
from loopback import listener, url_of
from loopback.connection import BoundedConnection


@dataclass(frozen=True)
class Embedded:
    """A served store and how to reach it."""

    url: str
    store: Store

    @property
    def token(self) -> str:
        """An API token of the organization "local" that may do everything in it."""
        return self.store.token

    def dsn(self, project: str = "app") -> str:
        """Where an SDK sends the events of a project (slug or id). Raises KeyError when there is no such
        project."""
        return self.store.dsn(self.url, project)


class _Server(uvicorn.Server):
    """Leaves signals to the program it is embedded in, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@asynccontextmanager
async def serve(
    store: Store,
    host: str = "127.0.0.1",
    port: int = 0,
    webhook: Webhook | None = None,
    retention: Retention | None = None,
) -> AsyncGenerator[Embedded]:
    """Serve until the block ends; port 0 takes a free one. What happens to issues is sent to the `webhook`. What is not
    retained is forgotten meanwhile; without a retention, nothing.

    Raises ValueError for a host that others could reach (a DSN and a token are all that guards it), OSError
    when the port is taken.
    """
    with listener(host, port) as listening:
        async with _telling(webhook, store, url_of(listening)) as tell:
            server = _Server(_configuration(create_app(store, tell)))
            serving = asyncio.create_task(server.serve([listening]))
            await _first(serving, server.listening)
            try:
                with retaining(store, retention) if retention else nullcontext():
                    yield Embedded(url_of(listening), store)
            finally:
                server.should_exit = True
                await serving


@asynccontextmanager
async def _telling(webhook: Webhook | None, store: Store, base_url: str) -> AsyncGenerator[Tell]:
    if webhook is None:
        yield tell_nobody
        return
    from local.webhooks.sending import sending  # loaded where something is sent

    async with sending(webhook, store, base_url) as tell:
        yield tell


def _configuration(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedConnection,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,  # longer than SDKs keep an idle connection: none is closed under them
        timeout_graceful_shutdown=5,
    )


async def _first(serving: "asyncio.Task[None]", listening: asyncio.Event) -> None:
    """Wait until the server listens, or has failed to."""
    waiting = asyncio.create_task(listening.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if serving.done():
        await serving
