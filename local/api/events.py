"""Events: of an issue, of a project, or by id (https://docs.sentry.io/api/events/)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import re
import sqlite3
from typing import Any

from local.api.list_parameters import events_asked
from local.api.paging import limit_of, page
from local.api.request import ApiRequest, ApiResponse, issue_of, organization_of, project_of
from local.errors import not_found
from local.searching.conditions import Conditions, Scope
from local.searching.filters import event_filter
from local.searching.syntax import parse_query
from local.shapes.events import event_detail, event_summary, neighbours
from local.values import Json

EVENTS = "events e JOIN issues i ON i.id = e.issue_id JOIN projects p ON p.id = e.project_id"

_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_ORDER = {"latest": "DESC", "recommended": "DESC", "oldest": "ASC"}


def list_issue_events(request: ApiRequest) -> ApiResponse:
    """The newest first, without entries unless `full=true`."""
    with request.store.reading() as connection:
        issue = issue_of(request, connection)
        return _list(request, connection, "e.issue_id = ?", issue["id"], [issue["project_id"]])


def list_project_events(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        project = project_of(request, connection)
        return _list(request, connection, "e.project_id = ?", project["id"], [project["id"]])


def _list(
    request: ApiRequest, connection: sqlite3.Connection, where: str, value: int, projects: list[int]
) -> ApiResponse:
    scope = Scope(connection, request.caller.organization, request.caller.user, projects)
    conditions = events_asked(request)
    conditions.add(where, value)
    wanted = event_filter(parse_query(request.query.get("query", "")), scope)
    conditions += wanted
    within = conditions.within("e.issue_id")
    query = f"SELECT e.timestamp AS sort_value, e.id AS row_id FROM events e WHERE {conditions} AND {within}"
    shown = page(connection, request, query, conditions.values + within.values, limit_of(request))
    found = _rows(connection, [row["row_id"] for row in shown.rows])
    full = request.query.get("full", "").lower() in ("1", "true")
    rows = [event_detail(connection, row) if full else event_summary(row) for row in found]
    return ApiResponse(rows, headers=shown.headers)


def get_issue_event(request: ApiRequest) -> ApiResponse:
    """By id, or `latest`, `oldest`, `recommended` (here the latest), within `environment` when it is
    given."""
    named = request.path["event"]
    with request.store.reading() as connection:
        issue = issue_of(request, connection)
        conditions = events_asked(request) if named in _ORDER else Conditions()
        conditions.add("e.issue_id = ?", issue["id"])
        if named not in _ORDER:
            conditions.add("e.event_id = ?", _event_id(named))
        return ApiResponse(_found(connection, conditions, _ORDER.get(named, "DESC")))


def get_project_event(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        conditions = Conditions()
        conditions.add("e.project_id = ?", project_of(request, connection)["id"])
        conditions.add("e.event_id = ?", _event_id(request.path["event"]))
        return ApiResponse(_found(connection, conditions))


def get_event_id(request: ApiRequest) -> ApiResponse:
    """Which project and issue an event belongs to:
    https://docs.sentry.io/api/organizations/resolve-an-event-id/"""
    with request.store.reading() as connection:
        organization = organization_of(request, connection)
        row = connection.execute(
            f"SELECT e.*, i.hash, p.slug FROM {EVENTS} WHERE e.event_id = ? AND p.organization_id = ?",
            (_event_id(request.path["event"], "The requested resource does not exist"), organization["id"]),
        ).fetchone()
        if row is None:
            raise not_found()
        return ApiResponse(
            {
                "organizationSlug": organization["slug"],
                "projectSlug": row["slug"],
                "groupId": str(row["issue_id"]),
                "eventId": row["event_id"],
                "event": event_detail(connection, row),
            }
        )


def list_hashes(request: ApiRequest) -> ApiResponse:
    """The fingerprints of an issue, here always one, with its newest event, null when none is kept."""
    with request.store.reading() as connection:
        conditions = Conditions()
        issue = issue_of(request, connection)
        conditions.add("e.issue_id = ?", issue["id"])
        latest = _row(connection, conditions)
        full = request.query.get("full", "true").lower() in ("1", "true")
        event = latest and (event_detail(connection, latest) if full else event_summary(latest))
        return ApiResponse([{"id": issue["hash"], "latestEvent": event, "mergedBySeer": False}])


def _event_id(named: str, detail: str = "Event not found") -> str:
    cleaned = named.replace("-", "").lower()
    if not _EVENT_ID.fullmatch(cleaned):
        raise not_found(detail)
    return cleaned


def _found(connection: sqlite3.Connection, conditions: Conditions, direction: str = "DESC") -> dict[str, Json]:
    row = _row(connection, conditions, direction)
    if row is None:
        raise not_found("Event not found")
    return {**event_detail(connection, row), **neighbours(connection, row)}


def _rows(connection: sqlite3.Connection, events: list[int]) -> list[Any]:
    """Events by row, in that order."""
    marks = ", ".join("?" * len(events))
    rows = connection.execute(f"SELECT e.*, i.hash FROM {EVENTS} WHERE e.id IN ({marks})", events)
    by_id = {row["id"]: row for row in rows}
    return [by_id[event] for event in events]


def _row(connection: sqlite3.Connection, conditions: Conditions, direction: str = "DESC") -> Any:
    return connection.execute(
        f"SELECT e.*, i.hash FROM {EVENTS} WHERE {conditions}"
        f" ORDER BY e.timestamp {direction}, e.id {direction} LIMIT 1",
        conditions.values,
    ).fetchone()
