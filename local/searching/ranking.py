"""Which issues a search finds, and those of one page in their order, without counting the events of each.

What an issue is ordered by within a search (its last event that matches, how many match) is never more than the same of
all of its events. So issues are looked at in the order of that bound, some at a time, until none of the rest can stand on
the page (Fagin's threshold algorithm).
"""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import re
import sqlite3
from dataclasses import dataclass

from local.clock import now
from local.searching.conditions import Conditions

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

LEAST = 200
"""Issues looked at in a first step; each further step takes twice as many."""

Ranked = tuple[int, int]
"""What an issue is ordered by, and its id."""


@dataclass(frozen=True)
class Search:
    """What is asked for: of issues (`i`), and of events (`e`) of which each issue has at least one."""

    projects: list[int]
    issues: Conditions
    events: Conditions

    def found(self, connection: sqlite3.Connection, key: str) -> list[Ranked]:
        """All issues, with a `key` of their own columns."""
        within = self.events.within("i.id")
        where, values = [f"i.project_id IN ({_marks(self.projects)})", str(self.issues), str(within)], [*self.projects]
        values += self.issues.values + within.values
        if self.events.sql:
            where.append(
                "EXISTS (SELECT 1 FROM events e INDEXED BY events_of_issue"
                f" WHERE e.issue_id = i.id AND {self.events})"
            )
            values += self.events.values
        query = f"SELECT CAST({key} AS INTEGER), i.id FROM issues i WHERE {' AND '.join(where)}"
        return [tuple(row) for row in connection.execute(query, values)]

    def ranked(self, connection: sqlite3.Connection, key: str, issues: list[int]) -> list[Ranked]:
        """Some of the found issues, with a `key` that has what was seen within the search."""
        rows = connection.execute(
            f"SELECT CAST({key} AS INTEGER), i.id FROM issues i JOIN"
            " (SELECT e.issue_id, COUNT(*) AS seen, COUNT(DISTINCT e.user) AS users, MAX(e.timestamp) AS last_seen"
            f" FROM events e INDEXED BY events_of_issue WHERE e.issue_id IN ({_marks(issues)}) AND {self.events}"
            " GROUP BY e.issue_id) f ON f.issue_id = i.id",
            [*issues, *self.events.values],
        )
        return [tuple(row) for row in rows]


def rank(
    connection: sqlite3.Connection, search: Search, sort: str, limit: int, after: Ranked | None, *, backwards: bool
) -> tuple[int, list[Ranked]]:
    """How many issues there are, and the first `limit` of those that follow `after`; going backwards, of those before
    it, the nearest first."""
    key = SORTS[sort].replace(":now", str(now()))
    own = re.sub(r"f\.\w+", lambda found: _OF_ALL_EVENTS[found.group()], key)
    bounds = sorted(search.found(connection, own), reverse=True)
    if own == key or not search.events.sql:
        rest = bounds if after is None else [one for one in bounds if (one > after if backwards else one < after)]
        return len(bounds), rest[-limit:][::-1] if backwards else rest[:limit]
    if backwards and after is not None:
        above = search.ranked(connection, key, [issue for bound, issue in bounds if bound >= after[0]])
        return len(bounds), sorted(one for one in above if one > after)[:limit]
    best: list[Ranked] = []
    start, step = 0, LEAST
    while start < len(bounds) and not (len(best) == limit and bounds[start] < best[-1]):
        ranked = search.ranked(connection, key, [issue for _, issue in bounds[start : start + step]])
        best = sorted([*best, *(one for one in ranked if after is None or one < after)], reverse=True)[:limit]
        start, step = start + step, step * 2
    return len(bounds), best


def _marks(values: list[int]) -> str:
    return ", ".join("?" * len(values))
