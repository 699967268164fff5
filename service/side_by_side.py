"""A few questions to Sentry at once, one round trip deep; each says for itself how it went."""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import anyio

from sentry.errors import SentryError
from sentry.transport.cache import Lifetime
from sentry.transport.deadlines import BRIEF
from sentry.transport.sources import note_source

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


@dataclass
class Outcome(Generic[T]):
    """An answer, or the SentryError in its place."""

    value: T | None = None
    error: SentryError | None = None

    def result(self) -> T:
        """The answer; raises the SentryError."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # without an error it is a T


@overload
async def together(first: Awaitable[A], second: Awaitable[B], /) -> tuple[Outcome[A], Outcome[B]]: ...
@overload
async def together(
    first: Awaitable[A], second: Awaitable[B], third: Awaitable[C], /
) -> tuple[Outcome[A], Outcome[B], Outcome[C]]: ...
@overload
async def together(
    first: Awaitable[A], second: Awaitable[B], third: Awaitable[C], fourth: Awaitable[D], /
) -> tuple[Outcome[A], Outcome[B], Outcome[C], Outcome[D]]: ...
async def together(*questions: Awaitable[Any]) -> tuple[Outcome[Any], ...]:
    """Their outcomes, in the order given. The failure of one is its own: the others go on."""
    return tuple(await all_of(questions))


async def all_of(questions: Iterable[Awaitable[T]]) -> list[Outcome[T]]:
    """The same of as many questions of one kind as there are."""
    questions = list(questions)
    outcomes = [Outcome[T]() for _ in questions]

    async def ask(question: Awaitable[T], outcome: Outcome[T]) -> None:
        try:
            outcome.value = await question
        except SentryError as error:
            outcome.error = error

    async with anyio.create_task_group() as tasks:
        for question, outcome in zip(questions, outcomes, strict=True):
            tasks.start_soon(ask, question, outcome)
    return outcomes


async def briefly(question: Awaitable[T]) -> T | None:
    """What an answer can do without: None where it fails, or does not come soon."""
    with anyio.move_on_after(BRIEF):
        try:
            return await question
        except SentryError:
            return None
    note_source(None, Lifetime.ISSUE)  # what is made without it is not whole: the same question asks again
    return None
