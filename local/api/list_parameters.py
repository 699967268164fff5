"""What the query string of a list asks for: which projects, environments and time."""

import sqlite3

from local.api.request import ApiRequest, find_project
from local.clock import moment, now
from local.errors import bad_request, forbidden
from local.searching.conditions import Conditions
from local.searching.syntax import period


def projects_asked(request: ApiRequest, connection: sqlite3.Connection) -> list[int]:
    """The ids of the projects in the path or in `project` (id or slug, repeated; -1 is all), all when none is
    named.

    Raises ApiError (403) for one the token cannot see, as on Sentry.
    """
    named = [request.path["project"]] if "project" in request.path else [*request.query.getlist("project")]
    if not named or "-1" in named:
        rows = connection.execute("SELECT id FROM projects WHERE organization_id = ?", (request.caller.organization,))
        return [row["id"] for row in rows]
    found = [find_project(connection, request.caller.organization, name) for name in named]
    if None in found:
        raise forbidden()
    return [row["id"] for row in found if row is not None]


def time_asked(request: ApiRequest) -> tuple[int | None, int | None]:
    """From when to when (ms): `statsPeriod`, else `start` and `end`. Raises ApiError (400)."""
    stats_period = request.query.get("statsPeriod")
    if stats_period:
        length = period(stats_period)
        if length is None:
            raise bad_request(f"Invalid statsPeriod: '{stats_period[:50]}'")
        return now() - length, None
    bounds = [_bound(request, name) for name in ("start", "end")]
    if (bounds[0] is None) != (bounds[1] is None):
        raise bad_request("start and end are both required")
    if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
        raise bad_request("start must be before end")
    return bounds[0], bounds[1]


def _bound(request: ApiRequest, name: str) -> int | None:
    sent = request.query.get(name)
    if not sent:
        return None
    found = moment(sent)
    if found is None:
        raise bad_request(f"'{sent[:50]}' is not a valid ISO8601 date query")
    return found


def events_asked(request: ApiRequest) -> Conditions:
    """Conditions on events (`e`): the time, and `environment` (repeated; an empty one is none)."""
    conditions = Conditions()
    start, end = time_asked(request)
    if start is not None:
        conditions.add("e.timestamp >= ?", start)
    if end is not None:
        conditions.add("e.timestamp < ?", end)
    environments = environments_asked(request)
    return conditions + environments


def environments_asked(request: ApiRequest) -> Conditions:
    """Conditions on events (`e`): `environment` (repeated; an empty one is none)."""
    conditions = Conditions()
    environments = request.query.getlist("environment")
    if environments:
        named = [name for name in environments if name]
        conditions.add(
            f"e.environment IN ({', '.join('?' * len(named))})" + (" OR e.environment IS NULL" * ("" in environments)),
            *named,
        )
    return conditions
