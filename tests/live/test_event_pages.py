"""An event by the URL of its page, as each kind of Sentry has them, of whichever Sentry."""

import pytest
from live.places import Place
from live.test_tools import newest
from mcp.client.client import Client
from wire import data_of, text_of

from sentry.values import as_object

PAGES = [
    "organizations/{organization}/issues/{number}/events/{event}/",
    "organizations/{organization}/issues/{number}/events/latest/",
    "organizations/{organization}/issues/{number}/events/{event}/?project=1&environment=production",
    "issues/{number}/events/{event}/",
    "{organization}/{project}/issues/{number}/events/{event}/",
    "{organization}/issues/{number}/events/{event}",
    "{organization}/{project}/events/{event}/",
]


async def latest(client: Client, number: str) -> str:
    """The ID of an issue's latest event."""
    event: str = data_of(await client.call_tool("get_event", {"event": "latest", "issue": number}))["event_id"]
    return event


@pytest.mark.parametrize("page", PAGES)
async def test_an_event_is_read_by_the_url_of_its_page(place: Place, page: str) -> None:
    async with place.host() as client:
        issue = await newest(client)
        event = await latest(client, issue["id"])
        path = page.format(organization=place.organization, project=issue["project"], number=issue["id"], event=event)
        for tool in ("get_event", "get_stacktrace"):
            found = await client.call_tool(tool, {"event": f"{place.url}/{path}"})
            assert data_of(found)["event_id"] == event, text_of(found)


async def test_an_event_is_read_by_the_url_that_names_it_by_its_number(place: Place) -> None:
    """As Sentry 9 links to events; other servers have no such pages."""
    async with place.host() as client:
        issue = await newest(client)
        event = await latest(client, issue["id"])
        number = str((as_object(place.ask("GET", f"issues/{issue['id']}/events/latest")) or {}).get("id"))
        if number.isdecimal():
            pages = (f"issues/{issue['id']}", f"{place.organization}/{issue['project']}/issues/{issue['id']}")
            for page in pages:
                url = f"{place.url}/{page}/events/{number}/"
                assert data_of(await client.call_tool("get_event", {"event": url}))["event_id"] == event
                whole = data_of(await client.call_tool("get_issue", {"issue": url}))
                assert (whole["id"], whole["event_id"]) == (issue["id"], event)
