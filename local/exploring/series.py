"""Asks a dataset for aggregates over time: one value for each step, of all rows or of each of the top groups."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from local.clock import SECOND
from local.errors import bad_request
from local.exploring.columns import NUMERIC, Column, Dataset, shown
from local.exploring.query import Query, Statement, select
from local.searching.conditions import Conditions
from local.values import Json

OTHER = -1
"""The group of all rows that are in none of the top groups."""


@dataclass(frozen=True)
class Steps:
    """`count` steps of `length` milliseconds, the first at `start`."""

    start: int
    length: int
    count: int


@dataclass(frozen=True)
class Group:
    """One of the top groups: its fields as they are shown, and as the database has them."""

    fields: dict[str, Json]
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Series:
    """One value for each step, of one axis, in one of the groups (by its place)."""

    axis: str
    group: int
    values: list[Json]
    type: str
    unit: str | None


def top_groups(connection: sqlite3.Connection, query: Query, group_by: list[str], most: int) -> list[Group]:
    """The first groups by the query's own order."""
    selected = select(connection, query, most)
    return [
        Group(
            {name: selected.shown(row, name) for name in group_by},
            tuple(row[selected.columns[name][0]] for name in group_by),
        )
        for row in selected.rows
    ]


def series(
    connection: sqlite3.Connection,
    dataset: Dataset,
    where: Conditions,
    axes: list[str],
    steps: Steps,
    group_by: list[str],
    groups: list[Group],
) -> list[Series]:
    """Each axis for each group, in their order, and for what is in none (OTHER), which is all where there are no
    groups. Raises ApiError (400) for an unknown axis."""
    statement = Statement(dataset, where)
    statement.add("(t - ?) / ?", (steps.start, steps.length))
    aliases = [statement.alias(dataset.column(name)) for name in group_by]
    matching = " AND ".join(f"{alias} IS ?" for alias in aliases)
    cases = " ".join(f"WHEN {matching} THEN {number}" for number in range(len(groups)))
    statement.add(
        f"CASE {cases} ELSE {OTHER} END" if groups else str(OTHER),
        tuple(value for group in groups for value in group.values),
    )
    columns = {axis: statement.add_function(axis, steps.length / SECOND) for axis in axes}
    for axis, (_, column) in columns.items():
        if column.type not in (*NUMERIC, "percentage", "rate"):
            raise bad_request(f"yAxis is no number: {axis[:100]}")
    rows = statement.run(connection, "GROUP BY o0, o1", [])
    found = {(row["o1"], row["o0"]): row for row in rows}
    return [
        Series(axis, number, _values(found, number, column, steps), column.type, column.unit)
        for number in [*range(len(groups)), OTHER]
        for axis, (_, column) in columns.items()
    ]


def _values(found: dict[tuple[int, int], sqlite3.Row], group: int, column: Column, steps: Steps) -> list[Json]:
    """Nothing is 0, as on Sentry."""
    rows = (found.get((group, step)) for step in range(steps.count))
    return [(shown(row[column.sql], column.type) or 0) if row is not None else 0 for row in rows]
