"""Every resource and its URI: what the tools answer, as JSON, for applications to read."""

import re
from collections.abc import Awaitable, Callable
from inspect import Parameter
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

import service
from sentry.errors import SentryError
from service.answers import Answers
from service.signatures import taking

if TYPE_CHECKING:
    from views.results import Result

Read = Callable[..., "Awaitable[Result]"]


class Entry(NamedTuple):
    uri: str
    name: str
    title: str
    description: str
    read: Callable[[], Read]  # gives the service's function, whose arguments are the URI's variables


CATALOGUE = [
    Entry(
        "sentry://issues",
        "issues",
        "Unresolved issues",
        "Unresolved issues, the most recently seen first.",
        lambda: service.issues.list_issues,
    ),
    Entry(
        "sentry://issues/{issue}",
        "issue",
        "An issue with its latest event",
        "An issue with one of its events: the one that the issue's URL names, else the latest.",
        lambda: service.issues.get_issue,
    ),
    Entry(
        "sentry://issues/{issue}/events",
        "issue_events",
        "Events of an issue",
        "The newest events of an issue.",
        lambda: service.events.list_events,
    ),
    Entry(
        "sentry://projects",
        "project_list",
        "Projects",
        "The projects of the organization.",
        lambda: service.projects.list_projects,
    ),
    Entry(
        "sentry://projects/{organization}/{project}",
        "project",
        "A project",
        "A project.",
        lambda: service.projects.get_project,
    ),
    Entry(
        "sentry://projects/{organization}/{project}/issues",
        "project_issues",
        "Issues of a project",
        "Unresolved issues of a project.",
        lambda: service.issues.list_issues,
    ),
    Entry(
        "sentry://releases/{organization}/{version}",
        "release",
        "A release",
        "A release: the issues new in it, its commits and deploys.",
        lambda: service.releases.get_release,
    ),
    Entry("sentry://events/{event}", "event", "An event", "An event in full.", lambda: service.events.get_event),
    Entry(
        "sentry://events/{event}/stacktrace",
        "event_stacktrace",
        "The stack trace of an event",
        "The stack trace of an event.",
        lambda: service.events.get_stacktrace,
    ),
]


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
        "sentry://search-syntax",
        name="search_syntax",
        title="Sentry's search syntax",
        description="What a query of list_issues may be on this server, by example.",
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
            answer = await answers.answer(asked, lambda: entry.read()(**variables), as_json=True)
        except SentryError as error:
            failed = answers.failure(error)
            raise (ResourceNotFoundError if failed.is_askers else ResourceError)(failed.text) from error
        return answer.json()

    names = re.findall(r"\{(\w+)\}", entry.uri)
    return taking([Parameter(name, Parameter.KEYWORD_ONLY, annotation=str) for name in names], serve)
