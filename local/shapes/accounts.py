"""Organizations, projects, users and teams as the Web API shows them (https://docs.sentry.io/api/)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import hashlib
import sqlite3
from typing import Any

from local.clock import iso
from local.values import Json

_LETTER = {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None}
_PROJECT_COLORS = ("#3fbf7f", "#bf3f55", "#3f7fbf", "#bf7a3f", "#8a3fbf", "#3fbfb5")


def organization_shape(row: sqlite3.Row, base_url: str) -> dict[str, Json]:
    """An organization in a list of them. Of its region it says nothing where that is without TLS, as a self-hosted
    Sentry may: clients send no token there, and take the URL that they were given."""
    return {
        "id": str(row["id"]),
        "slug": row["slug"],
        "name": row["name"],
        "status": {"id": "active", "name": "active"},
        "dateCreated": iso(row["date_created"]),
        "isEarlyAdopter": False,
        "require2FA": False,
        "requireEmailVerification": False,
        "avatar": _LETTER,
        "features": [],
        "hasAuthProvider": False,
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "links": {"organizationUrl": base_url, "regionUrl": base_url if base_url.startswith("https:") else ""},
    }


def project_reference(issue: sqlite3.Row) -> dict[str, Json]:
    """The project inside an issue."""
    return {
        "id": str(issue["project_id"]),
        "name": issue["name"],
        "slug": issue["slug"],
        "platform": issue["project_platform"],
    }


def project_shape(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Json]:
    """A project in a list of them."""
    teams = [team_shape(team) for team in _all(connection, "teams", row["organization_id"])]
    (first_event,) = connection.execute(
        "SELECT MIN(timestamp) FROM events WHERE project_id = ?", (row["id"],)
    ).fetchone()
    environments = connection.execute("SELECT name FROM environments WHERE project_id = ? ORDER BY name", (row["id"],))
    latest = connection.execute(
        "SELECT r.version FROM releases r JOIN release_projects rp ON rp.release_id = r.id"
        " WHERE rp.project_id = ? ORDER BY r.date_created DESC, r.id DESC LIMIT 1",
        (row["id"],),
    ).fetchone()
    return {
        "id": str(row["id"]),
        "slug": row["slug"],
        "name": row["name"],
        "platform": row["platform"],
        "platforms": [row["platform"]] if row["platform"] else [],
        "status": "active",
        "dateCreated": iso(row["date_created"]),
        "firstEvent": iso(first_event),
        "hasAccess": True,
        "isMember": True,
        "isBookmarked": False,
        "isInternal": False,
        "isPublic": False,
        "access": [],
        "features": ["releases"],
        "color": _PROJECT_COLORS[row["id"] % len(_PROJECT_COLORS)],
        "avatar": _LETTER,
        "environments": [environment["name"] for environment in environments],
        "latestRelease": {"version": latest["version"]} if latest else None,
        "team": teams[0],
        "teams": teams,
    }


def team_shape(row: sqlite3.Row) -> dict[str, Json]:
    return {"id": str(row["id"]), "slug": row["slug"], "name": row["name"]}


def team_in_full(connection: sqlite3.Connection, row: sqlite3.Row, scopes: list[str]) -> dict[str, Json]:
    """A team in a list of them; `scopes` are those of whoever asks."""
    organization = connection.execute(
        "SELECT o.date_created, COUNT(*) AS members FROM organizations o JOIN members m ON m.organization_id = o.id"
        " WHERE o.id = ?",
        (row["organization_id"],),
    ).fetchone()
    return {
        **team_shape(row),
        "dateCreated": iso(organization["date_created"]),
        "isMember": True,
        "teamRole": None,
        "flags": {"idp:provisioned": False},
        "access": scopes,
        "hasAccess": True,
        "isPending": False,
        "memberCount": organization["members"],
        "avatar": _LETTER,
    }


def user_shape(row: sqlite3.Row) -> dict[str, Json]:
    """A member in full, as in activities and comments."""
    digest = hashlib.sha256(row["email"].lower().encode()).hexdigest()
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "username": row["username"],
        "email": row["email"],
        "avatarUrl": f"https://gravatar.com/avatar/{digest}?s=32&d=mm",
        "avatar": _LETTER,
        "isActive": True,
        "isManaged": False,
        "isStaff": False,
        "isSuperuser": False,
        "emails": [{"id": str(row["id"]), "email": row["email"], "is_verified": True}],
    }


def self_shape(row: sqlite3.Row) -> dict[str, Json]:
    """The user who asks."""
    return {
        **user_shape(row),
        "isAuthenticated": True,
        "has2fa": False,
        "hasPasswordAuth": False,
        "permissions": [],
        "identities": [],
        "authenticators": [],
        "experiments": {},
        "flags": {"newsletter_consent_prompt": False},
        "options": {"language": "en", "timezone": "UTC", "clock24Hours": False, "theme": "system"},
    }


def find_user(connection: sqlite3.Connection, user: int | None) -> dict[str, Json] | None:
    """A member in full by id; None for nobody."""
    row = connection.execute("SELECT * FROM users WHERE id = ?", (user,)).fetchone()
    return user_shape(row) if row else None


def actor_shape(connection: sqlite3.Connection, user: int | None, team: int | None) -> dict[str, Json] | None:
    """Whom an issue is assigned to."""
    if team is not None:
        row = connection.execute("SELECT * FROM teams WHERE id = ?", (team,)).fetchone()
        return {"type": "team", "id": str(row["id"]), "name": row["slug"]}
    if user is None:
        return None
    row = connection.execute("SELECT * FROM users WHERE id = ?", (user,)).fetchone()
    return {"type": "user", "id": str(row["id"]), "name": row["name"], "email": row["email"]}


def _all(connection: sqlite3.Connection, table: str, organization: int) -> list[Any]:
    return connection.execute(
        f"SELECT * FROM {table} WHERE organization_id = ? ORDER BY id",
        (organization,),
    ).fetchall()
