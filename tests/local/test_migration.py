"""Files that earlier versions of the tables were written to, opened by today's."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sending import Local, ago, connect, failure

from local import Retention, Store
from local.clock import now
from local.intake.incoming import read_event
from local.intake.recording import record_event
from local.retention import forget

# As version 1 had them.
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
"""


def lost(kind: str, text: str, cause: str = "socket-1- was closed", **more: Any) -> dict[str, Any]:
    """A failure with a cause."""
    event = failure(kind, text, **more)
    event["exception"]["values"].insert(0, {"type": "Cause", "value": cause})
    return event


def fill(store: Store) -> None:
    """300 events in three issues."""
    for number in range(300):
        event = lost(
            f"Kind{number % 3}",
            f"order-{number}- was lost",
            f"socket-{number}- was closed",
            timestamp=ago(minutes=number),
            environment="production" if number % 2 else "staging",
            release="shop@1",
            tags={"region": f"r{number % 10}"},
            user={"id": number % 7, "email": f"u{number % 7}@example.com"},
            contexts={"trace": {"trace_id": f"{number:032x}"}},
            transaction=f"/orders/{number % 4}",
        )
        record_event(store, 1, read_event(event, now()))


def write_first_version(path: Path) -> None:
    """What today's intake reads, as version 1 wrote it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for statement in TABLES.split(";\n"):
            old.execute(statement)
        old.execute("PRAGMA user_version = 1")
        with closing(Store.open(None)) as store:
            fill(store)
            with store.reading() as connection:
                names = [row[0] for row in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                for name in names:
                    if name == "issue_users":
                        continue
                    columns = ", ".join(row[1] for row in old.execute(f"PRAGMA table_info({name})"))
                    rows = [tuple(row) for row in connection.execute(f"SELECT {columns} FROM {name}")]
                    if rows:
                        old.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        old.execute("DELETE FROM settings WHERE name NOT IN ('dsn_key', 'token')")
        old.execute("INSERT INTO issue_users SELECT issue_id, value FROM issue_tags WHERE key = 'user'")


def write_third_version(path: Path) -> None:
    """As version 3 had it: without columns of what is grouped by, and with the last exception alone in the texts."""
    with closing(Store.open(path)) as store:
        fill(store)
    with closing(sqlite3.connect(path)) as old:
        number = old.execute("SELECT value FROM settings WHERE name = 'texts_indexed'").fetchone()[0]
        old.executescript(
            f"""
            DROP INDEX events_of_project;
            ALTER TABLE events DROP COLUMN transaction_name;
            ALTER TABLE events DROP COLUMN error_types;
            CREATE INDEX events_of_project ON events (project_id, timestamp, issue_id, environment, release,
                user, terms_0, terms_1, terms_2, terms_3, terms_4, terms_5, terms_6, terms_7);
            CREATE TABLE issue_users (
                issue_id INTEGER NOT NULL,
                user TEXT NOT NULL,
                kept INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (issue_id, user)
            ) WITHOUT ROWID;
            INSERT INTO issue_users SELECT issue_id, value, kept FROM issue_tags WHERE key = 'user';
            INSERT INTO event_texts (event_texts) VALUES ('delete-all');
            UPDATE events SET message = SUBSTR(message, 1, INSTR(message, ' socket-') - 1);
            INSERT INTO event_texts (rowid, message)
                SELECT issue_id * 2147483648 + id, message FROM events WHERE id <= {number} ORDER BY 1;
            PRAGMA user_version = 3;
            """
        )


def write_second_version(path: Path) -> None:
    """As version 2 had it: texts in the index of an issue's events, fields of issues in the order of their values."""
    write_third_version(path)
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            """
            DROP INDEX texts_of_issue;
            DROP INDEX events_of_issue;
            CREATE INDEX events_of_issue ON events (issue_id, timestamp, environment, release, user,
                terms_0, terms_1, terms_2, terms_3, terms_4, terms_5, terms_6, terms_7, message);
            ALTER TABLE issue_fields RENAME TO others;
            DROP INDEX issues_with_field;
            CREATE TABLE issue_fields (
                key TEXT NOT NULL,
                value TEXT NOT NULL,
                issue_id INTEGER NOT NULL,
                kept INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (key, value, issue_id)
            ) WITHOUT ROWID;
            INSERT INTO issue_fields SELECT key, value, issue_id, kept FROM others;
            DROP TABLE others;
            PRAGMA user_version = 2;
            """
        )


def write_second_version_without_texts(path: Path) -> None:
    """Whose index of texts has more levels (here 2,001) than SQLite reads: such it became by forgetting for long."""
    write_second_version(path)
    with closing(sqlite3.connect(path)) as old:
        old.execute("UPDATE event_texts_data SET block = x'000000008f510000' WHERE id = 10")
        old.commit()
        with pytest.raises(sqlite3.DatabaseError):
            old.execute("SELECT COUNT(*) FROM event_texts WHERE event_texts MATCH 'order'").fetchone()


Write = Callable[[Path], None]
earlier = pytest.mark.parametrize(
    "write", [write_first_version, write_second_version, write_second_version_without_texts, write_third_version]
)


def plan(path: Path) -> list[Any]:
    """Tables and indexes, and the columns of events and of fields of issues."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY 1").fetchall()
        columns = [
            row
            for pragma in (
                *("index_info(events_of_issue)", "index_info(texts_of_issue)", "index_info(events_of_project)"),
                "table_info(issue_fields)",
            )
            for row in connection.execute(f"PRAGMA {pragma}")
        ]
        return [*names, *columns]


@earlier
async def test_a_file_of_an_earlier_version_keeps_its_data_and_is_searched_as_a_new_one(
    tmp_path: Path, write: Write
) -> None:
    path = tmp_path / "store.sqlite3"
    write(path)
    with closing(sqlite3.connect(path)) as old:
        settings = dict(old.execute("SELECT name, value FROM settings"))
    with closing(Store.open(path)) as store:
        assert (store.token, store.dsn_key) == (settings["token"], settings["dsn_key"])
        async with connect(store) as client:
            local = Local(store, client)
            issues = await local.get("issues/", query="", sort="freq")
            assert [(issue["count"], issue["userCount"]) for issue in issues] == [("100", 7)] * 3
            for query, found in (
                ("order-17-", ["Kind2"]),
                ("region:r4 error.type:Kind1", ["Kind1"]),
                ("region:r* Kind0", ["Kind0"]),
                ("user.email:u3@example.com error.type:Kind2", ["Kind2"]),
                (f"trace:{5:032x}", ["Kind2"]),
                ("environment:staging is:unresolved Kind1", ["Kind1"]),
                ("region:elsewhere", []),
                ("error.value:socket-17-*", ["Kind2"]),
                ("error.value:order-298-*", ["Kind1"]),
                ("socket-299-", ["Kind2"]),
                ("stack.function:checkout", ["Kind0", "Kind1", "Kind2"]),
            ):
                assert [title.split(":")[0] for title in await local.titles(query)] == found, query
            assert len(await local.get("issues/1/events/", query="region:r3")) == 10
            groups = await local.get("events/", field=["transaction", "error.type", "count()"], sort="transaction")
            assert [(row["transaction"], row["error.type"][0]) for row in groups["data"][::3]] == [
                (f"/orders/{number}", "Cause") for number in range(4)
            ]
            assert {row["count()"] for row in groups["data"]} == {25}
            await local.send(lost("Kind0", "one more"))
            assert await local.titles("one more") == ["Kind0: one more"]
    with closing(Store.open(tmp_path / "new.sqlite3")):
        pass
    assert plan(path) == plan(tmp_path / "new.sqlite3")
    with closing(Store.open(path)) as store:  # once is enough
        assert store.received() == {"event": 301}


@earlier
async def test_of_a_file_of_an_earlier_version_old_events_are_forgotten_and_the_rest_is_found(
    tmp_path: Path, write: Write
) -> None:
    path = tmp_path / "store.sqlite3"
    write(path)
    with closing(Store.open(path)) as store:
        assert forget(store, Retention(events_of_issue=50)) == 150
        async with connect(store) as client:
            local = Local(store, client)
            assert len(await local.titles("region:r4 error.type:Kind*")) == 3
            await local.send(lost("Kind0", "order-1- was lost", user={"id": 3}))
            assert {issue["userCount"] for issue in await local.get("issues/")} == {7}
            forget(store, Retention(days=0))
            assert [tag["key"] for tag in await local.get("issues/1/tags/")] == []


def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 5")
    with pytest.raises(ValueError, match="version 5 of the embedded Sentry's tables, not 4"):
        Store.open(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (5,)


def test_a_first_version_that_cannot_be_brought_to_this_one_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    write_first_version(path)
    with closing(sqlite3.connect(path)) as old:
        old.execute("UPDATE events SET tags = '{' WHERE id = 7")
        old.commit()
    with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
        Store.open(path)
    with closing(sqlite3.connect(path)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (1,)
        assert old.execute("SELECT COUNT(*) FROM events").fetchone() == (300,)
