"""Changing issues: one, or up to fifty at once."""

from dataclasses import replace

import anyio

from sentry.changes import IssueChange, Status
from sentry.errors import InvalidRequestError, SentryError
from service.current import current_client
from views.updates import BulkUpdate, IssueUpdate, bulk_update, issue_update

MOST = 50
NOBODY = "nobody"
"""Whom an issue is assigned to when its assignee is cleared."""


async def update_issues(
    issues: list[str], change: IssueChange, *, in_commit: str | None = None, comment: str | None = None
) -> IssueUpdate | BulkUpdate:
    """Makes one change of each issue, and shows each before and after.

    `in_commit` is `repository@sha`; a change without a status gets the one that its details stand for.
    """
    change = _implied(change, in_commit)
    if change.assigned_to is not None and change.assigned_to.strip().casefold() == NOBODY:
        change = replace(change, assigned_to="")
    if not change.body() and not comment:
        raise InvalidRequestError("Nothing to change: give status, assigned_to, priority or comment.")
    issues = list(dict.fromkeys(issues))
    if not 1 <= len(issues) <= MOST:
        raise InvalidRequestError(f"1 to {MOST} issues can be changed at once, not {len(issues)}.")
    return await (_update(issues[0], change, comment) if len(issues) == 1 else _update_all(issues, change, comment))


def _implied(change: IssueChange, in_commit: str | None) -> IssueChange:
    """With the status that the details stand for; details of two statuses contradict each other."""
    if in_commit is not None:
        repository, at, commit = in_commit.rpartition("@")
        if not (repository and at and commit):
            raise InvalidRequestError("in_commit is repository@sha, such as acme/shop@4f2d1c7.")
        change = replace(change, in_commit=commit, repository=repository)
    resolves = change.in_release or change.in_commit
    ignores = change.ignore_until or change.ignore_minutes or change.ignore_events or change.ignore_users
    if resolves and (ignores or change.status not in (None, "resolved")):
        raise InvalidRequestError("in_release and in_commit go with the status resolved.")
    if ignores and change.status not in (None, "ignored"):
        raise InvalidRequestError("The ignore_ conditions go with the status ignored.")
    implied: Status | None = "resolved" if resolves else "ignored" if ignores else None
    return replace(change, status=change.status or implied)


async def _update(issue: str, change: IssueChange, comment: str | None) -> IssueUpdate:
    client = current_client()
    before = await client.get_issue(issue, fresh=True)
    after = await client.update_issue(issue, change) if change.body() else before
    if comment:
        await client.add_comment(issue, comment)
    return issue_update(before, after, comment=comment)


async def _update_all(issues: list[str], change: IssueChange, comment: str | None) -> BulkUpdate:
    done: dict[str, IssueUpdate] = {}
    failed: dict[str, SentryError] = {}

    async def one(issue: str) -> None:
        try:
            done[issue] = await _update(issue, change, comment)
        except SentryError as error:
            failed[issue] = error

    async with anyio.create_task_group() as tasks:
        for issue in issues:
            tasks.start_soon(one, issue)
    if not done:
        raise failed[issues[0]]
    return bulk_update([done.get(issue) or (issue, failed[issue].message) for issue in issues])
