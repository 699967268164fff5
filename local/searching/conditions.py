"""Conditions in SQL with their parameters, and the pieces that search terms of both kinds are made of."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import re
import sqlite3
from collections.abc import Callable, Sized
from dataclasses import dataclass, field
from typing import Any

from local.searching.syntax import Term, like, number

Condition = tuple[str, list[Any]]
"""SQL and its parameters."""


_SLOW = re.compile(r"e\.(?:message|tags|fields)\b")
"""What of an event is read with the whole of it, or takes long to look through."""

_ASKED = re.compile(r"\be\.(\w+)")
_BESIDE_TEXTS = {"message", "timestamp", "environment", "user"}
_OF_WHOLE_EVENTS = {"tags", "fields"}
TEXT = (
    "(SELECT m.message FROM events m INDEXED BY texts_of_issue"
    " WHERE m.issue_id = e.issue_id AND m.timestamp = e.timestamp AND m.id = e.id)"
)
"""`e.message`, without reading the whole row."""


@dataclass
class Conditions:
    """SQL that must all hold, each with its parameters in order, and what indexes tell of it sooner than events do.

    `sets` select the ids of issues outside of which nothing can match. `alike` are parts that hold of most events of
    these issues, so that asking them of each tells little.
    """

    parts: list[Condition] = field(default_factory=list[Condition])
    sets: list[Condition] = field(default_factory=list[Condition])
    alike: list[Condition] = field(default_factory=list[Condition])

    def add(self, sql: str, *values: object) -> None:
        self.parts.append((f"({sql})", [*values]))

    @property
    def values(self) -> list[Any]:
        return [value for _, values in self.parts for value in values]

    @property
    def quick(self) -> "Conditions":
        """Those that are soon looked up of an event and tell something; all, where none takes long."""
        quick = [part for part in self.parts if not _SLOW.search(part[0]) and part not in self.alike]
        return Conditions(quick, self.sets)

    def within(self, column: str) -> "Conditions":
        """That the issue in a column is in all of the sets."""
        return Conditions([(f"{column} IN ({issues})", values) for issues, values in self.sets])

    def asks(self, column: str) -> bool:
        """Whether one of them is about that column of an event."""
        return column in _ASKED.findall(str(self))

    def of_issue(self, issue: str) -> str:
        """`events e INDEXED BY ... WHERE ...` of an issue, by the index in which most that is asked stands. Of texts
        there is one of their own, as they would make the other twice as large; by it the whole of an event is only read
        where its text matches."""
        sql = f"e.issue_id {issue} AND {self}"
        asked = set(_ASKED.findall(str(self)))
        if "message" in asked and (asked <= _BESIDE_TEXTS or asked & _OF_WHOLE_EVENTS):
            return f"events e INDEXED BY texts_of_issue WHERE {sql}"
        return f"events e INDEXED BY events_of_issue WHERE {sql.replace('e.message', TEXT)}"

    def __add__(self, other: "Conditions") -> "Conditions":
        return Conditions(self.parts + other.parts, self.sets + other.sets, self.alike + other.alike)

    def __str__(self) -> str:
        return " AND ".join(sql for sql, _ in self.parts) or "TRUE"


@dataclass(frozen=True)
class Scope:
    """Who searches where."""

    connection: sqlite3.Connection
    organization: int
    user: int
    projects: list[int]


TermCondition = Callable[[Term, str, Scope], Condition]
"""The condition of a term for one of its values."""


def alternatives(term: Term, scope: Scope, condition: TermCondition) -> Condition:
    """Any of the values of a term."""
    found = [condition(term, value, scope) for value in term.values]
    return " OR ".join(f"({sql})" for sql, _ in found), [value for _, values in found for value in values]


def matches(term: Term, column: str, value: str) -> Condition:
    """A column equals the value, is like it (`*` stands for anything), or is greater or less."""
    if term.operator != "=":
        return f"CAST({column} AS REAL) {term.operator} ?", [number(value)]
    if "*" in value:
        return rf"{column} LIKE ? ESCAPE '\'", [like(value)]
    return f"{column} = ?", [value]


def latest_versions(scope: Scope) -> list[str]:
    """The version of each project's newest release."""
    rows = scope.connection.execute(
        "SELECT r.version, MAX(r.date_created) FROM release_projects rp JOIN releases r ON r.id ="
        " rp.release_id"
        f" WHERE rp.project_id IN ({marks(scope.projects)}) GROUP BY rp.project_id",
        scope.projects,
    ).fetchall()
    return [row["version"] for row in rows]


def marks(values: Sized) -> str:
    """A question mark for each."""
    return ", ".join("?" * len(values))


def json_path(name: str) -> str:
    """Of a member of an object, whatever its name."""
    return '$."' + name.replace('"', "").replace("\x00", "") + '"'
