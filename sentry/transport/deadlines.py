"""One call ends within one deadline, however many requests, routes and repetitions it takes."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import anyio

from sentry.connection import Connection
from sentry.errors import DeadlineError

if TYPE_CHECKING:
    from sentry.endpoints.calls import Calls

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound="Calls")

UNSURE = "Whether Sentry made the change is not known: look at the issue before trying again."
AGAIN = "Try again, or ask for less."


def within_deadline(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[C, P], Coroutine[Any, Any, T]]:
    """The read ends within the connection's timeout, or raises DeadlineError."""
    return _bounded(method, is_write=False)


def write_within_deadline(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[C, P], Coroutine[Any, Any, T]]:
    """The same for a write, of which nobody knows then whether it was done."""
    return _bounded(method, is_write=True)


def _bounded(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, T]], *, is_write: bool
) -> Callable[Concatenate[C, P], Coroutine[Any, Any, T]]:
    @wraps(method)
    async def call(self: C, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with anyio.fail_after(self.connection.timeout):
                return await method(self, *args, **kwargs)
        except TimeoutError:
            raise _too_late(self.connection, is_write=is_write) from None

    return call


def _too_late(connection: Connection, *, is_write: bool) -> DeadlineError:
    return DeadlineError(
        f"{connection.host} did not answer within {connection.timeout:g} s (setting timeout). "
        f"{UNSURE if is_write else AGAIN}",
        deadline=connection.timeout,
    )
