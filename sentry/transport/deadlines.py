"""One call ends within one deadline, however many requests, routes and repetitions it takes."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import anyio

from sentry.connection import Connection
from sentry.errors import AGAIN, NOT_SENT, DeadlineError

P = ParamSpec("P")
T = TypeVar("T")

BRIEF = 2.0
"""Seconds: no answer waits longer for what it can do without."""


@dataclass
class Write:
    """One change of something in Sentry: whether a request for it may have arrived there."""

    may_be_made: bool = False


current_write: ContextVar[Write | None] = ContextVar("current_write", default=None)
"""Set for a method that writes, so that whoever sends its requests can say how far they came."""


def note_write(*, may_be_made: bool) -> None:
    """Of the write that is under way."""
    if (write := current_write.get()) is not None:
        write.may_be_made = may_be_made


async def noted(content: bytes) -> AsyncGenerator[bytes]:
    """A write's body, asked for when the connection stands: from then on Sentry may act on it."""
    note_write(may_be_made=True)
    yield content


def within_deadline(
    connection: Connection, method: Callable[P, Coroutine[Any, Any, T]], *, is_write: bool = False
) -> Callable[P, Coroutine[Any, Any, T]]:
    """The method, ended within the connection's timeout; then it raises DeadlineError, which says of a write whether
    it was not sent yet, or nobody knows whether it was done."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        write = Write() if is_write else None
        outer = current_write.set(write)
        try:
            with anyio.fail_after(connection.timeout):
                return await method(*args, **kwargs)
        except TimeoutError:
            late = f"{connection.host} did not answer within {connection.timeout:g} s (setting timeout)."
            if write is None:
                raise DeadlineError(f"{late} {AGAIN}", deadline=connection.timeout) from None
            if write.may_be_made:
                raise DeadlineError(late, deadline=connection.timeout).with_outcome_unknown() from None
            raise DeadlineError(f"{late} {NOT_SENT}", deadline=connection.timeout, request_sent=False) from None
        finally:
            current_write.reset(outer)

    return call
