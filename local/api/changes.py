"""Reads what an update of issues asks for, and checks it, field by field, in Sentry's words."""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from local.api.request import ApiRequest
from local.clock import MINUTE, iso, now
from local.errors import bad_request, invalid_field
from local.shapes.accounts import actor_shape, find_user
from local.shapes.releases import commit_shape, find_release
from local.values import Json, mapping, text, truth, whole

STATUSES = ("resolved", "unresolved", "ignored", "resolvedInNextRelease", "muted")
SUBSTATUSES = (
    "archived_until_escalating",
    "archived_until_condition_met",
    "archived_forever",
    "escalating",
    "ongoing",
    "regressed",
    "new",
)
PRIORITIES = ("high", "medium", "low")
_CONDITIONS = ("ignoreCount", "ignoreWindow", "ignoreUserCount", "ignoreUserWindow")


@dataclass
class Change:
    """What a body asks for, checked: columns to set, activities to add, and what a bulk update answers."""

    columns: dict[str, Any] = field(default_factory=dict[str, Any])
    activities: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    shown: dict[str, Json] = field(default_factory=dict[str, Json])
    ignored: bool = False


def read_change(request: ApiRequest, connection: sqlite3.Connection, projects: list[int]) -> Change:
    """Check a body. Raises ApiError (400), naming the field."""
    fields, change = request.fields, Change()
    if not isinstance(fields.get("statusDetails") or {}, dict):
        raise invalid_field(statusDetails=["Invalid data. Expected a dictionary."])
    details = mapping(fields.get("statusDetails"))
    status = _choice(fields, "status", STATUSES)
    substatus = _choice(fields, "substatus", SUBSTATUSES)
    if status is None and details:
        status = "resolved" if any(name.startswith("in") for name in details) else "ignored"
    if status in ("resolved", "resolvedInNextRelease"):
        _resolve(connection, request, projects, details, status == "resolvedInNextRelease", change)
    elif status in ("ignored", "muted"):
        _ignore(connection, request, details, substatus, change)
    elif status == "unresolved":
        substatus = substatus if substatus in SUBSTATUSES[3:] else "ongoing"
        change.columns.update(status="unresolved", substatus=substatus, **_CLEARED)
        change.shown.update(status="unresolved", statusDetails={}, substatus=substatus)
        change.activities.append(("set_unresolved", {}))
    if "assignedTo" in fields:
        _assign(connection, request, fields["assignedTo"], change)
    priority = _choice(fields, "priority", PRIORITIES)
    if priority is not None:
        change.columns.update(priority=priority, priority_locked_at=now())
        change.shown["priority"] = priority
        change.activities.append(("set_priority", {"priority": priority, "reason": "user"}))
    for name, column in (("hasSeen", "has_seen"), ("isBookmarked", "is_bookmarked")):
        if fields.get(name) is not None:
            if truth(fields[name]) is None:
                raise invalid_field(**{name: ["Must be a valid boolean."]})
            change.columns[column] = fields[name]
            change.shown[name] = fields[name]
    return change


_CLEARED: dict[str, Any] = {"status_details": "{}", "resolved_release": None, "ignore_until": None}


def _choice(fields: dict[str, Json], name: str, choices: tuple[str, ...]) -> str | None:
    value = fields.get(name)
    if value is not None and value not in choices:
        raise invalid_field(**{name: [f'"{str(value)[:50]}" is not a valid choice.']})
    return text(value)


def _resolve(
    connection: sqlite3.Connection,
    request: ApiRequest,
    projects: list[int],
    details: dict[str, Json],
    in_next: bool,
    change: Change,
) -> None:
    """Now, in the next release, in a release, or in a commit."""
    release: int | None = None
    shown: dict[str, Json] = {}
    activity: tuple[str, Json] = ("set_resolved", {})
    in_next = in_next or truth(details.get("inNextRelease")) is True
    wanted = details.get("inRelease")
    if (in_next or wanted or details.get("inCommit")) and len(projects) > 1:
        raise bad_request("Cannot set resolved in a release for multiple projects.")
    if in_next:
        newest = _newest_release(connection, projects[0])
        if newest is None and "inNextRelease" in details:
            reason = "No release data present in the system to form a basis for 'Next Release'"
            raise invalid_field(statusDetails={"inNextRelease": [reason]})
        release, shown = (newest["id"] if newest else None), {"inNextRelease": True}
        current = newest["version"] if newest else ""
        activity = ("set_resolved_in_release", {"version": "", "current_release_version": current})
    elif wanted is not None:
        found = _release_named(connection, request, projects[0], wanted)
        if found is None:
            raise invalid_field(statusDetails={"inRelease": ["Unable to find a release with the given version."]})
        release, shown = found["id"], {"inRelease": found["version"]}
        activity = ("set_resolved_in_release", {"version": found["version"]})
    elif details.get("inCommit") is not None:
        commit = _commit_named(connection, request, mapping(details["inCommit"]))
        release = commit["release_id"]
        shown = {"inCommit": {"id": commit["sha"], "repository": {"name": commit["repository"]}}}
        named = {**commit_shape(commit), "releases": [find_release(connection, commit["release_id"])]}
        activity = ("set_resolved_in_commit", {"commit": named})
    if shown:
        shown["actor"] = find_user(connection, request.caller.user)
    change.columns.update(_CLEARED)
    change.columns.update(status="resolved", substatus=None, status_details=json.dumps(shown), resolved_release=release)
    change.shown.update(status="resolved", statusDetails=shown, substatus=None)
    change.activities.append(activity)


def _newest_release(connection: sqlite3.Connection, project: int) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        "SELECT r.* FROM releases r JOIN release_projects rp ON rp.release_id = r.id WHERE rp.project_id = ?"
        " ORDER BY r.date_created DESC, r.id DESC LIMIT 1",
        (project,),
    ).fetchone()
    return found


def _release_named(
    connection: sqlite3.Connection, request: ApiRequest, project: int, version: Json
) -> sqlite3.Row | None:
    if version == "latest":
        return _newest_release(connection, project)
    found: sqlite3.Row | None = connection.execute(
        "SELECT r.* FROM releases r JOIN release_projects rp ON rp.release_id = r.id"
        " WHERE r.organization_id = ? AND r.version = ? AND rp.project_id = ?",
        (request.caller.organization, text(version), project),
    ).fetchone()
    return found


def _commit_named(connection: sqlite3.Connection, request: ApiRequest, commit: dict[str, Json]) -> sqlite3.Row:
    missing = {name: ["This field is required."] for name in ("commit", "repository") if not text(commit.get(name))}
    if missing:
        raise invalid_field(statusDetails={"inCommit": missing})
    found = connection.execute(
        "SELECT c.* FROM commits c JOIN releases r ON r.id = c.release_id"
        " WHERE r.organization_id = ? AND c.sha = ? AND c.repository = ? ORDER BY r.date_created, r.id"
        " LIMIT 1",
        (request.caller.organization, text(commit["commit"]), text(commit["repository"])),
    ).fetchone()
    if found is None:
        raise invalid_field(statusDetails={"inCommit": {"commit": ["Unable to find the given commit."]}})
    return found  # type: ignore[no-any-return]  # a row


def _ignore(
    connection: sqlite3.Connection,
    request: ApiRequest,
    details: dict[str, Json],
    substatus: str | None,
    change: Change,
) -> None:
    """For ever, until it escalates, or until a time, a count or a number of users."""
    numbers: dict[str, int] = {}
    for name in ("ignoreDuration", *_CONDITIONS):
        value = details.get(name)
        if value is None:
            continue
        number = whole(value)
        if number is None or number < 1:
            raise invalid_field(statusDetails={name: ["A valid integer is required."]})
        if name.endswith("Window") and number > 7 * 24 * 60:
            raise invalid_field(statusDetails={name: ["Ensure this value is less than or equal to 10080."]})
        numbers[name] = number
    until = now() + min(numbers["ignoreDuration"], 10**8) * MINUTE if "ignoreDuration" in numbers else None
    shown: dict[str, Json] = {}
    if numbers:
        shown = {name: numbers.get(name) for name in _CONDITIONS}
        shown["ignoreUntil"] = iso(until)
        shown["actor"] = find_user(connection, request.caller.user)
    chosen = "archived_until_condition_met" if numbers else substatus
    if chosen not in SUBSTATUSES[:3]:
        chosen = "archived_until_escalating"
    change.columns.update(_CLEARED)
    change.columns.update(status="ignored", substatus=chosen, status_details=json.dumps(shown), ignore_until=until)
    change.shown.update(status="ignored", statusDetails=shown, substatus=chosen)
    noted: dict[str, Json] = {name: numbers.get(name) for name in ("ignoreDuration", *_CONDITIONS)}
    noted["ignoreUntilEscalating"] = True if chosen == "archived_until_escalating" else None
    change.activities.append(("set_ignored", {**noted, "ignoreUntil": iso(until)}))
    change.ignored = True


def _assign(connection: sqlite3.Connection, request: ApiRequest, named: Json, change: Change) -> None:
    if named in (None, ""):
        change.columns.update(assigned_user=None, assigned_team=None)
        change.activities.append(("unassigned", {}))
        change.shown["assignedTo"] = None
        return
    user, team = _actor(connection, request, text(named) or "")
    actor = actor_shape(connection, user, team)
    if actor is None:
        raise invalid_field(assignedTo=["Unknown actor input"])
    change.columns.update(assigned_user=user, assigned_team=team)
    change.shown["assignedTo"] = actor
    details = {"assignee": actor["id"], "assigneeEmail": actor.get("email"), "assigneeType": actor["type"]}
    change.activities.append(("assigned", {**details, "assigneeName": actor["name"]}))


def _actor(connection: sqlite3.Connection, request: ApiRequest, named: str) -> tuple[int | None, int | None]:
    """A user (id) or a team (id): `user:1`, `team:1`, `#team`, `1`, an e-mail or a user name; nobody when
    unknown."""
    if named.startswith(("team:", "#")):
        row = connection.execute(
            "SELECT id FROM teams WHERE organization_id = ? AND ? IN (slug, CAST(id AS TEXT))",
            (request.caller.organization, named.removeprefix("team:").removeprefix("#")),
        ).fetchone()
        return None, row["id"] if row else None
    row = connection.execute(
        "SELECT u.id FROM users u JOIN members m ON m.user_id = u.id WHERE m.organization_id = ?"
        " AND ? COLLATE NOCASE IN (CAST(u.id AS TEXT), u.email, u.username)",
        (request.caller.organization, named.removeprefix("user:")),
    ).fetchone()
    return (row["id"] if row else None), None
