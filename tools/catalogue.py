"""Every tool, and what it may touch, on one screen."""

from collections.abc import Callable
from inspect import signature
from typing import Any, NamedTuple

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from service.access.callers import Scope
from service.answers import Answers
from service.signatures import with_parameters
from tools import events, issues, projects, releases, tags, updates
from tools.schema import input_schema, output_schema
from tools.tool import Arguments, SentryTool

READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
WRITE = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)


class Entry(NamedTuple):
    call: Callable[..., Any]
    title: str
    touches: ToolAnnotations
    scope: Scope


CATALOGUE = [
    Entry(issues.list_issues, "List issues", READ, Scope.ISSUES_READ),
    Entry(issues.get_issue, "Get an issue", READ, Scope.ISSUES_READ),
    Entry(events.get_events, "List an issue's events", READ, Scope.ISSUES_READ),
    Entry(events.get_event, "Get an event", READ, Scope.ISSUES_READ),
    Entry(events.get_stacktrace, "Get a stack trace", READ, Scope.ISSUES_READ),
    Entry(tags.get_tag_values, "Get a tag's distribution", READ, Scope.ISSUES_READ),
    Entry(updates.update_issue, "Update issues", WRITE, Scope.ISSUES_WRITE),
    Entry(projects.list_projects, "List projects", READ, Scope.ISSUES_READ),
    Entry(projects.get_project, "Get a project", READ, Scope.ISSUES_READ),
    Entry(releases.list_releases, "List releases", READ, Scope.ISSUES_READ),
    Entry(releases.get_release, "Get a release", READ, Scope.ISSUES_READ),
]

_SCOPES = {entry.call.__name__: entry.scope for entry in CATALOGUE}


def scope_of_tool(name: str) -> Scope | None:
    """What a caller needs for a tool; None for one that is not there."""
    return _SCOPES.get(name)


def build_tools(answers: Answers, *, structured_content: bool, organization: str = "") -> list[SentryTool]:
    """The tools as MCP serves them; with `structured_content` each answers as JSON, too, and says of what shape.

    Where the `organization` is set, tools do not ask for it: they take it all the same."""
    unlisted = frozenset(["organization"] if organization else [])
    return [_build(entry, answers, structured_content, unlisted) for entry in CATALOGUE]


def _build(entry: Entry, answers: Answers, structured_content: bool, unlisted: frozenset[str]) -> SentryTool:
    tool = Tool.from_function(
        _without_answer(entry.call),
        name=entry.call.__name__,
        title=entry.title,
        description=" ".join((entry.call.__doc__ or "").split()),
        annotations=entry.touches,
        structured_output=False,  # it would make the output schema once more, and drop it
    )
    if structured_content:
        tool.fn_metadata.output_schema = output_schema(entry.call)
    fields: dict[str, Any] = dict(tool)
    return SentryTool.model_validate(
        {
            **fields,
            "answers": answers,
            "structured_content": structured_content,
            "fn_metadata": Arguments(**dict(tool.fn_metadata)),
            "parameters": input_schema(tool.parameters, unlisted),
        }
    )


def _without_answer(call: Callable[..., Any]) -> Callable[..., Any]:
    """The tool without the type of its answer, which the SDK would load only to ignore it."""

    async def tool(**arguments: Any) -> Any:
        return await call(**arguments)

    return with_parameters([*signature(call).parameters.values()], tool)
