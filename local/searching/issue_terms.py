"""Search terms about issues (`i`): status, assignment, when and how often they were seen."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

from typing import Any

from local.clock import now
from local.intake.life_cycle import NEW_FOR
from local.searching.conditions import Condition, Scope, TermCondition, latest_versions, matches
from local.searching.syntax import Term, invalid, number, time_bound

_NEW = f"i.substatus = 'new' AND i.first_seen >= ? - {NEW_FOR}"

_IS: dict[str, str] = {
    "unresolved": "i.status = 'unresolved'",
    "resolved": "i.status = 'resolved'",
    "ignored": "i.status = 'ignored'",
    "archived": "i.status = 'ignored'",
    "muted": "i.status = 'ignored'",
    "assigned": "i.assigned_user IS NOT NULL OR i.assigned_team IS NOT NULL",
    "unassigned": "i.assigned_user IS NULL AND i.assigned_team IS NULL",
    "for_review": "i.status = 'unresolved' AND i.has_seen = 0"
    f" AND (i.substatus IN ('regressed', 'escalating') OR {_NEW})",
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
    users = (
        "SELECT u.id FROM users u JOIN members m ON m.user_id = u.id WHERE m.organization_id = ?"
        " AND ? COLLATE NOCASE IN (CAST(u.id AS TEXT), u.email, u.username)"
    )
    return f"i.assigned_user IN ({users})", [scope.organization, value]


def _first_release(term: Term, value: str, scope: Scope) -> Condition:
    if value == "latest":
        versions = latest_versions(scope)
        named, values = f"r.version IN ({', '.join('?' * len(versions))})", list[Any](versions)
    else:
        named, values = matches(term, "r.version", value)
    return f"EXISTS (SELECT 1 FROM releases r WHERE r.id = i.first_release AND {named})", values


def _seen(column: str) -> TermCondition:
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


def _equals(column: str) -> TermCondition:
    def condition(term: Term, value: str, scope: Scope) -> Condition:
        return matches(term, column, value)

    return condition


def _bookmarks(term: Term, value: str, scope: Scope) -> Condition:
    return "i.is_bookmarked = 1", []


ISSUE_TERMS: dict[str, TermCondition] = {
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
