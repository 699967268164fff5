"""Several calls side by side, and word for the one who waits."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import anyio
from anyio.abc import TaskGroup

from sentry.errors import SentryError

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

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


def side_by_side(tasks: TaskGroup, call: Awaitable[T]) -> Pending[T]:
    """Start a call next to others. Its failure is its own: the others go on."""
    pending = Pending[T]()

    async def run() -> None:
        try:
            pending.value = await call
        except SentryError as error:
            pending.error = error

    tasks.start_soon(run)
    return pending


@overload
async def together(first: Awaitable[A], second: Awaitable[B], /) -> tuple[Pending[A], Pending[B]]: ...
@overload
async def together(
    first: Awaitable[A], second: Awaitable[B], third: Awaitable[C], /
) -> tuple[Pending[A], Pending[B], Pending[C]]: ...
@overload
async def together(
    first: Awaitable[A], second: Awaitable[B], third: Awaitable[C], fourth: Awaitable[D], /
) -> tuple[Pending[A], Pending[B], Pending[C], Pending[D]]: ...
async def together(*calls: Awaitable[Any]) -> tuple[Pending[Any], ...]:
    """A few calls, one round trip deep; each says for itself how it went."""
    started: list[Pending[Any]] = []
    async with anyio.create_task_group() as tasks:
        started += [side_by_side(tasks, call) for call in calls]
    return tuple(started)
