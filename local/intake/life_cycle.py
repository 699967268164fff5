"""How an issue's status changes by itself: regressions, archived issues that come back, time passing.

https://docs.sentry.io/product/issues/states-triage/
"""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import json
import sqlite3

from local.clock import DAY, MINUTE, now
from local.happening import Happening
from local.intake.incoming import Incoming
from local.values import Json, mapping, whole

NEW_FOR = 7 * DAY
"""An issue is `new` for a week, then `ongoing`."""
_SNOOZE = {
    "count": "ignoreCount",
    "window": "ignoreWindow",
    "user_count": "ignoreUserCount",
    "user_window": "ignoreUserWindow",
    "until": "ignoreUntil",
}
"""What history calls the conditions that an issue was ignored until."""


def after_event(
    connection: sqlite3.Connection, issue: sqlite3.Row, event: Incoming, release: int | None, users: int
) -> str | None:
    """Change the status of an issue that a new event was just counted in. `issue` is as it was before the
    event; `users` is how many it has affected since. Gives what its history calls that, None for no change."""
    if issue["status"] == "resolved":
        if _is_regression(connection, issue, release):
            version = {"version": event.release} if event.release else {}
            resolved = mapping(json.loads(issue["status_details"])).get("inRelease")
            was = {"resolved_in_version": resolved, "follows_semver": False} if resolved else {}
            return _reopen(connection, issue["id"], "regressed", "set_regression", {**version, **was})
    elif issue["status"] == "ignored" and _condition_met(connection, issue, users):
        details = mapping(json.loads(issue["status_details"]))
        snooze = {name: details.get(condition) for name, condition in _SNOOZE.items()}
        return _reopen(connection, issue["id"], "escalating", "set_escalating", {"expired_snooze": snooze})
    return None


def wake(connection: sqlite3.Connection) -> list[Happening]:
    """Reopen the issues that were ignored until a moment that has come."""
    due = connection.execute("SELECT id FROM issues WHERE ignore_until <= ?", (now(),)).fetchall()
    return [Happening(row["id"], _reopen(connection, row["id"], "ongoing", "set_unresolved", {})) for row in due]


def any_due(connection: sqlite3.Connection) -> bool:
    """Whether `wake` has something to do."""
    found = connection.execute("SELECT 1 FROM issues WHERE ignore_until <= ? LIMIT 1", (now(),)).fetchone()
    return found is not None


def add_activity(connection: sqlite3.Connection, issue: int, kind: str, details: Json, user: int | None = None) -> int:
    """Put it in the issue's history; returns its id."""
    cursor = connection.execute(
        "INSERT INTO activity (issue_id, type, user_id, date_created, details) VALUES (?, ?, ?, ?, ?)",
        (issue, kind, user, now(), json.dumps(details)),
    )
    return int(cursor.lastrowid or 0)


def _reopen(connection: sqlite3.Connection, issue: int, substatus: str, kind: str, details: Json) -> str:
    connection.execute(
        "UPDATE issues SET status = 'unresolved', substatus = ?, status_details = '{}', resolved_release ="
        " NULL,"
        " ignore_until = NULL WHERE id = ?",
        (substatus, issue),
    )
    add_activity(connection, issue, kind, details)
    return kind


def _is_regression(connection: sqlite3.Connection, issue: sqlite3.Row, release: int | None) -> bool:
    """Whether an event of that release shows that the issue was not resolved after all.

    Resolved for good: any event. Resolved in a release: an event of that one or a newer one. Resolved in the
    next release: an event of a release newer than the newest there was. An event without a release never
    shows it then.
    """
    details = mapping(json.loads(issue["status_details"]))
    in_next = details.get("inNextRelease") is True
    if not in_next and issue["resolved_release"] is None:
        return True
    if release is None:
        return False
    if issue["resolved_release"] is None:
        return True  # there was no release at all when it was resolved in the next one
    age = "SELECT date_created, id FROM releases WHERE id = ?"
    came = tuple(connection.execute(age, (release,)).fetchone())
    resolved = tuple(connection.execute(age, (issue["resolved_release"],)).fetchone())
    return came > resolved or (came == resolved and not in_next)


def _condition_met(connection: sqlite3.Connection, issue: sqlite3.Row, users: int) -> bool:
    """Whether an archived issue has been seen as often, or by as many, as it was archived for."""
    details = mapping(json.loads(issue["status_details"]))
    count, user_count = whole(details.get("ignoreCount")), whole(details.get("ignoreUserCount"))
    window, user_window = whole(details.get("ignoreWindow")), whole(details.get("ignoreUserWindow"))
    if count:
        seen = issue["times_seen"] + 1 - issue["seen_when_ignored"]
        if window:
            seen = _since(connection, issue["id"], window, "COUNT(*)")
        if seen >= count:
            return True
    if user_count:
        affected = users - issue["users_when_ignored"]
        if user_window:
            affected = _since(connection, issue["id"], user_window, "COUNT(DISTINCT user)")
        if affected >= user_count:
            return True
    return False


def _since(connection: sqlite3.Connection, issue: int, minutes: int, what: str) -> int:
    query = f"SELECT {what} FROM events WHERE issue_id = ? AND timestamp > ?"
    return int(connection.execute(query, (issue, now() - minutes * MINUTE)).fetchone()[0])
