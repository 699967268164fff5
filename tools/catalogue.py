"""Every tool, and what it may touch, on one screen."""

from collections.abc import Callable
from typing import Any, NamedTuple

from mcp.types import ToolAnnotations

from tools import events, issues, projects
from tools.schema import input_schema, output_schema
from tools.tool import SentryTool
from views.reader import Reader

READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
WRITE = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)


class Entry(NamedTuple):
    call: Callable[..., Any]
    title: str
    touches: ToolAnnotations


CATALOGUE = [
    Entry(issues.list_issues, "List issues", READ),
    Entry(issues.get_issue, "Get an issue", READ),
    Entry(events.get_events, "List an issue's events", READ),
    Entry(events.get_event, "Get an event", READ),
    Entry(events.get_stacktrace, "Get a stack trace", READ),
    Entry(issues.update_issue, "Update an issue", WRITE),
    Entry(projects.list_projects, "List projects", READ),
    Entry(projects.get_project, "Get a project", READ),
]


def build_tools(reader: Reader) -> list[SentryTool]:
    return [_build(entry, reader) for entry in CATALOGUE]


def _build(entry: Entry, reader: Reader) -> SentryTool:
    tool = SentryTool.from_function(
        entry.call,
        title=entry.title,
        description=" ".join((entry.call.__doc__ or "").split()),
        annotations=entry.touches,
    )
    tool.fn_metadata.output_schema = output_schema(tool.fn_metadata.output_schema or {})
    return tool.model_copy(update={"reader": reader, "parameters": input_schema(tool.parameters)})
