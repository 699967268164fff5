"""An issue as a client reads it: its times, its short ID, its tags and its users."""

from typing import Any

import pytest
from sending import Local, ago, failure, frame


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
        {"username": " bob "},
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


@pytest.mark.parametrize("user", ["a" * 196 + " bcd", "b" * 300])
async def test_a_user_whose_id_is_cut_is_one(local: Local, user: str) -> None:
    for _ in range(3):
        await local.send(failure(user={"id": user}))
    assert (await local.get("issues/1/"))["userCount"] == 1


async def test_a_tag_that_says_who_it_is_is_that_user(local: Local) -> None:
    await local.send(failure(tags={"user": "id:5"}))
    await local.send(failure(user={"id": 5}))
    await local.send(failure(tags={"user": "somebody"}))
    assert (await local.get("issues/1/"))["userCount"] == 1


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
