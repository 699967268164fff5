"""Asks a dataset for fields: rows as they are, or, where a field is a function, groups of them."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import sqlite3
from dataclasses import dataclass, field
from typing import Any

from local.errors import bad_request
from local.exploring.columns import Column, Dataset, shown, type_of
from local.exploring.conditions import compared, condition_of, refuse_text
from local.exploring.functions import function_of, is_function, selected
from local.exploring.reading import fetch
from local.searching.conditions import Condition, Conditions
from local.searching.expressions import Expression
from local.searching.syntax import Term
from local.values import Json

MOST_FIELDS = 20


@dataclass(frozen=True)
class Found:
    """Rows by the fields asked for, and the type and unit of each field."""

    rows: list[dict[str, Json]]
    types: dict[str, str]
    units: dict[str, str | None]


@dataclass
class Query:
    """What is asked of a dataset: `where` of rows, `groups` of groups, `seconds` the time that rates are of."""

    dataset: Dataset
    fields: list[str]
    where: Conditions
    groups: Expression
    seconds: float
    sort: list[str] = field(default_factory=list[str])


class Statement:
    """SQL in two layers: what is read of each row, under an alias each, and what is made of that."""

    def __init__(self, dataset: Dataset, where: Conditions) -> None:
        self._dataset = dataset
        self._where = where
        self._columns: dict[tuple[str, tuple[Any, ...]], str] = {}
        self.outputs: list[str] = []
        self.values: list[Any] = []

    def alias(self, column: Column) -> str:
        """The name of a column in the outer layer."""
        return self._columns.setdefault((column.sql, column.values), f"c{len(self._columns)}")

    def add(self, sql: str, values: tuple[Any, ...] = ()) -> str:
        """Give out one more column; its alias."""
        alias = f"o{len(self.outputs)}"
        self.outputs.append(f"{sql} AS {alias}")
        self.values += values
        return alias

    def add_column(self, column: Column) -> tuple[str, str]:
        """Give out a column; its alias, and that by which rows are grouped that have the same of it."""
        if column.key is None:
            return (alias := self.add(self.alias(column))), alias
        key, known = self.alias(column.key), len(column.key.values)
        return self.add(column.sql.replace(column.key.sql, key), column.values[known:]), key

    def add_function(self, name: str, seconds: float) -> tuple[str, Column]:
        """Give out a function; its alias, and that as a column."""
        function = function_of(self._dataset, name, seconds)
        argument = self.alias(function.column) if function.column else ""
        alias = self.add(function.sql.format(argument), function.values)
        return alias, Column(alias, type=function.type, unit=function.unit)

    def sql(self, rest: str) -> str:
        inner = ", ".join(f"{sql} AS {alias}" for (sql, _), alias in self._columns.items())
        time, row = self._dataset.time, self._dataset.row
        return (
            f"SELECT {', '.join(self.outputs)} FROM (SELECT {time} AS t, {row} AS r{', ' * bool(inner)}{inner}"
            f" FROM {self._dataset.source} WHERE {self._where}) {rest}"
        )

    def run(self, connection: sqlite3.Connection, rest: str, values: list[Any]) -> list[sqlite3.Row]:
        read = [value for _, column_values in self._columns for value in column_values]
        return fetch(connection, self.sql(rest), [*self.values, *read, *self._where.values, *values])


@dataclass(frozen=True)
class Selected:
    """Rows as the database has them, and which column of theirs has which field."""

    rows: list[sqlite3.Row]
    columns: dict[str, tuple[str, Column]]

    def shown(self, row: sqlite3.Row, name: str) -> Json:
        alias, column = self.columns[name]
        return shown(row[alias], column.type)


def run(connection: sqlite3.Connection, query: Query, limit: int, offset: int = 0) -> Found:
    """Rows `offset` to `offset + limit`. Raises ApiError (400) for what cannot be asked."""
    selected = select(connection, query, limit, offset)
    columns = selected.columns
    rows = [{name: selected.shown(row, name) for name in columns} for row in selected.rows]
    types = {
        name: type_of([row[name] for row in rows]) if column.type == "any" else column.type
        for name, (_, column) in columns.items()
    }
    return Found(rows, types, {name: column.unit for name, (_, column) in columns.items()})


def select(connection: sqlite3.Connection, query: Query, limit: int, offset: int = 0) -> Selected:
    """As `run`, with the values as they are."""
    _check(query)
    statement = Statement(query.dataset, query.where)
    columns: dict[str, tuple[str, Column]] = {}
    plain: list[str] = []
    keys: list[str] = []
    for name in query.fields:
        if is_function(name):
            columns[name] = statement.add_function(name, query.seconds)
        else:
            column = query.dataset.column(name)
            alias, key = statement.add_column(column)
            columns[name] = (alias, column)
            plain.append(alias)
            keys.append(key)
    having, values = _having(statement, query)
    grouped = bool(having) or len(plain) < len(columns)
    rest = ""
    if grouped:
        rest = f"GROUP BY {', '.join(keys)}" if keys else ""
        rest += f" HAVING {having}" if having else ""
    rest += f" ORDER BY {_order(query, columns, plain, grouped)} LIMIT ? OFFSET ?"
    return Selected(statement.run(connection, rest, [*values, limit, offset]), columns)


def _check(query: Query) -> None:
    if not query.fields:
        raise bad_request("No columns selected")
    if len(query.fields) > MOST_FIELDS:
        raise bad_request(f"You can view up to {MOST_FIELDS} fields at a time. Please delete some and try again.")
    for name in query.fields:
        if name.startswith("equation|"):
            raise bad_request("Equations are not supported by this server")
    for name in query.sort:
        _sorted_by(name, query.fields)


def _sorted_by(name: str, fields: list[str]) -> str:
    found = selected(name, fields)
    if found is None:
        raise bad_request("Cannot sort by a field that is not selected.")
    return found


def _having(statement: Statement, query: Query) -> Condition:
    aliases: dict[str, Column] = {}

    def of_term(term: Term) -> Condition:
        if term.key not in aliases:
            aliases[term.key] = statement.add_function(term.key, query.seconds)[1]
        sql, values = compared(aliases[term.key], term)
        return (f"NOT COALESCE({sql}, FALSE)" if term.negated else sql), values

    sql, values = condition_of(query.groups, of_term, refuse_text)
    return ("" if sql == "TRUE" else sql), values


def _order(query: Query, columns: dict[str, tuple[str, Column]], plain: list[str], grouped: bool) -> str:
    asked = [
        f"{columns[_sorted_by(name, query.fields)][0]} {'DESC' if name.startswith('-') else 'ASC'}"
        for name in query.sort
    ]
    if not grouped:
        # Of the same moment in the same direction: what was written one after the other reads so.
        way = "DESC" if not query.sort or query.sort[0].startswith("-") else "ASC"
        return ", ".join([*asked, f"t {way}", f"r {way}"])
    first = [f"{alias} DESC" for alias, _ in columns.values() if alias not in plain][:1]
    return ", ".join([*asked, *first, *plain]) or "1"
