"""One list of issues out of one list a project, for servers that have only the latter (Sentry 9)."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from sentry.endpoints.each_project import of_each
from sentry.endpoints.issue_query import IssueQuery
from sentry.errors import InvalidRequestError
from sentry.models import Issue
from sentry.models.pages import Page

ListOneProject = Callable[[str, IssueQuery], Awaitable[Page[Issue]]]
MAX_PROJECTS = 50

_CURSOR_OF_SENTRY_9 = re.compile(r"[0-9.]+:-?[0-9]+:[01]")
_PLACE = re.compile(rf"([0-9]{{1,6}}):({_CURSOR_OF_SENTRY_9.pattern}|)")
NO_CURSOR = "The cursor is not one that a list of issues gave. Start without a cursor."


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
        if asked.cursor and not _CURSOR_OF_SENTRY_9.fullmatch(asked.cursor):
            raise InvalidRequestError(NO_CURSOR)  # Sentry 9 would answer with a 500
        return await list_one(projects[0], asked)
    places = _read_cursor(asked.cursor, projects) if asked.cursor else dict.fromkeys(projects, _Place())
    if len(places) > MAX_PROJECTS:
        raise InvalidRequestError(
            f"This old Sentry lists issues only by project, and there are {len(places)} of them. Name the "
            "project; list_projects has them."
        )

    async def read(project: str) -> Page[Issue]:
        return await list_one(project, replace(asked, cursor=places[project].cursor))

    pages = await of_each(places, read)
    counts = {project: place.given for project, place in places.items()}
    given: list[Issue] = []
    while len(given) < asked.limit:
        # Whose next row comes first: rows of one project are never taken out of their order, in which its
        # cursor counts them.
        heads = [project for project, page in pages.items() if counts[project] < len(page.items)]
        if not heads:
            break
        first = max(heads, key=lambda project: _rank(pages[project].items[counts[project]], asked.sort))
        given.append(pages[first].items[counts[first]])
        counts[first] += 1
    after: dict[str, _Place] = {}
    for project, page in pages.items():
        if counts[project] < len(page.items):
            after[project] = _Place(places[project].cursor, counts[project])
        elif page.next_cursor is not None:
            after[project] = _Place(page.next_cursor)
    return Page(given, _write_cursor(after))


def _rank(issue: Issue, sort: str | None) -> tuple[float, float]:
    seen = issue.last_seen.timestamp() if issue.last_seen else 0.0
    if sort == "new":
        return (issue.first_seen.timestamp() if issue.first_seen else 0.0), seen
    if sort == "freq":
        return issue.count or 0, seen
    return seen, 0.0


def _write_cursor(places: dict[str, _Place]) -> str | None:
    if not places:
        return None
    return urlencode([(project, f"{place.given}:{place.cursor or ''}") for project, place in places.items()])


def _read_cursor(cursor: str, projects: list[str]) -> dict[str, _Place]:
    places: dict[str, _Place] = {}
    for project, value in parse_qsl(cursor):
        place = _PLACE.fullmatch(value)
        if project not in projects or place is None:
            raise InvalidRequestError(NO_CURSOR)
        places[project] = _Place(place[2] or None, int(place[1]))
    if not places:
        raise InvalidRequestError(NO_CURSOR)
    return places
