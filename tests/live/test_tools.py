"""What a host reads and changes through the tools, of whichever Sentry, by each name that an issue has."""

import secrets
import sys
from typing import Any

import anyio
import pytest
from live.places import NO_TOKEN, Place
from mcp.client.client import Client
from wire import ROOT, bare_environment, data_of, error_of, text_of

from service.access.switches import OF_ALERTS
from tools.catalogue import CATALOGUE

pytestmark = pytest.mark.no_cover  # traced, what other tests cover takes three times as long here

UNKNOWN_EVENT = "0" * 32
ROWS = 20
"""Writes in a row: where a connection was closed without a word, more than half of them fail."""


async def newest(client: Client) -> dict[str, Any]:
    """The row of the issue that was seen last, with its ID."""
    rows = data_of(await client.call_tool("list_issues", {"limit": 1}))["issues"]
    assert rows, "the server holds no unresolved issue"
    whole = data_of(await client.call_tool("get_issue", {"issue": rows[0]["short_id"]}))
    return {**whole, **rows[0]}


def names_of(place: Place, issue: dict[str, Any]) -> list[str]:
    """Every way to name it: by number, short ID, and the URL of its page on each kind of Sentry."""
    number, short_id, organization = issue["id"], issue["short_id"], place.organization
    pages = [
        f"organizations/{organization}/issues/{number}/",
        f"organizations/{organization}/issues/{number}/?environment=production&query=is%3Aunresolved&referrer=list",
        f"organizations/{organization}/issues/{short_id}/",
        f"issues/{number}/",
        f"{organization}/{issue['project']}/issues/{number}/",
        f"{organization}/issues/{number}",
    ]
    return [number, f"#{number}", short_id, short_id.lower(), *(f"{place.url}/{page}" for page in pages)]


async def test_an_issue_is_read_whole_by_each_of_its_names(place: Place) -> None:
    async with place.host() as client:
        issue = await newest(client)
        for name in names_of(place, issue):
            found = data_of(await client.call_tool("get_issue", {"issue": name}))
            assert {key: found[key] for key in ("id", "short_id", "project")}.items() <= issue.items()
            assert found["event_id"]
            assert found["title"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_events", {}),
        ("get_event", {"event": "latest"}),
        ("get_stacktrace", {}),
        ("get_tag_values", {"tag": "environment"}),
    ],
)
async def test_the_parts_of_an_issue_are_the_same_by_each_of_its_names(
    place: Place, tool: str, arguments: dict[str, Any]
) -> None:
    async with place.host() as client:
        issue = await newest(client)
        answers: list[Any] = []
        for name in names_of(place, issue):
            found = data_of(await client.call_tool(tool, {"issue": name, **arguments}))
            answers.append({key: value for key, value in found.items() if key != "issue"})
    assert all(answer == answers[0] for answer in answers)


async def test_an_issue_is_changed_by_each_of_its_names(place: Place) -> None:
    async with place.host() as client:
        issue = await newest(client)
        with place.put_back(issue["id"]):
            for number, name in enumerate(names_of(place, issue)):
                status = ("resolved", "unresolved")[number % 2]
                changed = data_of(await client.call_tool("update_issue", {"issue": name, "status": status}))
                assert changed["issue"] == issue["short_id"]
                assert place.issue(issue["id"])["status"] == status, name


async def test_writes_in_a_row_are_all_made(place: Place) -> None:
    async with place.host() as client:
        issue = await newest(client)
        with place.put_back(issue["id"]):
            for number in range(ROWS):
                status = ("resolved", "unresolved")[number % 2]
                data_of(await client.call_tool("update_issue", {"issue": issue["id"], "status": status}))
                assert place.issue(issue["id"])["status"] == status, f"write {number + 1} of {ROWS}"


async def test_several_issues_are_changed_at_once(place: Place) -> None:
    async with place.host() as client:
        rows = data_of(await client.call_tool("list_issues", {"limit": 2}))["issues"]
        names = [row["short_id"] for row in rows]
        number = data_of(await client.call_tool("get_issue", {"issue": names[-1]}))["id"]
        with place.put_back(number), place.put_back((await newest(client))["id"]):
            found = await client.call_tool("update_issue", {"issue": ", ".join(names), "status": "resolved"})
            assert not found.is_error, text_of(found)
            assert [data_of(await client.call_tool("get_issue", {"issue": name}))["status"] for name in names] == [
                "resolved"
            ] * len(names)


async def test_a_comment_alone_is_posted_and_is_not_called_no_change(place: Place) -> None:
    words = f"Looked at, {secrets.token_hex(4)}"
    async with place.host() as client:
        issue = await newest(client)
        with place.put_back(issue["id"]) as before:
            text = text_of(result := await client.call_tool("update_issue", {"issue": issue["id"], "comment": words}))
            if result.is_error:
                assert text.startswith("unsupported: ")
                return
            assert words in text
            assert "nothing changed" not in text.lower()
            assert words in place.comments(issue["id"]).values()
            assert place.issue(issue["id"])["status"] == before["status"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_issue", {"issue": "999999999999"}),
        ("get_issue", {"issue": "NO-SUCH-PROJECT-1"}),
        ("get_events", {"issue": "999999999999"}),
        ("get_stacktrace", {"issue": "999999999999"}),
        ("get_event", {"event": "latest", "issue": "999999999999"}),
        ("get_event", {"event": UNKNOWN_EVENT}),
        ("get_tag_values", {"issue": "999999999999", "tag": "environment"}),
        ("update_issue", {"issue": "999999999999", "status": "resolved"}),
        ("update_issue", {"issue": "999999999999", "comment": "Nobody reads this."}),
        ("get_project", {"project": "no-such-project"}),
        ("get_project", {"project": "no-such-project", "organization": "no-such-organization"}),
        ("list_projects", {"organization": "no-such-organization"}),
        ("get_release", {"release": "no-such-release@0"}),
    ],
    ids=str,
)
async def test_what_is_not_there_is_not_found(place: Place, tool: str, arguments: dict[str, Any]) -> None:
    async with place.host() as client:
        assert error_of(await client.call_tool(tool, arguments))["error"] == "not_found"


async def test_a_tag_that_no_event_has_is_told(place: Place) -> None:
    async with place.host() as client:
        issue = await newest(client)
        text = text_of(await client.call_tool("get_tag_values", {"issue": issue["id"], "tag": "no-such-tag"}))
    assert text.startswith("not_found: ") or "has this tag" in text


async def test_every_tool_says_that_a_wrong_token_is_not_accepted(place: Place) -> None:
    required = {"issue": "1", "event": UNKNOWN_EVENT, "tag": "a", "project": "a", "release": "1", "status": "resolved"}
    async with place.host(NO_TOKEN) as client:
        there = (await client.list_tools()).tools
        for tool in there:
            wanted = [*tool.input_schema.get("required", []), *(["status"] if tool.name == "update_issue" else [])]
            arguments = {name: required[name] for name in wanted}
            if tool.name in ("get_stacktrace", "get_trace"):
                arguments = {"event": UNKNOWN_EVENT}
            assert error_of(await client.call_tool(tool.name, arguments))["error"] == "unauthorized", tool.name
    of_sentry = {entry.call.__name__ for entry in CATALOGUE if entry.scope not in OF_ALERTS}
    assert {tool.name for tool in there} == of_sentry


async def test_a_token_that_may_only_read_changes_nothing_and_says_which_scope_is_missing(place: Place) -> None:
    if place.read_only_token is None:
        pytest.skip("no read_only_token is named")
    async with place.host(place.read_only_token) as client:
        issue = await newest(client)
        for change in ({"status": "resolved"}, {"comment": "Not allowed."}):
            error = error_of(await client.call_tool("update_issue", {"issue": issue["id"], **change}))
            assert error["error"] == "forbidden", change
            assert "event:write" in error["message"]
    assert place.issue(issue["id"])["status"] == "unresolved"


async def test_a_token_that_may_not_read_events_lists_projects_and_says_which_scope_is_missing(place: Place) -> None:
    if place.weak_token is None:
        pytest.skip("no weak_token is named")
    async with place.host(place.weak_token) as client:
        data_of(await client.call_tool("list_projects", {}))
        error = error_of(await client.call_tool("list_issues", {}))
    assert error["error"] == "forbidden"
    assert "event:read" in error["message"]


async def examined(place: Place, token: str, organization: str) -> tuple[int, str]:
    """What the doctor ends with and says; without a word of Python's."""
    told = await anyio.run_process(
        [sys.executable, str(ROOT / "server.py"), "doctor"],
        env={**bare_environment(), "SENTRY_URL": place.url, "SENTRY_AUTH_TOKEN": token, "SENTRY_ORG": organization},
        check=False,
    )
    assert b"Traceback" not in told.stderr
    return told.returncode, told.stdout.decode()


@pytest.mark.parametrize("with_organization", [True, False])
async def test_the_doctor_finds_all_well_and_changes_nothing(place: Place, with_organization: bool) -> None:
    async with place.host() as client:
        number = (await newest(client))["id"]
    before = place.issue(number)
    code, said = await examined(place, place.token, place.organization * with_organization)
    after = place.issue(number)
    assert code == 0, said
    for field in ("status", "assignedTo", "priority", "isSubscribed", "activity"):
        assert before.get(field) == after.get(field)


async def test_the_doctor_names_what_a_token_lacks(place: Place) -> None:
    lacking = {place.read_only_token: "event:write", place.weak_token: "event:read", NO_TOKEN: "token"}
    for token, scope in lacking.items():
        if token is not None:
            code, said = await examined(place, token, place.organization)
            assert code == 1, said
            assert any(line.split()[:2] == ["FAIL", scope] for line in said.splitlines()), said
