"""Search terms about events (`e`): tags, and what an event has beside them."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import sqlite3
from collections.abc import Iterable
from typing import Any

from local import texts
from local.searching.conditions import (
    Condition,
    Conditions,
    Scope,
    alternatives,
    json_path,
    latest_versions,
    marks,
    matches,
)
from local.searching.syntax import Term, invalid, like, time_bound
from local.terms import FIELDS as INDEXED_FIELDS
from local.terms import IN_TEXT, MOST_TEXT, OF_ISSUES, term_of

MOST_VALUES = 50
"""Of one tag that a pattern stands for; with more, each event is asked."""

MOST_AT_ONCE = 3
"""Values of a field that is alike in most events of an issue, of which each event is asked in any case."""

FEW_VALUES = 16
"""Of one tag; so many are looked for among the terms of an event sooner than its JSON is read."""

FIELDS = (
    "user.id",
    "user.email",
    "user.username",
    "user.ip",
    "error.type",
    "error.value",
    "error.mechanism",
    "error.unhandled",
    "stack.filename",
    "stack.function",
    "stack.module",
    "http.method",
    "http.url",
    "trace",
    "platform",
    "sdk.name",
    "title",
)
_ALIASES = {
    "platform.name": "platform",
    "sentry:release": "release",
    "issue.level": "level",
    "exception_type": "error.type",
    "exception_value": "error.value",
}
MOST_ISSUES = 4000
"""Of a set; what more of them have is found sooner by looking at events as they come."""

_CUT = f"SELECT issue_id FROM events INDEXED BY texts_cut WHERE length(message) >= {MOST_TEXT}"
"""Issues with texts that may lack what IN_TEXT says they have."""

_COLUMNS = {"release": "e.release", "environment": "e.environment", "trace": "json_extract(e.fields, '$.trace')"}


def add_text(events: Conditions, text: str, scope: Scope) -> None:
    """Free text is a part of the title, the message or the culprit of an event, in any case."""
    if text:
        add_event_term(events, Term("message", (text,)), scope)


def add_event_term(events: Conditions, term: Term, scope: Scope) -> None:
    """Raises ApiError (400) for a value that cannot be."""
    sql, values = alternatives(term, scope, _event_condition)
    events.add(f"NOT COALESCE({sql}, FALSE)" if term.negated else sql, *values)
    if term.negated:
        return
    sets = [_issues(term, value, scope) for value in term.values]
    told = [issues for issues in sets if issues is not None]
    if len(told) == len(sets):
        events.sets.append((" UNION ALL ".join(sql for sql, _ in told), [value for _, some in told for value in some]))
    if _ALIASES.get(term.key, term.key) in OF_ISSUES and sql.count("instr") > MOST_AT_ONCE:
        events.alike.append(events.parts[-1])


def _event_condition(term: Term, value: str, scope: Scope) -> Condition:
    key = _ALIASES.get(term.key, term.key)
    if key == "has":
        return _has(_ALIASES.get(value, value), scope)
    if key == "message":
        return r"e.message LIKE ? ESCAPE '\'", [f"%{like(value)}%"]
    if key == "id":
        return "e.event_id = ?", [_event_id(value)]
    if key == "timestamp":
        operator, moment = time_bound(term, value)
        return f"e.timestamp {operator} ?", [moment]
    if key == "error.handled":
        return _event_condition(Term("error.unhandled", ()), _opposite(value), scope)
    if value == "":
        sql, values = _has(key, scope)
        return f"NOT ({sql})", values
    if key == "error.unhandled":
        value = _truth(value)
    if key == "release" and value == "latest":
        versions = latest_versions(scope)
        return f"e.release IN ({marks(versions)})", list(versions)
    if key in _COLUMNS:
        return matches(term, _COLUMNS[key], value)
    named = _named(term, key, value, scope)
    found = _by_json(term, key, value) if named is None else _by_terms(key, named)
    if key in IN_TEXT and term.operator == "=":
        in_text = rf"e.message LIKE ? ESCAPE '\' OR length(e.message) >= {MOST_TEXT}"
        return f"({in_text}) AND {found[0]}", [f"%{like(value)}%", *found[1]]
    return found


def _by_terms(key: str, values: list[str]) -> Condition:
    """That an event has one of these values."""
    found = [term_of(key, value, is_field=key in INDEXED_FIELDS) for value in values]
    return " OR ".join(f"instr(e.{column}, ?)" for column, _ in found) or "FALSE", [digest for _, digest in found]


def _named(term: Term, key: str, value: str, scope: Scope) -> list[str] | None:
    """The values of a tag or a field that a term asks for; None where terms of events do not tell."""
    if term.operator == "=" and "*" not in value:
        return [value] if key not in FIELDS or key in INDEXED_FIELDS else None
    return _values(key, scope, *matches(term, "value", value))


def _values(key: str, scope: Scope, test: str = "TRUE", wanted: Iterable[Any] = ()) -> list[str] | None:
    """The values of a tag or a field for which that holds; None when they are too many, or not known."""
    if key in FIELDS and key not in OF_ISSUES:
        return None
    return values_of(scope.connection, key, MOST_VALUES, test, wanted)


def values_of(
    connection: sqlite3.Connection, key: str, most: int, test: str = "TRUE", wanted: Iterable[Any] = ()
) -> list[str] | None:
    """The values of a tag, or of a field that issues have, for which a test in SQL with what it wants holds; None when
    they are more than `most`.

    The index is asked for the next value each time: of each there is an entry for each issue.
    """
    table = "issue_fields" if key in INDEXED_FIELDS else "issue_tags"
    rows = connection.execute(
        f"WITH RECURSIVE v (value) AS (SELECT MIN(value) FROM {table} WHERE key = ?1 UNION ALL"
        f" SELECT (SELECT MIN(value) FROM {table} WHERE key = ?1 AND value > v.value) FROM v WHERE value IS NOT NULL)"
        f" SELECT value FROM v WHERE value IS NOT NULL AND {test} LIMIT ?",
        (key, *wanted, most + 1),
    ).fetchall()
    return [row["value"] for row in rows] if len(rows) <= most else None


def _by_json(term: Term, key: str, value: str) -> Condition:
    if key in FIELDS:
        sql, values = matches(term, "f.value", value)
        return f"EXISTS (SELECT 1 FROM json_each(e.fields, ?) AS f WHERE {sql})", [json_path(key), *values]
    sql, values = matches(term, "json_extract(e.tags, ?)", value)
    return sql, [json_path(key), *values]


def _issues(term: Term, value: str, scope: Scope) -> Condition | None:
    """The issues with events of which that may hold, as an index has them; None where none has."""
    key = _ALIASES.get(term.key, term.key)
    if key in ("message", *IN_TEXT):
        found = texts.issues_with(scope.connection, value) if term.operator == "=" else None
        return (f"{found[0]} UNION ALL {_CUT}", found[1]) if found and key in IN_TEXT else found
    if key == "id":
        return "SELECT issue_id FROM events WHERE event_id = ?", [_event_id(value)]
    if key == "has":
        return _issues_with(_ALIASES.get(value, value), None, scope)
    if key == "timestamp" or value == "" or (key == "release" and value == "latest"):
        return None
    if key == "error.handled":
        key, value = "error.unhandled", _opposite(value)
    elif key == "error.unhandled":
        value = _truth(value)
    if key == "trace":
        is_one = term.operator == "=" and "*" not in value
        return ("SELECT issue_id FROM events WHERE json_extract(fields, '$.trace') = ?", [value]) if is_one else None
    named = _named(term, key, value, scope)
    return None if named is None else _issues_with(key, named, scope)


def _issues_with(key: str, values: list[str] | None, scope: Scope) -> Condition | None:
    """The issues with one of these values, or any, of a tag or a field; None where they are not known, or too many."""
    if key in FIELDS and key not in OF_ISSUES:
        return None
    table = "issue_fields" if key in OF_ISSUES else "issue_tags"
    query = f"SELECT issue_id FROM {table} WHERE key = ?"
    query += "" if values is None else f" AND value IN ({marks(values)})"
    asked = [key, *(values or ())]
    (found,) = scope.connection.execute(f"SELECT COUNT(*) FROM ({query} LIMIT ?)", (*asked, MOST_ISSUES)).fetchone()
    return (query, asked) if found < MOST_ISSUES else None


def _has(key: str, scope: Scope) -> Condition:
    if key in _COLUMNS:
        return f"{_COLUMNS[key]} IS NOT NULL", []
    named = _values(key, scope)
    if named is not None and len(named) <= FEW_VALUES:
        return _by_terms(key, named)
    if key in FIELDS:
        return "EXISTS (SELECT 1 FROM json_each(e.fields, ?) AS f WHERE f.value IS NOT NULL)", [json_path(key)]
    return "json_extract(e.tags, ?) IS NOT NULL", [json_path(key)]


def _event_id(value: str) -> str:
    return value.replace("-", "").lower()


def _truth(value: str) -> str:
    if value.lower() in ("1", "true"):
        return "true"
    if value.lower() in ("0", "false"):
        return "false"
    raise invalid(f"Invalid boolean: {value}. Expected true, 1, false, or 0.")


def _opposite(value: str) -> str:
    return "false" if _truth(value) == "true" else "true"
