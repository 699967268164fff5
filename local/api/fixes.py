"""Issues that a release's commits say they fix, resolved in that release as Sentry does it: `Fixes APP-4`.

https://docs.sentry.io/product/releases/associate-commits/
"""

import json
import re
import sqlite3
from collections.abc import Iterable

from local.happening import Happening
from local.intake.life_cycle import add_activity
from local.shapes.accounts import find_user
from local.shapes.releases import commit_shape, release_summary

MOST_READ = 20_000
"""Characters of a commit's message."""
MOST_FIXED = 100
"""Issues that one commit may fix."""

_LINK = re.compile(r"\[([^\][]{1,200})\]\([^()\s]{0,2000}\)")
_SAYS = re.compile(r"\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+([a-z0-9_\s,-]+)", re.IGNORECASE)
_SHORT_ID = re.compile(r"\b[a-z0-9_-]{1,70}-[a-z0-9]{1,10}\b", re.IGNORECASE)


def fixed_by(message: str | None) -> list[str]:
    """The short IDs that a commit's message says are fixed: `Fixes APP-4, APP-5`. A link stands for its words."""
    said = _SAYS.findall(_LINK.sub(r"\1", (message or "")[:MOST_READ]))
    found = (short_id.upper() for words in said for short_id in _SHORT_ID.findall(words))
    return list(dict.fromkeys(found))[:MOST_FIXED]


def resolve_fixed(
    connection: sqlite3.Connection, release: sqlite3.Row, commits: Iterable[sqlite3.Row]
) -> list[Happening]:
    """Resolve, in the release, what those commits of it fix; gives what happened.

    Its author did it, where that is a member. The rows are those of `releases` and `commits`.
    """
    happened: list[Happening] = []
    for commit in commits:
        for short_id in fixed_by(commit["message"]):
            issue = connection.execute(
                "SELECT i.id FROM issues i JOIN projects p ON p.id = i.project_id"
                " WHERE i.short_id = ? AND p.organization_id = ?",
                (short_id, release["organization_id"]),
            ).fetchone()
            if issue is not None:
                happened.append(_resolve(connection, issue["id"], release, commit))
    return happened


def _resolve(connection: sqlite3.Connection, issue: int, release: sqlite3.Row, commit: sqlite3.Row) -> Happening:
    author = connection.execute(
        "SELECT u.id FROM users u JOIN members m ON m.user_id = u.id WHERE m.organization_id = ? AND u.email = ?",
        (release["organization_id"], commit["author_email"]),
    ).fetchone()
    user = author["id"] if author else None
    details = {"inRelease": release["version"], "actor": find_user(connection, user)}
    connection.execute(
        "UPDATE issues SET status = 'resolved', substatus = NULL, status_details = ?, resolved_release = ?,"
        " ignore_until = NULL WHERE id = ?",
        (json.dumps(details), release["id"], issue),
    )
    named = {**commit_shape(commit), "releases": [release_summary(release)]}
    add_activity(connection, issue, "set_resolved_in_commit", {"commit": named}, user)
    return Happening(issue, "set_resolved_in_commit", user)
