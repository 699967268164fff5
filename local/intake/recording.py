"""Writes events into the store: each counted once, in its issue, or not at all."""

import sqlite3

from local import texts
from local.happening import Happening
from local.intake.incoming import Incoming
from local.intake.life_cycle import after_event
from local.store import Store
from local.terms import OF_ISSUES, field_values
from local.values import compact

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: as in Sentry's short IDs

_PRIORITY = {"fatal": "high", "error": "high", "warning": "medium"}


def record_event(store: Store, project: int, event: Incoming) -> list[Happening]:
    """Count an event in its issue, in one transaction. One that is there already is not counted again.

    Gives what has happened to the issue by it.
    """
    with store.writing() as connection:
        return _record(connection, project, event)


def short_number(number: int) -> str:
    """The number of a short ID as Sentry writes it, in Crockford's base 32."""
    digits = ""
    while number:
        number, digit = divmod(number, 32)
        digits = _DIGITS[digit] + digits
    return digits


def find_or_create_release(connection: sqlite3.Connection, organization: int, version: str, moment: int) -> int:
    """The id of a release, created as of `moment` (ms) when it was never heard of."""
    row = connection.execute(
        "SELECT id FROM releases WHERE organization_id = ? AND version = ?", (organization, version)
    ).fetchone()
    if row is not None:
        return int(row["id"])
    cursor = connection.execute(
        "INSERT INTO releases (organization_id, version, date_created) VALUES (?, ?, ?)",
        (organization, version, moment),
    )
    return int(cursor.lastrowid or 0)


def _record(connection: sqlite3.Connection, project: int, event: Incoming) -> list[Happening]:
    # All that is known already, in one statement: each statement costs a hand-over between threads.
    issue = connection.execute(
        "SELECT p.organization_id, r.id AS release_id, v.name AS known_environment, i.*,"
        " EXISTS (SELECT 1 FROM events e WHERE e.event_id = ? AND e.project_id = p.id) AS known,"
        " EXISTS (SELECT 1 FROM issue_tags t WHERE t.issue_id = i.id AND t.key = 'user' AND t.value = ?) AS known_user"
        " FROM projects p"
        " LEFT JOIN releases r ON r.organization_id = p.organization_id AND r.version = ?"
        " LEFT JOIN environments v ON v.project_id = p.id AND v.name = ?"
        " LEFT JOIN issues i ON i.project_id = p.id AND i.hash = ? WHERE p.id = ?",
        (event.event_id, event.user, event.release, event.environment, event.hash, project),
    ).fetchone()
    if issue["known"]:
        return []
    is_new = issue["id"] is None
    release = _count_in_release(connection, project, event, issue, is_new)
    issue_id = _create_issue(connection, project, event, release) if is_new else issue["id"]
    # Who comes back when none of their events is kept any more is new.
    new_user = event.user is not None and not issue["known_user"]
    tags = compact(event.tags)
    inserted = connection.execute(
        "INSERT INTO events (event_id, project_id, issue_id, timestamp, received, environment, release, user,"
        " message, tags, fields, size, body,"
        " terms_0, terms_1, terms_2, terms_3, terms_4, terms_5, terms_6, terms_7)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.event_id,
            project,
            issue_id,
            event.timestamp,
            event.received,
            event.environment,
            event.release,
            event.user,
            event.search_text,
            tags,
            compact(event.fields),
            event.size,
            event.body,
            *event.terms,
        ),
    )
    row = inserted.lastrowid or 0
    texts.add(connection, row)
    connection.execute(
        "INSERT INTO issue_fields SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), ?, 1"
        " FROM json_each(?) WHERE TRUE ON CONFLICT DO UPDATE SET kept = kept + 1",
        (issue_id, compact(list(field_values(event.fields, OF_ISSUES)))),
    )
    connection.execute(
        "INSERT INTO issue_tags SELECT ?, key, value, 1, ?, ?, 1 FROM json_each(?) WHERE TRUE"
        " ON CONFLICT DO UPDATE SET times_seen = times_seen + 1, kept = kept + 1,"
        " first_seen = MIN(first_seen, excluded.first_seen), last_seen = MAX(last_seen, excluded.last_seen)",
        (issue_id, event.timestamp, event.timestamp, tags),
    )
    changed: str | None = "first_seen"
    if not is_new:
        _count(connection, issue, event, release, new_user)
        changed = after_event(connection, issue, event, release, issue["user_count"] + new_user)
    elif new_user:
        connection.execute("UPDATE issues SET user_count = 1 WHERE id = ?", (issue_id,))
    counted = Happening(issue_id, "event", event=row)
    return [Happening(issue_id, changed), counted] if changed else [counted]


def _create_issue(connection: sqlite3.Connection, project: int, event: Incoming, release: int | None) -> int:
    row = connection.execute(
        "UPDATE projects SET last_number = last_number + 1, platform = COALESCE(platform, ?) WHERE id = ?"
        " RETURNING last_number, slug",
        (event.platform, project),
    ).fetchone()
    number = row["last_number"]
    cursor = connection.execute(
        "INSERT INTO issues (project_id, hash, number, short_id, title, culprit, message, level, platform,"
        " logger,"
        " type, metadata, unhandled, times_seen, user_count, first_seen, last_seen, first_release,"
        " last_release,"
        " priority) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?, ?, ?, ?)",
        (
            project,
            event.hash,
            number,
            f"{row['slug'].upper()}-{short_number(number)}",
            event.title,
            event.culprit,
            event.search_text,
            event.level,
            event.platform,
            event.logger,
            event.type,
            compact(event.metadata),
            event.unhandled,
            event.timestamp,
            event.timestamp,
            release,
            release,
            _PRIORITY.get(event.level, "low"),
        ),
    )
    return int(cursor.lastrowid or 0)


def _count(
    connection: sqlite3.Connection, issue: sqlite3.Row, event: Incoming, release: int | None, new_user: bool
) -> None:
    """Count the event in an issue there was; the newest event names it, whatever order they come in."""
    newest, oldest = event.timestamp >= issue["last_seen"], event.timestamp < issue["first_seen"]
    connection.execute(
        "UPDATE issues SET times_seen = times_seen + 1, user_count = user_count + ?,"
        " first_seen = MIN(first_seen, ?), last_seen = MAX(last_seen, ?), unhandled = MAX(unhandled, ?)"
        " WHERE id = ?",
        (new_user, event.timestamp, event.timestamp, event.unhandled, issue["id"]),
    )
    if newest and (event.title, event.culprit, event.level) != (
        issue["title"],
        issue["culprit"],
        issue["level"],
    ):
        connection.execute(
            "UPDATE issues SET title = ?, culprit = ?, message = ?, level = ?, metadata = ? WHERE id = ?",
            (
                event.title,
                event.culprit,
                event.search_text,
                event.level,
                compact(event.metadata),
                issue["id"],
            ),
        )
    if release is None:
        return
    if oldest or issue["first_release"] is None:
        connection.execute("UPDATE issues SET first_release = ? WHERE id = ?", (release, issue["id"]))
    if (newest and issue["last_release"] != release) or issue["last_release"] is None:
        connection.execute("UPDATE issues SET last_release = ? WHERE id = ?", (release, issue["id"]))


def _count_in_release(
    connection: sqlite3.Connection, project: int, event: Incoming, known: sqlite3.Row, is_new: bool
) -> int | None:
    """Count the event in its environment and its release; the release's id, None when it names none."""
    if event.environment and not known["known_environment"]:
        connection.execute("INSERT INTO environments VALUES (?, ?)", (project, event.environment))
    if not event.release:
        return None
    release = known["release_id"] or find_or_create_release(
        connection, known["organization_id"], event.release, event.timestamp
    )
    connection.execute(
        "INSERT INTO release_projects VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " new_issues = new_issues + excluded.new_issues,"
        " first_event = MIN(COALESCE(first_event, excluded.first_event), excluded.first_event),"
        " last_event = MAX(COALESCE(last_event, 0), excluded.last_event)",
        (release, project, is_new, event.timestamp, event.timestamp),
    )
    return int(release)
