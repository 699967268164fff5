"""Organizations and projects: https://docs.sentry.io/api/organizations/,
https://docs.sentry.io/api/projects/"""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import sqlite3

from local.api.list_parameters import projects_asked
from local.api.paging import page_of_list
from local.api.request import ApiRequest, ApiResponse, organization_of, project_of
from local.errors import invalid_field
from local.shapes.accounts import organization_shape, project_shape, team_shape
from local.shapes.releases import latest_release
from local.values import Json, text

LONGEST_NAME = 50
"""Characters of a project's name, or a team's."""


def list_organizations(request: ApiRequest) -> ApiResponse:
    """The token's own; `query` finds a part of its name or slug."""
    query = request.query.get("query", "").strip().lower()
    with request.store.reading() as connection:
        row = organization_of(request, connection)
    found = [organization_shape(row, request.base_url)] if query in f"{row['slug']} {row['name']}".lower() else []
    shown, headers = page_of_list(request, found)
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
        return ApiResponse(project_detail(request, connection, project_of(request, connection)))


def update_project(request: ApiRequest) -> ApiResponse:
    """Its `name` and `platform`; what else a body says is left as it is.
    https://docs.sentry.io/api/projects/update-a-project/"""
    with request.store.writing() as connection:
        project = project_of(request, connection)
        name, platform = text(request.fields.get("name")), text(request.fields.get("platform"))
        if name and len(name) > LONGEST_NAME:
            raise invalid_field(name=[f"Ensure this field has no more than {LONGEST_NAME} characters."])
        if request.fields.get("slug") not in (None, project["slug"]):
            raise invalid_field(slug=["The slug of a project of the embedded Sentry stays as it is."])
        connection.execute(
            "UPDATE projects SET name = COALESCE(?, name), platform = COALESCE(?, platform) WHERE id = ?",
            (name, platform and platform[:64], project["id"]),
        )
        return ApiResponse(project_detail(request, connection, project_of(request, connection)))


def list_environments(request: ApiRequest) -> ApiResponse:
    """Of all projects, of those asked for, or of the one in the path.
    https://docs.sentry.io/api/environments/list-an-organizations-environments/"""
    with request.store.reading() as connection:
        organization_of(request, connection)
        if "project" in request.path:
            project_of(request, connection)
        projects = projects_asked(request, connection)
        marks = ", ".join("?" * len(projects))
        rows = connection.execute(
            f"SELECT DISTINCT name FROM environments WHERE project_id IN ({marks}) ORDER BY name", projects
        ).fetchall()
    found = [{"id": str(number), "name": row["name"], "isHidden": False} for number, row in enumerate(rows, 1)]
    shown, headers = page_of_list(request, found)
    return ApiResponse(shown, headers=headers)


def project_detail(request: ApiRequest, connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Json]:
    """A project in full."""
    return {
        **project_shape(connection, row),
        "organization": organization_shape(organization_of(request, connection), request.base_url),
        "latestRelease": latest_release(connection, row["id"]),
        "options": {},
        "dataScrubber": True,
        "dataScrubberDefaults": True,
        "resolveAge": 0,
        "subjectTemplate": "$shortID - $title",
    }


def _projects(request: ApiRequest, connection: sqlite3.Connection) -> list[dict[str, Json]]:
    query = request.query.get("query", "").strip().lower()
    rows = connection.execute(
        "SELECT * FROM projects WHERE organization_id = ? ORDER BY slug", (request.caller.organization,)
    ).fetchall()
    found = [row for row in rows if query in row["slug"].lower() or query in row["name"].lower()]
    return [project_shape(connection, row) for row in found]
