"""Turns a search query into SQL with parameters: conditions on issues (`i`) and on their events (`e`)."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.clock import now
from local.life_cycle import NEW_FOR
from local.search import Query, Term, invalid, like, number, time_bound


@dataclass
class Conditions:
    """SQL that must all hold, with its parameters in order."""

    sql: list[str] = field(default_factory=list[str])
    values: list[Any] = field(default_factory=list[Any])

    def add(self, sql: str, *values: object) -> None:
        self.sql.append(f"({sql})")
        self.values += values

    def add_in(self, column: str, values: list[Any]) -> None:
        self.add(f"{column} IN ({', '.join('?' * len(values))})", *values)

    def __str__(self) -> str:
        return " AND ".join(self.sql) or "TRUE"


@dataclass(frozen=True)
class Scope:
    """Who searches where."""

    connection: sqlite3.Connection
    organization: int
    user: int
    projects: list[int]


_NEW = f"i.substatus = 'new' AND i.first_seen >= ? - {NEW_FOR}"

_IS: dict[str, str] = {
    "unresolved": "i.status = 'unresolved'",
    "resolved": "i.status = 'resolved'",
    "ignored": "i.status = 'ignored'",
    "archived": "i.status = 'ignored'",
    "muted": "i.status = 'ignored'",
    "assigned": "i.assigned_user IS NOT NULL OR i.assigned_team IS NOT NULL",
    "unassigned": "i.assigned_user IS NULL AND i.assigned_team IS NULL",
    "for_review": f"i.status = 'unresolved' AND i.has_seen = 0 AND (i.substatus IN ('regressed', 'escalating') OR {_NEW})",
    "linked": "FALSE",
    "unlinked": "TRUE",
    "new": f"i.status = 'unresolved' AND {_NEW}",
    "ongoing": f"i.status = 'unresolved' AND (i.substatus = 'ongoing' OR (i.substatus = 'new' AND NOT ({_NEW})))",
    "regressed": "i.status = 'unresolved' AND i.substatus = 'regressed'",
    "escalating": "i.status = 'unresolved' AND i.substatus = 'escalating'",
    "archived_until_escalating": "i.status = 'ignored' AND i.substatus = 'archived_until_escalating'",
    "archived_until_condition_met": "i.status = 'ignored' AND i.substatus = 'archived_until_condition_met'",
    "archived_forever": "i.status = 'ignored' AND i.substatus = 'archived_forever'",
}

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


def issue_filter(query: Query, scope: Scope) -> tuple[Conditions, Conditions]:
    """The conditions on issues and those on at least one event of each. Raises ApiError (400)."""
    issues, events = Conditions(), Conditions()
    for term in query.terms:
        by_issue = _ISSUE_TERMS.get(term.key.lower())
        if by_issue:
            sql, values = _alternatives(term, scope, by_issue)
            issues.add(f"NOT ({sql})" if term.negated else sql, *values)
        else:
            _add_event_term(events, term, scope)
    _add_text(events, query.text)
    return issues, events


def event_filter(query: Query, scope: Scope) -> Conditions:
    """The conditions on events; what can only be asked of an issue is ignored, as on Sentry. Raises ApiError (400)."""
    events = Conditions()
    for term in query.terms:
        if term.key.lower() not in _ISSUE_TERMS:
            _add_event_term(events, term, scope)
    _add_text(events, query.text)
    return events


Condition = tuple[str, list[Any]]


def _alternatives(
    term: Term, scope: Scope, condition: "Callable[[Term, str, Scope], Condition]"
) -> Condition:
    found = [condition(term, value, scope) for value in term.values]
    return " OR ".join(f"({sql})" for sql, _ in found), [value for _, values in found for value in values]


def _add_text(events: Conditions, text: str) -> None:
    if text:
        events.add(r"e.message LIKE ? ESCAPE '\'", f"%{like(text)}%")


def _add_event_term(events: Conditions, term: Term, scope: Scope) -> None:
    sql, values = _alternatives(term, scope, _event_condition)
    events.add(f"NOT COALESCE({sql}, FALSE)" if term.negated else sql, *values)


def _event_condition(term: Term, value: str, scope: Scope) -> Condition:
    key = _ALIASES.get(term.key, term.key)
    if key == "has":
        return _has(_ALIASES.get(value, value))
    if key == "message":
        return r"e.message LIKE ? ESCAPE '\'", [f"%{like(value)}%"]
    if key == "id":
        return "e.event_id = ?", [value.replace("-", "").lower()]
    if key == "timestamp":
        operator, moment = time_bound(term, value)
        return f"e.timestamp {operator} ?", [moment]
    if key == "error.handled":
        return _event_condition(Term("error.unhandled", ()), _opposite(value), scope)
    if value == "":
        sql, values = _has(key)
        return f"NOT ({sql})", values
    if key == "error.unhandled":
        value = _truth(value)
    if key == "release" and value == "latest":
        versions = latest_versions(scope)
        return f"e.release IN ({', '.join('?' * len(versions))})", list(versions)
    column = _column(key)
    if column:
        sql, values = _matches(term, column, value)
        return sql, values
    if key in FIELDS:
        sql, values = _matches(term, "f.value", value)
        return f"EXISTS (SELECT 1 FROM json_each(e.fields, ?) AS f WHERE {sql})", [_json_path(key), *values]
    sql, values = _matches(term, "json_extract(e.tags, ?)", value)
    return sql, [_json_path(key), *values]


def _has(key: str) -> Condition:
    column = _column(key)
    if column:
        return f"{column} IS NOT NULL", []
    column = "e.fields" if key in FIELDS else "e.tags"
    return f"json_extract({column}, ?) IS NOT NULL", [_json_path(key)]


def _column(key: str) -> str | None:
    return {"release": "e.release", "environment": "e.environment"}.get(key)


def _json_path(key: str) -> str:
    return '$."' + key.replace('"', "") + '"'


def _matches(term: Term, column: str, value: str) -> Condition:
    if term.operator != "=":
        return f"CAST({column} AS REAL) {term.operator} ?", [number(value)]
    if "*" in value:
        return rf"{column} LIKE ? ESCAPE '\'", [like(value)]
    return f"{column} = ?", [value]


def _truth(value: str) -> str:
    if value.lower() in ("1", "true"):
        return "true"
    if value.lower() in ("0", "false"):
        return "false"
    raise invalid(f"Invalid boolean: {value}. Expected true, 1, false, or 0.")


def _opposite(value: str) -> str:
    return "false" if _truth(value) == "true" else "true"


def latest_versions(scope: Scope) -> list[str]:
    """The version of each project's newest release."""
    marks = ", ".join("?" * len(scope.projects))
    rows = scope.connection.execute(
        "SELECT r.version, MAX(r.date_created) FROM release_projects rp JOIN releases r ON r.id = rp.release_id"
        f" WHERE rp.project_id IN ({marks}) GROUP BY rp.project_id",  # noqa: S608 - only question marks
        scope.projects,
    ).fetchall()
    return [row["version"] for row in rows]


def _is(term: Term, value: str, scope: Scope) -> Condition:
    sql = _IS.get(value.lower())
    if sql is None:
        raise invalid(f'Invalid value for "is" search, valid values are {sorted(_IS)}')
    return sql, [now()] * sql.count("?")


def _assigned(term: Term, value: str, scope: Scope) -> Condition:
    if value.lower() == "none":
        return _IS["unassigned"], []
    if value.lower() == "me":
        return "i.assigned_user = ?", [scope.user]
    if value.lower() == "my_teams":
        return "i.assigned_team IS NOT NULL", []
    if value.startswith("#"):
        teams = "SELECT id FROM teams WHERE organization_id = ? AND slug = ?"
        return f"i.assigned_team IN ({teams})", [scope.organization, value[1:]]
    return (
        "i.assigned_user IN (SELECT u.id FROM users u JOIN members m ON m.user_id = u.id"
        " WHERE m.organization_id = ?1 AND (u.email = ?2 COLLATE NOCASE OR u.username = ?2 OR CAST(u.id AS TEXT) = ?2))"
    ).replace("?1", "?").replace("?2", "?"), [scope.organization, value, value, value]


def _first_release(term: Term, value: str, scope: Scope) -> Condition:
    if value == "latest":
        versions = latest_versions(scope)
        matches, values = f"r.version IN ({', '.join('?' * len(versions))})", list[Any](versions)
    else:
        matches, values = _matches(term, "r.version", value)
    return f"EXISTS (SELECT 1 FROM releases r WHERE r.id = i.first_release AND {matches})", values


def _seen(column: str) -> "Callable[[Term, str, Scope], Condition]":
    def condition(term: Term, value: str, scope: Scope) -> Condition:
        operator, moment = time_bound(term, value)
        return f"{column} {operator} ?", [moment]

    return condition


def _times_seen(term: Term, value: str, scope: Scope) -> Condition:
    return f"i.times_seen {term.operator} ?", [number(value)]


def _short_id(term: Term, value: str, scope: Scope) -> Condition:
    return "i.short_id = ?", [value.upper()]


def _issue_id(term: Term, value: str, scope: Scope) -> Condition:
    return "CAST(i.id AS TEXT) = ?", [value]


def _project(term: Term, value: str, scope: Scope) -> Condition:
    return "i.project_id IN (SELECT id FROM projects WHERE slug = ? OR CAST(id AS TEXT) = ?)", [value, value]


def _equals(column: str) -> "Callable[[Term, str, Scope], Condition]":
    def condition(term: Term, value: str, scope: Scope) -> Condition:
        return _matches(term, column, value)

    return condition


def _bookmarks(term: Term, value: str, scope: Scope) -> Condition:
    return "i.is_bookmarked = 1", []


_ISSUE_TERMS: dict[str, "Callable[[Term, str, Scope], Condition]"] = {
    "is": _is,
    "status": _equals("i.status"),
    "substatus": _equals("i.substatus"),
    "assigned": _assigned,
    "assigned_to": _assigned,
    "assigned_or_suggested": _assigned,
    "bookmarks": _bookmarks,
    "first_release": _first_release,
    "firstrelease": _first_release,
    "first-release": _first_release,
    "age": _seen("i.first_seen"),
    "firstseen": _seen("i.first_seen"),
    "first_seen": _seen("i.first_seen"),
    "lastseen": _seen("i.last_seen"),
    "last_seen": _seen("i.last_seen"),
    "timesseen": _times_seen,
    "times_seen": _times_seen,
    "issue": _short_id,
    "issue.id": _issue_id,
    "issue.type": _equals("'error'"),
    "issue.category": _equals("'error'"),
    "issue.priority": _equals("i.priority"),
    "priority": _equals("i.priority"),
    "project": _project,
    "project.name": _project,
    "project.id": _project,
}
