"""Conditions in SQL with their parameters, and the pieces that search terms of both kinds are made of."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import sqlite3
from collections.abc import Callable, Sized
from dataclasses import dataclass, field
from typing import Any

from local.searching.syntax import Term, like, number

Condition = tuple[str, list[Any]]
"""SQL and its parameters."""


@dataclass
class Conditions:
    """SQL that must all hold, with its parameters in order, and what indexes tell of it sooner than events do.

    `sets` select the ids of issues outside of which nothing can match.
    """

    sql: list[str] = field(default_factory=list[str])
    values: list[Any] = field(default_factory=list[Any])
    sets: list[Condition] = field(default_factory=list[Condition])

    def add(self, sql: str, *values: object) -> None:
        self.sql.append(f"({sql})")
        self.values += values

    def within(self, column: str) -> "Conditions":
        """That the issue in a column is in all of the sets."""
        sql = [f"{column} IN ({issues})" for issues, _ in self.sets]
        return Conditions(sql, [value for _, values in self.sets for value in values])

    @property
    def are_of_text(self) -> bool:
        return "e.message" in str(self)

    def __add__(self, other: "Conditions") -> "Conditions":
        return Conditions(self.sql + other.sql, self.values + other.values, self.sets + other.sets)

    def __str__(self) -> str:
        return " AND ".join(self.sql) or "TRUE"


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
