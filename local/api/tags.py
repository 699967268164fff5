"""The tags of an issue: keys, and the values of one with how often each was seen."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import sqlite3
from typing import Any

from local.api.list_parameters import events_asked
from local.api.paging import page_of_list
from local.api.request import ApiRequest, ApiResponse, issue_of
from local.clock import iso
from local.errors import bad_request, not_found
from local.shapes.issues import tag_name
from local.values import Json

MOST_VALUES = 10
"""Of each key in the list of keys; one key alone shows more."""

MOST_VALUES_OF_ONE = 100

_SORTS = {"id": "value", "date": "last_seen", "age": "first_seen", "count": "times_seen"}


def list_tags(request: ApiRequest) -> ApiResponse:
    """All tags of an issue, or those that `key` (repeated) names."""
    asked = [key.removeprefix("sentry:") for key in request.query.getlist("key") if key]
    with request.store.reading() as connection:
        issue = issue_of(request, connection)
        counted = _counted(request, connection, issue["id"])
    keys = dict.fromkeys(row["key"] for row in counted if not asked or row["key"] in asked)
    return ApiResponse([_tag(key, [row for row in counted if row["key"] == key], MOST_VALUES) for key in keys])


def get_tag(request: ApiRequest) -> ApiResponse:
    """https://docs.sentry.io/api/events/retrieve-tag-details/"""
    with request.store.reading() as connection:
        issue = issue_of(request, connection)
        counted = _counted(request, connection, issue["id"], request.path["key"].removeprefix("sentry:"))
    if not counted:
        raise not_found()
    return ApiResponse(_tag(counted[0]["key"], counted, MOST_VALUES_OF_ONE))


def list_values(request: ApiRequest) -> ApiResponse:
    """All values of one tag, each with how often it was seen; `sort` is `count`, `date` (last seen), `age` (first
    seen) or `id`. https://docs.sentry.io/api/events/list-a-tags-values-for-an-issue/"""
    sort = request.query.get("sort") or "id"
    if sort not in _SORTS:
        raise bad_request(f"Invalid sort parameter. Choose one of: {', '.join(sorted(_SORTS))}.")
    with request.store.reading() as connection:
        issue = issue_of(request, connection)
        counted = _counted(request, connection, issue["id"], request.path["key"].removeprefix("sentry:"))
    counted.sort(key=lambda row: row[_SORTS[sort]], reverse=sort != "id")
    shown, headers = page_of_list(request, [_value(row["key"], row) for row in counted])
    return ApiResponse(shown, headers=headers)


def _counted(request: ApiRequest, connection: sqlite3.Connection, issue: int, key: str | None = None) -> list[Any]:
    """Key, value, times seen, first and last seen, the most frequent value first."""
    wanted, values = ("AND key = ?", [key]) if key else ("", [])
    order = "ORDER BY key, times_seen DESC, last_seen DESC"
    within = events_asked(request)
    if not within.parts:
        return connection.execute(
            f"SELECT * FROM issue_tags WHERE issue_id = ? {wanted} {order}",
            [issue, *values],
        ).fetchall()
    return connection.execute(
        "SELECT t.key, t.value, COUNT(*) AS times_seen, MIN(e.timestamp) AS first_seen, MAX(e.timestamp)"
        " AS last_seen"
        f" FROM events e, json_each(e.tags) t WHERE e.issue_id = ? AND {within} {wanted}"
        f" GROUP BY t.key, t.value {order}",
        [issue, *within.values, *values],
    ).fetchall()


def _tag(key: str, rows: list[Any], most: int) -> dict[str, Json]:
    return {
        "key": key,
        "name": tag_name(key),
        "uniqueValues": len(rows),
        "totalValues": sum(row["times_seen"] for row in rows),
        "topValues": [_value(key, row) for row in rows[:most]],
    }


def _value(key: str, row: Any) -> dict[str, Json]:
    return {
        "key": key,
        "name": row["value"],
        "value": row["value"],
        "count": row["times_seen"],
        "firstSeen": iso(row["first_seen"]),
        "lastSeen": iso(row["last_seen"]),
    }
