"""What can be read by URI: the same objects as the tools answer with."""

import anyio

from sentry.protocol import SentryClientProtocol
from sentry.waiting import side_by_side
from views import events, projects, stacktraces
from views import issues as issue_views
from views.events import EventList, EventResult
from views.issues import IssueList, IssueResult
from views.projects import ProjectList, ProjectResult
from views.stacktraces import StacktraceResult


async def issues(client: SentryClientProtocol) -> IssueList:
    """Unresolved issues, the most recently seen first."""
    return issue_views.issue_list(await client.list_issues())


async def issue(client: SentryClientProtocol, issue: str) -> IssueResult:
    """An issue with its latest event."""
    async with anyio.create_task_group() as tasks:
        found = side_by_side(tasks, client.get_issue(issue))
        latest = side_by_side(tasks, client.get_event("latest", issue=issue))
    return issue_views.issue(found.result(), latest.value)


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
