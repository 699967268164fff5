"""What can be asked of a dataset, as SQL: columns by Sentry's names, attributes by theirs, and how values are shown."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.clock import iso
from local.searching.conditions import Condition, Scope, json_path
from local.searching.syntax import Term
from local.values import Json

NUMERIC = ("integer", "number", "duration")

_TYPED = re.compile(r"tags?\[(?P<name>.+?)(?:,\s*(?P<type>string|number|boolean))?\]")
_TYPE = re.compile(r",\s*(string|number|boolean)$")


@dataclass(frozen=True)
class Column:
    """`type` is one of `string integer number duration date boolean array any`: dates are milliseconds, booleans 0 or
    1, arrays JSON; `any` is what the values are. `key` is what `sql` begins with asking, where that differs just where
    the column does: groups are made by it, and the rest is only read of each group."""

    sql: str
    values: tuple[Any, ...] = ()
    type: str = "string"
    unit: str | None = None
    key: "Column | None" = None


@dataclass(frozen=True)
class Dataset:
    """`source` is what stands after FROM, `time` and `row` the columns that order it, `attributes` a JSON object,
    `text` what free text is searched in, `number` what functions are of that name no column; `found_by` are the columns
    with an index of their own, of which one value has few rows. `special` gives the condition of a term that no column
    answers, else None; `quicker` a column for an attribute that is read sooner than the JSON, else None."""

    name: str
    source: str
    alias: str
    columns: dict[str, Column]
    attributes: str
    text: str
    number: str | None = None
    found_by: frozenset[str] = frozenset()
    special: Callable[[Term, Scope], Condition | None] = field(default=lambda term, scope: None)
    quicker: Callable[[str], Column | None] = field(default=lambda name: None)

    @property
    def time(self) -> str:
        return f"{self.alias}.timestamp"

    @property
    def row(self) -> str:
        return f"{self.alias}.id"

    def column(self, name: str) -> Column:
        """A name that no column has is an attribute's (or a tag's); where there is none, it is NULL."""
        if name in self.columns:
            return self.columns[name]
        found = _TYPED.fullmatch(name)
        if found:
            return self._attribute(found["name"], found["type"] or "any")
        kind = _TYPE.search(name)  # as the search syntax leaves `tags[name,number]`
        quicker = None if kind else self.quicker(name)
        return quicker or self._attribute(_TYPE.sub("", name), kind[1] if kind else "any")

    def _attribute(self, name: str, kind: str) -> Column:
        test = " = 'true'" if kind == "boolean" else ""
        return Column(f"json_extract({self.attributes}, ?){test}", (json_path(name),), kind)


def is_typed(key: str) -> bool:
    """Of a term whose key was `tags[name,number]`."""
    return _TYPE.search(key) is not None


def shown(value: Json, kind: str) -> Json:
    """A value from the database as the Web API has it."""
    if value is None:
        return None
    if kind == "date":
        return (iso(int(value)) or "").replace("Z", "+00:00") if isinstance(value, int | float) else None
    if kind == "boolean":
        return value == 1
    if kind == "array":
        return json.loads(value) if isinstance(value, str) and value.startswith("[") else [value]
    if kind == "string" and not isinstance(value, str):
        return str(value)
    if kind in NUMERIC and isinstance(value, str):
        return _number(value)
    return value


def _number(value: str) -> float | None:
    """A tag that is asked for as a number: tags are text."""
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def type_of(values: list[Json]) -> str:
    """The type of values that say it themselves."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int) for value in known):
        return "integer"
    if known and all(isinstance(value, int | float) for value in known):
        return "number"
    return "string"
