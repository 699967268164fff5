"""Every prompt, on one screen."""

from collections.abc import Awaitable, Callable
from inspect import signature
from typing import Any, NamedTuple

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts import Prompt
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS
from pydantic import ValidationError

from prompts import workflows
from sentry.errors import SentryError
from service.access.callers import Scope
from service.answers import Answers
from service.current import current_caller
from service.signatures import with_parameters
from tools.catalogue import is_offered


class Entry(NamedTuple):
    render: Callable[..., Awaitable[str]]
    title: str
    tool: str  # whose answer stands in it: who may not use that has no such prompt
    scope: Scope = Scope.ISSUES_READ


CATALOGUE = [
    Entry(workflows.triage_issue, "Triage an issue", "get_issue"),
    Entry(workflows.fix_issue, "Fix an issue", "get_issue"),
    Entry(workflows.review_release, "Review a release", "list_issues"),
]

_TOOLS = {entry.render.__name__: entry.tool for entry in CATALOGUE}
_SCOPES = {entry.render.__name__: entry.scope for entry in CATALOGUE}


def scope_of_prompt(name: str) -> Scope | None:
    """What a caller needs for a prompt; None for one that is not there."""
    return _SCOPES.get(name)


def is_there(name: str) -> bool:
    """Whether the current caller may have a prompt; True for one that there is not, which is not found."""
    scope, tool = _SCOPES.get(name), _TOOLS.get(name)
    return (scope is None or current_caller().has(scope)) and (tool is None or is_offered(tool))


def register_prompts(server: MCPServer[Any], answers: Answers) -> None:
    for entry in CATALOGUE:
        name, words = entry.render.__name__, entry.render.__doc__
        rendered = _rendered(entry.render, answers)
        server.add_prompt(Prompt.from_function(rendered, name=name, title=entry.title, description=words))


def _rendered(render: Callable[..., Awaitable[str]], answers: Answers) -> Callable[..., Awaitable[str]]:
    """The workflow as the SDK wants it: a function of the arguments that a person fills in."""

    async def prompt(**arguments: str) -> str:
        try:
            return await render(answers, **arguments)
        except SentryError as error:
            failed = answers.failure(error)
            raise MCPError(code=INVALID_PARAMS if failed.is_askers else INTERNAL_ERROR, message=failed.text) from error

    _, *parameters = signature(render, eval_str=True).parameters.values()
    return with_parameters(parameters, prompt)


async def map_prompt_errors(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: the SDK tells a prompt that is not there, or arguments that do not fit, as an error of ours."""
    try:
        return await call_next(ctx)
    except ValueError as error:
        wrong = error.__cause__
        is_askers = isinstance(wrong, ValueError) and isinstance(wrong.__cause__, ValidationError | None)
        if ctx.method != "prompts/get" or not is_askers:
            raise
        raise MCPError(code=INVALID_PARAMS, message=str(wrong)) from error
