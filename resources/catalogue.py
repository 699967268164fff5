"""Every resource and its URI: what the tools answer, as JSON, for applications to read."""

import json
from collections.abc import Awaitable, Callable
from inspect import Signature, signature
from typing import NamedTuple, get_type_hints

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from resources import reads
from resources.search_syntax import SEARCH_SYNTAX
from resources.serving import connected_client
from sentry.errors import InvalidRequestError, NotFoundError, SentryError
from sentry.protocol import SentryClientProtocol
from views.errors import error_answer
from views.reader import Reader
from views.results import Result, untrusted

Read = Callable[..., Awaitable[Result]]


class Entry(NamedTuple):
    uri: str
    title: str
    read: Read


CATALOGUE = [
    Entry("sentry://issues", "Unresolved issues", reads.issues),
    Entry("sentry://issues/{issue}", "An issue with its latest event", reads.issue),
    Entry("sentry://issues/{issue}/events", "Events of an issue", reads.issue_events),
    Entry("sentry://projects", "Projects", reads.project_list),
    Entry("sentry://projects/{organization}/{project}", "A project", reads.project),
    Entry("sentry://projects/{organization}/{project}/issues", "Issues of a project", reads.project_issues),
    Entry("sentry://releases/{organization}/{version}", "A release", reads.release),
    Entry("sentry://events/{event}", "An event", reads.event),
    Entry("sentry://events/{event}/stacktrace", "The stack trace of an event", reads.event_stacktrace),
]


def register_resources(server: MCPServer[SentryClientProtocol], reader: Reader) -> None:
    for entry in CATALOGUE:
        server.resource(
            entry.uri,
            name=entry.read.__name__,
            title=entry.title,
            description=entry.read.__doc__,
            mime_type="application/json",
            meta={"untrusted": list(untrusted(get_type_hints(entry.read)["return"]))},
        )(_served(entry.read, reader))

    server.resource(
        "sentry://search-syntax",
        name="search_syntax",
        title="Sentry's search syntax",
        description="What a query of list_issues and get_events may be, by example.",
        mime_type="text/markdown",
    )(lambda: SEARCH_SYNTAX)


def _served(read: Read, reader: Reader) -> Callable[..., Awaitable[str]]:
    """The read as the SDK wants it: a function of the URI's variables alone."""

    async def serve(**variables: str) -> str:
        try:
            answer = reader.read(await read(connected_client(), **variables))
        except (NotFoundError, InvalidRequestError) as error:
            raise ResourceNotFoundError(error_answer(error, reader).text) from error
        except SentryError as error:
            raise ResourceError(error_answer(error, reader).text) from error
        return json.dumps(answer.data, ensure_ascii=False, separators=(",", ":"))

    _, *parameters = signature(read).parameters.values()
    variables = [parameter for parameter in parameters if parameter.default is parameter.empty]
    serve.__signature__ = Signature(variables)  # type: ignore[attr-defined]  # what inspect.signature reads
    serve.__annotations__ = {variable.name: str for variable in variables}
    return serve
