"""What a search asks of rows, and of groups of them, as SQL with parameters."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local.errors import bad_request
from local.exploring.columns import NUMERIC, Column, Dataset
from local.searching.conditions import Condition, Scope, latest_versions, marks
from local.searching.expressions import Expression, Group, Text, is_aggregate
from local.searching.syntax import Term, invalid, like, number, time_bound

_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(ms|s|min|m|hr|h|day|d|wk|w)?")
_MILLISECONDS: dict[str | None, int] = {
    **{None: 1, "ms": 1, "s": 1000, "min": 60_000, "m": 60_000, "hr": 3_600_000, "h": 3_600_000},
    **{"day": 86_400_000, "d": 86_400_000, "wk": 604_800_000, "w": 604_800_000},
}

TermCondition = Callable[[Term], Condition]


def split(expression: Expression) -> tuple[Expression, Expression]:
    """What is asked of rows, and what of groups. Raises ApiError (400) where an OR would mix the two."""
    rows: list[Expression] = []
    groups: list[Expression] = []
    parts = expression.parts if isinstance(expression, Group) and expression.operator == "AND" else (expression,)
    for part in parts:
        about = _about(part)
        if len(about) > 1:
            raise invalid("Conditions on aggregates and on other fields cannot be joined by OR or in parentheses")
        (groups if about == {True} else rows).append(part)
    return Group("AND", tuple(rows)), Group("AND", tuple(groups))


def names_few(dataset: Dataset, expression: Expression) -> bool:
    """Whether rows are found by a column that has an index of its own: then that of the time is none to walk."""
    parts = expression.parts if isinstance(expression, Group) and expression.operator == "AND" else (expression,)
    return any(
        isinstance(part, Term)
        and part.key in dataset.found_by
        and not part.negated
        and not any("*" in value or not value for value in part.values)
        for part in parts
    )


def _about(expression: Expression) -> set[bool]:
    if isinstance(expression, Group):
        return {found for part in expression.parts for found in _about(part)}
    return {isinstance(expression, Term) and is_aggregate(expression)}


def condition_of(expression: Expression, of_term: TermCondition, of_text: Callable[[str], Condition]) -> Condition:
    """The SQL of a tree of terms and words."""
    if isinstance(expression, Text):
        return of_text(expression.words)
    if isinstance(expression, Term):
        return of_term(expression)
    found = [condition_of(part, of_term, of_text) for part in expression.parts]
    sql = f" {expression.operator} ".join(f"({sql})" for sql, _ in found)
    return sql or "TRUE", [value for _, values in found for value in values]


def row_condition(dataset: Dataset, expression: Expression, scope: Scope) -> Condition:
    """Raises ApiError (400) for a value that cannot be."""

    def of_text(words: str) -> Condition:
        special = dataset.special(Term("message", (words,)), scope)
        return special or (rf"{dataset.text} LIKE ? ESCAPE '\'", [f"%{like(words)}%"])

    return condition_of(expression, lambda term: _term(dataset, term, scope), of_text)


def _term(dataset: Dataset, term: Term, scope: Scope) -> Condition:
    special = dataset.special(term, scope)
    if special is not None:
        return special
    if term.key == "has":
        found = [dataset.column(value) for value in term.values]
        sql = " OR ".join(f"{column.sql} IS NOT NULL" for column in found)
        return _negated(term, (sql, [value for column in found for value in column.values]))
    if term.key in ("release", "segment.release") and "latest" in term.values:
        newest = latest_versions(scope)
        term = replace(term, values=tuple(value for value in term.values if value != "latest") + tuple(newest))
    column = dataset.column(term.key)
    if term.key in ("trace", "id", "span_id", "parent_span"):
        term = replace(term, values=tuple(value.replace("-", "").lower() for value in term.values))
    if term.key in ("project", "project.name") and all(value.isdecimal() for value in term.values):
        column = dataset.columns["project.id"]
    return _negated(term, compared(column, term))


def _negated(term: Term, condition: Condition) -> Condition:
    sql, values = condition
    return (f"NOT COALESCE({sql}, FALSE)" if term.negated else sql), values


def compared(column: Column, term: Term) -> Condition:
    """Any of the values of a term, whatever the column's type. Raises ApiError (400)."""
    if column.type == "date":
        return _any(column, [_bound(term, value) for value in term.values])
    if column.type == "boolean":
        wanted = {_truth(value) for value in term.values}
        test = f"= {wanted.pop()}" if len(wanted) == 1 else "IS NOT NULL"  # written out: an index is of one of them
        return f"({column.sql}) {test}", list(column.values)
    if term.operator != "=":
        return _any(column, [(f"CAST({{0}} AS REAL) {term.operator} ?", _number(column, v)) for v in term.values])
    exact: list[Any] = [value for value in term.values if value and "*" not in value]
    tests = [(r"{0} LIKE ? ESCAPE '\'", like(value)) for value in term.values if "*" in value]
    if column.type in NUMERIC:
        texts = exact if column.type == "number" else []  # a tag is a text, also where it is asked for as a number
        exact = [*(_number(column, value) for value in exact), *texts]
    elif column.type in ("any", "array"):  # numbers among the attributes are kept as such
        exact += [float(value) for value in exact if re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", value)]
    sql, values = _any(column, tests)
    if exact:
        sql = f"{column.sql} IN ({marks(exact)})" + (f" OR {sql}" if tests else "")
        values = [*column.values, *exact, *values]
    if "" in term.values:
        sql = f"{column.sql} IS NULL" + (f" OR {sql}" if exact or tests else "")
        values = [*column.values, *values]
    return sql, values


def _any(column: Column, tests: list[tuple[str, Any]]) -> Condition:
    sql = " OR ".join(f"({test.format(column.sql)})" for test, _ in tests)
    return sql or "FALSE", [value for _, wanted in tests for value in (*column.values, wanted)]


def _bound(term: Term, value: str) -> tuple[str, int]:
    operator, moment = time_bound(term, value)
    return f"{{0}} {operator} ?", moment


def _number(column: Column, value: str) -> float:
    if column.type == "duration":
        found = _DURATION.fullmatch(value)
        if not found:
            raise invalid(f"Invalid duration: {value[:50]}. Expected a number and ms, s, min, h, d or w (e.g. 300ms).")
        return float(found[1]) * _MILLISECONDS[found[2]]
    if value.startswith("-"):
        return -number(value[1:])
    return number(value)


def _truth(value: str) -> int:
    if value.lower() not in ("1", "true", "0", "false"):
        raise invalid(f"Invalid boolean: {value[:50]}. Expected true, 1, false, or 0.")
    return int(value.lower() in ("1", "true"))


def refuse_text(words: str) -> Condition:
    """Words are never about groups."""
    raise bad_request(f"Not a condition on an aggregate: {words[:50]}")
