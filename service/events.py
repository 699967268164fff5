"""Events: those of an issue, one whole, its stack trace; and how an issue's events spread over a tag."""

from typing import Literal

from service.current import current_client
from views import events as views
from views import tags
from views.events import EventList, EventResult
from views.tags import TagValuesResult
from views.traces import stacktraces
from views.traces.stacktraces import StacktraceResult


async def list_events(issue: str, *, query: str | None = None, limit: int = 25, cursor: str | None = None) -> EventList:
    """The newest events of an issue."""
    client = current_client()
    page = await client.get_events(issue, query=query, limit=limit, cursor=cursor)
    return views.event_list(issue, page, client.other_organization(issue))


async def get_event(event: str, *, issue: str | None = None, project: str | None = None) -> EventResult:
    """An event in full."""
    client = current_client()
    found = await client.get_event(event, issue=issue, project=project)
    organization = client.other_organization(issue, event, project)
    return views.event(found, organization, await client.get_code_mappings(found.project_id, organization))


async def get_stacktrace(
    event: str | None = None, *, issue: str | None = None, frames: Literal["app", "all"] = "app"
) -> StacktraceResult:
    """The stack trace of an event, or of an issue's latest."""
    client = current_client()
    found = await client.get_stacktrace(event, issue=issue)
    organization = client.other_organization(issue, event)
    mappings = await client.get_code_mappings(found.project_id, organization)
    return stacktraces.stacktrace(found, frames, organization, mappings)


async def get_tag_values(issue: str, tag: str) -> TagValuesResult:
    """How the events of an issue spread over the values of a tag."""
    return tags.tag_values(issue, await current_client().get_tag_values(issue, tag))
