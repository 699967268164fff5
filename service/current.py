"""Whose question is being answered: the Sentry client of the request, found in this one place."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentry.protocol import SentryClientProtocol

FindClient = Callable[[], "SentryClientProtocol"]

_find_client: ContextVar[FindClient] = ContextVar("find_client")


def current_client() -> "SentryClientProtocol":
    """The client of the request being served; LookupError outside of one."""
    return _find_client.get()()


@contextmanager
def serving(find_client: FindClient) -> Generator[None]:
    """What is asked in this block is asked of this client."""
    token = _find_client.set(find_client)
    try:
        yield
    finally:
        _find_client.reset(token)
