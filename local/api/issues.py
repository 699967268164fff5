"""Issues: the list and one of them (https://docs.sentry.io/api/events/)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import re
import sqlite3
from typing import Any

from local.api.list_parameters import environments_asked, events_asked, projects_asked
from local.api.paging import cursor_of, limit_of, page_of_ranked
from local.api.request import ApiRequest, ApiResponse, issue_of, organization_of, project_of
from local.clock import DAY, HOUR, iso
from local.errors import bad_request
from local.intake.life_cycle import any_due, wake
from local.searching.conditions import Conditions, Scope, marks
from local.searching.filters import issue_filter
from local.searching.ranking import SORTS, Search, rank
from local.searching.syntax import parse_query
from local.shapes.issues import ISSUE_ROWS, issue_detail, issue_shape, stats
from local.values import Json

DEFAULT_QUERY = "is:unresolved"

_PERIODS = {"24h": (HOUR, 24), "14d": (DAY, 14), "30d": (DAY, 30)}

_EVENT_ID = re.compile(r"[0-9a-f]{32}")


def list_issues(request: ApiRequest) -> ApiResponse:
    """https://docs.sentry.io/api/events/list-an-organizations-issues/"""
    wake_due(request)
    limit = limit_of(request, "limit")
    sort = request.query.get("sort") or "date"
    if sort not in SORTS:
        raise bad_request(f"Invalid sort parameter: '{sort[:50]}'. Choose one of: {', '.join(sorted(SORTS))}.")
    with request.store.reading() as connection:
        _check_path(request, connection)
        direct = _direct_hit(request, connection)
        if direct is not None:
            return direct
        found = search(request, connection)
        cursor = cursor_of(request)
        after = (cursor.value, cursor.row) if cursor else None
        backwards = cursor is not None and cursor.backwards
        hits, ranked = rank(connection, found, sort, limit + 1, after, backwards=backwards)
        ranked, headers = page_of_ranked(request, ranked, limit)
        rows = rows_of(connection, [issue for _, issue in ranked])
        headers |= {"X-Hits": str(hits), "X-Max-Hits": "1000"}
        return ApiResponse(_rows(request, connection, rows, found), headers=headers)


def get_issue(request: ApiRequest) -> ApiResponse:
    wake_due(request)
    with request.store.reading() as connection:
        return ApiResponse(issue_detail(connection, issue_of(request, connection), request.base_url))


def get_short_id(request: ApiRequest) -> ApiResponse:
    """https://docs.sentry.io/api/organizations/resolve-a-short-id/"""
    with request.store.reading() as connection:
        row = issue_of(request, connection)
        return ApiResponse(
            {
                "organizationSlug": row["organization"],
                "projectSlug": row["slug"],
                "groupId": str(row["id"]),
                "group": issue_shape(connection, row, request.base_url),
                "shortId": row["short_id"],
            }
        )


def wake_due(request: ApiRequest) -> None:
    """Reopen the issues whose time of being ignored is over."""
    with request.store.reading() as connection:
        due = any_due(connection)
    if due:
        with request.store.writing() as connection:
            woken = wake(connection)
        for happening in woken:
            request.tell(happening)


def search(request: ApiRequest, connection: sqlite3.Connection) -> Search:
    """The issues the query string asks for. Raises ApiError."""
    projects = projects_asked(request, connection)
    scope = Scope(connection, request.caller.organization, request.caller.user, projects)
    issues, events = issue_filter(parse_query(request.query.get("query", DEFAULT_QUERY)), scope)
    return Search(projects, issues, events_asked(request) + events)


def rows_of(connection: sqlite3.Connection, issues: list[int]) -> list[sqlite3.Row]:
    """Issues by id, in that order."""
    rows = connection.execute(f"{ISSUE_ROWS} WHERE i.id IN ({marks(issues)})", issues)
    by_id = {row["id"]: row for row in rows}
    return [by_id[issue] for issue in issues]


def _check_path(request: ApiRequest, connection: sqlite3.Connection) -> None:
    if "project" in request.path:
        project_of(request, connection)
    else:
        organization_of(request, connection)


def _direct_hit(request: ApiRequest, connection: sqlite3.Connection) -> ApiResponse | None:
    """The one issue whose event id, or short ID with `shortIdLookup=1`, is the whole query."""
    query = request.query.get("query", "").strip()
    event_id = query.replace("-", "").lower()
    where, event = "", None
    values: list[Any] = [query.upper()]
    if _EVENT_ID.fullmatch(event_id):
        event = connection.execute(
            "SELECT e.* FROM events e JOIN projects p ON p.id = e.project_id"
            " WHERE e.event_id = ? AND p.organization_id = ?",
            (event_id, request.caller.organization),
        ).fetchone()
        where, values = "i.id = ?", [event["issue_id"] if event else None]
    elif request.query.get("shortIdLookup") in ("1", "true"):
        where = "i.short_id = ?"
    if not where:
        return None
    row = connection.execute(
        f"{ISSUE_ROWS} WHERE {where} AND p.organization_id = ?",
        [*values, request.caller.organization],
    ).fetchone()
    if row is None:
        return None
    shown = _rows(request, connection, [row], None)
    shown[0]["matchingEventId"] = event["event_id"] if event else None
    shown[0]["matchingEventEnvironment"] = event["environment"] if event else None
    return ApiResponse(shown, headers={"X-Sentry-Direct-Hit": "1"})


def _rows(
    request: ApiRequest, connection: sqlite3.Connection, rows: list[sqlite3.Row], found: Search | None
) -> list[dict[str, Json]]:
    identifiers = [row["id"] for row in rows]
    name = request.query.get("groupStatsPeriod") or "24h"
    step, steps = _PERIODS.get(name, _PERIODS["24h"])
    buckets = stats(connection, identifiers, step, steps)
    seen_in, by_query = (events_asked(request), len(found.events.parts)) if found else (Conditions(), 0)
    seen = _seen(connection, identifiers, seen_in) if seen_in.parts else None
    matching = None
    if found and by_query > len(seen_in.parts):
        matching = _seen(connection, identifiers, found.events)
    environments = environments_asked(request)
    ever = seen
    if environments.parts != seen_in.parts:
        ever = _seen(connection, identifiers, environments) if environments.parts else None
    shown: list[dict[str, Json]] = []
    for row in rows:
        issue = issue_shape(connection, row, request.base_url)
        lifetime = {name: issue[name] for name in ("count", "userCount", "firstSeen", "lastSeen")}
        lifetime |= ever.get(row["id"], _NOTHING) if ever is not None else {}
        within = dict(seen.get(row["id"], _NOTHING)) if seen is not None else {}
        if not request.query.getlist("environment"):
            within.pop("firstSeen", None)
        shown.append(
            {
                **issue,
                **within,
                "lifetime": {**lifetime, "stats": None},
                "filtered": matching.get(row["id"], _NOTHING) if matching is not None else None,
                "stats": {name if name in _PERIODS else "24h": buckets[row["id"]]},
                "inbox": None,
                "owners": None,
                "matchingEventId": None,
                "matchingEventEnvironment": None,
            }
        )
    return shown


_NOTHING: dict[str, Json] = {"count": "0", "userCount": 0, "firstSeen": None, "lastSeen": None}


def _seen(connection: sqlite3.Connection, issues: list[int], events: Conditions) -> dict[int, dict[str, Json]]:
    """How often, by how many and when each issue was seen in those events."""
    rows = connection.execute(
        "SELECT e.issue_id, COUNT(*) AS seen, COUNT(DISTINCT e.user) AS users, MIN(e.timestamp) AS first,"
        f" MAX(e.timestamp) AS last FROM {events.of_issue(f'IN ({marks(issues)})')} GROUP BY e.issue_id",
        [*issues, *events.values],
    ).fetchall()
    return {
        row["issue_id"]: {
            "count": str(row["seen"]),
            "userCount": row["users"],
            "firstSeen": iso(row["first"]),
            "lastSeen": iso(row["last"]),
        }
        for row in rows
    }
