"""The embedded Sentry beside the server: its DSN on stderr, a client that talks to it."""

import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from commands.logs import announce
from local import Embedded, Retention, Store, Webhook, serve
from local.store import FIRST_ORGANIZATION, FIRST_PROJECT
from sentry.client import SentryClient
from sentry.connection import Connection
from settings import SettingsError


def embedded(
    path: str | None,
    port: int,
    *,
    show_token: bool,
    webhook: Webhook | None = None,
    retention: Retention | None = None,
) -> Callable[[], AbstractAsyncContextManager[SentryClient]]:
    """Opens the store in that file, made when it is missing (None: in memory); gives what opens a client of it.
    What happens to issues is sent to the `webhook`; what is not retained is forgotten (None: nothing).

    Raises SettingsError when there can be no store.
    """
    store = _open_store(path)
    return lambda: _client(store, port, webhook, retention, show_token=show_token)


def _open_store(path: str | None) -> Store:
    try:
        return Store.open(path)
    except OSError as error:
        reason = error.strerror
    except sqlite3.OperationalError as error:
        reason = str(error)
    except sqlite3.DatabaseError:
        reason = "it holds something else"
    except ValueError as error:
        reason = str(error)
    raise SettingsError(f"--data: {path!r} cannot be used ({reason})")


@asynccontextmanager
async def _client(
    store: Store, port: int, webhook: Webhook | None, retention: Retention | None, *, show_token: bool
) -> AsyncGenerator[SentryClient]:
    """Takes events on a loopback port, and reads over the same; closes the store at the end."""
    async with AsyncExitStack() as stack:
        stack.callback(store.close)
        embedded = await _served(stack, store, port, webhook, retention)
        announce(f"embedded Sentry, DSN {embedded.dsn(FIRST_PROJECT)}")
        if show_token:
            words = f"organization {FIRST_ORGANIZATION}, token {embedded.token}"
            print(f"sentry-mcp: its Web API: {embedded.url}, {words}", file=sys.stderr)
        yield await stack.enter_async_context(SentryClient(embedded_connection(embedded)))


async def _served(
    stack: AsyncExitStack, store: Store, port: int, webhook: Webhook | None, retention: Retention | None
) -> Embedded:
    try:
        return await stack.enter_async_context(serve(store, port=port, webhook=webhook, retention=retention))
    except OSError:  # taken, such as by the server of another host on this machine
        return await stack.enter_async_context(serve(store, webhook=webhook, retention=retention))


def embedded_connection(embedded: Embedded) -> Connection:
    """Nothing is cached: the embedded Sentry is as near as a cache, and never stale."""
    return Connection(url=embedded.url, token=SecretStr(embedded.token), organization=FIRST_ORGANIZATION, cache_ttl=0)
