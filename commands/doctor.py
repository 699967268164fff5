"""`sentry-mcp doctor`: whether the address, the token, the organization and each scope work, in words."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

import anyio

from application import connection
from sentry.changes import IssueChange
from sentry.client import SentryClient
from sentry.errors import (
    BadResponseError,
    DeadlineError,
    ForbiddenError,
    InvalidRequestError,
    SentryError,
    UnauthorizedError,
    UnreachableError,
    UnsupportedError,
)
from sentry.paths import quoted
from settings import Settings
from views.provenance import visible

Verdict = Literal["ok", "FAIL", "?"]


@dataclass
class Report:
    """What was found, line by line; `failed` when something that is needed does not work."""

    lines: list[tuple[Verdict, str, str]] = field(default_factory=list[tuple[Verdict, str, str]])

    def say(self, verdict: Verdict, what: str, words: str) -> None:
        self.lines.append((verdict, what, words))
        print(f"  {verdict:<4}  {what:<18}  {visible(words)}")

    @property
    def failed(self) -> bool:
        return any(verdict == "FAIL" for verdict, _, _ in self.lines)


def doctor(settings: Settings) -> int:
    """Exit code 0 when everything needed works, 1 otherwise."""
    print(f"Sentry at {settings.sentry_url}")
    report = anyio.run(_examine, settings)
    print("\nSomething is wrong, see FAIL." if report.failed else "\nAll is well.")
    return 1 if report.failed else 0


async def _examine(settings: Settings) -> Report:
    report = Report()
    async with SentryClient(connection(settings)) as client:
        if not await _token_and_organization(client, settings, report):
            return report
        issue = await _scope(report, "event:read", "list_issues, get_issue and the rest", lambda: _issue(client))
        await _scope(report, "project:read", "list_projects, get_project", lambda: _projects(client))
        await _writing(client, issue, report)
        await _scope(report, "project:releases", "list_releases, get_release", lambda: _releases(client), needed=False)
        await client.list_organizations()
        report.say("ok", "cache", f"{client.statistics.hit_rate:.0%} of these reads cost Sentry no request")
    return report


async def _token_and_organization(client: SentryClient, settings: Settings, report: Report) -> bool:
    try:
        organizations = (await client.list_organizations()).items
    except (UnreachableError, DeadlineError, BadResponseError) as error:
        report.say("FAIL", "address", error.message)
        return False
    except UnauthorizedError as error:
        report.say("ok", "address", "Sentry answers there")
        report.say("FAIL", "token", error.message)
        return False
    except ForbiddenError:
        organizations = []  # an organization's own token may see it without listing it
    except SentryError as error:
        report.say("FAIL", "address", error.message)
        return False
    report.say("ok", "address", "Sentry answers there")
    report.say("ok", "token", "accepted")
    slugs = [organization.slug for organization in organizations]
    named = settings.sentry_org
    if named and slugs and named not in slugs:
        report.say("FAIL", "organization", f"{named} is not among those the token sees: {', '.join(slugs)}")
        return False
    if not named and len(slugs) != 1:
        seen = f"the token sees {len(slugs)}: {', '.join(slugs)}" if slugs else "the token lists none"
        report.say("FAIL", "organization", f"set SENTRY_ORG; {seen}")
        return False
    report.say("ok", "organization", named or f"{slugs[0]} (the only one that the token sees)")
    return True


async def _scope(
    report: Report,
    scope: str,
    used_by: str,
    check: Callable[[], Awaitable[tuple[str, str | None]]],
    *,
    needed: bool = True,
) -> str | None:
    """Tries what needs the scope and says how it went; gives what `check` found."""
    try:
        words, found = await check()
    except SentryError as error:
        report.say("FAIL" if needed else "?", scope, f"{error.message} ({used_by} need it)")
        return None
    report.say("ok", scope, words)
    return found


async def _issue(client: SentryClient) -> tuple[str, str | None]:
    page = await client.list_issues(query="", limit=1)
    if not page.items:
        return "issues can be listed; there are none", None
    return "issues can be listed", page.items[0].id


async def _projects(client: SentryClient) -> tuple[str, str | None]:
    projects = (await client.list_projects()).items
    return (
        f"{len(projects)} projects: {quoted(', '.join(project.slug for project in projects[:10]), 200)}",
        None,
    )


async def _releases(client: SentryClient) -> tuple[str, str | None]:
    await client.list_releases(limit=1)
    return "releases can be listed", None


async def _writing(client: SentryClient, issue: str | None, report: Report) -> None:
    """An empty change is accepted and changes nothing: a question that leaves no trace."""
    if issue is None:
        report.say("?", "event:write", "not tried: there is no issue to try it on")
        return
    try:
        await client.update_issue(issue, IssueChange())
    except ForbiddenError:
        report.say("FAIL", "event:write", "the token may only read: update_issue needs event:write")
    except (InvalidRequestError, UnsupportedError):
        report.say("?", "event:write", "not known: this Sentry does not take an empty change")
    except SentryError as error:
        report.say("?", "event:write", error.message)
    else:
        report.say("ok", "event:write", "issues can be updated")
