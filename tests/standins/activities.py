"""Entries of an issue's history as Sentry writes them: of each type that tells something, and some that tell nothing.

https://github.com/getsentry/sentry/blob/master/src/sentry/types/activity.py
"""

from typing import Any

from standins.todays_answers import COMMIT, USER

Row = dict[str, Any]
BOB: Row = {"id": "78", "name": "Bob Roy", "username": "bob@acme.test", "email": "bob@acme.test", "isActive": True}
LINEAR: Row = {"id": "12", "name": "Linear", "slug": "linear", "avatars": []}
PROXY: Row = {"id": "91", "name": "linear-4f2d1c", "username": "linear-4f2d1c", "email": ""}
PULL_REQUEST: Row = {
    "id": "412", "title": "Ask the price in euros", "message": "Fixes it", "dateCreated": "2026-11-22T08:00:00Z",
    "repository": {"id": "6", "name": "acme/shop", "url": "https://git.acme.test/acme/shop"}, "author": USER,
    "externalUrl": "https://git.acme.test/acme/shop/pull/412",
}  # fmt: skip
RELEASED: Row = {**COMMIT, "releases": [{"version": "shop@2.1.1", "dateReleased": None}]}
_OTHER: Row = {"id": "6012000009", "shortId": "SHOP-BACKEND-9", "title": "PriceError"}
_OPEN: Row = dict.fromkeys(("ignoreCount", "ignoreDuration", "ignoreUntil", "ignoreUserCount", "ignoreUserWindow",
                       "ignoreWindow", "ignoreUntilEscalating"))  # fmt: skip
_SNOOZE: Row = dict.fromkeys(("count", "until", "user_count", "user_window", "window"))


def entry(
    type_of: str, data: Row | None = None, user: Row | None = USER, at: str = "2026-11-24T10:02:03Z", **more: Any
) -> Row:
    return {
        "id": "17",
        "type": type_of,
        "user": user,
        "sentry_app": None,
        "data": data or {},
        "dateCreated": at,
        **more,
    }


def note(text: Any, user: Row | None = USER, at: str = "2026-11-24T10:02:03Z", **more: Any) -> Row:
    return entry("note", {"text": text}, user, at, **more)


TELLING: list[tuple[Row, str]] = [
    (note("Seen after the price import."), "comment by Ann Lee: Seen after the price import."),
    (note("Synced.", PROXY, sentry_app=LINEAR), "comment by Linear (integration): Synced."),
    (note("Whose account is gone.", None), "comment: Whose account is gone."),
    (entry("set_resolved"), "resolved by Ann Lee"),
    (entry("set_resolved", user=None), "resolved by Sentry"),
    (
        entry("set_resolved", {"integration_id": 3, "provider": "Jira", "provider_key": "jira"}, None),
        "resolved via Jira",
    ),
    (entry("set_resolved_by_age", {"age": 720}, None), "resolved by Sentry, as it was not seen for long"),
    (entry("set_resolved_in_release", {"version": "shop@2.1.1"}), "resolved in release shop@2.1.1 by Ann Lee"),
    (entry("set_resolved_in_release", {"version": ""}), "resolved in the next release by Ann Lee"),
    (
        entry("set_resolved_in_release", {"version": "", "current_release_version": "shop@2.1.0"}),
        "resolved in the next release after shop@2.1.0 by Ann Lee",
    ),
    (
        entry("set_resolved_in_commit", {"commit": RELEASED}),
        "resolved in commit 9d3c9d3c9d3c of acme/shop in release shop@2.1.1 (Ask the price in euros) by Ann Lee",
    ),
    (entry("set_resolved_in_commit", {"commit": None}, None), "resolved in a commit"),
    (
        entry("set_resolved_in_pull_request", {"pullRequest": PULL_REQUEST}),
        "to be resolved by pull request acme/shop#412 (Ask the price in euros) by Ann Lee",
    ),
    (
        entry("pull_request_merged", {"pullRequest": PULL_REQUEST}, None),
        "merged pull request acme/shop#412 (Ask the price in euros)",
    ),
    (entry("pull_request_closed", {"pullRequest": {"id": "412"}}, None), "closed unmerged: pull request #412"),
    (
        entry("referenced_in_commit", {"commit": {"id": "1f" * 20}}, None),
        "named in commit 1f1f1f1f1f1f",
    ),
    (entry("set_unresolved"), "marked as unresolved by Ann Lee"),
    (entry("set_regression", {"version": "shop@2.1.2"}, None), "regressed in release shop@2.1.2"),
    (
        entry(
            "set_regression",
            {"version": "shop@2.1.2", "resolved_in_version": "shop@2.1.1", "follows_semver": True},
            None,
        ),
        "regressed in release shop@2.1.2 (resolved in shop@2.1.1)",
    ),
    (entry("set_regression", {}, None), "regressed"),
    (entry("set_escalating", {"forecast": 1200}, None), "escalated: more than 1,200 events in an hour"),
    (
        entry("set_escalating", {"expired_snooze": {**_SNOOZE, "count": 100, "window": 60}}, None),
        "escalated: it was ignored until 100 more events within 60 minutes",
    ),
    (entry("set_escalating", {}, None), "escalated"),
    (entry("set_ignored", _OPEN), "ignored for ever by Ann Lee"),
    (entry("set_ignored", {**_OPEN, "ignoreUntilEscalating": True}), "ignored until it escalates by Ann Lee"),
    (entry("set_ignored", {**_OPEN, "ignoreUserCount": 1}), "ignored until 1 more user by Ann Lee"),
    (
        entry("set_ignored", {**_OPEN, "ignoreDuration": 30, "ignoreUntil": "2026-11-24T10:32:03Z"}),
        "ignored until 2026-11-24 10:32Z by Ann Lee",
    ),
    (
        entry("assigned", {"assignee": "78", "assigneeName": "Bob Roy", "assigneeType": "user"}),
        "assigned to Bob Roy by Ann Lee",
    ),
    (entry("assigned", {"assignee": "77", "assigneeType": "user"}), "assigned to themselves by Ann Lee"),
    (
        entry("assigned", {"assignee": "301", "assigneeType": "team", "integration": "codeowners"}, None),
        "assigned to team payments by CODEOWNERS",
    ),
    (entry("unassigned"), "unassigned by Ann Lee"),
    (entry("set_priority", {"priority": "low", "reason": "unknown"}), "priority set to low by Ann Lee"),
    (entry("merge", {"issues": [{"id": 1}, {"id": 2}]}), "2 issues merged into it by Ann Lee"),
    (
        entry("unmerge_source", {"fingerprints": ["a"], "destination": _OTHER}),
        "events moved to SHOP-BACKEND-9 by Ann Lee",
    ),
    (
        entry("unmerge_destination", {"fingerprints": ["a"], "source": None}),
        "events moved here from another issue by Ann Lee",
    ),
    (
        entry(
            "create_issue",
            {"provider": "Jira", "title": "ACME-12", "location": "https://tracker.acme.test/ACME-12", "new": True},
        ),
        "linked to an issue of Jira: ACME-12 https://tracker.acme.test/ACME-12 by Ann Lee",
    ),
]
"""Each with what is to be read of it."""

SAYS_NOTHING: list[Row] = [
    entry("first_seen", {"priority": "high"}, None),
    entry("mark_reviewed"),
    entry("auto_set_ongoing", {"after_days": 7}, None),
    entry("set_priority", {"priority": "high", "reason": "escalating"}, None),
    entry("set_public"),
    entry("deleted_attachment"),
    entry("seer_rca_started", {"run_id": 5}, None),
    entry("merge", {"issues": []}),
    entry("merge", {}),
    entry("unheard_of", {"text": "x"}),
    note(""),
    note(" \n"),
    note(None),
    note({"not": "text"}),
]
