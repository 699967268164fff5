"""What REST reads and changes, as a client that speaks no MCP meets it."""

from typing import Any
from urllib.parse import quote

import pytest
from standins.rest import ISSUES, Rest
from wire import without_notice

from web.rest.catalogue import ROUTES
from web.rest.routing import path_of
from web.rest.words import EXAMPLES

pytestmark = pytest.mark.asyncio(loop_scope="session")
EVENT = EXAMPLES["event"]


async def read(rest: Rest, path: str, **query: Any) -> dict[str, Any]:
    async with rest.client("read-only") as client:
        answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return without_notice(answer.json())


async def test_every_read_answers_as_the_resource_of_that_name_does(rest: Rest) -> None:
    has = {
        "/issues": "issues",
        "/issues/{issue}": "count",
        "/issues/{issue}/events": "events",
        "/issues/{issue}/stacktrace": "stacktrace",
        "/issues/{issue}/tags/{tag}": "values",
        "/projects": "projects",
        "/projects/{organization}/{project}": "platform",
        "/projects/{organization}/{project}/issues": "issues",
        "/releases": "releases",
        "/releases/{organization}/{release}": "issues",
        "/events": "rows",
        "/events/{event}": "breadcrumbs",
        "/events/{event}/stacktrace": "stacktrace",
        "/traces/{trace}": "trace_id",
        "/issues/{issue}/trace": "trace_id",
        "/events/{event}/trace": "trace_id",
        "/alerts": "alerts",
        "/alerts/{alert}": "alert",
    }
    assert set(has) == {route.path for route in ROUTES if route.method == "GET"}
    event = (await read(rest, "/issues/SHOP-3/events"))["events"][0]["id"]
    for route in ROUTES:
        if route.method == "GET":
            variables = {**EXAMPLES, "issue": "SHOP-3", "event": event}
            assert (await read(rest, path_of(route, variables)))[has[route.path]], route.path


async def test_a_stack_trace_has_the_shape_that_programs_rely_on(rest: Rest) -> None:
    found = await read(rest, f"/events/{EVENT}/stacktrace")
    (frame,) = found["stacktrace"]["frames"]
    assert found["event_id"] == EVENT
    assert found["issue_id"].isdigit()
    assert (frame["filename"], frame["function"], frame["lineno"]) == ("cart.py", "total", 12)
    assert frame["context_line"] == "return 1 / 0"


@pytest.mark.parametrize("issue", ["SHOP-3", "acme/SHOP-3", "{url}/organizations/acme/issues/{number}/"])
async def test_an_issue_by_each_of_its_names(rest: Rest, issue: str) -> None:
    number = (await read(rest, "/issues/SHOP-3"))["issue_id"]
    name = issue.format(url=rest.sentry.embedded.url, number=number)
    assert (await read(rest, f"/issues/{quote(name, safe='')}"))["issue_id"] == number
    assert (await read(rest, f"/issues/{number}"))["short_id"] == "SHOP-3"


async def test_a_release_whatever_is_in_its_version(rest: Rest) -> None:
    version = "shop/web@2.0+build 7"
    rest.sentry.capture(lambda: "hello", release=version, fingerprint=["release"])
    assert (await read(rest, f"/releases/acme/{quote(version, safe='')}"))["version"] == version


@pytest.mark.parametrize(
    ("path", "rows", "least"),
    [
        ("/issues", "issues", ISSUES),
        ("/projects/acme/shop/issues", "issues", ISSUES),
        ("/issues/SHOP-1/events", "events", 1),
    ],
)
async def test_links_lead_through_all_pages(rest: Rest, path: str, rows: str, least: int) -> None:
    seen: list[str] = []
    async with rest.client() as client:
        url, query = path, {"query": "*", "limit": "5"}
        for _ in range(10):
            answer = await client.get(url, params=query or None)
            data = answer.json()
            seen += [row["id"] for row in data[rows]]
            link = answer.links.get("next")
            assert (link or {}).get("cursor") == data.get("next_cursor")
            if link is None:
                break
            assert link["results"] == "true"
            url, query = link["url"], {}
    assert len(seen) == len(set(seen)) >= least


async def test_a_page_is_whole_however_much_its_rows_hold(rest: Rest) -> None:
    """A row that gave way to a budget would be passed over by whoever follows the links."""
    async with rest.client() as client:
        data = (await client.get("/issues", params={"limit": "100", "query": "*"})).json()
    assert len(data["issues"]) >= ISSUES
    assert "omitted" not in data


async def test_a_smaller_answer_for_whoever_wants_one(rest: Rest) -> None:
    small = await read(rest, "/issues/SHOP-3", max_tokens=500)
    assert small["omitted"]
    assert len(str(small)) < len(str(await read(rest, "/issues/SHOP-3", max_tokens=20_000)))


async def test_lists_of_values_have_commas_between_them(rest: Rest) -> None:
    found = await read(rest, "/issues/SHOP-3", include="tags,activity")
    assert found["tag_values"]
    rows = await read(rest, "/issues/SHOP-3/events", tags="server_name,level")
    assert set(rows["events"][0]["tags"]) == {"server_name", "level"}


async def test_update_shows_before_and_after(rest: Rest) -> None:
    async with rest.client() as client:
        answer = await client.put("/issues/SHOP-5", json={"status": "resolved", "comment": "Done."})
        again = await client.put("/issues/SHOP-5", json={"status": "resolved"})
        undone = await client.put("/issues/SHOP-5", json={"status": "unresolved"})
    assert answer.status_code == again.status_code == undone.status_code == 200
    assert (answer.json()["before"]["status"], answer.json()["after"]["status"]) == ("unresolved", "resolved")
    assert again.json()["before"] == again.json()["after"]


async def test_several_are_updated_at_once_and_each_tells_its_outcome(rest: Rest) -> None:
    async with rest.client() as client:
        answer = await client.put("/issues/SHOP-6,SHOP-7,SHOP-9999", json={"priority": "low"})
    assert answer.status_code == 200
    assert [row["result"] for row in answer.json()["issues"]] == ["updated", "updated", "failed"]


async def test_head_is_get_without_its_body(rest: Rest) -> None:
    async with rest.client() as client:
        whole = await client.get("/projects")
        head = await client.head("/projects")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == whole.headers["content-length"]
