"""What a webhook says of an issue or an event, as Sentry has it (sentry_apps/tasks/sentry_apps.py in its source)."""

import json
import sqlite3
import uuid

from local.clock import SECOND, iso
from local.happening import Happening
from local.intake import titles
from local.intake.incoming import read_body
from local.shapes.accounts import actor_shape, find_user
from local.shapes.issues import ISSUE_ROWS, issue_shape
from local.values import Json, text

_APPLICATION = {"type": "application", "id": "sentry", "name": "Sentry"}
"""The actor where nobody did it."""

_ACTIONS = {
    "first_seen": "created",
    "set_regression": "unresolved",
    "set_escalating": "unresolved",
    "set_unresolved": "unresolved",
    "set_resolved": "resolved",
    "set_resolved_in_release": "resolved",
    "set_resolved_in_commit": "resolved",
    "set_ignored": "archived",
    "assigned": "assigned",
}
"""Of `issue`, by what happened: https://docs.sentry.io/integrations/integration-platform/webhooks/issues/."""

_RESOLUTIONS = {"set_resolved": "now", "set_resolved_in_release": "in_release", "set_resolved_in_commit": "in_commit"}


def is_sent(happening: Happening) -> bool:
    """Whether it is one of those that `content` knows."""
    return happening.kind in _ACTIONS or happening.event is not None


def content(
    connection: sqlite3.Connection, happening: Happening, base_url: str, rule: str, installation: uuid.UUID
) -> tuple[str, dict[str, Json]]:
    """The resource and the JSON body. The issue is as it is now, as with Sentry; an event is what made `rule` fire.

    `base_url` is that of the server, without a final slash.
    """
    issue = connection.execute(f"{ISSUE_ROWS} WHERE i.id = ?", (happening.issue,)).fetchone()
    said: dict[str, Json]
    if happening.event is not None:
        resource, action = "event_alert", "triggered"
        event = connection.execute("SELECT * FROM events WHERE id = ?", (happening.event,)).fetchone()
        said = {"event": _event(event, issue, base_url), "triggered_rule": rule}
    else:
        resource, action = "issue", _ACTIONS[happening.kind]
        said = {**_more(connection, happening.kind, issue), "issue": _issue(connection, issue, base_url)}
    user = find_user(connection, happening.user)
    return resource, {
        "action": action,
        "installation": {"uuid": str(installation)},
        "data": said,
        "actor": {"type": "user", "id": happening.user, "name": user["name"]} if user else _APPLICATION,
    }


def _issue(connection: sqlite3.Connection, issue: sqlite3.Row, base_url: str) -> dict[str, Json]:
    shown = issue_shape(connection, issue, base_url)
    organization = issue["organization"]
    return {
        "url": _api_url(issue, base_url),
        "web_url": shown["permalink"],
        "project_url": f"{base_url}/organizations/{organization}/issues/?project={issue['project_id']}",
        **shown,
    }


def _more(connection: sqlite3.Connection, kind: str, issue: sqlite3.Row) -> dict[str, Json]:
    """What stands beside the issue."""
    if kind in _RESOLUTIONS:
        details = json.loads(issue["status_details"])
        if "inNextRelease" in details:
            return {"resolution_type": "in_next_release"}
        by_commit = kind == "set_resolved_in_commit" and "inRelease" in details  # one that says that it fixes it
        return {"resolution_type": "with_commit" if by_commit else _RESOLUTIONS[kind]}
    if kind == "assigned":
        actor = actor_shape(connection, issue["assigned_user"], issue["assigned_team"])
        return {"assignee": {**actor, "id": int(actor["id"])} if actor else None}
    return {}


def _event(row: sqlite3.Row, issue: sqlite3.Row, base_url: str) -> dict[str, Json]:
    """Raw, as it was taken in: its project is a number, its tags are pairs."""
    event = read_body(row["body"])
    organization, identifier = issue["organization"], row["event_id"]
    found = titles.metadata(event)
    page = f"{base_url}/organizations/{organization}/issues/{issue['id']}/events/{identifier}/"
    return {
        **event,
        "event_id": identifier,
        "project": row["project_id"],
        "release": row["release"],
        "dist": text(event.get("dist")),
        "platform": text(event.get("platform")) or "other",
        "message": titles.message(event),
        "datetime": iso(row["timestamp"]),
        "timestamp": row["timestamp"] / SECOND,
        "received": row["received"] / SECOND,
        "tags": [[key, value] for key, value in json.loads(row["tags"]).items()],
        "type": issue["type"],
        "title": titles.title(found),
        "culprit": titles.culprit(event),
        "metadata": found,
        "location": found.get("filename"),
        "hashes": [issue["hash"]],
        "url": f"{base_url}/api/0/projects/{organization}/{issue['slug']}/events/{identifier}/",
        "web_url": page,
        "issue_url": _api_url(issue, base_url),
        "issue_id": str(issue["id"]),
    }


def _api_url(issue: sqlite3.Row, base_url: str) -> str:
    return f"{base_url}/api/0/organizations/{issue['organization']}/issues/{issue['id']}/"
