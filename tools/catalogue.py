"""Every tool, and what it may touch, on one screen."""

import difflib
from collections.abc import Callable, Iterable
from functools import cache
from inspect import signature
from typing import Any, NamedTuple

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from service.access.callers import Caller, Scope
from service.answers import Answers
from service.confirming import Once
from service.current import current_caller
from service.signatures import with_parameters
from tools import alerts, events, issues, projects, releases, searches, tags, traces, updates
from tools.schema import Schema, input_schema, output_schema
from tools.tool import Arguments, SentryTool

READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
WRITE = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)
LOOK = ToolAnnotations(read_only_hint=True, open_world_hint=False)
OWN = ToolAnnotations(read_only_hint=False, destructive_hint=False)
"""Changes what is this server's own. The other hints are as MCP takes them where nothing is said."""


class Entry(NamedTuple):
    call: Callable[..., Any]
    title: str
    touches: ToolAnnotations
    scope: Scope


CATALOGUE = [
    Entry(issues.list_issues, "List issues", READ, Scope.ISSUES_READ),
    Entry(issues.get_issue, "Get an issue", READ, Scope.ISSUES_READ),
    Entry(events.get_events, "List events", READ, Scope.ISSUES_READ),
    Entry(events.get_event, "Get an event", READ, Scope.ISSUES_READ),
    Entry(events.get_stacktrace, "Get a stack trace", READ, Scope.ISSUES_READ),
    Entry(tags.get_tag_values, "Get a tag's distribution", READ, Scope.ISSUES_READ),
    Entry(updates.update_issue, "Update issues", WRITE, Scope.ISSUES_WRITE),
    Entry(projects.list_projects, "List projects", READ, Scope.ISSUES_READ),
    Entry(projects.get_project, "Get a project", READ, Scope.ISSUES_READ),
    Entry(releases.list_releases, "List releases", READ, Scope.ISSUES_READ),
    Entry(releases.get_release, "Get a release", READ, Scope.ISSUES_READ),
    Entry(traces.get_trace, "Get a trace", READ, Scope.ISSUES_READ),
    Entry(searches.search_events, "Search events", READ, Scope.ISSUES_READ),
    Entry(alerts.list_alerts, "List alerts", LOOK, Scope.ALERTS_READ),
    Entry(alerts.claim_alert, "Claim an alert", OWN, Scope.ALERTS_WRITE),
    Entry(alerts.finish_alert, "Finish an alert", OWN, Scope.ALERTS_WRITE),
]

_SCOPES = {entry.call.__name__: entry.scope for entry in CATALOGUE}


def scope_of_tool(name: str) -> Scope | None:
    """What a caller needs for a tool; None for one that is not there."""
    return _SCOPES.get(name)


def is_offered(name: str) -> bool:
    """Whether the tool is there for the current caller."""
    return current_caller().may_use(name, scope_of_tool(name))


def unknown_tool(names: Iterable[str]) -> tuple[str, str] | None:
    """The first of the names that is no tool's, with words on which tool has nearly that name."""
    for name in sorted(names):
        if name not in _SCOPES:
            near = difflib.get_close_matches(name, _SCOPES, n=1, cutoff=0.5)
            return name, f"; did you mean {near[0]}?" if near else ""
    return None


@cache
def schema_of_answer(name: str) -> Schema:
    """Of what shape a tool's JSON is. Made when it is first asked for: most servers and callers do without."""
    return output_schema(next(entry.call for entry in CATALOGUE if entry.call.__name__ == name))


def build_tools(
    answers: Answers, anybody: Caller, organization: str = "", once: Once | None = None
) -> list[SentryTool]:
    """The tools as MCP serves them: those that `anybody` may use, who is the caller with the most.

    Where the `organization` is set, tools do not ask for it: they take it all the same. `once` lets through what a user
    agreed to."""
    unlisted, once = frozenset(["organization"] if organization else []), once or Once()
    offered = [entry for entry in CATALOGUE if anybody.may_use(entry.call.__name__, entry.scope)]
    return [_build(entry, answers, once, unlisted) for entry in offered]


def _build(entry: Entry, answers: Answers, once: Once, unlisted: frozenset[str]) -> SentryTool:
    tool = Tool.from_function(
        _without_answer(entry.call),
        name=entry.call.__name__,
        title=entry.title,
        description=" ".join((entry.call.__doc__ or "").split()),
        annotations=entry.touches,
        structured_output=False,  # it would make the output schema once more, and drop it
    )
    fields: dict[str, Any] = dict(tool)
    return SentryTool.model_validate(
        {
            **fields,
            "answers": answers,
            "once": once,
            "is_write": not entry.touches.read_only_hint or entry.scope.endswith(":write"),
            "is_confirmed": entry.scope == Scope.ISSUES_WRITE,
            "fn_metadata": Arguments(**dict(tool.fn_metadata)),
            "parameters": input_schema(tool.parameters, unlisted),
        }
    )


def _without_answer(call: Callable[..., Any]) -> Callable[..., Any]:
    """The tool without the type of its answer, which the SDK would load only to ignore it."""

    async def tool(**arguments: Any) -> Any:
        return await call(**arguments)

    return with_parameters([*signature(call).parameters.values()], tool)
