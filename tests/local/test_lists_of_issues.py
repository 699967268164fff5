"""Lists of issues as a client reads them: their pages, orders, periods and projects."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sending import Local, ago, failure

LINK = re.compile(r'<([^>]+)>; rel="(previous|next)"; results="(true|false)"; cursor="([^"]+)"')


def links(response: httpx.Response) -> dict[str, dict[str, str]]:
    """Both relations of a page."""
    found = LINK.findall(response.headers["link"])
    assert [relation for _, relation, _, _ in found] == ["previous", "next"]
    for url, _, _, cursor in map(tuple[str, ...], found):
        assert parse_qs(urlsplit(url).query)["cursor"] == [cursor]
    return {relation: {"url": url, "results": results, "cursor": cursor} for url, relation, results, cursor in found}


async def kinds(local: Local, *names: str, **more: Any) -> None:
    """One issue of each name, an hour apart, the last one the newest."""
    for position, name in enumerate(names):
        await local.send(failure(name, "x", timestamp=ago(hours=len(names) - position), **more))


async def test_pages_lead_through_all_issues_and_back(local: Local) -> None:
    names = [f"Error{number}" for number in range(7)]
    await kinds(local, *names)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3, "query": ""}
    found: dict[str, dict[str, str]] = {}
    for page in range(3):
        response = await local.call("GET", "issues/", **query)
        seen += [row["metadata"]["type"] for row in response.json()]
        found = links(response)
        assert found["previous"]["results"] == ("true" if page else "false")
        assert found["next"]["results"] == ("true" if page < 2 else "false")
        assert response.headers["x-hits"] == "7"
        assert re.fullmatch(r"\d+:\d+:0", found["next"]["cursor"])
        query["cursor"] = found["next"]["cursor"]
    assert seen == names[::-1]
    back = await local.client.get(found["previous"]["url"])
    assert [row["metadata"]["type"] for row in back.json()] == names[::-1][3:6]
    assert links(back)["previous"]["results"] == "true"
    first = await local.client.get(links(back)["previous"]["url"])
    assert [row["metadata"]["type"] for row in first.json()] == names[::-1][:3]
    assert links(first)["previous"]["results"] == "false"
    assert links(first)["next"]["results"] == "true"
    beyond = await local.client.get(links(first)["previous"]["url"])
    assert beyond.json() == []


async def test_an_issue_that_arrives_meanwhile_repeats_none(local: Local) -> None:
    await kinds(local, "A", "B", "C", "D")
    first = await local.call("GET", "issues/", limit=2)
    await local.send(failure("E", "x"))
    second = await local.client.get(links(first)["next"]["url"])
    assert [row["metadata"]["type"] for row in second.json()] == ["B", "A"]


async def test_issues_of_the_same_moment_are_all_listed_once(local: Local) -> None:
    moment = ago(hours=1)
    for name in "ABCDE":
        await local.send(failure(name, "x", timestamp=moment))
    seen: list[str] = []
    url = local.url("issues/?limit=2")
    while url:
        response = await local.client.get(url)
        seen += [row["id"] for row in response.json()]
        following = links(response)["next"]
        url = following["url"] if following["results"] == "true" else ""
    assert sorted(seen) == ["1", "2", "3", "4", "5"]


async def test_every_order_puts_the_right_issue_first(local: Local) -> None:
    old, frequent, wide = failure("Old", "x"), failure("Frequent", "x"), failure("Wide", "x")
    for hours in (1, 2, 3, 4):
        await local.send({**frequent, "event_id": None, "timestamp": ago(hours=hours + 50)})
    for user in (1, 2, 3):
        await local.send({**wide, "event_id": None, "user": {"id": user}, "timestamp": ago(hours=5)})
    await local.send({**old, "timestamp": ago(hours=200)}, {**old, "event_id": None, "timestamp": ago(minutes=1)})

    async def first(sort: str, **query: Any) -> str:
        return str((await local.get("issues/", sort=sort, **query))[0]["metadata"]["type"])

    assert await first("date") == "Old"
    assert await first("new") == await first("inbox") == "Wide"
    assert await first("freq") == "Frequent"
    assert await first("freq", statsPeriod="24h") == "Wide"
    assert await first("user") == "Wide"
    assert await first("trends") == "Wide"
    assert await first("recommended") in ("Old", "Wide")
    status, body = await local.refusal("issues/", sort="bogus")
    assert status == 400
    assert "bogus" in body["detail"]


async def test_a_period_counts_only_what_happened_in_it(local: Local) -> None:
    for hours in (1, 30, 300):
        await local.send(failure(user={"id": hours}, environment="production", timestamp=ago(hours=hours)))
    await local.send(failure(environment="staging", timestamp=ago(minutes=90)))
    await local.send(failure("Other", "x", timestamp=ago(days=5)))
    (issue,) = await local.get("issues/", statsPeriod="24h")
    assert (issue["count"], issue["userCount"], issue["filtered"]) == ("2", 1, None)
    assert issue["firstSeen"] == issue["lifetime"]["firstSeen"]
    assert (issue["lifetime"]["count"], issue["lifetime"]["userCount"]) == ("4", 3)
    (issue,) = await local.get("issues/", statsPeriod="14d", environment="production", query="user.id:30")
    assert (issue["count"], issue["filtered"]["count"]) == ("3", "1")
    assert issue["firstSeen"][:13] == ago(hours=300)[:13]
    (issue,) = await local.get("issues/", start=ago(days=2), end=ago(hours=2))
    assert issue["count"] == "1"
    assert len(await local.get("issues/", environment=["production", "staging"])) == 1
    assert [row["metadata"]["type"] for row in await local.get("issues/", environment="")] == ["Other"]
    assert await local.get("issues/", environment="nowhere") == []


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"statsPeriod": "30x"}, "Invalid statsPeriod: '30x'"),
        ({"start": "yesterday", "end": "now"}, "'yesterday' is not a valid ISO8601 date query"),
        ({"start": "2026-01-01"}, "start and end are both required"),
        ({"start": "2026-01-02", "end": "2026-01-01"}, "start must be before end"),
        ({"cursor": "garbage"}, "Invalid cursor parameter."),
        ({"cursor": "1:2:3"}, "Invalid cursor parameter."),
        ({"limit": "0"}, "Invalid limit value. Must be between 1 and 100."),
        ({"limit": "101"}, "Invalid limit value. Must be between 1 and 100."),
        ({"limit": "--5"}, "Invalid limit parameter."),
        ({"limit": "many"}, "Invalid limit parameter."),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_in_words(local: Local, query: dict[str, str], detail: str) -> None:
    assert await local.refusal("issues/", **query) == (400, {"detail": detail})


async def test_stats_come_for_the_period_asked_for(local: Local) -> None:
    await local.send(failure(timestamp=ago(days=3)))
    for period, steps in (("24h", 24), ("14d", 14)):
        (issue,) = await local.get("issues/", groupStatsPeriod=period)
        assert len(issue["stats"][period]) == steps
    (issue,) = await local.get("issues/", groupStatsPeriod="auto")
    assert list(issue["stats"]) == ["24h"]


async def test_projects_are_told_apart(local: Local) -> None:
    other = local.store.create_project("local", "shop-web", platform="javascript", name="Shop Web")
    await local.send(failure())
    await local.send(failure("TypeError", "x"), project=other)
    web = await local.get("/api/0/projects/local/shop-web/issues/")
    assert [row["shortId"] for row in web] == ["SHOP-WEB-1"]
    for project in (str(other), "shop-web"):
        assert await local.get("issues/", project=project) == web
    assert len(await local.get("issues/", project=["app", "shop-web"])) == 2
    assert len(await local.get("issues/", project="-1")) == 2
    assert (await local.refusal("issues/", project="nope"))[0] == 403
    assert (await local.refusal("/api/0/projects/local/nope/issues/"))[0] == 404


async def test_a_short_id_or_an_event_id_finds_its_issue(local: Local) -> None:
    await local.send(failure())
    event_id = await local.send(failure("Other", "x", environment="staging"))
    await local.put("issues/2/", status="resolved")
    for query in (event_id, f"{event_id[:8]}-{event_id[8:12]}-{event_id[12:16]}-{event_id[16:20]}-{event_id[20:]}"):
        response = await local.call("GET", "issues/", query=query)
        (issue,) = response.json()
        assert (issue["id"], issue["matchingEventId"]) == ("2", event_id)
        assert issue["matchingEventEnvironment"] == "staging"
        assert response.headers["x-sentry-direct-hit"] == "1"
    assert await local.get("issues/", query="0" * 32) == []
    assert [row["id"] for row in await local.get("issues/", query="APP-2", shortIdLookup="1")] == ["2"]
    assert await local.get("issues/", query="APP-2") == []
    assert await local.get("issues/", query="APP-9", shortIdLookup="1") == []
