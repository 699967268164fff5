"""How alerts lie in SQLite: the file, its tables, and what of a row is which part of an alert."""

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from alerts.alert import Alert, Happening, Kind, State, Wanted
from alerts.inbox import InboxError

VERSION = 1
PATIENCE = 5.0
"""Seconds that a write waits for another process's."""

TABLES = """
CREATE TABLE IF NOT EXISTS alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- none is given twice, as AUTOINCREMENT has it
  identity TEXT NOT NULL,
  kind TEXT NOT NULL, organization TEXT NOT NULL, project TEXT NOT NULL, issue TEXT NOT NULL,
  told TEXT NOT NULL,                    -- the rest of the happening, as JSON
  source TEXT NOT NULL, received REAL NOT NULL, happened REAL NOT NULL, times INTEGER NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL, claimed_by TEXT NOT NULL,
  lease_ends REAL NOT NULL, not_before REAL NOT NULL,
  finished REAL NOT NULL, outcome TEXT NOT NULL, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS looking (
  only INTEGER PRIMARY KEY CHECK (only = 1), leader TEXT NOT NULL, until REAL NOT NULL, looked REAL
);
INSERT OR IGNORE INTO looking VALUES (1, '', 0, NULL);
CREATE INDEX IF NOT EXISTS alerts_by_identity ON alerts (identity, id);
CREATE INDEX IF NOT EXISTS alerts_by_issue ON alerts (issue, id);
CREATE INDEX IF NOT EXISTS alerts_by_state ON alerts (state, id);
CREATE INDEX IF NOT EXISTS alerts_by_end ON alerts (finished) WHERE state = 'done';
CREATE INDEX IF NOT EXISTS alerts_by_place ON alerts (organization, project);
"""
COLUMNS = (
    "id kind organization project issue told source received happened times state attempts claimed_by lease_ends "
    "not_before finished outcome note"
)
SELECT = f"SELECT {', '.join(COLUMNS.split())} FROM alerts"  # noqa: S608 - our own words
FREE = "(state = 'new' AND not_before <= :now OR state = 'claimed' AND lease_ends <= :now)"
WANTED = """
    (:id IS NULL OR id = :id)
    AND (:places IS NULL OR (organization, project) IN
         (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:places)))
    AND (:project IS NULL OR project = :project) AND (:organization IS NULL OR organization = :organization)
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:since IS NULL OR received >= :since)
    AND (:issue IS NULL OR issue = :issue) AND (NOT :is_open OR state != 'done')
"""


def connected(path: Path) -> sqlite3.Connection:
    """With the tables in it; raises InboxError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # titles of errors are nobody else's
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    except OSError as error:
        raise InboxError(f"The file of the inbox cannot be opened ({error.strerror}).", status_code=503) from error
    except sqlite3.Error as error:
        raise failure(error) from error
    try:
        _set_up(connection)
    except sqlite3.Error as error:
        connection.close()
        raise failure(error) from error
    except InboxError:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered 2xx is there after a power cut, too
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version != VERSION and (version or tables):
        raise InboxError("The file of the inbox is none, or one of another version.", status_code=503)
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def failure(error: sqlite3.Error) -> InboxError:
    reason = getattr(error, "sqlite_errorname", type(error).__name__).removeprefix("SQLITE_").lower()
    return InboxError(f"The inbox cannot be read or written ({reason}). Try again.", status_code=503)


def parameters(wanted: Wanted) -> dict[str, Any]:
    organization, project = wanted.place
    return {
        "id": wanted.id,
        "places": None if wanted.places is None else json.dumps(sorted(wanted.places)),
        "organization": organization or None,
        "project": project or None,
        "kinds": _listed(wanted.kinds),
        "states": _listed(wanted.states),
        "since": wanted.since,
        "issue": wanted.issue,
        "is_open": wanted.is_open,
    }


def _listed(words: Iterable[str] | None) -> str | None:
    return None if words is None else json.dumps(sorted(words))


_OF_TOLD = ("about", "said", "short_id", "event", "level", "rule", "title", "url", "is_work")
_OF_ALERT = ("id", "source", "received", "times", "attempts", "claimed_by", "lease_ends", "not_before", "finished")


def fields_of(alert: Alert) -> dict[str, Any]:
    told = alert.told
    return {
        **{name: getattr(alert, name) for name in (*_OF_ALERT, "outcome", "note")},
        "state": str(alert.state),
        "kind": str(told.kind),
        "organization": told.organization,
        "project": told.project,
        "issue": told.issue,
        "happened": told.happened,
        "told": json.dumps({name: getattr(told, name) for name in _OF_TOLD}),
    }


def alert_of(row: Sequence[Any]) -> Alert:
    fields: dict[str, Any] = dict(zip(COLUMNS.split(), row, strict=True))
    told = Happening(
        kind=Kind(fields.pop("kind")),
        organization=fields.pop("organization"),
        project=fields.pop("project"),
        issue=fields.pop("issue"),
        happened=fields.pop("happened"),
        **json.loads(fields.pop("told")),
    )
    fields |= {"state": State(fields["state"]), "told": told}
    return Alert(**fields)
