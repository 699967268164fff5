"""What can be read: the objects that resources give by URI, and tools and prompts by name."""

from typing import Any, Literal

from sentry.errors import SentryError
from sentry.models import Commit, TagValues
from sentry.protocol import SentryClientProtocol
from sentry.references import LATEST
from service.side_by_side import Outcome, together
from views import events, projects, releases
from views import issues as issue_views
from views.events import EventList, EventResult
from views.issues import IssueExtras, IssueList, IssueResult
from views.projects import ProjectList, ProjectResult
from views.releases import ReleaseResult
from views.traces import stacktraces
from views.traces.stacktraces import StacktraceResult

Include = Literal["tags", "commits"]
"""What an issue can be read with besides, at a request each."""


async def issues(client: SentryClientProtocol) -> IssueList:
    """Unresolved issues, the most recently seen first."""
    return issue_views.issue_list(await client.list_issues())


async def issue(
    client: SentryClientProtocol, issue: str, event: str | None = None, include: tuple[Include, ...] = ()
) -> IssueResult:
    """An issue with one of its events, fetched side by side: the one named, if only in a URL, else the latest.

    Without its latest event an issue is still worth reading; one that was asked for by name must be there.
    """
    found, example, tags = await together(
        client.get_issue(issue),
        client.get_stacktrace(event, issue=issue),
        client.get_tags(issue) if "tags" in include else _no_tags(),
    )
    about = found.result()
    if event not in (None, LATEST):
        example.result()
    missing = {"event": example.error.message} if example.error else {}
    if tags.error:
        missing["tags"] = tags.error.message
    commits: list[Commit] = []
    if "commits" in include and example.value is not None:
        try:
            commits = await client.get_suspect_commits(about.project.slug, example.value.id)
        except SentryError as error:
            missing["suspect commits"] = error.message
    extras = IssueExtras(tags=tags.value or [], suspect_commits=commits, missing=missing)
    return issue_views.issue(about, example.value, extras=extras)


async def _no_tags() -> list[TagValues]:
    return []


async def issue_events(client: SentryClientProtocol, issue: str) -> EventList:
    """The newest events of an issue."""
    return events.event_list(issue, await client.get_events(issue))


async def project_list(client: SentryClientProtocol) -> ProjectList:
    """The projects of the organization."""
    return projects.project_list(await client.list_projects())


async def project(client: SentryClientProtocol, organization: str, project: str) -> ProjectResult:
    """A project."""
    return projects.project(await client.get_project(project, organization))


async def project_issues(client: SentryClientProtocol, organization: str, project: str) -> IssueList:
    """Unresolved issues of a project."""
    return issue_views.issue_list(await client.list_issues(organization=organization, project=project))


async def event(client: SentryClientProtocol, event: str) -> EventResult:
    """An event in full."""
    return events.event(await client.get_event(event))


async def event_stacktrace(client: SentryClientProtocol, event: str) -> StacktraceResult:
    """The stack trace of an event."""
    return stacktraces.stacktrace(await client.get_stacktrace(event))


async def release(client: SentryClientProtocol, organization: str | None, version: str) -> ReleaseResult:
    """A release: the issues new in it, its commits and deploys."""
    found, new, commits, deploys = await together(
        client.get_release(version, organization=organization),
        client.list_issues(organization=organization, query=first_seen_in(version)),
        client.get_release_commits(version, organization=organization),
        client.get_release_deploys(version, organization=organization),
    )
    parts: dict[str, Outcome[Any]] = {"new issues": new, "commits": commits, "deploys": deploys}
    return releases.release(
        found.result(),
        new_issues=new.value,
        commits=commits.value,
        deploys=deploys.value,
        missing={name: part.error.message for name, part in parts.items() if part.error},
    )


def first_seen_in(release: str) -> str:
    """The search for issues that are new in a release, whatever their status now."""
    return f"firstRelease:{quoted_version(release)}"


def quoted_version(release: str) -> str:
    """A version as a search takes it, whatever is in it."""
    version = release.replace('"', "")
    return f'"{version}"'
