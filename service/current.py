"""Whose question is being answered: the Sentry client of the request, found in this one place."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentry.protocol import SentryClientProtocol

_client: "ContextVar[SentryClientProtocol]" = ContextVar("client")


def current_client() -> "SentryClientProtocol":
    """The client of the request being served; LookupError outside of one."""
    return _client.get()


@contextmanager
def serving(client: "SentryClientProtocol") -> Generator[None]:
    """What is asked in this block is asked of this client."""
    token = _client.set(client)
    try:
        yield
    finally:
        _client.reset(token)
