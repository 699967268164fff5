"""Events: those of an issue, one whole, its stack trace; and how an issue's events spread over a tag."""

from dataclasses import replace
from typing import Literal

from sentry.errors import InvalidRequestError
from sentry.identifiers import NUMERIC
from service.current import current_client
from service.side_by_side import briefly, together
from views import events as views
from views import tags as tag_values
from views.events import EventList, EventResult
from views.tags import TagValuesResult
from views.traces import stacktraces
from views.traces.stacktraces import StacktraceResult
from views.wording import joined

MOST_TAGS = 5
"""Tags that the rows of a list of events show."""


async def list_events(
    issue: str,
    *,
    query: str | None = None,
    tags: tuple[str, ...] = (),
    limit: int = 25,
    cursor: str | None = None,
) -> EventList:
    """The newest events of an issue, each with its values of these tags, and how many there are in all."""
    if len(tags) > MOST_TAGS:
        raise InvalidRequestError(f"Rows show up to {MOST_TAGS} tags. get_event has all of one event.")
    client = current_client()
    page = await client.get_events(issue, query=query, limit=limit, cursor=cursor)
    if page.total is None and not query and (page.next_cursor or cursor or page.notes):
        page = replace(page, total=await briefly(_count(issue)))
    return views.event_list(issue, page, client.other_organization(issue), tags=tags)


async def _count(issue: str) -> int | None:
    """How many events an issue has had, which a list of them says on GlitchTip alone."""
    return (await current_client().get_issue(issue)).count


async def get_event(event: str, *, issue: str | None = None, project: str | None = None) -> EventResult:
    """An event in full."""
    client = current_client()
    organization = client.other_organization(issue, event, project)
    found, short_id = await together(client.get_event(event, issue=issue, project=project), briefly(_short_id(issue)))
    shown = found.result()
    of_issue = shown.group_id if issue is None and NUMERIC.fullmatch(shown.group_id or "") else None
    if of_issue and organization:
        of_issue = f"{organization}/{of_issue}"
    mappings, asked = await together(
        client.get_code_mappings(shown.project_id, organization), briefly(_short_id(of_issue))
    )
    return views.event(shown, organization, mappings.result(), short_id=short_id.value or asked.value)


async def _short_id(issue: str | None) -> str | None:
    """What people call the issue, which an event does not say."""
    return await current_client().get_short_id(issue) if issue else None


async def get_stacktrace(
    event: str | None = None, *, issue: str | None = None, frames: Literal["app", "all"] = "app"
) -> StacktraceResult:
    """The stack trace of an event, or of an issue's latest."""
    client = current_client()
    found = await client.get_stacktrace(event, issue=issue)
    organization = client.other_organization(issue, event)
    mappings = await client.get_code_mappings(found.project_id, organization)
    return stacktraces.stacktrace(found, frames, organization, mappings)


async def get_tag_values(
    issue: str, tag: str, *, environment: str | None = None, period: str | None = None
) -> TagValuesResult:
    """How the events of an issue spread over the values of a tag, and how many of them have it."""
    client = current_client()
    found, events = await together(
        client.get_tag_values(issue, tag, environment=environment, period=period),
        briefly(client.count_events(issue, environment=environment, period=period)),
    )
    within = joined([period, environment], ", ")
    return tag_values.tag_values(issue, found.result(), events=events.value, within=within)
