"""What the recordings of two real servers hold, and the client opened on a replay of them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from standins.clients import client_of
from standins.recorded import GLITCHTIP, SENTRY_9, replaying
from standins.sockets import Server

from sentry.client import SentryClient


@dataclass(frozen=True)
class Known:
    """What the recording of a server holds."""

    server: str
    organization: str
    project: str
    issue: str
    short_id: str
    event: str
    latest: str
    release: str


OLD_SENTRY = Known(
    SENTRY_9,
    "acme",
    "shop-backend",
    "5",
    "SHOP-BACKEND-1",
    "5c8edffb7e5444b29faa229b8e83d319",
    "5c8edffb7e5444b29faa229b8e83d319",
    "shop@1.5.0",
)
GLITCH = Known(
    GLITCHTIP,
    "lab-org",
    "backend",
    "1",
    "BACKEND-1",
    "681b358668854abaab0693e5e5b67b53",
    "ff32f0a1af984a609288ab3c14a062e9",
    "shop@1.4.2",
)
Call = Callable[[SentryClient, Known], Awaitable[Any]]
both = pytest.mark.parametrize("known", [OLD_SENTRY, GLITCH], ids=lambda known: known.server)


@asynccontextmanager
async def opened(known: Known, **settings: Any) -> AsyncGenerator[tuple[SentryClient, Server]]:
    settings = {"organization": known.organization, "cache_ttl": 0, **settings}
    async with replaying(known.server) as server, client_of(server.url, **settings) as client:
        yield client, server


async def second_time(known: Known, call: Call, **settings: Any) -> tuple[Any, list[str]]:
    """What a call gives when its routes are known, and the requests that it takes then."""
    async with opened(known, **settings) as (client, server):
        await call(client, known)
        server.requests.clear()
        return await call(client, known), [line.replace("/api/0", "") for line in server.log]
