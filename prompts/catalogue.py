"""Every prompt, on one screen."""

from collections.abc import Awaitable, Callable
from inspect import Signature, signature
from typing import NamedTuple

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts import Prompt
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS

from prompts import workflows
from resources.serving import connected_client
from sentry.errors import InvalidRequestError, NotFoundError, SentryError
from sentry.protocol import SentryClientProtocol
from views.errors import error_answer
from views.reader import Reader


class Entry(NamedTuple):
    render: Callable[..., Awaitable[str]]
    title: str


CATALOGUE = [
    Entry(workflows.triage_issue, "Triage an issue"),
    Entry(workflows.fix_issue, "Fix an issue"),
    Entry(workflows.review_release, "Review a release"),
]


def register_prompts(server: MCPServer[SentryClientProtocol], reader: Reader) -> None:
    for entry in CATALOGUE:
        name, words = entry.render.__name__, entry.render.__doc__
        rendered = _rendered(entry.render, reader)
        server.add_prompt(Prompt.from_function(rendered, name=name, title=entry.title, description=words))


def _rendered(render: Callable[..., Awaitable[str]], reader: Reader) -> Callable[..., Awaitable[str]]:
    """The workflow as the SDK wants it: a function of the arguments that a person fills in."""

    async def prompt(**arguments: str) -> str:
        try:
            return await render(connected_client(), reader, **arguments)
        except SentryError as error:
            is_theirs = isinstance(error, NotFoundError | InvalidRequestError)
            raise MCPError(
                code=INVALID_PARAMS if is_theirs else INTERNAL_ERROR, message=error_answer(error, reader).text
            ) from error

    _, _, *parameters = signature(render, eval_str=True).parameters.values()
    prompt.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what inspect.signature reads
    prompt.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return prompt
