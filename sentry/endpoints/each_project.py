"""The same question asked of several projects at once."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

from sentry.errors import ForbiddenError, NotFoundError, SentryError
from sentry.transport.answers import RouteMissingError

T = TypeVar("T")


async def of_each(projects: Iterable[str], ask: Callable[[str], Awaitable[T]]) -> dict[str, T]:
    """The answers by project, in the order given.

    Without projects that were deleted meanwhile or that the token may not see; when there is no other, or
    one fails otherwise, raises the SentryError.
    """
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
    unseen = (NotFoundError, ForbiddenError, RouteMissingError)
    for error in failures.values():
        if not answers or not isinstance(error, unseen):
            raise error
    return {project: answers[project] for project in projects if project in answers}
