"""Releases, commits and deploys as the Web API shows them (https://docs.sentry.io/api/releases/)."""

import re
import sqlite3
from typing import Any

from local.clock import iso
from local.values import Json

_SEMVER = re.compile(r"(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?")
_HASH = re.compile(r"[0-9a-f]{12,40}")


def release_shape(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Json]:
    """A release in full."""
    commits = connection.execute(
        "SELECT * FROM commits WHERE release_id = ? ORDER BY position", (row["id"],)
    ).fetchall()
    projects = connection.execute(
        "SELECT p.*, rp.new_issues, rp.first_event, rp.last_event FROM release_projects rp"
        " JOIN projects p ON p.id = rp.project_id WHERE rp.release_id = ? ORDER BY p.slug",
        (row["id"],),
    ).fetchall()
    (deploys,) = connection.execute("SELECT COUNT(*) FROM deploys WHERE release_id = ?", (row["id"],)).fetchone()
    first_events = [project["first_event"] for project in projects if project["first_event"] is not None]
    last_events = [project["last_event"] for project in projects if project["last_event"] is not None]
    authors = {author["email"] or author["name"]: author for author in map(_author, commits) if author}
    return {
        **release_summary(row),
        "id": row["id"],
        "status": "open",
        "versionInfo": version_info(row["version"]),
        "data": {},
        "newGroups": sum(project["new_issues"] for project in projects),
        "owner": None,
        "commitCount": len(commits),
        "lastCommit": commit_shape(commits[0]) if commits else None,
        "deployCount": deploys,
        "lastDeploy": _last_deploy(connection, row["id"]),
        "authors": list(authors.values()),
        "projects": [_release_project(project) for project in projects],
        "firstEvent": iso(min(first_events, default=None)),
        "lastEvent": iso(max(last_events, default=None)),
        "currentProjectMeta": {},
        "userAgent": None,
    }


def release_summary(row: sqlite3.Row) -> dict[str, Json]:
    """A release inside an issue."""
    return {
        "version": row["version"],
        "shortVersion": short_version(row["version"]),
        "ref": row["ref"],
        "url": row["url"],
        "dateReleased": iso(row["date_released"]),
        "dateCreated": iso(row["date_created"]),
    }


def find_release(connection: sqlite3.Connection, release: int | None) -> dict[str, Json] | None:
    """The summary of a release by id; None for none."""
    row = connection.execute("SELECT * FROM releases WHERE id = ?", (release,)).fetchone()
    return release_summary(row) if row else None


def latest_release(connection: sqlite3.Connection, project: int) -> dict[str, Json] | None:
    """The newest release of a project in full."""
    row = connection.execute(
        "SELECT r.* FROM releases r JOIN release_projects rp ON rp.release_id = r.id WHERE rp.project_id = ?"
        " ORDER BY r.date_created DESC, r.id DESC LIMIT 1",
        (project,),
    ).fetchone()
    return release_shape(connection, row) if row else None


def commit_shape(row: sqlite3.Row) -> dict[str, Json]:
    return {
        "id": row["sha"],
        "message": row["message"],
        "dateCreated": iso(row["date_created"]),
        "pullRequest": None,
        "suspectCommitType": "",
        "repository": {"id": row["repository"], "name": row["repository"], "status": "active"},
        "author": _author(row),
    }


def deploy_shape(row: sqlite3.Row) -> dict[str, Json]:
    return {
        "id": str(row["id"]),
        "environment": row["environment"],
        "name": row["name"],
        "url": row["url"],
        "dateStarted": iso(row["date_started"]),
        "dateFinished": iso(row["date_finished"]),
    }


def short_version(version: str) -> str:
    """What is left of a version for people: a commit's hash in short, the rest as it is."""
    package, at, rest = version.rpartition("@")
    return f"{package}{at}{rest[:12]}" if _HASH.fullmatch(rest) else version


def version_info(version: str) -> dict[str, Json]:
    """`package@1.2.3-beta+45` taken apart (https://docs.sentry.io/product/releases/naming-releases/)."""
    package, _, rest = version.rpartition("@")
    found = _SEMVER.fullmatch(rest)
    parts: dict[str, Any] = {"raw": rest}
    if found:
        major, minor, patch, pre, build = found.groups()
        numbers = {"major": int(major), "minor": int(minor), "patch": int(patch or 0)}
        parts = {"raw": rest, **numbers, "pre": pre, "buildCode": build, "components": 3 if patch else 2}
    build_hash = rest if _HASH.fullmatch(rest) else None
    description = rest[:12] if build_hash else rest
    return {"package": package or None, "version": parts, "description": description, "buildHash": build_hash}


def _author(row: sqlite3.Row) -> dict[str, Json] | None:
    if not row["author_name"] and not row["author_email"]:
        return None
    return {"name": row["author_name"], "email": row["author_email"]}


def _last_deploy(connection: sqlite3.Connection, release: int) -> dict[str, Json] | None:
    row = connection.execute(
        "SELECT * FROM deploys WHERE release_id = ? ORDER BY date_finished DESC, id DESC LIMIT 1", (release,)
    ).fetchone()
    return deploy_shape(row) if row else None


def _release_project(row: sqlite3.Row) -> dict[str, Json]:
    return {
        "id": row["id"],
        "slug": row["slug"],
        "name": row["name"],
        "newGroups": row["new_issues"],
        "platform": row["platform"],
        "platforms": [row["platform"]] if row["platform"] else [],
        "hasHealthData": False,
    }
