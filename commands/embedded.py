"""The embedded Sentry beside the server: its DSN on stderr, a client that talks to it."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from local import Store, serve
from local.store import FIRST_ORGANIZATION, FIRST_PROJECT
from sentry.client import SentryClient
from sentry.connection import Connection


@asynccontextmanager
async def embedded_client(path: str | None, port: int) -> AsyncGenerator[SentryClient]:
    """Opens the store in `path` (None: memory), takes events on a loopback port, and reads over the same."""
    store = Store.open(path)
    try:
        async with serve(store, port=port) as embedded:
            print(f"sentry-mcp: embedded Sentry, DSN {embedded.dsn(FIRST_PROJECT)}", file=sys.stderr)  # noqa: T201
            connection = Connection(
                url=embedded.url,
                token=SecretStr(embedded.token),
                organization=FIRST_ORGANIZATION,
                cache_ttl=0,  # it is as near as the cache, and never stale
            )
            async with SentryClient(connection) as client:
                yield client
    finally:
        store.close()
