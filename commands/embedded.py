"""The embedded Sentry beside the server: its DSN on stderr, a client that talks to it."""

import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from local import Embedded, Store, serve
from local.store import FIRST_ORGANIZATION, FIRST_PROJECT
from sentry.client import SentryClient
from sentry.connection import Connection


@asynccontextmanager
async def embedded_client(path: str | None, port: int) -> AsyncGenerator[SentryClient]:
    """Opens the store in `path` (None: memory), takes events on a loopback port, and reads over the same."""
    async with AsyncExitStack() as stack:
        store = Store.open(path)
        stack.callback(store.close)
        embedded = await _served(stack, store, port)
        print(f"sentry-mcp: embedded Sentry, DSN {embedded.dsn(FIRST_PROJECT)}", file=sys.stderr)
        yield await stack.enter_async_context(SentryClient(embedded_connection(embedded)))


async def _served(stack: AsyncExitStack, store: Store, port: int) -> Embedded:
    try:
        return await stack.enter_async_context(serve(store, port=port))
    except OSError:  # taken, such as by the server of another host on this machine
        return await stack.enter_async_context(serve(store))


def embedded_connection(embedded: Embedded) -> Connection:
    """Nothing is cached: the embedded Sentry is as near as a cache, and never stale."""
    return Connection(url=embedded.url, token=SecretStr(embedded.token), organization=FIRST_ORGANIZATION, cache_ttl=0)
