"""How a model changes issues: one, or up to fifty at once."""

from dataclasses import replace
from typing import Annotated

import anyio
from mcp.server.mcpserver import Context
from pydantic import Field

from sentry.errors import InvalidRequestError, SentryError
from sentry.protocol import IgnoreUntil, IssueChange, Priority, SentryClientProtocol, Status
from tools.arguments import Identifier
from views.updates import BulkUpdate, IssueUpdate, bulk_update, issue_update

MOST = 50

Issues = Annotated[
    Identifier | list[Identifier],
    Field(description=f"ID, short ID or URL; or a list of at most {MOST}"),
]
Count = Annotated[int | None, Field(ge=1, le=1_000_000)]


async def update_issue(
    ctx: Context[SentryClientProtocol],
    issue: Issues,
    status: Status | None = None,
    in_release: Annotated[str | None, Field(description="Resolved in this version, or latest")] = None,
    in_commit: Annotated[str | None, Field(description="Resolved by this commit, as repository@sha")] = None,
    ignore_until: IgnoreUntil | None = None,
    ignore_minutes: Count = None,
    ignore_events: Count = None,
    ignore_users: Count = None,
    assigned_to: Annotated[
        str | None, Field(description="E-mail, user name, user:ID or team:ID; empty to clear")
    ] = None,
    priority: Priority | None = None,
    comment: str | None = None,
) -> IssueUpdate | BulkUpdate:
    """Change issues: resolve (now, or in a release or commit), ignore (until a condition), assign, rank, comment.

    Shows each before and after.
    """
    change = _implied(
        IssueChange(
            status=status,
            in_release=in_release,
            ignore_until=ignore_until,
            ignore_minutes=ignore_minutes,
            ignore_events=ignore_events,
            ignore_users=ignore_users,
            assigned_to=assigned_to,
            priority=priority,
        ),
        in_commit,
    )
    if not change.body() and not comment:
        raise InvalidRequestError("Nothing to change: give status, assigned_to, priority or comment.")
    client = ctx.request_context.lifespan_context
    if isinstance(issue, str):
        return await _update(client, issue, change, comment)
    return await _update_all(client, list(dict.fromkeys(issue)), change, comment)


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


async def _update(client: SentryClientProtocol, issue: str, change: IssueChange, comment: str | None) -> IssueUpdate:
    before = await client.get_issue(issue, fresh=True)
    after = await client.update_issue(issue, change) if change.body() else before
    if comment:
        await client.add_comment(issue, comment)
    return issue_update(before, after, comment=comment)


async def _update_all(
    client: SentryClientProtocol, issues: list[str], change: IssueChange, comment: str | None
) -> BulkUpdate:
    if not 1 <= len(issues) <= MOST:
        raise InvalidRequestError(f"1 to {MOST} issues can be changed at once, not {len(issues)}.")
    done: dict[str, IssueUpdate] = {}
    failed: dict[str, SentryError] = {}

    async def one(issue: str) -> None:
        try:
            done[issue] = await _update(client, issue, change, comment)
        except SentryError as error:
            failed[issue] = error

    async with anyio.create_task_group() as tasks:
        for issue in issues:
            tasks.start_soon(one, issue)
    if not done:
        raise failed[issues[0]]
    return bulk_update([done.get(issue) or (issue, failed[issue].message) for issue in issues])
