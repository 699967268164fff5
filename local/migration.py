"""Brings what earlier versions of the tables hold to this one."""

# ruff: noqa: S608 - values travel as parameters; only our own names are put into SQL

import json
import sqlite3
from collections.abc import Iterator

from local import texts
from local.terms import COLUMNS, OF_ISSUES, field_values, terms, text_with
from local.values import mapping

BATCH = 1000
"""Events read at once."""


def fill(connection: sqlite3.Connection, version: int) -> None:
    """Inside the caller's transaction; for a large file this takes a while, once."""
    if version <= 3:
        _complete_texts(connection, indexed=version == 3)
    if version == 1:
        _fill_from_events(connection)
    elif version == 2:
        connection.execute("INSERT INTO issue_fields SELECT * FROM fields_of_second_version")
        connection.execute("DROP TABLE fields_of_second_version")
    if version <= 2:
        texts.add_all(connection, connection.execute("SELECT COALESCE(MAX(id), 0) FROM events").fetchone()[0])


def _batches(connection: sqlite3.Connection) -> Iterator[list[sqlite3.Row]]:
    """All events, some at a time."""
    last = 0
    while rows := connection.execute(
        "SELECT id, issue_id, message, tags, fields FROM events WHERE id > ? ORDER BY id LIMIT ?", (last, BATCH)
    ).fetchall():
        last = rows[-1]["id"]
        yield rows


def _complete_texts(connection: sqlite3.Connection, *, indexed: bool) -> None:
    """The text of an event has the values of all its exceptions, not that of the last one alone."""
    for rows in _batches(connection):
        changed: list[tuple[str, int]] = []
        for row in rows:
            message = text_with(row["message"], mapping(json.loads(row["fields"])))
            if message != row["message"]:
                changed.append((message, row["id"]))
        events = [event for _, event in changed]
        if indexed:
            texts.remove(connection, events)
        connection.executemany("UPDATE events SET message = ? WHERE id = ?", changed)
        if indexed:
            texts.put(connection, events)


def _fill_from_events(connection: sqlite3.Connection) -> None:
    """What the indexes of searches need."""
    for rows in _batches(connection):
        for row in rows:
            tags, fields = mapping(json.loads(row["tags"])), mapping(json.loads(row["fields"]))
            connection.execute(
                f"UPDATE events SET {', '.join(f'{name} = ?' for name in COLUMNS)} WHERE id = ?",
                (*terms(tags, fields), row["id"]),
            )
            connection.executemany(
                "INSERT INTO issue_fields VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET kept = kept + 1",
                [(key, value, row["issue_id"]) for key, value in field_values(fields, OF_ISSUES)],
            )
    connection.execute("UPDATE issue_tags SET kept = times_seen")  # version 1 forgot no event
