"""Organizations and projects: https://docs.sentry.io/api/organizations/,
https://docs.sentry.io/api/projects/"""

import sqlite3

from local.api.calling import Answer, Call, organization_of, project_of
from local.api.paging import page_of_list
from local.reading import Json
from local.shapes.accounts import organization_shape, project_shape, team_shape
from local.shapes.releases import latest_release


def list_organizations(call: Call) -> Answer:
    with call.store.reading() as connection:
        row = organization_of(call, connection)
    shown, headers = page_of_list(call, [organization_shape(row, call.base_url)])
    return Answer(shown, headers=headers)


def get_organization(call: Call) -> Answer:
    with call.store.reading() as connection:
        row = organization_of(call, connection)
        projects = _projects(call, connection)
        teams = connection.execute("SELECT * FROM teams WHERE organization_id = ? ORDER BY id", (row["id"],)).fetchall()
    detail = {
        "access": sorted(call.caller.scopes),
        "projects": projects,
        "teams": [team_shape(team) for team in teams],
    }
    return Answer({**organization_shape(row, call.base_url), **detail})


def list_organization_projects(call: Call) -> Answer:
    """`query` finds a part of a name or slug."""
    with call.store.reading() as connection:
        organization_of(call, connection)
        found = _projects(call, connection)
    shown, headers = page_of_list(call, found)
    return Answer(shown, headers=headers)


def list_projects(call: Call) -> Answer:
    """Every project of the token, each with its organization."""
    with call.store.reading() as connection:
        organization = organization_shape(organization_of(call, connection), call.base_url)
        found = _projects(call, connection)
    shown, headers = page_of_list(call, [{**project, "organization": organization} for project in found])
    return Answer(shown, headers=headers)


def get_project(call: Call) -> Answer:
    with call.store.reading() as connection:
        organization = organization_shape(organization_of(call, connection), call.base_url)
        row = project_of(call, connection)
        detail = {
            "organization": organization,
            "latestRelease": latest_release(connection, row["id"]),
            "options": {},
            "dataScrubber": True,
            "dataScrubberDefaults": True,
            "resolveAge": 0,
            "subjectTemplate": "$shortID - $title",
        }
        return Answer({**project_shape(connection, row), **detail})


def _projects(call: Call, connection: sqlite3.Connection) -> list[dict[str, Json]]:
    query = call.query.get("query", "").strip().lower()
    rows = connection.execute(
        "SELECT * FROM projects WHERE organization_id = ? ORDER BY slug", (call.caller.organization,)
    ).fetchall()
    found = [row for row in rows if query in row["slug"].lower() or query in row["name"].lower()]
    return [project_shape(connection, row) for row in found]
