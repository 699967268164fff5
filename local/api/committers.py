"""Suspect commits: those of an event's release that touched a file of its stack trace."""

import json
import sqlite3
from pathlib import PurePosixPath
from typing import Any

from local.api.request import ApiRequest, ApiResponse, project_of
from local.errors import not_found
from local.intake.grouping import Event, frames_of, only_in_app, other_stacktrace
from local.intake.incoming import read_body
from local.shapes.releases import commit_shape
from local.values import Json, rows, text


def list_committers(request: ApiRequest) -> ApiResponse:
    """`{"committers": [{"author": {...}, "commits": [...]}]}`, empty when no commit touched a file of the
    trace."""
    with request.store.reading() as connection:
        project = project_of(request, connection)
        event = connection.execute(
            "SELECT * FROM events WHERE project_id = ? AND event_id = ?",
            (project["id"], request.path["event"].replace("-", "").lower()),
        ).fetchone()
        if event is None:
            raise not_found("Event not found")
        files = _files(read_body(event["body"]))
        suspects = [commit for commit in _commits(connection, event) if _touches(commit, files)]
    by_author: dict[str, list[Any]] = {}
    for commit in suspects:
        by_author.setdefault(commit["author_email"] or commit["author_name"] or "", []).append(commit)
    return ApiResponse({"committers": [_committer(commits) for commits in by_author.values()]})


def _committer(commits: list[Any]) -> dict[str, Json]:
    shown = [{**commit_shape(commit), "suspectCommitType": "via commit in release", "score": 4} for commit in commits]
    author = shown[0].pop("author")
    for commit in shown[1:]:
        commit.pop("author")
    return {"author": author, "commits": shown}


def _commits(connection: sqlite3.Connection, event: sqlite3.Row) -> list[Any]:
    """Of the event's release; when the event names none, of the release its issue was first seen in."""
    return connection.execute(
        "SELECT c.* FROM commits c JOIN releases r ON r.id = c.release_id"
        " JOIN projects p ON p.organization_id = r.organization_id AND p.id = ?"
        " WHERE r.version = ? OR (? IS NULL AND r.id = (SELECT first_release FROM issues WHERE id = ?))"
        " ORDER BY c.position LIMIT 1000",
        (event["project_id"], event["release"], event["release"], event["issue_id"]),
    ).fetchall()


def _files(event: Event) -> list[tuple[str, ...]]:
    """The paths of the application's frames, each taken apart."""
    stacks = [exception.get("stacktrace") for exception in rows(event.get("exception"))] or [other_stacktrace(event)]
    frames = [frame for stack in stacks for frame in only_in_app(frames_of(stack))]
    names = {text(frame.get(name)) for frame in frames for name in ("filename", "abs_path")}
    return [_parts(name) for name in names if name]


def _touches(commit: sqlite3.Row, files: list[tuple[str, ...]]) -> bool:
    """Whether one path ends with the other: a repository's root is not where a program runs."""
    for patch in json.loads(commit["patch_set"]):
        changed = _parts(patch["path"])
        for file in files:
            common = min(len(changed), len(file))
            if common and changed[-common:] == file[-common:]:
                return True
    return False


def _parts(path: str) -> tuple[str, ...]:
    cleaned = path.replace("\\", "/").split("://")[-1].split("?")[0]
    return tuple(part for part in PurePosixPath(cleaned).parts if part not in ("/", ".", "~"))
