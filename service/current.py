"""Whose question is being answered, and by which client: found in this one place."""

from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from service.access.callers import ANYBODY, Caller
from service.access.configured import ConfiguredCaller
from service.access.switches import Switches
from service.calls import current_call

if TYPE_CHECKING:
    from sentry.protocol import SentryClientProtocol

FindClient = Callable[[], "SentryClientProtocol"]

_find_client: ContextVar[FindClient] = ContextVar("find_client")
_caller: ContextVar[Caller] = ContextVar("caller", default=ANYBODY)
_own: ContextVar[tuple[str, FindClient] | None] = ContextVar("own_client", default=None)


def current_caller() -> Caller:
    """Who asks. Set by whatever lets callers in, before anything of their request is looked at."""
    return _caller.get()


def current_client() -> "SentryClientProtocol":
    """The client of the request being served, which shows its caller what they may see and no more; LookupError
    outside of a request."""
    own = _own.get()
    client = own[1]() if own else _find_client.get()()
    caller = _caller.get()
    if not caller.is_bounded:
        return client
    from service.access.guarded import guarded

    return guarded(client, caller)


def brings_token() -> bool:
    """Whether who asks has shown a Sentry token of their own."""
    return _own.get() is not None


def current_eyes() -> Hashable:
    """What a remembered answer holds for: whoever may see the same, with the same token."""
    caller, own = _caller.get(), _own.get()
    return caller.organizations, caller.projects, own[0] if own else None


@contextmanager
def serving(find_client: FindClient) -> Generator[None]:
    """What is asked in this block is asked of this client."""
    token = _find_client.set(find_client)
    try:
        yield
    finally:
        _find_client.reset(token)


@contextmanager
def calling(caller: Caller, own: tuple[str, FindClient] | None = None) -> Generator[None]:
    """What is asked in this block is asked by this caller; `own` is a name for a Sentry token that they bring, never
    the token, and the client that has it."""
    tokens = _caller.set(caller), _own.set(own)
    if (call := current_call.get()) is not None:
        call.caller, call.is_configured = caller.name, isinstance(caller, ConfiguredCaller)
    try:
        yield
    finally:
        _caller.reset(tokens[0])
        _own.reset(tokens[1])


@contextmanager
def under(switches: Switches) -> Generator[None]:
    """In this block the caller, whoever it is, has what these switches leave them."""
    token = _caller.set(switches.of(_caller.get()))
    try:
        yield
    finally:
        _caller.reset(token)
