"""Each argument is honoured, refused as unsupported, or named in the answer as not applied: of whichever Sentry.

The embedded one honours them all.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from live.places import COMMIT, EMBEDDED, Place
from live.test_tools import newest
from mcp.client.client import Client
from mcp.types import CallToolResult
from wire import data_of, error_of, text_of

from sentry.values import objects

pytestmark = pytest.mark.no_cover  # traced, what other tests cover takes three times as long here

Row = dict[str, Any]
REFUSALS = ("unsupported", "invalid_request", "not_found")


def beside_the_rows(result: CallToolResult) -> str:
    """What an answer says around its rows."""
    return re.sub(r"```.*?```", "", text_of(result), flags=re.DOTALL)


def is_refused_or_named(place: Place, result: CallToolResult, *words: str) -> bool:
    """Whether the call was refused, or its answer names one of these as not applied."""
    if place.name == EMBEDDED:
        return False
    if result.is_error:
        return error_of(result)["error"] in REFUSALS
    return any(word in beside_the_rows(result) for word in words)


def moments(rows: list[Row], name: str) -> list[datetime]:
    return [datetime.fromisoformat(row[name]) for row in rows if row.get(name)]


def falls(values: list[Any]) -> bool:
    return values == sorted(values, reverse=True)


async def rows_of(client: Client, tool: str, **arguments: Any) -> tuple[CallToolResult, list[Row]]:
    """The answer of a list tool, and its rows; none where it is an error."""
    result = await client.call_tool(tool, arguments)
    name = tool.rpartition("_")[2]
    return result, [] if result.is_error else objects(data_of(result)[name])


async def test_issues_of_a_project_are_of_no_other(place: Place) -> None:
    async with place.host() as client:
        project = (await newest(client))["project"]
        _, rows = await rows_of(client, "list_issues", project=project, query="*")
    assert {row["project"] for row in rows} == {project}


async def test_no_issue_was_seen_in_an_environment_that_does_not_exist(place: Place) -> None:
    async with place.host() as client:
        result, rows = await rows_of(client, "list_issues", environment="no-such-environment", query="*")
    assert not rows or is_refused_or_named(place, result, "environment")


@pytest.mark.parametrize(("period", "hours"), [("5m", 0.1), ("1h", 1), ("24h", 24), ("14d", 14 * 24), ("30d", 30 * 24)])
async def test_issues_of_a_period_were_seen_in_it(place: Place, period: str, hours: float) -> None:
    async with place.host() as client:
        result, rows = await rows_of(client, "list_issues", period=period, query="*", limit=100)
    since = datetime.now(UTC) - timedelta(hours=hours, minutes=5)
    assert all(seen > since for seen in moments(rows, "last_seen")) or is_refused_or_named(place, result, "period")


ORDERS: dict[str, Callable[[list[Row]], list[Any]]] = {
    "date": lambda rows: moments(rows, "last_seen"),
    "new": lambda rows: moments(rows, "first_seen"),
    "freq": lambda rows: [row["count"] for row in rows],
    "user": lambda rows: [row.get("users", 0) for row in rows],
    "trends": lambda _: [],
    "recommended": lambda _: [],
}


@pytest.mark.parametrize("sort", ORDERS)
async def test_issues_come_in_the_order_that_is_asked_for(place: Place, sort: str) -> None:
    async with place.host() as client:
        result, rows = await rows_of(client, "list_issues", sort=sort, query="*")
    assert (rows and falls(ORDERS[sort](rows))) or is_refused_or_named(place, result, "sort")


async def test_no_list_is_longer_than_its_limit_and_each_page_goes_on(place: Place) -> None:
    async with place.host() as client:
        issue = await newest(client)
        for tool, arguments in (
            ("list_issues", {"query": "*"}),
            ("get_events", {"issue": issue["id"]}),
            ("list_releases", {}),
        ):
            result, rows = await rows_of(client, tool, limit=1, **arguments)
            assert len(rows) == 1 or is_refused_or_named(place, result, "limit"), tool
            cursor = data_of(result).get("next_cursor")
            if cursor and len(rows) == 1:
                _, others = await rows_of(client, tool, limit=1, cursor=cursor, **arguments)
                assert rows[0] not in others, tool


TERMS = [
    "is:unresolved",
    "is:unassigned",
    "level:{level}",
    "!level:debug",
    "level:[debug, {level}]",
    "lastSeen:-52w",
    "age:-52w",
    "timesSeen:>0",
    "environment:production",
    "release:{last_release}",
    "firstRelease:{first_release}",
    "error.type:{type}",
    "message:{word}",
    "platform:{platform}",
    "has:environment",
    "{word}",
    "{event_id}",
]


@pytest.mark.parametrize("term", TERMS)
async def test_a_term_that_is_true_of_an_issue_finds_it_or_is_named_as_not_searched(place: Place, term: str) -> None:
    async with place.host() as client:
        issue = await newest(client)
        words = re.findall(r"\w{4,}", issue["title"])
        known = {"level": "error", **issue, "type": issue["title"].partition(":")[0], "word": words[0]}
        facts = re.findall(r"{(\w+)}", term)
        if any(known.get(fact) is None for fact in facts):
            return  # such as the release of an issue whose events name none
        query = term.format(**known)
        result, rows = await rows_of(client, "list_issues", query=query, limit=100)
    found = issue["short_id"] in [row["short_id"] for row in rows]
    assert found or is_refused_or_named(place, result, term.partition(":")[0].lstrip("!") if ":" in term else term)


@pytest.mark.parametrize(
    "term", ["is:resolved", "level:debug", "!level:{level}", "error.type:NoSuchError", "release:no-such", "zzqqxx"]
)
async def test_a_term_that_is_false_of_an_issue_does_not_find_it(place: Place, term: str) -> None:
    async with place.host() as client:
        issue = await newest(client)
        result, rows = await rows_of(client, "list_issues", query=term.format(**{"level": "error", **issue}))
    found = issue["short_id"] in [row["short_id"] for row in rows]
    assert not found or is_refused_or_named(place, result, term.partition(":")[0].lstrip("!"))


async def test_events_that_no_query_matches_are_not_listed(place: Place) -> None:
    async with place.host() as client:
        issue = await newest(client)
        result, rows = await rows_of(client, "get_events", issue=issue["id"], query="release:no-such-release")
    assert not rows or is_refused_or_named(place, result, "query", "release")


async def test_releases_that_no_query_matches_are_not_listed(place: Place) -> None:
    async with place.host() as client:
        result, rows = await rows_of(client, "list_releases", query="no-such-version")
        assert not rows or is_refused_or_named(place, result, "query")

        project = (await newest(client))["project"]
        result, rows = await rows_of(client, "list_releases", project=project)
    assert {row.get("projects", [project])[0] for row in rows} <= {project} or is_refused_or_named(
        place, result, "project"
    )


@pytest.mark.parametrize("tool", ["list_issues", "list_releases"])
async def test_a_list_of_a_project_that_does_not_exist_is_not_found(place: Place, tool: str) -> None:
    async with place.host() as client:
        assert error_of(await client.call_tool(tool, {"project": "no-such-project"}))["error"] == "not_found"


Changed = Callable[[Row], bool]
CHANGES: list[tuple[Row, Changed]] = [
    ({"status": "resolvedInNextRelease"}, lambda issue: bool(issue["statusDetails"].get("inNextRelease"))),
    ({"in_release": "{last_release}"}, lambda issue: bool(issue["statusDetails"].get("inRelease"))),
    ({"in_commit": f"acme/shop@{COMMIT}"}, lambda issue: bool(issue["statusDetails"].get("inCommit"))),
    ({"ignore_minutes": 30}, lambda issue: bool(issue["statusDetails"].get("ignoreUntil"))),
    ({"ignore_events": 10}, lambda issue: bool(issue["statusDetails"].get("ignoreCount"))),
    ({"ignore_users": 10}, lambda issue: bool(issue["statusDetails"].get("ignoreUserCount"))),
    ({"ignore_until": "forever"}, lambda issue: issue["status"] == "ignored"),
    ({"ignore_until": "escalating"}, lambda issue: issue.get("substatus") == "archived_until_escalating"),
    ({"priority": "low"}, lambda issue: issue.get("priority") == "low"),
    ({"assigned_to": "{assignee}"}, lambda issue: bool(issue.get("assignedTo"))),
]


@pytest.mark.parametrize("with_status", [False, True])
@pytest.mark.parametrize(("change", "is_made"), CHANGES, ids=[str(change) for change, _ in CHANGES])
async def test_a_change_is_made_or_told_as_not_made(
    place: Place, change: Row, is_made: Changed, with_status: bool
) -> None:
    """Asked for alone, and beside a status that every server can make."""
    (name, value), *_ = change.items()
    status = {} if name == "status" or not with_status else {"status": "ignored" if "ignore" in name else "resolved"}
    async with place.host() as client:
        issue = await newest(client)
        if isinstance(value, str):
            value = value.format(**{"last_release": "latest", **issue, "assignee": place.assignee or "nobody"})
        with place.put_back(issue["id"]):
            result = await client.call_tool("update_issue", {"issue": issue["id"], name: value, **status})
            told = error_of(result)["error"] in REFUSALS if result.is_error else name in text_of(result)
            assert is_made(place.issue(issue["id"])) or (told and place.name != EMBEDDED)
