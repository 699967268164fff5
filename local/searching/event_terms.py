"""Search terms about events (`e`): tags, and what an event has beside them."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

from local.searching.conditions import Condition, Conditions, Scope, alternatives, latest_versions, matches
from local.searching.syntax import Term, invalid, like, time_bound

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


def add_text(events: Conditions, text: str) -> None:
    """Free text is a part of the title, the message or the culprit of an event, in any case."""
    if text:
        events.add(r"e.message LIKE ? ESCAPE '\'", f"%{like(text)}%")


def add_event_term(events: Conditions, term: Term, scope: Scope) -> None:
    """Raises ApiError (400) for a value that cannot be."""
    sql, values = alternatives(term, scope, _event_condition)
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
        sql, values = matches(term, column, value)
        return sql, values
    if key in FIELDS:
        sql, values = matches(term, "f.value", value)
        return f"EXISTS (SELECT 1 FROM json_each(e.fields, ?) AS f WHERE {sql})", [_json_path(key), *values]
    sql, values = matches(term, "json_extract(e.tags, ?)", value)
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


def _truth(value: str) -> str:
    if value.lower() in ("1", "true"):
        return "true"
    if value.lower() in ("0", "false"):
        return "false"
    raise invalid(f"Invalid boolean: {value}. Expected true, 1, false, or 0.")


def _opposite(value: str) -> str:
    return "false" if _truth(value) == "true" else "true"
