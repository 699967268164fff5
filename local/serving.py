"""Serves the embedded Sentry on a loopback socket, in the background of the event loop that asks for it."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from local.app import create_app
from local.store import Store


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
        """Where an SDK sends the events of a project (slug or id). Raises KeyError when there is no such project."""
        return self.store.dsn(self.url, project)


class _Server(uvicorn.Server):
    """Leaves signals to the program it is embedded in."""

    def install_signal_handlers(self) -> None:
        return


@asynccontextmanager
async def serve(store: Store, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[Embedded]:
    """Serve until the block ends; port 0 takes a free one.

    Raises ValueError for a host that others could reach (a DSN and a token are all that guards it), OSError when the
    port is taken.
    """
    if not _is_loopback(host):
        raise ValueError(f"the embedded Sentry is served on loopback only, not on {host}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=1024)
    config = uvicorn.Config(
        create_app(store), lifespan="off", log_config=None, access_log=False, log_level="warning", ws="none"
    )
    server = _Server(config)
    bound = f"[{host}]" if ":" in host else host
    task = asyncio.create_task(server._serve([listener]))  # pyright: ignore[reportPrivateUsage]  # serve() catches signals
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.005)
        yield Embedded(f"http://{bound}:{listener.getsockname()[1]}", store)
    finally:
        server.should_exit = True
        await task
        listener.close()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
