"""Teams and their projects: https://docs.sentry.io/api/teams/

Here each team of an organization has all of its projects.
"""

import re
import sqlite3

from local.api.paging import page_of_list
from local.api.projects import LONGEST_NAME, project_detail
from local.api.request import ApiRequest, ApiResponse, organization_of, project_of
from local.errors import ApiError, invalid_field, not_found
from local.shapes.accounts import project_shape, team_in_full
from local.store import create_project as put_project
from local.store import create_team as put_team
from local.values import Json, text


def list_teams(request: ApiRequest) -> ApiResponse:
    """Each with its projects unless `detailed=0`; `query` finds a part of a name or slug.
    https://docs.sentry.io/api/teams/list-an-organizations-teams/"""
    query = request.query.get("query", "").strip().lower()
    with request.store.reading() as connection:
        organization = organization_of(request, connection)
        found = [
            row for row in _teams(connection, organization["id"]) if query in f"{row['slug']} {row['name']}".lower()
        ]
        projects = _projects(connection, organization["id"]) if request.query.get("detailed") != "0" else None
        scopes = sorted(request.caller.scopes)
        more = {} if projects is None else {"projects": projects}
        rows = [{**team_in_full(connection, row, scopes), **more} for row in found]
    shown, headers = page_of_list(request, rows)
    return ApiResponse(shown, headers=headers)


def list_project_teams(request: ApiRequest) -> ApiResponse:
    """https://docs.sentry.io/api/projects/list-a-projects-teams/"""
    with request.store.reading() as connection:
        project = project_of(request, connection)
        scopes = sorted(request.caller.scopes)
        rows = [team_in_full(connection, row, scopes) for row in _teams(connection, project["organization_id"])]
    shown, headers = page_of_list(request, rows)
    return ApiResponse(shown, headers=headers)


def get_team(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        row = _team(request, connection)
        return ApiResponse(team_in_full(connection, row, sorted(request.caller.scopes)))


def create_team(request: ApiRequest) -> ApiResponse:
    """`{"name", "slug"}`, one of them at least; 201. https://docs.sentry.io/api/teams/create-a-new-team/"""
    with request.store.writing() as connection:
        organization = organization_of(request, connection)
        name, slug = _named(request.fields, needs_name=False)
        try:
            team = put_team(connection, organization["id"], slug, name)
        except ValueError:
            said = "A team with this slug already exists."
            raise ApiError(409, {"non_field_errors": [said], "detail": said}) from None
        row = connection.execute("SELECT * FROM teams WHERE id = ?", (team,)).fetchone()
        return ApiResponse(team_in_full(connection, row, sorted(request.caller.scopes)), 201)


def list_team_projects(request: ApiRequest) -> ApiResponse:
    """https://docs.sentry.io/api/teams/list-a-teams-projects/"""
    with request.store.reading() as connection:
        rows = _projects(connection, _team(request, connection)["organization_id"])
    shown, headers = page_of_list(request, rows)
    return ApiResponse(shown, headers=headers)


def create_project(request: ApiRequest) -> ApiResponse:
    """`{"name", "slug", "platform"}`, the name at least; 201.
    https://docs.sentry.io/api/projects/create-a-new-project/"""
    with request.store.writing() as connection:
        organization = _team(request, connection)["organization_id"]
        name, slug = _named(request.fields, needs_name=True)
        platform = (text(request.fields.get("platform")) or "")[:64] or None
        try:
            project = put_project(connection, organization, slug, platform, name)
        except ValueError:
            raise ApiError(409, {"slug": ["A project with this slug already exists."]}) from None
        row = connection.execute("SELECT * FROM projects WHERE id = ?", (project,)).fetchone()
        return ApiResponse(project_detail(request, connection, row), 201)


def _named(fields: dict[str, Json], *, needs_name: bool) -> tuple[str, str]:
    """The name and the slug, each made of the other where it is not given. Raises ApiError (400)."""
    name, slug = text(fields.get("name")), text(fields.get("slug"))
    if not name and (needs_name or not slug):
        raise invalid_field(name=["This field is required."])
    name = (name or slug or "").strip()
    if len(name) > LONGEST_NAME:
        raise invalid_field(name=[f"Ensure this field has no more than {LONGEST_NAME} characters."])
    if slug is None:
        slug = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-_")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,49}", slug) or slug.isdecimal():
        said = "Enter a valid slug of lowercase letters, numbers, underscores or hyphens, not of numbers alone."
        raise invalid_field(slug=[said])
    return name, slug


def _team(request: ApiRequest, connection: sqlite3.Connection) -> sqlite3.Row:
    """The team the path names, by slug or id."""
    organization = organization_of(request, connection)
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM teams WHERE organization_id = ? AND ? IN (slug, CAST(id AS TEXT))",
        (organization["id"], request.path["team"]),
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def _teams(connection: sqlite3.Connection, organization: int) -> list[sqlite3.Row]:
    return connection.execute("SELECT * FROM teams WHERE organization_id = ? ORDER BY slug", (organization,)).fetchall()


def _projects(connection: sqlite3.Connection, organization: int) -> list[dict[str, Json]]:
    rows = connection.execute("SELECT * FROM projects WHERE organization_id = ? ORDER BY slug", (organization,))
    return [project_shape(connection, row) for row in rows.fetchall()]
