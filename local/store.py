"""The file (or memory) that holds everything, and what is set up in it by hand: organizations, projects,
tokens."""

import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from local import migration, texts
from local.clock import now
from local.connections import Connections
from local.schema import create_tables

ALL_SCOPES = (
    "event:read",
    "event:write",
    "event:admin",
    "project:read",
    "project:write",
    "project:releases",
    "team:read",
    "team:write",
    "org:read",
)

FIRST_ORGANIZATION = "local"
FIRST_PROJECT = "app"
FIRST_USER = ("Local Developer", "developer@local.invalid")

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


@dataclass(frozen=True)
class Caller:
    """Whose token it is, and what it may do."""

    organization: int
    user: int
    scopes: frozenset[str]


class Store:
    """Open one with `Store.open`. Any thread may use it, and several processes may open the same file.

    What is in memory lies in a file that nobody else can open, and goes with the process.
    """

    def __init__(self, path: Path | None) -> None:
        self.is_kept = path is not None
        self._connections = Connections(path)
        self._known_projects: set[int] = set()
        self._known_callers: dict[str, Caller] = {}

    @classmethod
    def open(cls, path: str | Path | None) -> "Store":
        """The store in that file, created when missing; `None` is memory.

        A fresh one gets the organization "local" with the project "app", a DSN public key and an API token.
        One of an earlier version is brought to this one. Raises ValueError for a file of a later version,
        sqlite3.DatabaseError for one that is no store.
        """
        file = Path(path) if path is not None else None
        if file is not None:
            file.touch(mode=0o600)  # it holds a token
        store = cls(file)
        try:
            with store.writing() as connection:
                version = create_tables(connection)
                texts.prepare(connection)
                if version == 0:
                    _furnish(connection)
                else:
                    migration.fill(connection, version)
                _widen_token(connection)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        self._connections.close()

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """One transaction that may write: kept when the block ends, undone when it raises."""
        return self._connections.writing()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """One consistent view; what is read inside does not change half-way."""
        return self._connections.reading()

    @cached_property
    def dsn_key(self) -> str:
        """The public key of every project's DSN."""
        return self._setting("dsn_key")

    @cached_property
    def token(self) -> str:
        """The API token of the organization "local", made with the file: all scopes."""
        return self._setting("token")

    def dsn(self, base_url: str, project: str) -> str:
        """The DSN of a project, by slug or id, of a server at `base_url`. Raises KeyError when there is no
        such project."""
        with self.reading() as connection:
            row = connection.execute(
                "SELECT id FROM projects WHERE ? IN (slug, CAST(id AS TEXT)) ORDER BY id LIMIT 1",
                (project,),
            ).fetchone()
        if row is None:
            raise KeyError(project)
        scheme, _, host = base_url.partition("://")
        return f"{scheme}://{self.dsn_key}@{host}/{row['id']}"

    def create_organization(self, slug: str) -> str:
        """Create it with a team of the same name; returns a token that may do everything in it."""
        with self.writing() as connection:
            return create_organization(connection, slug)

    def create_token(self, organization: str, scopes: Sequence[str] = ALL_SCOPES) -> str:
        """Another token of an organization, e.g. `scopes=["event:read"]`. Raises KeyError for an unknown
        one."""
        with self.writing() as connection:
            return _create_token(connection, _organization_id(connection, organization), scopes)

    def create_project(self, organization: str, slug: str, platform: str | None = None, name: str | None = None) -> int:
        """Create it and return its id. Raises ValueError for a slug that is taken or malformed, KeyError for
        an unknown organization."""
        with self.writing() as connection:
            return create_project(connection, _organization_id(connection, organization), slug, platform, name)

    def add_member(self, organization: str, name: str, email: str) -> int:
        """Let a person be assigned to issues of an organization; returns the user's id."""
        with self.writing() as connection:
            return _add_member(connection, _organization_id(connection, organization), name, email)

    def caller(self, token: str) -> Caller | None:
        """Who may do what with that token; None for an unknown one."""
        digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        if digest in self._known_callers:  # asked for every call, and no token is ever changed
            return self._known_callers[digest]
        with self.reading() as connection:
            row = connection.execute("SELECT * FROM tokens WHERE digest = ?", (digest,)).fetchone()
        if row is None or not hmac.compare_digest(row["token"].encode(), token.encode("utf-8", "replace")):
            return None
        caller = Caller(row["organization_id"], row["user_id"], frozenset(row["scopes"].split()))
        self._known_callers[digest] = caller
        return caller

    def has_project(self, project: int) -> bool:
        if project in self._known_projects:  # asked for every event, and none is ever deleted
            return True
        with self.reading() as connection:
            found = connection.execute("SELECT 1 FROM projects WHERE id = ?", (project,)).fetchone()
        if found is not None:
            self._known_projects.add(project)
        return found is not None

    def received(self) -> dict[str, int]:
        """How many items came in envelopes, by type; events are counted once each, those that are forgotten, too."""
        with self.reading() as connection:
            (events,) = connection.execute("SELECT COALESCE(SUM(times_seen), 0) FROM issues").fetchone()
            others = dict(connection.execute("SELECT type, SUM(count) FROM received_items GROUP BY type").fetchall())
        return {**others, "event": events + others.get("event", 0)}  # of issues that are forgotten, too

    def _setting(self, name: str) -> str:
        with self.reading() as connection:
            row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row["value"])


def create_organization(connection: sqlite3.Connection, slug: str) -> str:
    if not _SLUG.fullmatch(slug):
        raise ValueError(f"not a slug: {slug!r}")
    name = slug.replace("-", " ").title()
    organization = _insert(
        connection,
        "INSERT INTO organizations (slug, name, date_created) VALUES (?, ?, ?)",
        (slug, name, now()),
        f"there is an organization {slug!r} already",
    )
    create_team(connection, organization, slug, name)
    _add_member(connection, organization, *FIRST_USER)
    return _create_token(connection, organization, ALL_SCOPES)


def create_team(connection: sqlite3.Connection, organization: int, slug: str, name: str) -> int:
    """Raises ValueError for a slug that is taken."""
    return _insert(
        connection,
        "INSERT INTO teams (organization_id, slug, name) VALUES (?, ?, ?)",
        (organization, slug, name),
        f"there is a team {slug!r} already",
    )


def create_project(
    connection: sqlite3.Connection, organization: int, slug: str, platform: str | None, name: str | None
) -> int:
    if not _SLUG.fullmatch(slug) or slug.isdecimal():  # a slug of digits would be taken for an id
        raise ValueError(f"not a slug: {slug!r}")
    return _insert(
        connection,
        "INSERT INTO projects (organization_id, slug, name, platform, date_created) VALUES (?, ?, ?, ?, ?)",
        (organization, slug, name or slug, platform, now()),
        f"there is a project {slug!r} already",
    )


def _furnish(connection: sqlite3.Connection) -> None:
    token = create_organization(connection, FIRST_ORGANIZATION)
    create_project(connection, _organization_id(connection, FIRST_ORGANIZATION), FIRST_PROJECT, None, "App")
    settings = [("dsn_key", secrets.token_hex(16)), ("token", token)]
    connection.executemany("INSERT INTO settings (name, value) VALUES (?, ?)", settings)


def _widen_token(connection: sqlite3.Connection) -> None:
    """The token made with the file may do everything, also what there was not when it was made."""
    connection.execute(
        "UPDATE tokens SET scopes = :all WHERE scopes <> :all"
        " AND token = (SELECT value FROM settings WHERE name = 'token')",
        {"all": " ".join(ALL_SCOPES)},
    )


def _create_token(connection: sqlite3.Connection, organization: int, scopes: Sequence[str]) -> str:
    unknown = sorted(set(scopes) - set(ALL_SCOPES))
    if unknown:
        raise ValueError(f"unknown scopes: {', '.join(unknown)}")
    token = f"sntryu_{secrets.token_hex(32)}"  # the shape of a user token, which log scrubbers know
    (user,) = connection.execute("SELECT id FROM users WHERE email = ?", (FIRST_USER[1],)).fetchone()
    connection.execute(
        "INSERT INTO tokens (digest, token, organization_id, user_id, scopes) VALUES (?, ?, ?, ?, ?)",
        (hashlib.sha256(token.encode()).hexdigest(), token, organization, user, " ".join(scopes)),
    )
    return token


def _add_member(connection: sqlite3.Connection, organization: int, name: str, email: str) -> int:
    connection.execute(
        "INSERT INTO users (name, username, email) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (name, email, email),
    )
    (user,) = connection.execute("SELECT id FROM users WHERE email = ?", (email,)).fetchone()
    connection.execute("INSERT INTO members VALUES (?, ?) ON CONFLICT DO NOTHING", (organization, user))
    return int(user)


def _organization_id(connection: sqlite3.Connection, slug: str) -> int:
    row = connection.execute("SELECT id FROM organizations WHERE slug = ?", (slug,)).fetchone()
    if row is None:
        raise KeyError(slug)
    return int(row["id"])


def _insert(connection: sqlite3.Connection, statement: str, values: Sequence[Any], taken: str = "") -> int:
    try:
        return int(connection.execute(statement, values).lastrowid or 0)
    except sqlite3.IntegrityError:
        raise ValueError(taken) from None
