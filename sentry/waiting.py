"""Several calls side by side, and word for the one who waits."""

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from anyio.abc import TaskGroup

from sentry.errors import SentryError

T = TypeVar("T")

on_wait: ContextVar[Callable[[str], Awaitable[None]] | None] = ContextVar("on_wait", default=None)
"""Set by the one who asks, told why the answer takes longer."""


@dataclass
class Pending(Generic[T]):
    """A call under way in a task group; read it when the group has ended."""

    value: T | None = None
    error: SentryError | None = None

    def result(self) -> T:
        """Its answer; raises its SentryError."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # ended without error: it is a T


def side_by_side(tasks: TaskGroup, call: Coroutine[Any, Any, T]) -> Pending[T]:
    """Start a call next to others. Its failure is its own: the others go on."""
    pending = Pending[T]()

    async def run() -> None:
        try:
            pending.value = await call
        except SentryError as error:
            pending.error = error

    tasks.start_soon(run)
    return pending
