"""Issues as a client lists and reads them."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sending import Local, ago, failure, frame

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


async def test_an_issue_has_what_the_api_promises(local: Local) -> None:
    await local.send(failure(user={"id": 1}, release="shop@1.0", environment="production", timestamp=ago(days=2)))
    await local.send(failure(user={"id": 2}, release="shop@1.1", environment="staging", timestamp=ago(hours=2)))
    issue = await local.get("issues/1/")
    assert issue["id"] == "1"
    assert issue["shortId"] == "APP-1"
    assert issue["title"] == "ValueError: bad coupon"
    assert issue["culprit"] == "shop.cart in checkout"
    assert issue["permalink"] == "http://sentry.local/organizations/local/issues/1/"
    assert issue["metadata"] == {
        "type": "ValueError", "value": "bad coupon", "filename": "shop/cart.py", "function": "checkout",
    }  # fmt: skip
    assert issue["project"] == {"id": "1", "name": "App", "slug": "app", "platform": "python"}
    assert (issue["count"], issue["userCount"]) == ("2", 2)
    assert (issue["status"], issue["substatus"], issue["statusDetails"]) == ("unresolved", "new", {})
    assert (issue["priority"], issue["level"], issue["isUnhandled"]) == ("high", "error", False)
    assert issue["firstRelease"]["version"] == "shop@1.0"
    assert issue["lastRelease"]["version"] == "shop@1.1"
    assert [activity["type"] for activity in issue["activity"]] == ["first_seen"]
    assert {"key": "environment", "name": "Environment", "totalValues": 2, "uniqueValues": 2} in issue["tags"]
    for name, steps, seen in (("24h", 24, 1), ("30d", 30, 2)):
        assert len(issue["stats"][name]) == steps
        assert sum(count for _, count in issue["stats"][name]) == seen
    assert issue["seenBy"] == []
    by_short_id, unscoped = await local.get("issues/app-1/"), await local.get("/api/0/issues/1/")
    assert by_short_id == unscoped == issue


async def test_events_out_of_order_are_counted_where_they_belong(local: Local) -> None:
    await local.send(failure(value="second", release="b", timestamp=ago(hours=2)))
    await local.send(failure(value="first", release="a", timestamp=ago(hours=9), level="fatal"))
    await local.send(failure(value="third", release="c", timestamp=ago(hours=1)))
    await local.send(failure(value="between", timestamp=ago(hours=5)))
    issue = await local.get("issues/1/")
    assert issue["title"] == "ValueError: third"
    assert issue["level"] == "error"
    assert issue["firstSeen"][:13] == ago(hours=9)[:13]
    assert issue["lastSeen"][:13] == ago(hours=1)[:13]
    assert (issue["firstRelease"]["version"], issue["lastRelease"]["version"]) == ("a", "c")


async def test_a_time_that_cannot_be_is_now(local: Local) -> None:
    for timestamp in (None, "2999-01-01T00:00:00Z", 5, "yesterday"):
        await local.send(failure(timestamp=timestamp))
    for event in await local.get("issues/1/events/", full="true"):
        assert event["dateCreated"][:14] in (ago()[:14], ago(minutes=1)[:14])
    kinds_of_error = [
        error["type"] for event in await local.get("issues/1/events/", full="true") for error in event["errors"]
    ]
    assert kinds_of_error == ["invalid_data", "past_timestamp", "future_timestamp"]


async def test_an_issue_is_new_for_a_week(local: Local) -> None:
    await local.send(failure(timestamp=ago(days=8)))
    assert (await local.get("issues/1/"))["substatus"] == "ongoing"
    assert await local.titles("is:new") == []
    assert len(await local.titles("is:ongoing")) == 1


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


async def test_the_same_error_in_two_projects_is_two_issues(local: Local) -> None:
    other = local.store.create_project("local", "shop-web")
    await local.send(failure())
    await local.send(failure(), project=other)
    assert len(await local.get("issues/")) == 2


async def test_a_short_id_counts_in_base_32(local: Local) -> None:
    for number in range(33):
        await local.send(failure(f"Error{number}", "x"))
    assert (await local.get("issues/33/"))["shortId"] == "APP-11"
    assert (await local.get("shortids/APP-Z/"))["groupId"] == "31"


async def test_a_short_id_is_resolved(local: Local) -> None:
    await local.send(failure())
    found = await local.get("shortids/app-1/")
    assert {key: found[key] for key in ("organizationSlug", "projectSlug", "groupId", "shortId")} == {
        "organizationSlug": "local",
        "projectSlug": "app",
        "groupId": "1",
        "shortId": "APP-1",
    }
    assert found["group"]["title"] == "ValueError: bad coupon"
    assert await local.refusal("shortids/NOPE-1/") == (404, {"detail": "The requested resource does not exist"})


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


@pytest.mark.parametrize("named", ["99", "NOPE-1", "9" * 40, "APP-1;--", "%00"])
async def test_an_issue_that_is_not_there_is_told_in_json(local: Local, named: str) -> None:
    assert await local.refusal(f"issues/{named}/") == (404, {"detail": "The requested resource does not exist"})


async def test_tags_count_their_values(local: Local) -> None:
    for number in range(4):
        await local.send(failure(tags={"region": "eu" if number else "us"}, timestamp=ago(hours=number)))
    await local.send(failure(environment="staging", tags=[["region", "eu"]], timestamp=ago(hours=8)))
    region = await local.get("issues/1/tags/region/")
    assert (region["key"], region["name"], region["totalValues"], region["uniqueValues"]) == ("region", "Region", 5, 2)
    assert [(value["value"], value["count"]) for value in region["topValues"]] == [("eu", 4), ("us", 1)]
    assert region["topValues"][0]["firstSeen"][:13] == ago(hours=8)[:13]
    assert region["topValues"][0]["lastSeen"][:13] == ago(hours=1)[:13]
    staging = await local.get("issues/1/tags/region/", environment="staging")
    assert [(value["value"], value["count"]) for value in staging["topValues"]] == [("eu", 1)]
    keys = [tag["key"] for tag in await local.get("issues/1/tags/")]
    assert keys == ["environment", "handled", "level", "mechanism", "region"]
    assert [tag["key"] for tag in await local.get("issues/1/tags/", environment="staging")] == keys
    assert (await local.refusal("issues/1/tags/nope/"))[0] == 404


async def test_users_are_told_by_the_first_thing_known_of_them(local: Local) -> None:
    for user in (
        {"id": 1, "email": "a@example.com"},
        {"id": "1", "email": "b@example.com"},
        {"username": "bob"},
        {"email": "c@example.com"},
        {"ip_address": "10.0.0.1"},
        {"ip_address": "{{auto}}"},
        {"name": "nobody"},
        None,
    ):
        await local.send(failure(user=user))
    assert (await local.get("issues/1/"))["userCount"] == 4
    users = await local.get("issues/1/tags/user/")
    assert {value["value"] for value in users["topValues"]} == {
        "id:1", "username:bob", "email:c@example.com", "ip:10.0.0.1",
    }  # fmt: skip


async def test_titles_and_culprits_are_sentrys(local: Local) -> None:
    stack = [frame("main"), frame("helper", "lib", in_app=False)]
    cases: list[tuple[dict[str, Any], str, str]] = [
        (failure("E", "first line\nsecond", stack), "E: first line", "shop.cart in main"),
        (failure("E", "", [frame("f", "lib", in_app=False)]), "E", "lib in f"),
        (failure("E", "v", transaction="/checkout"), "E: v", "/checkout"),
        ({"exception": [{"value": "only a value"}]}, "only a value", ""),
        ({"exception": [{"module": "m"}]}, "<unknown>", ""),
        ({"message": "\n hello \nworld"}, "hello", ""),
        ({"stacktrace": {"frames": [{"function": "f"}]}}, "<unlabeled event>", "f"),
        ({"message": "long " * 100}, ("long " * 100)[:247] + "...", ""),
    ]
    for event, title, culprit in cases:
        await local.send(event)
        (issue,) = await local.get("issues/", limit=1, sort="new")
        assert (issue["title"], issue["culprit"]) == (title, culprit)


async def test_priority_follows_the_level(local: Local) -> None:
    for level, priority in {"fatal": "high", "error": "high", "warning": "medium", "info": "low"}.items():
        await local.send(failure(level, "x", level=level))
        (issue,) = await local.get("issues/", limit=1, sort="new")
        assert issue["priority"] == priority
