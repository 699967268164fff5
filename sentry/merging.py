"""One list of issues out of one list a project, for servers that have only the latter (Sentry 9)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

import anyio

from sentry.errors import InvalidRequestError
from sentry.listing import IssueQuery
from sentry.models import Issue
from sentry.pages import Page

ListOneProject = Callable[[str, IssueQuery], Awaitable[Page[Issue]]]
MAX_PROJECTS = 50


@dataclass(frozen=True)
class _Place:
    """How far a project's list has been read: the cursor of a page, and the rows of it that were given."""

    cursor: str | None = None
    given: int = 0


async def merged_projects(asked: IssueQuery, projects: list[str], list_one: ListOneProject) -> Page[Issue]:
    """The next `limit` rows over all projects, in the order of `sort`.

    Its cursor holds each project's own place, so that no row is given twice or left out.
    """
    if len(projects) == 1:
        return await list_one(projects[0], asked)
    places = _read_cursor(asked.cursor, projects) if asked.cursor else dict.fromkeys(projects, _Place())
    if len(places) > MAX_PROJECTS:
        raise InvalidRequestError(
            f"This old Sentry lists issues only by project, and there are {len(places)} of them. Name the "
            "project; list_projects has them."
        )
    pages: dict[str, Page[Issue]] = {}

    async def read(project: str, place: _Place) -> None:
        pages[project] = await list_one(project, replace(asked, cursor=place.cursor))

    async with anyio.create_task_group() as tasks:
        for project, place in places.items():
            tasks.start_soon(read, project, place)

    rows = [
        (_rank(issue, asked.sort), project, issue)
        for project, page in pages.items()
        for issue in page.items[places[project].given :]
    ]
    rows.sort(key=lambda row: row[0], reverse=True)
    given = rows[: asked.limit]
    after: dict[str, _Place] = {}
    for project, page in pages.items():
        count = places[project].given + sum(1 for _, owner, _ in given if owner == project)
        if count < len(page.items):
            after[project] = _Place(places[project].cursor, count)
        elif page.next_cursor is not None:
            after[project] = _Place(page.next_cursor)
    return Page([issue for _, _, issue in given], _write_cursor(after))


def _rank(issue: Issue, sort: str | None) -> tuple[float, float]:
    seen = issue.last_seen.timestamp() if issue.last_seen else 0.0
    if sort == "new":
        return (issue.first_seen.timestamp() if issue.first_seen else 0.0), seen
    if sort == "freq":
        return float(issue.count or 0), seen
    return seen, 0.0


def _write_cursor(places: dict[str, _Place]) -> str | None:
    if not places:
        return None
    return urlencode([(project, f"{place.given}:{place.cursor or ''}") for project, place in places.items()])


def _read_cursor(cursor: str, projects: list[str]) -> dict[str, _Place]:
    places: dict[str, _Place] = {}
    for project, value in parse_qsl(cursor):
        given, _, inner = value.partition(":")
        if project not in projects or not given.isdigit():
            break
        places[project] = _Place(inner or None, int(given))
    else:
        if places:
            return places
    raise InvalidRequestError("The cursor is not one that a list of issues gave. Start without a cursor.")
