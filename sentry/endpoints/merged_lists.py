"""One list of issues out of one list a project, for servers that have only the latter (Sentry 9)."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from sentry.endpoints.each_project import of_each
from sentry.endpoints.issue_query import IssueQuery
from sentry.errors import InvalidRequestError, UnsupportedError
from sentry.models import Issue
from sentry.models.pages import Page

ListOneProject = Callable[[str, IssueQuery], Awaitable[Page[Issue]]]
MAX_PROJECTS = 50
MERGED_SORTS = ("date", "new", "freq")
"""Sorts whose value a row shows, so that rows of several projects can be put in their order."""

MAX_LIMIT = 100
"""Rows that Sentry 9 gives at once."""

_CURSOR_OF_SENTRY_9 = re.compile(r"([0-9]{1,18})(?:\.[0-9]{1,6})?:[0-9]{1,9}:[01]")
_PLACE = re.compile(rf"([0-9]{{1,6}}):({_CURSOR_OF_SENTRY_9.pattern}|)")
NO_CURSOR = "The cursor is not of this list of issues. Start without a cursor."


@dataclass(frozen=True)
class _Place:
    """How far a project's list has been read: a cursor of Sentry 9, and how many rows from there were given."""

    cursor: str | None = None
    given: int = 0


async def merged_projects(asked: IssueQuery, projects: list[str], list_one: ListOneProject) -> Page[Issue]:
    """The next `limit` rows over all projects, in the order of `sort`.

    Its cursor holds each project's own place, by what Sentry 9 sorts by: rows that are new, moved up or gone since
    neither bring a row twice nor leave one out. As in Sentry's own lists, a row that moves up to what was given
    before is only in a list that is started anew; and where many rows have one sort value, such as a count of 1,
    each of those given that leaves them meanwhile hides another.
    """
    if len(projects) == 1 and (not asked.cursor or _CURSOR_OF_SENTRY_9.fullmatch(asked.cursor)):
        return await list_one(projects[0], asked)
    if asked.sort not in (None, *MERGED_SORTS):
        raise UnsupportedError(
            f"This old Sentry lists issues only by project, and lists of several projects cannot be merged with "
            f"sort={asked.sort}. Name the project, or sort by {', '.join(MERGED_SORTS)}."
        )
    places = _read_cursor(asked.cursor, projects) if asked.cursor else dict.fromkeys(projects, _Place())
    if len(places) > MAX_PROJECTS:
        raise InvalidRequestError(
            f"This old Sentry lists issues only by project, and there are {len(places)} of them. Name the "
            "project; list_projects has them."
        )

    async def read(project: str) -> Page[Issue]:
        place = places[project]
        return await list_one(
            project, replace(asked, cursor=place.cursor, limit=min(asked.limit + place.given, MAX_LIMIT))
        )

    pages = await of_each(places, read)
    rows = {project: _below(places[project].cursor, page.items, asked.sort) for project, page in pages.items()}
    counts = {project: places[project].given for project in rows}
    given: list[Issue] = []
    while len(given) < asked.limit:
        # Whose next row comes first: rows of one project are never taken out of their order.
        heads = [project for project in rows if counts[project] < len(rows[project])]
        if not heads:
            break
        first = max(heads, key=lambda project: _rank(rows[project][counts[project]], asked.sort))
        given.append(rows[first][counts[first]])
        counts[first] += 1
    after: dict[str, _Place] = {}
    for project, page in pages.items():
        if counts[project] < len(rows[project]):
            after[project] = _next(places[project], rows[project], counts[project], asked.sort)
        elif page.next_cursor is not None:
            after[project] = _Place(page.next_cursor)
    return Page(given, _write_cursor(after))


def _rank(issue: Issue, sort: str | None) -> tuple[int, int]:
    seen = round(issue.last_seen.timestamp() * 1000) if issue.last_seen else 0
    return _value(issue, sort), seen


def _value(issue: Issue, sort: str | None) -> int:
    """What Sentry 9 sorts by: times in milliseconds; 0 when the row does not show it."""
    if sort == "freq":
        return issue.count or 0
    moment = issue.first_seen if sort == "new" else issue.last_seen
    return round(moment.timestamp() * 1000) if moment else 0


def _below(cursor: str | None, rows: list[Issue], sort: str | None) -> list[Issue]:
    """The rows from a cursor on: a server that does not heed it may give again what lies above it."""
    found = _CURSOR_OF_SENTRY_9.fullmatch(cursor or "")
    highest = int(found[1]) if found else 0
    start = next((at for at, row in enumerate(rows) if not highest or _value(row, sort) <= highest), len(rows))
    return rows[start:]


def _next(place: _Place, rows: list[Issue], given: int, sort: str | None) -> _Place:
    """The place of the first row that was not given: its own value, so that it does not depend on those above it."""
    if given == place.given:
        return place
    # Sentry shows times cut to milliseconds and compares them whole: rows less than two apart may count as equal.
    rounding = 0 if sort == "freq" else 1
    values = [_value(row, sort) for row in rows[: given + 1]]
    start = given
    while start and values[start - 1] - values[start] <= rounding:
        start -= 1
    cursor = f"{values[start] + rounding}:0:0"
    if values[start] <= 0 or (start == 0 and place.cursor) or not _CURSOR_OF_SENTRY_9.fullmatch(cursor):
        return _Place(place.cursor, given)
    return _Place(cursor, given - start)


def _write_cursor(places: dict[str, _Place]) -> str | None:
    values = {project: f"{place.given}:{place.cursor or ''}" for project, place in places.items()}
    return urlencode(values, safe=":") or None


def _read_cursor(cursor: str, projects: list[str]) -> dict[str, _Place]:
    """The places of the projects that are still there."""
    places: dict[str, _Place] = {}
    for project, value in parse_qsl(cursor):
        place = _PLACE.fullmatch(value)
        if place is None:
            raise InvalidRequestError(NO_CURSOR)  # Sentry 9 would answer with a 500
        if project in projects:
            places[project] = _Place(place[2] or None, int(place[1]))
    if not places:
        raise InvalidRequestError(NO_CURSOR)
    return places
