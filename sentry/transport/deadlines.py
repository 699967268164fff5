"""One call ends within one deadline, however many requests, routes and repetitions it takes."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import anyio

from sentry.connection import Connection
from sentry.errors import AGAIN, UNSURE, DeadlineError

P = ParamSpec("P")
T = TypeVar("T")


def within_deadline(
    connection: Connection, method: Callable[P, Coroutine[Any, Any, T]], *, is_write: bool = False
) -> Callable[P, Coroutine[Any, Any, T]]:
    """The method, ended within the connection's timeout; then it raises DeadlineError, which says of a write that
    nobody knows whether it was done."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with anyio.fail_after(connection.timeout):
                return await method(*args, **kwargs)
        except TimeoutError:
            raise DeadlineError(
                f"{connection.host} did not answer within {connection.timeout:g} s (setting timeout). "
                f"{UNSURE if is_write else AGAIN}",
                deadline=connection.timeout,
            ) from None

    return call
