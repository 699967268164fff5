"""Which issues a search finds, in what order, without looking at more of their events than it takes."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import json
import re
import sqlite3
from dataclasses import dataclass

from local.clock import now
from local.searching.conditions import Condition, Conditions, marks

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
_COUNTED = {"f.last_seen": "MAX(e.timestamp)", "f.seen": "COUNT(*)", "f.users": "COUNT(DISTINCT e.user)"}
_SEEN = re.compile(r"f\.\w+")
AS_ONE = "json_array(json_group_array(key), json_group_array(id))"
"""All in one row: between two rows others have their turn, of which each wait would take as long as all of the rest."""

LEAST = 128
"""Issues that are looked at exactly in a first step; each further step takes twice as many."""

MOST_HITS = 1000
"""Up to which issues are counted, as on Sentry (`X-Max-Hits`)."""

Ranked = tuple[int, int]
"""What an issue is ordered by, and its id."""


@dataclass(frozen=True)
class Search:
    """What is asked for: of issues (`i`), and of events (`e`), of which each issue has at least one that matches."""

    projects: list[int]
    issues: Conditions
    events: Conditions


def rank(
    connection: sqlite3.Connection,
    search: Search,
    sort: str,
    limit: int,
    after: Ranked | None = None,
    *,
    backwards: bool = False,
) -> tuple[int, list[Ranked]]:
    """How many issues there are, MOST_HITS at most, and the first `limit` of those that follow `after`, the greatest
    first; going backwards, of those before it, the nearest first."""
    key, events = SORTS[sort].replace(":now", str(now())), search.events
    where = Conditions([(f"i.project_id IN ({marks(search.projects)})", [*search.projects])]) + search.issues
    where += events.within("i.id")
    knows_hits = len(events.quick.parts) == len(events.parts)
    counts = bool(events.parts) and ("f.seen" in key or "f.users" in key)
    in_one_walk = counts and not events.sets and not events.asks("timestamp") and _are_most(connection, where)
    if knows_hits and ("f.users" not in key or not events.parts):
        return _page(connection, _keyed(key, where, events, in_one_walk=in_one_walk), limit, after, backwards=backwards)
    # At first issues are only known by what they can be ordered by at most: texts are not looked at, users not told
    # apart. The rest is asked of some at a time, the greatest first, until none that is left can stand on the page;
    # then only whether it matches, of as many as are missing until nobody counts them any more.
    at_most = key.replace("f.users", "MIN(f.seen, i.user_count)")
    bounds = _every(connection, _keyed(at_most, where, events.quick, in_one_walk=in_one_walk))
    bounds.sort(reverse=True)
    best: list[Ranked] = []
    hits, start, step = len(bounds) if knows_hits else 0, 0, LEAST
    while start < len(bounds):
        greatest = bounds[start]
        is_whole = len(best) == limit and greatest < best[-1]
        if backwards:
            is_whole = after is not None and greatest[0] < after[0]
        if is_whole and (knows_hits or hits >= MOST_HITS):
            break
        many = max(MOST_HITS - hits, LEAST) if is_whole else step
        some = json.dumps([issue for _, issue in bounds[start : start + many]])
        these = Conditions([("i.id IN (SELECT value FROM json_each(?))", [some])])
        matching = _every(connection, _keyed(SORTS["new"] if is_whole else key, these, events))
        hits += 0 if knows_hits else len(matching)
        if not is_whole:
            best += [one for one in matching if after is None or (one > after if backwards else one < after)]
            best = sorted(best, reverse=not backwards)[:limit]
        start, step = start + many, step * 2
    return min(hits, MOST_HITS), best


def _page(
    connection: sqlite3.Connection, keyed: Condition, limit: int, after: Ranked | None, *, backwards: bool
) -> tuple[int, list[Ranked]]:
    (query, values), (direction, beyond) = keyed, ("ASC", ">") if backwards else ("DESC", "<")
    follows = f"(key, id) {beyond} (?, ?)" if after else "key IS NOT NULL"
    hits, rows = connection.execute(
        f"WITH f AS MATERIALIZED ({query}) SELECT (SELECT MIN(COUNT(key), {MOST_HITS}) FROM f), (SELECT {AS_ONE} FROM"
        f" (SELECT key, id FROM f WHERE {follows} ORDER BY key {direction}, id {direction} LIMIT ?))",
        [*values, *(after or ()), limit],
    ).fetchone()
    return hits, _ranked(rows)


def _every(connection: sqlite3.Connection, keyed: Condition) -> list[Ranked]:
    query, values = keyed
    return _ranked(connection.execute(f"SELECT {AS_ONE} FROM ({query})", values).fetchone()[0])


def _ranked(rows: str) -> list[Ranked]:
    keys, issues = json.loads(rows)
    return [one for one in zip(keys, issues, strict=True) if one[0] is not None]


def _are_most(connection: sqlite3.Connection, where: Conditions) -> bool:
    query = f"SELECT 2 * COUNT(*) > (SELECT COUNT(*) FROM issues) FROM issues i WHERE {where}"
    return bool(connection.execute(query, where.values).fetchone()[0])


def _keyed(key: str, where: Conditions, events: Conditions, *, in_one_walk: bool = False) -> Condition:
    """`SELECT key, id` of issues: what they are ordered by, NULL, if not left out, where no event matches.

    `in_one_walk`, the events of all are counted as they come, instead of being looked up for each issue.
    """
    seen = _OF_ALL_EVENTS
    if not events.parts:
        found, values = f"issues i WHERE {where}", where.values
    elif "f.seen" in key or "f.users" in key:
        values = events.values + where.values
        if in_one_walk:
            counts = ", ".join(f"{sql} AS {name.removeprefix('f.')}" for name, sql in _COUNTED.items() if name in key)
            walk = f"SELECT e.issue_id, {counts} FROM {events.of_issue('IS NOT NULL')} GROUP BY e.issue_id"
            found, seen = f"({walk}) f CROSS JOIN issues i ON i.id = f.issue_id AND {where}", {}
        else:  # Issues as they lie, in the order of the index of events, so that those of one come together.
            seen = _COUNTED
            found = f"issues i NOT INDEXED CROSS JOIN {events.of_issue('= i.id')} AND {where} GROUP BY i.id"
    else:
        of_issue = events.of_issue("= i.id")
        if "f.last_seen" in key:
            seen = {"f.last_seen": f"(SELECT e.timestamp FROM {of_issue} ORDER BY e.timestamp DESC LIMIT 1)"}
            found, values = f"issues i WHERE {where}", events.values + where.values
        else:
            found = f"issues i WHERE {where} AND EXISTS (SELECT 1 FROM {of_issue})"
            values = where.values + events.values
    named = _SEEN.sub(lambda name: seen.get(name.group(), name.group()), key)
    return f"SELECT CAST({named} AS INTEGER) AS key, i.id AS id FROM {found}", values
