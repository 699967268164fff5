"""The tables of the embedded Sentry, all in one place, and the connection that opens them."""

import sqlite3
import time
from pathlib import Path

from local.percentiles import Percentile

VERSION = 1

BUSY_SECONDS = 30.0
"""How long a writer waits for another process that writes the same file."""

# Times are whole milliseconds since 1970 (UTC). Columns that hold JSON say so.
TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE organizations (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    date_created INTEGER NOT NULL
);
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    username TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE
);
CREATE TABLE members (
    organization_id INTEGER NOT NULL REFERENCES organizations,
    user_id INTEGER NOT NULL REFERENCES users,
    PRIMARY KEY (organization_id, user_id)
) WITHOUT ROWID;
CREATE TABLE teams (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (organization_id, slug)
);
CREATE TABLE tokens (
    digest TEXT PRIMARY KEY,            -- SHA-256: the time of looking it up tells nothing of the token
    token TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    user_id INTEGER NOT NULL REFERENCES users,
    scopes TEXT NOT NULL                -- separated by spaces
) WITHOUT ROWID;
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    platform TEXT,
    date_created INTEGER NOT NULL,
    last_number INTEGER NOT NULL DEFAULT 0,   -- of its issues: the last short ID given
    UNIQUE (organization_id, slug)
);

CREATE TABLE issues (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    hash TEXT NOT NULL,
    number INTEGER NOT NULL,
    short_id TEXT NOT NULL,
    title TEXT NOT NULL,
    culprit TEXT NOT NULL,
    message TEXT NOT NULL,              -- what free text is searched in
    level TEXT NOT NULL,
    platform TEXT NOT NULL,
    logger TEXT,
    type TEXT NOT NULL,
    metadata TEXT NOT NULL,             -- JSON
    unhandled INTEGER NOT NULL,
    times_seen INTEGER NOT NULL,
    user_count INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    first_release INTEGER REFERENCES releases,
    last_release INTEGER REFERENCES releases,
    status TEXT NOT NULL DEFAULT 'unresolved',
    substatus TEXT DEFAULT 'new',
    status_details TEXT NOT NULL DEFAULT '{}',   -- JSON, as the Web API shows it
    resolved_release INTEGER REFERENCES releases,
    ignore_until INTEGER,
    seen_when_ignored INTEGER NOT NULL DEFAULT 0,
    users_when_ignored INTEGER NOT NULL DEFAULT 0,
    priority TEXT NOT NULL,
    priority_locked_at INTEGER,
    assigned_user INTEGER REFERENCES users,
    assigned_team INTEGER REFERENCES teams,
    has_seen INTEGER NOT NULL DEFAULT 0,
    is_bookmarked INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project_id, hash),
    UNIQUE (project_id, number)
);
CREATE INDEX issues_by_last_seen ON issues (project_id, last_seen);
CREATE INDEX issues_by_short_id ON issues (short_id);
CREATE INDEX issues_ignored_until ON issues (ignore_until) WHERE ignore_until IS NOT NULL;

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES projects,
    issue_id INTEGER NOT NULL REFERENCES issues,
    timestamp INTEGER NOT NULL,
    received INTEGER NOT NULL,
    environment TEXT,
    release TEXT,
    user TEXT,                          -- who was affected: id:..., username:..., email:..., ip:...
    message TEXT NOT NULL,              -- what free text is searched in
    tags TEXT NOT NULL,                 -- JSON object
    fields TEXT NOT NULL,               -- JSON object: what else can be searched (user.id, error.type, ...)
    size INTEGER NOT NULL,
    body BLOB NOT NULL,                 -- the cleaned event, JSON, deflated
    UNIQUE (event_id, project_id)
);
CREATE INDEX events_of_issue ON events (issue_id, timestamp, environment, user);
CREATE INDEX events_of_project ON events (project_id, timestamp);

CREATE TABLE issue_tags (
    issue_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    times_seen INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (issue_id, key, value)
) WITHOUT ROWID;
CREATE TABLE issue_users (
    issue_id INTEGER NOT NULL,
    user TEXT NOT NULL,
    PRIMARY KEY (issue_id, user)
) WITHOUT ROWID;
CREATE TABLE environments (
    project_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (project_id, name)
) WITHOUT ROWID;
CREATE TABLE activity (
    id INTEGER PRIMARY KEY,
    issue_id INTEGER NOT NULL REFERENCES issues,
    type TEXT NOT NULL,
    user_id INTEGER REFERENCES users,
    date_created INTEGER NOT NULL,
    details TEXT NOT NULL               -- JSON
);
CREATE INDEX activity_of_issue ON activity (issue_id, date_created);
CREATE TABLE received_items (               -- what came in envelopes beside events
    project_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (project_id, type)
) WITHOUT ROWID;

CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    version TEXT NOT NULL,
    ref TEXT,
    url TEXT,
    date_created INTEGER NOT NULL,
    date_released INTEGER,
    UNIQUE (organization_id, version)
);
CREATE INDEX releases_by_date ON releases (organization_id, date_created);
CREATE TABLE release_projects (
    release_id INTEGER NOT NULL REFERENCES releases,
    project_id INTEGER NOT NULL REFERENCES projects,
    new_issues INTEGER NOT NULL DEFAULT 0,
    first_event INTEGER,
    last_event INTEGER,
    PRIMARY KEY (release_id, project_id)
) WITHOUT ROWID;
CREATE TABLE commits (
    release_id INTEGER NOT NULL REFERENCES releases,
    position INTEGER NOT NULL,          -- 0 is the newest
    sha TEXT NOT NULL,
    repository TEXT NOT NULL,
    message TEXT,
    author_name TEXT,
    author_email TEXT,
    date_created INTEGER NOT NULL,
    patch_set TEXT NOT NULL,            -- JSON: [{"path", "type"}]
    PRIMARY KEY (release_id, position)
) WITHOUT ROWID;
CREATE INDEX commits_by_sha ON commits (sha);
CREATE TABLE deploys (
    id INTEGER PRIMARY KEY,
    release_id INTEGER NOT NULL REFERENCES releases,
    environment TEXT NOT NULL,
    name TEXT,
    url TEXT,
    date_started INTEGER,
    date_finished INTEGER NOT NULL
);
CREATE INDEX deploys_of_release ON deploys (release_id);

CREATE TABLE IF NOT EXISTS spans (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    parent_span_id TEXT,
    segment_id TEXT,                    -- the span of the request or task that it is part of
    event_id TEXT,                      -- of the transaction it came in; none where spans are sent alone
    is_segment INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,         -- when it began
    start REAL NOT NULL,                -- the same in seconds, to the microsecond
    duration REAL NOT NULL,             -- milliseconds, as self_time
    self_time REAL NOT NULL,
    op TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,          -- what free text is searched in
    status TEXT,
    segment_name TEXT,
    environment TEXT,
    release TEXT,
    user TEXT,                          -- as in events
    attributes TEXT NOT NULL,           -- JSON object of text and numbers
    UNIQUE (trace_id, span_id, project_id)
);
CREATE INDEX IF NOT EXISTS spans_of_project ON spans (project_id, timestamp);
CREATE INDEX IF NOT EXISTS spans_by_op ON spans (project_id, op, timestamp);
CREATE INDEX IF NOT EXISTS spans_by_segment_name ON spans (project_id, segment_name, timestamp);
CREATE INDEX IF NOT EXISTS segments_of_project ON spans (project_id, is_segment, timestamp)
    WHERE is_segment = 1;

CREATE TABLE IF NOT EXISTS logs (
    id INTEGER PRIMARY KEY,
    item_id TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES projects,
    trace_id TEXT,
    span_id TEXT,
    timestamp INTEGER NOT NULL,
    nanoseconds INTEGER NOT NULL,       -- the same since 1970, to order what was logged at once
    severity TEXT NOT NULL,
    severity_number INTEGER NOT NULL,
    message TEXT NOT NULL,
    environment TEXT,
    release TEXT,
    attributes TEXT NOT NULL            -- JSON object of text and numbers
);
CREATE INDEX IF NOT EXISTS logs_of_project ON logs (project_id, timestamp, severity, message);
CREATE INDEX IF NOT EXISTS logs_of_trace ON logs (trace_id, timestamp);
CREATE INDEX IF NOT EXISTS logs_by_item ON logs (item_id);
CREATE INDEX IF NOT EXISTS events_in_trace ON events (json_extract(fields, '$.trace'), timestamp);
"""


def connect(path: Path | None) -> sqlite3.Connection:
    """A connection that any one thread at a time may use; transactions are begun by hand.

    WAL lets readers go on while one writes; `synchronous = NORMAL` keeps the file whole after a crash
    and spares one disk flush a transaction (https://www.sqlite.org/pragma.html#pragma_synchronous).
    """
    connection = sqlite3.connect(
        path or ":memory:",
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    connection.row_factory = sqlite3.Row
    connection.create_aggregate("percentile", 2, Percentile)
    try:
        if path is not None:
            _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -32000")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; SQLite does not wait by itself while another process does the same."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def create_tables(connection: sqlite3.Connection) -> bool:
    """Create the tables in an empty file, inside the caller's transaction; True when they are new.

    Raises ValueError for a file that another version of this program wrote.
    """
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found == VERSION:
        return False
    if found:
        raise ValueError(f"this file holds version {found} of the embedded Sentry's tables, not {VERSION}")
    for statement in TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    return True
