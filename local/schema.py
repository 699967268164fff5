"""The tables of the embedded Sentry, all in one place."""

import sqlite3

from local import texts
from local.terms import COLUMNS

VERSION = 4

# Times are whole milliseconds since 1970 (UTC). Columns that hold JSON say so.
TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS organizations (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    date_created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    username TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE
);
CREATE TABLE IF NOT EXISTS members (
    organization_id INTEGER NOT NULL REFERENCES organizations,
    user_id INTEGER NOT NULL REFERENCES users,
    PRIMARY KEY (organization_id, user_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS teams (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (organization_id, slug)
);
CREATE TABLE IF NOT EXISTS tokens (
    digest TEXT PRIMARY KEY,            -- SHA-256: the time of looking it up tells nothing of the token
    token TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    user_id INTEGER NOT NULL REFERENCES users,
    scopes TEXT NOT NULL                -- separated by spaces
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS projects (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    platform TEXT,
    date_created INTEGER NOT NULL,
    last_number INTEGER NOT NULL DEFAULT 0,   -- of its issues: the last short ID given
    UNIQUE (organization_id, slug)
);

CREATE TABLE IF NOT EXISTS issues (
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
CREATE INDEX IF NOT EXISTS issues_of_project ON issues  -- with all that a list is ordered by
    (project_id, status, last_seen, first_seen, times_seen, user_count);
CREATE INDEX IF NOT EXISTS issues_by_short_id ON issues (short_id);
CREATE INDEX IF NOT EXISTS issues_ignored_until ON issues (ignore_until) WHERE ignore_until IS NOT NULL;

CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES projects,
    issue_id INTEGER NOT NULL REFERENCES issues,
    timestamp INTEGER NOT NULL,
    received INTEGER NOT NULL,
    environment TEXT,
    release TEXT,
    user TEXT,                          -- who was affected: id:..., username:..., email:..., ip:...; a tag as well
    message TEXT NOT NULL,              -- what free text is searched in
    tags TEXT NOT NULL,                 -- JSON object
    fields TEXT NOT NULL,               -- JSON object: what else can be searched (user.id, error.type, ...)
    size INTEGER NOT NULL,
    body BLOB NOT NULL,                 -- the cleaned event, JSON, deflated
    terms_0 BLOB, terms_1 BLOB, terms_2 BLOB, terms_3 BLOB,     -- what it has of tags and fields, see local/terms.py
    terms_4 BLOB, terms_5 BLOB, terms_6 BLOB, terms_7 BLOB,
    transaction_name TEXT AS (json_extract(tags, '$.transaction')),
    error_types TEXT AS (json_extract(fields, '$."error.type"')),      -- JSON array
    UNIQUE (event_id, project_id)
);
-- Searches walk these, which have all that most of them ask about: a row of events has pages of its own. The fewer
-- pages they have, the sooner they are walked.
CREATE INDEX IF NOT EXISTS events_of_issue ON events (issue_id, timestamp, environment, release, user,
    terms_0, terms_1, terms_2, terms_3, terms_4, terms_5, terms_6, terms_7);
CREATE INDEX IF NOT EXISTS texts_of_issue ON events (issue_id, timestamp, environment, user, message);
-- MOST_TEXT of local/terms.py:
CREATE INDEX IF NOT EXISTS texts_cut ON events (issue_id) WHERE length(message) >= 2048;
CREATE INDEX IF NOT EXISTS events_of_project ON events (project_id, timestamp, issue_id, environment, release,
    user, transaction_name, error_types, terms_0, terms_1, terms_2, terms_3, terms_4, terms_5, terms_6, terms_7);
CREATE VIRTUAL TABLE IF NOT EXISTS event_texts USING fts5    -- by rows of local/texts.py
    (message, content = '', columnsize = 0, detail = none, tokenize = 'trigram');

CREATE TABLE IF NOT EXISTS issue_tags (
    issue_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    times_seen INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    kept INTEGER NOT NULL DEFAULT 0,    -- how many events that are kept have it: it goes with the last one
    PRIMARY KEY (issue_id, key, value)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS issues_with_tag ON issue_tags (key, value);
CREATE TABLE IF NOT EXISTS issue_fields (   -- which issues have an event with that value in a field
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    issue_id INTEGER NOT NULL,
    kept INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (issue_id, key, value)      -- an event counts in all its fields on one page
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS issues_with_field ON issue_fields (key, value);
CREATE TABLE IF NOT EXISTS environments (
    project_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (project_id, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS activity (
    id INTEGER PRIMARY KEY,
    issue_id INTEGER NOT NULL REFERENCES issues,
    type TEXT NOT NULL,
    user_id INTEGER REFERENCES users,
    date_created INTEGER NOT NULL,
    details TEXT NOT NULL               -- JSON
);
CREATE INDEX IF NOT EXISTS activity_of_issue ON activity (issue_id, date_created);
CREATE TABLE IF NOT EXISTS received_items (   -- what came in envelopes beside events; events of forgotten issues
    project_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (project_id, type)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS releases (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    version TEXT NOT NULL,
    ref TEXT,
    url TEXT,
    date_created INTEGER NOT NULL,
    date_released INTEGER,
    UNIQUE (organization_id, version)
);
CREATE INDEX IF NOT EXISTS releases_by_date ON releases (organization_id, date_created);
CREATE TABLE IF NOT EXISTS release_projects (
    release_id INTEGER NOT NULL REFERENCES releases,
    project_id INTEGER NOT NULL REFERENCES projects,
    new_issues INTEGER NOT NULL DEFAULT 0,
    first_event INTEGER,
    last_event INTEGER,
    PRIMARY KEY (release_id, project_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commits (
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
CREATE INDEX IF NOT EXISTS commits_by_sha ON commits (sha);
CREATE TABLE IF NOT EXISTS deploys (
    id INTEGER PRIMARY KEY,
    release_id INTEGER NOT NULL REFERENCES releases,
    environment TEXT NOT NULL,
    name TEXT,
    url TEXT,
    date_started INTEGER,
    date_finished INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS deploys_of_release ON deploys (release_id);
CREATE INDEX IF NOT EXISTS events_in_trace ON events (json_extract(fields, '$.trace'), timestamp);

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
"""


def create_tables(connection: sqlite3.Connection) -> int:
    """Create what is missing, inside the caller's transaction; the version that the file had before, 0 for a new one.

    Raises ValueError for a file that a later version of this program wrote.
    """
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise ValueError(f"this file holds version {found} of the embedded Sentry's tables, not {VERSION}")
    if found == 1:
        _prepare_first_version(connection)
    elif found == 2:
        _prepare_second_version(connection)
    if 0 < found <= 3:
        _prepare_third_version(connection)
    for statement in TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    return found


def _prepare_first_version(connection: sqlite3.Connection) -> None:
    """What version 1 had otherwise; its rows are filled by local/migration.py."""
    for column in COLUMNS:
        connection.execute(f"ALTER TABLE events ADD COLUMN {column} BLOB")
    connection.execute("ALTER TABLE issue_tags ADD COLUMN kept INTEGER NOT NULL DEFAULT 0")
    for index in ("issues_by_last_seen", "events_of_issue"):
        connection.execute(f"DROP INDEX {index}")


def _prepare_second_version(connection: sqlite3.Connection) -> None:
    """Texts of events had no index of their own beside the one of their parts, which was merged otherwise; fields of
    issues lay in the order of their values."""
    texts.drop(connection)
    connection.execute("DROP INDEX events_of_issue")
    connection.execute("ALTER TABLE issue_fields RENAME TO fields_of_second_version")


def _prepare_third_version(connection: sqlite3.Connection) -> None:
    """Transactions and types of errors were only read out of JSON, users of issues stood in a table beside their tags;
    so it was in the first two versions."""
    connection.execute("DROP TABLE issue_users")
    connection.execute("DROP INDEX events_of_project")
    connection.execute("ALTER TABLE events ADD COLUMN transaction_name TEXT AS (json_extract(tags, '$.transaction'))")
    connection.execute("""ALTER TABLE events ADD COLUMN error_types TEXT AS (json_extract(fields, '$."error.type"'))""")
