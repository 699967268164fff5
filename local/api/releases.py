"""Releases, their commits and deploys (https://docs.sentry.io/api/releases/)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import json
import sqlite3
from typing import Any

from local.api.fixes import resolve_fixed
from local.api.list_parameters import projects_asked
from local.api.paging import limit_of, page
from local.api.request import ApiRequest, ApiResponse, find_project, organization_of, project_of
from local.clock import moment, now
from local.errors import bad_request, invalid_field, not_found
from local.happening import Happening
from local.intake.recording import find_or_create_release
from local.searching.syntax import like
from local.shapes.releases import commit_shape, deploy_shape, release_shape, release_summary
from local.values import Json, items, rows, text

LONGEST_VERSION = 200


def list_releases(request: ApiRequest) -> ApiResponse:
    """The newest first; `query` is a part of the version."""
    with request.store.reading() as connection:
        organization_of(request, connection)
        projects = projects_asked(request, connection)
        query = (
            "SELECT r.*, r.date_created AS sort_value, r.id AS row_id FROM releases r WHERE"
            " r.organization_id = ?"
            " AND r.version LIKE ? ESCAPE '\\' AND EXISTS (SELECT 1 FROM release_projects rp"
            f" WHERE rp.release_id = r.id AND rp.project_id IN ({', '.join('?' * len(projects))}))"
        )
        values = [request.caller.organization, f"%{like(request.query.get('query', '').strip())}%", *projects]
        shown = page(connection, request, query, values, limit_of(request))
        return ApiResponse([release_shape(connection, row) for row in shown.rows], headers=shown.headers)


def create_release(request: ApiRequest) -> ApiResponse:
    """201 when it is new, 208 when it was there and is only added to, as on Sentry; in the project of the path, or in
    those that the body names."""
    with request.store.writing() as connection:
        organization = organization_of(request, connection)
        version = _version(request.fields)
        known = _find(connection, organization["id"], version)
        sent = [request.path["project"]] if "project" in request.path else items(request.fields.get("projects"))
        named = [text(name) or "" for name in sent]
        if not (named or known):
            raise invalid_field(projects=["This field is required."])
        projects = [find_project(connection, organization["id"], name) for name in named]
        if "project" in request.path and None in projects:
            raise not_found()
        if None in projects:
            raise invalid_field(projects=["Invalid project ids or slugs"])
        release = find_or_create_release(connection, organization["id"], version, now())
        for project in projects:
            if project is not None:
                connection.execute(
                    "INSERT INTO release_projects (release_id, project_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (release, project["id"]),
                )
        shown, happened = _changed(request, connection, release)
    return _told(request, happened, ApiResponse(shown, 208 if known else 201))


def get_release(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        return ApiResponse(release_shape(connection, _release(request, connection)))


def update_release(request: ApiRequest) -> ApiResponse:
    with request.store.writing() as connection:
        row = _release(request, connection)
        shown, happened = _changed(request, connection, row["id"])
    return _told(request, happened, ApiResponse(shown))


def delete_release(request: ApiRequest) -> ApiResponse:
    """204; refused while an issue was first or last seen in it.
    https://docs.sentry.io/api/releases/delete-an-organizations-release/"""
    with request.store.writing() as connection:
        release = _release(request, connection)["id"]
        if connection.execute(
            "SELECT 1 FROM issues WHERE first_release = ? OR last_release = ? LIMIT 1", (release, release)
        ).fetchone():
            raise bad_request("This release is referenced by active issues and cannot be removed.")
        connection.execute(
            "UPDATE issues SET resolved_release = NULL, status_details = '{}' WHERE resolved_release = ?", (release,)
        )
        for table in ("release_projects", "commits", "deploys"):
            connection.execute(f"DELETE FROM {table} WHERE release_id = ?", (release,))
        connection.execute("DELETE FROM releases WHERE id = ?", (release,))
    return ApiResponse(None, 204)


def get_previous_with_commits(request: ApiRequest) -> ApiResponse:
    """The newest release before it, of one of its projects, that has commits; `{}` for none."""
    with request.store.reading() as connection:
        release = _release(request, connection)
        previous = connection.execute(
            "SELECT r.* FROM releases r WHERE r.organization_id = ?"
            " AND COALESCE(r.date_released, r.date_created) < ?"
            " AND EXISTS (SELECT 1 FROM commits c WHERE c.release_id = r.id)"
            " AND EXISTS (SELECT 1 FROM release_projects theirs JOIN release_projects ours"
            " ON ours.project_id = theirs.project_id WHERE theirs.release_id = r.id AND ours.release_id = ?)"
            " ORDER BY COALESCE(r.date_released, r.date_created) DESC, r.id DESC LIMIT 1",
            (
                release["organization_id"],
                release["date_released"] or release["date_created"],
                release["id"],
            ),
        ).fetchone()
        return ApiResponse(release_shape(connection, previous) if previous else {})


def list_commits(request: ApiRequest) -> ApiResponse:
    """The newest first."""
    with request.store.reading() as connection:
        release = _release(request, connection)
        query = "SELECT *, 1000000 - position AS sort_value, position AS row_id FROM commits WHERE release_id = ?"
        shown = page(connection, request, query, [release["id"]], limit_of(request))
        summary = release_summary(release)
        return ApiResponse([{**commit_shape(row), "releases": [summary]} for row in shown.rows], headers=shown.headers)


def list_deploys(request: ApiRequest) -> ApiResponse:
    with request.store.reading() as connection:
        release = _release(request, connection)
        query = "SELECT *, date_finished AS sort_value, id AS row_id FROM deploys WHERE release_id = ?"
        shown = page(connection, request, query, [release["id"]], limit_of(request))
        return ApiResponse([deploy_shape(row) for row in shown.rows], headers=shown.headers)


def create_deploy(request: ApiRequest) -> ApiResponse:
    fields = request.fields
    with request.store.writing() as connection:
        release = _release(request, connection)
        environment = text(fields.get("environment"))
        if not environment:
            raise invalid_field(environment=["This field is required."])
        cursor = connection.execute(
            "INSERT INTO deploys (release_id, environment, name, url, date_started, date_finished)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                release["id"],
                environment[:64],
                text(fields.get("name")),
                text(fields.get("url")),
                _date(fields, "dateStarted"),
                _date(fields, "dateFinished") or now(),
            ),
        )
        row = connection.execute("SELECT * FROM deploys WHERE id = ?", (cursor.lastrowid,)).fetchone()
        return ApiResponse(deploy_shape(row), 201)


def _version(fields: dict[str, Json]) -> str:
    version = text(fields.get("version"))
    if not version:
        raise invalid_field(version=["This field is required."])
    if len(version) > LONGEST_VERSION or version != version.strip() or version in (".", "..", "latest"):
        raise invalid_field(version=[f"Release with name {version[:50]} is not allowed"])
    return version


def _find(connection: sqlite3.Connection, organization: int, version: str) -> Any:
    query = "SELECT * FROM releases WHERE organization_id = ? AND version = ?"
    return connection.execute(query, (organization, version)).fetchone()


def _release(request: ApiRequest, connection: sqlite3.Connection) -> Any:
    """The release the path names; where it names a project too, one of that."""
    organization = organization_of(request, connection)
    row = _find(connection, organization["id"], request.path["version"])
    if row is None:
        raise not_found()
    if "project" in request.path:
        project = project_of(request, connection)["id"]
        in_project = "SELECT 1 FROM release_projects WHERE release_id = ? AND project_id = ?"
        if connection.execute(in_project, (row["id"], project)).fetchone() is None:
            raise not_found()
    return row


def _told(request: ApiRequest, happened: list[Happening], answer: ApiResponse) -> ApiResponse:
    for happening in happened:
        request.tell(happening)
    return answer


def _changed(
    request: ApiRequest, connection: sqlite3.Connection, release: int
) -> tuple[dict[str, Json], list[Happening]]:
    """Set what the body says of a release; gives the release, and what happened to issues by it."""
    fields = request.fields
    if text(fields.get("status")) not in (None, "open"):
        raise invalid_field(status=["A release of the embedded Sentry stays open."])
    repositories = [text(ref.get("repository")) or "" for ref in rows(fields.get("refs"))]
    if repositories:  # none is connected: commits are sent
        raise invalid_field(refs=[f"Invalid repository names: {', '.join(repositories)[:200]}"])
    for name, column in (("ref", "ref"), ("url", "url")):
        if text(fields.get(name)):
            connection.execute(f"UPDATE releases SET {column} = ? WHERE id = ?", (text(fields[name]), release))
    released = _date(fields, "dateReleased")
    if released is not None:
        connection.execute("UPDATE releases SET date_released = ? WHERE id = ?", (released, release))
    row = connection.execute("SELECT * FROM releases WHERE id = ?", (release,)).fetchone()
    happened: list[Happening] = []
    if fields.get("commits") is not None:
        happened = resolve_fixed(connection, row, _set_commits(connection, release, fields["commits"]))
    return release_shape(connection, row), happened


def _date(fields: dict[str, Json], name: str) -> int | None:
    sent = fields.get(name)
    if sent is None:
        return None
    found = moment(sent)
    if found is None:
        expected = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]"
        raise invalid_field(**{name: [f"Datetime has wrong format. Use one of these formats instead: {expected}."]})
    return found


def _set_commits(connection: sqlite3.Connection, release: int, sent: Json) -> list[sqlite3.Row]:
    """Replace the commits of a release, as Sentry does; the newest comes first. Gives those it did not have before."""
    commits = rows(sent)
    if not isinstance(sent, list) or any(not text(commit.get("id")) for commit in commits):
        raise invalid_field(commits=["Each commit needs an id."])
    known = {row["sha"] for row in _commits(connection, release)}
    connection.execute("DELETE FROM commits WHERE release_id = ?", (release,))
    for position, commit in enumerate(commits):
        patch_set = [
            {"path": (text(patch.get("path")) or "")[:510], "type": (text(patch.get("type")) or "M")[:1]}
            for patch in rows(commit.get("patch_set"))
        ]
        connection.execute(
            "INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                release,
                position,
                (text(commit.get("id")) or "")[:64],
                (text(commit.get("repository")) or "unknown")[:64],
                text(commit.get("message")),
                (text(commit.get("author_name")) or "")[:128] or None,
                (text(commit.get("author_email")) or "")[:200] or None,
                moment(commit.get("timestamp")) or now(),
                json.dumps(patch_set),
            ),
        )
    return [row for row in _commits(connection, release) if row["sha"] not in known]


def _commits(connection: sqlite3.Connection, release: int) -> list[sqlite3.Row]:
    return connection.execute("SELECT * FROM commits WHERE release_id = ?", (release,)).fetchall()
