"""The same question asked of several projects at once."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

from sentry.errors import ForbiddenError, NotFoundError, SentryError
from sentry.transport.answers import RouteMissingError

T = TypeVar("T")


UNSEEN = (NotFoundError, ForbiddenError, RouteMissingError)
"""What a project answers that was deleted meanwhile, or that the token may not see."""


async def of_each(projects: Iterable[str], ask: Callable[[str], Awaitable[T]], *, least: int = 1) -> dict[str, T]:
    """The answers by project, in the order given.

    Without projects that were deleted meanwhile or that the token may not see; when there are fewer others than
    `least`, or one fails otherwise, raises the SentryError.
    """
    answers, failures = await _ask_each(projects, ask)
    for error in failures.values():
        if len(answers) < least or not isinstance(error, UNSEEN):
            raise error
    return answers


async def in_any(projects: Iterable[str], ask: Callable[[str], Awaitable[T]]) -> T | None:
    """The answer of a project that has one; None when none has. Raises the SentryError of one that failed otherwise, as
    it may be there."""
    answers, failures = await _ask_each(projects, ask)
    for answer in answers.values():
        return answer
    for error in failures.values():
        if not isinstance(error, UNSEEN):
            raise error
    return None


async def _ask_each(
    projects: Iterable[str], ask: Callable[[str], Awaitable[T]]
) -> tuple[dict[str, T], dict[str, SentryError]]:
    projects = list(projects)
    answers: dict[str, T] = {}
    failures: dict[str, SentryError] = {}

    async def run(project: str) -> None:
        try:
            answers[project] = await ask(project)
        except SentryError as error:
            failures[project] = error

    async with anyio.create_task_group() as tasks:
        for project in projects:
            tasks.start_soon(run, project)
    return {project: answers[project] for project in projects if project in answers}, failures
