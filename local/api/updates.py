"""Changing issues, one or many (https://docs.sentry.io/api/events/update-an-issue/)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import sqlite3

from local.api.changes import Change, read_change
from local.api.issues import rows_of, search, wake_due
from local.api.request import ApiRequest, ApiResponse, issue_of, organization_of, project_of
from local.errors import bad_request
from local.happening import Happening
from local.intake.life_cycle import add_activity
from local.searching.ranking import rank
from local.shapes.issues import ISSUE_ROWS, issue_shape

STATUSES = {"unresolved": "unresolved", "resolved": "resolved", "ignored": "ignored", "muted": "ignored"}
"""What a bulk update may be limited to, and how it is kept."""

MOST_CHANGED = 100
"""Issues of one bulk update that are not named."""


def update_issue(request: ApiRequest) -> ApiResponse:
    """Answers with the issue as it is now, without its history."""
    wake_due(request)
    with request.store.writing() as connection:
        issue = issue_of(request, connection)
        change = read_change(request, connection, [issue["project_id"]])
        happened = _apply(connection, request, issue, change)
        shown = issue_shape(connection, issue_of(request, connection), request.base_url)
    for happening in happened:
        request.tell(happening)
    return ApiResponse(shown)


def update_issues(request: ApiRequest) -> ApiResponse:
    """Change the issues `id=1&id=2`, or all that the query string finds, or all with that `status`; 204 when there are
    none."""
    wake_due(request)
    with request.store.writing() as connection:
        issues = _chosen(request, connection)
        if not issues:
            return ApiResponse(None, 204)
        change = read_change(request, connection, sorted({issue["project_id"] for issue in issues}))
        happened = [one for issue in issues for one in _apply(connection, request, issue, change)]
    for happening in happened:
        request.tell(happening)
    return ApiResponse(change.shown)


def _chosen(request: ApiRequest, connection: sqlite3.Connection) -> list[sqlite3.Row]:
    where, values = "p.organization_id = ?", [request.caller.organization]
    if "project" in request.path:
        where, values = "p.id = ?", [project_of(request, connection)["id"]]
    else:
        organization_of(request, connection)
    named = request.query.getlist("id")
    status = request.query.get("status")
    if status and not named:
        if status not in STATUSES:
            raise bad_request(f"Invalid status: '{status[:50]}'. Choose one of: {', '.join(sorted(STATUSES))}.")
        return connection.execute(
            f"{ISSUE_ROWS} WHERE {where} AND i.status = ? ORDER BY i.last_seen DESC LIMIT ?",
            [*values, STATUSES[status], MOST_CHANGED],
        ).fetchall()
    if not named:
        _, chosen = rank(connection, search(request, connection), "date", MOST_CHANGED)
        return rows_of(connection, [issue for _, issue in chosen])
    if not all(identifier.isdecimal() and len(identifier) < 19 for identifier in named):
        raise bad_request("Invalid issue id.")
    return connection.execute(
        f"{ISSUE_ROWS} WHERE {where} AND i.id IN ({', '.join('?' * len(named))})",
        [*values, *map(int, named)],
    ).fetchall()


def _apply(connection: sqlite3.Connection, request: ApiRequest, issue: sqlite3.Row, change: Change) -> list[Happening]:
    columns = dict(change.columns)
    if change.ignored:
        columns.update(seen_when_ignored=issue["times_seen"], users_when_ignored=issue["user_count"])
    if columns:
        assignments = ", ".join(f"{column} = ?" for column in columns)
        connection.execute(f"UPDATE issues SET {assignments} WHERE id = ?", [*columns.values(), issue["id"]])
    for kind, details in change.activities:
        add_activity(connection, issue["id"], kind, details, request.caller.user)
    return [Happening(issue["id"], kind, request.caller.user) for kind, _ in change.activities]
