"""Organizations and projects: https://docs.sentry.io/api/organizations/,
https://docs.sentry.io/api/projects/"""

import sqlite3

from local.api.paging import page_of_list
from local.api.request import ApiRequest, ApiResponse, organization_of, project_of
from local.shapes.accounts import organization_shape, project_shape, team_shape
from local.shapes.releases import latest_release
from local.values import Json


def list_organizations(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        row = organization_of(request, connection)
    shown, headers = page_of_list(request, [organization_shape(row, request.base_url)])
    return ApiResponse(shown, headers=headers)


def get_organization(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        row = organization_of(request, connection)
        projects = _projects(request, connection)
        teams = connection.execute("SELECT * FROM teams WHERE organization_id = ? ORDER BY id", (row["id"],)).fetchall()
    detail = {
        "access": sorted(request.caller.scopes),
        "projects": projects,
        "teams": [team_shape(team) for team in teams],
    }
    return ApiResponse({**organization_shape(row, request.base_url), **detail})


def list_organization_projects(request: ApiRequest) -> ApiResponse:
    """`query` finds a part of a name or slug."""
    with request.store.reading() as connection:
        organization_of(request, connection)
        found = _projects(request, connection)
    shown, headers = page_of_list(request, found)
    return ApiResponse(shown, headers=headers)


def list_projects(request: ApiRequest) -> ApiResponse:
    """Every project of the token, each with its organization."""
    with request.store.reading() as connection:
        organization = organization_shape(organization_of(request, connection), request.base_url)
        found = _projects(request, connection)
    shown, headers = page_of_list(request, [{**project, "organization": organization} for project in found])
    return ApiResponse(shown, headers=headers)


def get_project(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        organization = organization_shape(organization_of(request, connection), request.base_url)
        row = project_of(request, connection)
        detail = {
            "organization": organization,
            "latestRelease": latest_release(connection, row["id"]),
            "options": {},
            "dataScrubber": True,
            "dataScrubberDefaults": True,
            "resolveAge": 0,
            "subjectTemplate": "$shortID - $title",
        }
        return ApiResponse({**project_shape(connection, row), **detail})


def _projects(request: ApiRequest, connection: sqlite3.Connection) -> list[dict[str, Json]]:
    query = request.query.get("query", "").strip().lower()
    rows = connection.execute(
        "SELECT * FROM projects WHERE organization_id = ? ORDER BY slug", (request.caller.organization,)
    ).fetchall()
    found = [row for row in rows if query in row["slug"].lower() or query in row["name"].lower()]
    return [project_shape(connection, row) for row in found]
