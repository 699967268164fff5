"""Serves the embedded Sentry on a loopback socket, in the background of the event loop that asks for it."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn

from local.app import create_app
from local.store import Store
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
async def serve(store: Store, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[Embedded]:
    """Serve until the block ends; port 0 takes a free one.

    Raises ValueError for a host that others could reach (a DSN and a token are all that guards it), OSError
    when the port is taken.
    """
    with listener(host, port) as listening:
        server = _Server(_configuration(store))
        serving = asyncio.create_task(server.serve([listening]))
        await _first(serving, server.listening)
        try:
            yield Embedded(url_of(listening), store)
        finally:
            server.should_exit = True
            await serving


def _configuration(store: Store) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(store),
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
