"""Every resource and its URI: what the tools answer, as JSON, for applications to read."""

import re
from collections.abc import Awaitable, Callable
from inspect import Parameter
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

import service
from sentry.errors import SentryError
from service.access.callers import Scope
from service.answers import Answers
from service.current import current_caller
from service.signatures import with_parameters
from tools.catalogue import is_offered

if TYPE_CHECKING:
    from views.results import Result

Read = Callable[..., "Awaitable[Result]"]


class Entry(NamedTuple):
    uri: str
    name: str
    title: str
    description: str
    read: Callable[[], Read]  # gives the service's function, whose arguments are the URI's variables
    tool: str  # which reads the same: who may not use it may not read this
    scope: Scope = Scope.ISSUES_READ


CATALOGUE = [
    Entry(
        "sentry://issues",
        "issues",
        "Unresolved issues",
        "What is broken now, the most recently seen first: status, counts, users, title of each issue.",
        lambda: service.issues.list_issues,
        "list_issues",
    ),
    Entry(
        "sentry://issues/{issue}",
        "issue",
        "An issue with its latest event",
        "Status, counts, users and releases of an issue, with its latest event: trace, breadcrumbs, request, tags.",
        lambda: service.issues.get_issue,
        "get_issue",
    ),
    Entry(
        "sentry://issues/{issue}/events",
        "issue_events",
        "Events of an issue",
        "When, where and for whom an issue happened: its newest events, one row each.",
        lambda: service.events.list_events,
        "get_events",
    ),
    Entry(
        "sentry://projects",
        "project_list",
        "Projects",
        "Slug, platform and name of each project.",
        lambda: service.projects.list_projects,
        "list_projects",
    ),
    Entry(
        "sentry://projects/{organization}/{project}",
        "project",
        "A project",
        "Platform, teams and latest release of a project.",
        lambda: service.projects.get_project,
        "get_project",
    ),
    Entry(
        "sentry://projects/{organization}/{project}/issues",
        "project_issues",
        "Issues of a project",
        "What is broken now in a project, the most recently seen first.",
        lambda: service.issues.list_issues,
        "list_issues",
    ),
    Entry(
        "sentry://releases/{organization}/{version}",
        "release",
        "A release",
        "What a release brought: the issues new in it, commits, deploys, authors, health.",
        lambda: service.releases.get_release,
        "get_release",
    ),
    Entry(
        "sentry://events/{event}",
        "event",
        "An event",
        "One occurrence in full: stack trace, breadcrumbs, request, user, tags, contexts.",
        lambda: service.events.get_event,
        "get_event",
    ),
    Entry(
        "sentry://events/{event}/stacktrace",
        "event_stacktrace",
        "The stack trace of an event",
        "Chained causes and frames with their source, the oldest call first.",
        lambda: service.events.get_stacktrace,
        "get_stacktrace",
    ),
    Entry(
        "sentry://traces/{organization}/{trace}",
        "trace",
        "A trace",
        "What happened in one request: the way to what failed, slow and repeated spans, errors and logs.",
        lambda: service.traces.get_trace,
        "get_trace",
    ),
    Entry(
        "sentry://alerts",
        "alerts",
        "Alerts",
        "What Sentry told, the newest first: what happened, in which issue, and who works on it.",
        lambda: service.alerts.list_alerts,
        "list_alerts",
        Scope.ALERTS_READ,
    ),
    Entry(
        "sentry://alerts/{alert}",
        "alert",
        "An alert",
        "What happened in which issue, who works on it, and what became of it.",
        lambda: service.alerts.get_alert,
        "list_alerts",
        Scope.ALERTS_READ,
    ),
]

SEARCH_SYNTAX = "sentry://search-syntax"
_TOOLS = {entry.name: entry.tool for entry in CATALOGUE}
_SCOPES = {entry.name: entry.scope for entry in CATALOGUE} | {"search_syntax": Scope.ISSUES_READ}


def scope_of_resource(name: str) -> Scope | None:
    """What a caller needs for a resource or template; None for one that is not there."""
    return _SCOPES.get(name)


def is_there(name: str) -> bool:
    """Whether the current caller may read a resource or template, as the tool that reads the same; True for one that
    there is not, which is not found."""
    scope, tool = _SCOPES.get(name), _TOOLS.get(name)
    return (scope is None or current_caller().has(scope)) and (tool is None or is_offered(tool))


def scope_of_uri(uri: str) -> Scope | None:
    """The same for what a URI names."""
    if uri == SEARCH_SYNTAX:
        return Scope.ISSUES_READ
    return next((entry.scope for entry in CATALOGUE if re.fullmatch(_form(entry.uri), uri)), None)


def name_of_uri(uri: str) -> str:
    """The name of the resource or template that a URI is of; empty for none."""
    if uri == SEARCH_SYNTAX:
        return "search_syntax"
    return next((entry.name for entry in CATALOGUE if re.fullmatch(_form(entry.uri), uri)), "")


def _form(uri: str) -> str:
    return re.sub(r"\\\{\w+\\\}", "[^/]*", re.escape(uri))


def register_resources(server: MCPServer[Any], answers: Answers) -> None:
    for entry in CATALOGUE:
        server.resource(
            entry.uri,
            name=entry.name,
            title=entry.title,
            description=entry.description,
            mime_type="application/json",
        )(_served(entry, answers))

    server.resource(
        SEARCH_SYNTAX,
        name="search_syntax",
        title="Sentry's search syntax",
        description="What a query for issues may be on this server, by example.",
        mime_type="text/markdown",
    )(_syntax_of_this_server)


async def _syntax_of_this_server() -> str:
    from resources.syntax import search_syntax  # only now: whoever does not read it does not wait for it

    return search_syntax(await service.servers.kind())


def _served(entry: Entry, answers: Answers) -> Callable[..., Awaitable[str]]:
    """The read as the SDK wants it: a function of the URI's variables alone."""

    async def serve(**variables: str) -> str:
        asked = entry.uri, *sorted(variables.items())
        try:
            answer = await answers.answer(asked, lambda: entry.read()(**variables), wanted="json")
        except SentryError as error:
            failed = answers.failure(error)
            raise (ResourceNotFoundError if failed.is_askers else ResourceError)(failed.text) from error
        return answer.json()

    names = re.findall(r"\{(\w+)\}", entry.uri)
    return with_parameters([Parameter(name, Parameter.KEYWORD_ONLY, annotation=str) for name in names], serve)
