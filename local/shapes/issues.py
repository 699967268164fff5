"""Issues as the Web API shows them (https://docs.sentry.io/api/events/retrieve-an-issue/)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import json
import sqlite3

from local.clock import DAY, HOUR, iso, now
from local.intake.life_cycle import NEW_FOR
from local.shapes.accounts import actor_shape, find_user, project_reference
from local.shapes.releases import find_release
from local.values import Json

ISSUE_ROWS = (
    "SELECT i.*, p.slug, p.name, p.platform AS project_platform, o.slug AS organization,"
    " (SELECT COUNT(*) FROM activity a WHERE a.issue_id = i.id AND a.type = 'note') AS comments"
    " FROM issues i JOIN projects p ON p.id = i.project_id JOIN organizations o ON o.id = p.organization_id"
)
"""Issues (`i`) of projects (`p`) as what is shown of them is made from."""


def issue_shape(connection: sqlite3.Connection, row: sqlite3.Row, base_url: str) -> dict[str, Json]:
    """What every answer with an issue has. `row` is one of ISSUE_ROWS."""
    return {
        "id": str(row["id"]),
        "shareId": None,
        "shortId": row["short_id"],
        "title": row["title"],
        "culprit": row["culprit"],
        "permalink": f"{base_url}/organizations/{row['organization']}/issues/{row['id']}/",
        "logger": row["logger"],
        "level": row["level"],
        "status": row["status"],
        "statusDetails": json.loads(row["status_details"]),
        "substatus": substatus(row),
        "isPublic": False,
        "platform": row["platform"],
        "priority": row["priority"],
        "priorityLockedAt": iso(row["priority_locked_at"]),
        "seerFixabilityScore": None,
        "seerAutofixLastTriggered": None,
        "seerExplorerAutofixLastTriggered": None,
        "project": project_reference(row),
        "type": row["type"],
        "issueType": "error",
        "issueCategory": "error",
        "metadata": json.loads(row["metadata"]),
        "numComments": row["comments"],
        "assignedTo": actor_shape(connection, row["assigned_user"], row["assigned_team"]),
        "isBookmarked": bool(row["is_bookmarked"]),
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": bool(row["has_seen"]),
        "annotations": [],
        "isUnhandled": bool(row["unhandled"]),
        "count": str(row["times_seen"]),
        "userCount": row["user_count"],
        "firstSeen": iso(row["first_seen"]),
        "lastSeen": iso(row["last_seen"]),
    }


def issue_detail(connection: sqlite3.Connection, row: sqlite3.Row, base_url: str) -> dict[str, Json]:
    """One issue in full: with its history, tags, releases and how often it was seen when."""
    viewer = [user for user in [find_user(connection, 1)] if user and row["has_seen"]]
    return {
        **issue_shape(connection, row, base_url),
        "activity": activity(connection, row),
        "seenBy": viewer,
        "userReportCount": 0,
        "participants": [],
        "pluginActions": [],
        "pluginContexts": [],
        "pluginIssues": [],
        "firstRelease": find_release(connection, row["first_release"]),
        "lastRelease": find_release(connection, row["last_release"]),
        "tags": tag_summaries(connection, row["id"]),
        "stats": {
            "24h": stats(connection, [row["id"]], HOUR, 24)[row["id"]],
            "30d": stats(connection, [row["id"]], DAY, 30)[row["id"]],
        },
    }


def substatus(row: sqlite3.Row) -> str | None:
    found: str | None = row["substatus"]
    return "ongoing" if found == "new" and row["first_seen"] < now() - NEW_FOR else found


def activity(connection: sqlite3.Connection, issue: sqlite3.Row) -> list[Json]:
    """What happened to an issue, the last thing first."""
    rows = connection.execute(
        "SELECT * FROM activity WHERE issue_id = ? ORDER BY id DESC LIMIT 100", (issue["id"],)
    ).fetchall()
    first = {
        "id": "0",
        "type": "first_seen",
        "user": None,
        "sentry_app": None,
        "data": {"priority": issue["priority"]},
        "dateCreated": iso(issue["first_seen"]),
    }
    return [*(activity_shape(connection, row) for row in rows), first]


def activity_shape(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Json]:
    return {
        "id": str(row["id"]),
        "type": row["type"],
        "user": find_user(connection, row["user_id"]),
        "sentry_app": None,
        "data": json.loads(row["details"]),
        "dateCreated": iso(row["date_created"]),
    }


def tag_summaries(connection: sqlite3.Connection, issue: int) -> list[Json]:
    """The keys of an issue's tags and how often each has a value."""
    (rows,) = connection.execute(  # in one row, as are all that are many: see ranking.AS_ONE
        "SELECT json_group_array(json_array(key, total, different)) FROM (SELECT key, SUM(times_seen) AS total,"
        " COUNT(*) AS different FROM issue_tags WHERE issue_id = ? GROUP BY key)",
        (issue,),
    ).fetchone()
    return [
        {"key": key, "name": tag_name(key), "totalValues": total, "uniqueValues": different}
        for key, total, different in json.loads(rows)
    ]


def tag_name(key: str) -> str:
    """`Server Name` of `server_name`."""
    return {"url": "URL", "os": "OS"}.get(key, key.replace("_", " ").replace("-", " ").title())


def stats(connection: sqlite3.Connection, issues: list[int], step: int, steps: int) -> dict[int, list[list[int]]]:
    """How often each issue was seen in each step (ms) up to now: `[[seconds since 1970, events], ...]`."""
    end = now() // step
    marks = ", ".join("?" * len(issues))
    (rows,) = connection.execute(
        "SELECT json_group_array(json_array(issue_id, step, seen)) FROM (SELECT issue_id, timestamp / ? AS step,"
        f" COUNT(*) AS seen FROM events WHERE issue_id IN ({marks}) AND timestamp >= ? GROUP BY 1, 2)",
        (step, *issues, (end - steps + 1) * step),
    ).fetchone()
    seen = {(issue, at): times for issue, at, times in json.loads(rows)}
    return {
        issue: [[at * step // 1000, seen.get((issue, at), 0)] for at in range(end - steps + 1, end + 1)]
        for issue in issues
    }
