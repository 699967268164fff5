"""Which issues a search finds, in what order, without looking at more of their events than it takes."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import json
import re
import sqlite3
from dataclasses import dataclass

from local.clock import now
from local.searching.conditions import Conditions, marks

# What issues are ordered by, the greatest first. `f` has what was seen within the search.
SORTS = {
    "date": "f.last_seen",
    "new": "i.first_seen",
    "freq": "f.seen",
    "user": "f.users",
    "inbox": "i.first_seen",
    # Today's events beside those of a usual day of the week before.
    "trends": "1000 * (SELECT COUNT(*) FROM events t"
    " WHERE t.issue_id = i.id AND t.timestamp >= :now - 86400000)"
    " / (1 + (SELECT COUNT(*) FROM events t WHERE t.issue_id = i.id"
    " AND t.timestamp >= :now - 691200000 AND t.timestamp < :now - 86400000) / 7)",
    # How severe and how many, fading with the days since.
    "recommended": "CASE i.priority WHEN 'high' THEN 4 WHEN 'medium' THEN 2 ELSE 1 END"
    " * (10 + MIN(f.seen, 1000) + 10 * MIN(f.users, 100)) * 100000000 / (86400000 + :now - f.last_seen)",
}
_OF_ALL_EVENTS = {"f.last_seen": "i.last_seen", "f.seen": "i.times_seen", "f.users": "i.user_count"}
_EVENTS = "FROM events e INDEXED BY events_of_issue WHERE e.issue_id = i.id"
_SEEN = re.compile(r"f\.\w+")

LEAST = 200
"""Issues whose events are counted in a first step; each further step takes twice as many."""

Ranked = tuple[int, int]
"""What an issue is ordered by, and its id."""


@dataclass(frozen=True)
class Search:
    """What is asked for: of issues (`i`), and of events (`e`), of which each issue has at least one that matches."""

    projects: list[int]
    issues: Conditions
    events: Conditions


def found(connection: sqlite3.Connection, search: Search, sort: str) -> list[Ranked]:
    """All issues, the greatest first; ordered by what takes long to count, by how much that can be at most."""
    within = search.events.within("i.id")
    where = Conditions([f"i.project_id IN ({marks(search.projects)})"], [*search.projects]) + search.issues + within
    key = _bound(search, sort)
    if search.events.sql and not _SEEN.search(key):
        where.add(f"EXISTS (SELECT 1 {_EVENTS} AND {search.events})", *search.events.values)
    return sorted(_keyed(connection, search, key, where), reverse=True)


def rank(
    connection: sqlite3.Connection, search: Search, sort: str, limit: int, after: Ranked | None, *, backwards: bool
) -> tuple[int, list[Ranked]]:
    """How many issues there are, and the first `limit` of those that follow `after`; going backwards, of those before
    it, the nearest first."""
    bounds = found(connection, search, sort)
    if _bound(search, sort) == SORTS[sort]:
        rest = bounds if after is None else [one for one in bounds if (one > after if backwards else one < after)]
        return len(bounds), rest[-limit:][::-1] if backwards else rest[:limit]
    if backwards and after is not None:
        above = _exact(connection, search, sort, [issue for bound, issue in bounds if bound >= after[0]])
        return len(bounds), sorted(one for one in above if one > after)[:limit]
    # It is counted for some issues at a time, those that can have most first, until none of the rest can stand on the
    # page.
    best: list[Ranked] = []
    start, step = 0, LEAST
    while start < len(bounds) and not (len(best) == limit and bounds[start] < best[-1]):
        ranked = _exact(connection, search, sort, [issue for _, issue in bounds[start : start + step]])
        best = sorted([*best, *(one for one in ranked if after is None or one < after)], reverse=True)[:limit]
        start, step = start + step, step * 2
    return len(bounds), best


def _bound(search: Search, sort: str) -> str:
    """A key that is never less than the one of the sort, and takes no long counting: of different users, of texts."""
    key = SORTS[sort]
    if not search.events.sql:
        return key
    if search.events.are_of_text:
        return key.replace("f.seen", "i.times_seen").replace("f.users", "i.user_count")
    return key.replace("f.users", "MIN(f.seen, i.user_count)")


def _exact(connection: sqlite3.Connection, search: Search, sort: str, issues: list[int]) -> list[Ranked]:
    return _keyed(connection, search, SORTS[sort], Conditions([f"i.id IN ({marks(issues)})"], [*issues]))


def _keyed(connection: sqlite3.Connection, search: Search, key: str, where: Conditions) -> list[Ranked]:
    """Issues with a key; those without events that match are left out where the key is of events."""
    seen, values = _OF_ALL_EVENTS, list[object]()
    if search.events.sql:
        events = f"{_EVENTS} AND {search.events}"
        seen = {
            "f.last_seen": f"(SELECT e.timestamp {events} ORDER BY e.timestamp DESC LIMIT 1)",
            "f.seen": f"NULLIF((SELECT COUNT(*) {events}), 0)",
            "f.users": f"(SELECT COUNT(DISTINCT e.user) {events})",
        }
        values = search.events.values * len(_SEEN.findall(key))
    of_events = _SEEN.sub(lambda name: seen[name.group()], key).replace(":now", str(now()))
    # As one row: between two rows others have their turn, of which each wait would take as long as all of the rest.
    (rows,) = connection.execute(
        f"SELECT json_group_array(json_array(CAST({of_events} AS INTEGER), i.id)) FROM issues i WHERE {where}",
        [*values, *where.values],
    ).fetchone()
    return [(value, issue) for value, issue in json.loads(rows) if value is not None]
