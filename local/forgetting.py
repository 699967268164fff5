"""Deletes rows with all that they alone were the reason for, so that nothing is left which grows for ever.

A tag's value, a field's, and a user go from an issue with the last event that has them; an environment with the last
one of its project; a release with the last one of all, unless an issue names it or somebody added something to it.
So what is known of issues never lacks what an event that is kept has: searches rely on it.
"""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable

from local import texts
from local.searching.conditions import marks
from local.terms import OF_ISSUES, field_values
from local.values import mapping

_ADDED_TO = (
    "ref IS NOT NULL OR url IS NOT NULL OR date_released IS NOT NULL"
    " OR EXISTS (SELECT 1 FROM commits WHERE release_id = releases.id)"
    " OR EXISTS (SELECT 1 FROM deploys WHERE release_id = releases.id)"
)
_OF_ISSUES = " UNION ".join(
    f"SELECT {column} FROM issues WHERE {column} IS NOT NULL"
    for column in ("first_release", "last_release", "resolved_release")
)


def delete(connection: sqlite3.Connection, table: str, rows: list[int]) -> int:
    """Delete rows of `events`, `spans`, `logs`, or `issues` (those without any event); how many there were."""
    if table == "events":
        return _delete_events(connection, rows)
    if table == "issues":
        return _delete_issues(connection, rows)
    return connection.execute(f"DELETE FROM {table} WHERE id IN ({marks(rows)})", rows).rowcount


def _delete_events(connection: sqlite3.Connection, events: list[int]) -> int:
    going = connection.execute(
        "SELECT e.issue_id, e.project_id, e.environment, e.tags, e.fields, r.id AS release_id"
        " FROM events e JOIN projects p ON p.id = e.project_id"
        " LEFT JOIN releases r ON r.organization_id = p.organization_id AND r.version = e.release"
        f" WHERE e.id IN ({marks(events)})",
        events,
    ).fetchall()
    texts.remove(connection, events)
    deleted = connection.execute(f"DELETE FROM events WHERE id IN ({marks(events)})", events).rowcount
    texts.removed(connection)
    _uncount(
        connection,
        "issue_tags",
        ("issue_id", "key", "value"),
        [(row["issue_id"], *pair) for row in going for pair in mapping(json.loads(row["tags"])).items()],
    )
    _uncount(
        connection,
        "issue_fields",
        ("issue_id", "key", "value"),
        [
            (row["issue_id"], *pair)
            for row in going
            for pair in field_values(mapping(json.loads(row["fields"])), OF_ISSUES)
        ],
    )
    connection.executemany(
        "DELETE FROM environments WHERE project_id = ?1 AND name = ?2 AND NOT EXISTS (SELECT 1 FROM issue_tags t"
        " JOIN issues i ON i.id = t.issue_id WHERE t.key = 'environment' AND t.value = ?2 AND i.project_id = ?1)",
        {(row["project_id"], row["environment"]) for row in going if row["environment"]},
    )
    _delete_releases(connection, {row["release_id"] for row in going})
    return deleted


def _uncount(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], going: Iterable[tuple[object, ...]]
) -> None:
    """Take events from how many have what these columns say."""
    same = " AND ".join(f"{column} = ?" for column in columns)
    counted = [(*values, count) for values, count in Counter(going).items()]
    connection.executemany(f"DELETE FROM {table} WHERE {same} AND kept <= ?", counted)
    connection.executemany(
        f"UPDATE {table} SET kept = kept - ? WHERE {same}", [(row[-1], *row[:-1]) for row in counted]
    )


def _delete_issues(connection: sqlite3.Connection, issues: list[int]) -> int:
    gone = connection.execute(
        f"DELETE FROM issues WHERE id IN ({marks(issues)})"
        " AND NOT EXISTS (SELECT 1 FROM events WHERE issue_id = issues.id)"
        " RETURNING id, project_id, times_seen, first_release, last_release, resolved_release",
        issues,
    ).fetchall()
    connection.executemany(  # how many events came in all, see Store.received
        "INSERT INTO received_items VALUES (?, 'event', ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(row["project_id"], row["times_seen"]) for row in gone],
    )
    connection.executemany("DELETE FROM activity WHERE issue_id = ?", [(row["id"],) for row in gone])
    _delete_releases(connection, {release for row in gone for release in tuple(row)[3:]})
    return len(gone)


def _delete_releases(connection: sqlite3.Connection, releases: set[int | None]) -> None:
    """Of these, those to which nobody added anything, and that neither an event nor an issue names any more."""
    asked = [release for release in releases if release is not None]
    unseen = [
        row["id"]
        for row in connection.execute(
            f"SELECT id FROM releases WHERE id IN ({marks(asked)}) AND NOT ({_ADDED_TO})"
            " AND NOT EXISTS (SELECT 1 FROM issue_tags WHERE key = 'release' AND value = version)",
            asked,
        )
    ]
    if not unseen:  # nearly always: what follows reads all issues
        return
    gone = connection.execute(
        f"DELETE FROM releases WHERE id IN ({marks(unseen)}) AND id NOT IN ({_OF_ISSUES}) RETURNING id", unseen
    ).fetchall()
    connection.executemany("DELETE FROM release_projects WHERE release_id = ?", [(row["id"],) for row in gone])
