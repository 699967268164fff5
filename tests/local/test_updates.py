"""Changing issues, and what new events then change."""

from typing import Any

import pytest
from sending import Local, ago, failure


@pytest.fixture
async def issue(local: Local) -> Local:
    """One issue, seen once in the release shop@1.0."""
    await local.send(failure(release="shop@1.0", user={"id": 1}, timestamp=ago(hours=9)))
    return local


async def activity(local: Local) -> list[str]:
    return [entry["type"] for entry in (await local.get("issues/1/"))["activity"]]


async def again(local: Local, release: str | None = None, **more: Any) -> tuple[str, str]:
    """Another event of the issue; the status and substatus it has then."""
    await local.send(failure(release=release, **more))
    found = await local.get("issues/1/")
    return found["status"], found["substatus"]


async def test_an_update_answers_with_the_issue_without_its_history(issue: Local) -> None:
    answer = await issue.put("issues/APP-1/", status="resolved")
    assert (answer["id"], answer["status"], answer["statusDetails"], answer["substatus"]) == ("1", "resolved", {}, None)
    assert "activity" not in answer
    assert await activity(issue) == ["set_resolved", "first_seen"]
    details = (await issue.get("issues/1/"))["activity"][0]
    assert details["user"]["name"] == "Local Developer"
    answer = await issue.put("issues/1/", status="unresolved")
    assert (answer["status"], answer["substatus"]) == ("unresolved", "ongoing")


async def test_an_empty_update_changes_nothing(issue: Local) -> None:
    before = await issue.get("issues/1/")
    await issue.put("issues/1/")
    assert await issue.get("issues/1/") == before


async def test_a_resolved_issue_comes_back_with_any_new_event(issue: Local) -> None:
    await issue.put("issues/1/", status="resolved")
    assert await again(issue, "shop@1.0") == ("unresolved", "regressed")
    assert await activity(issue) == ["set_regression", "set_resolved", "first_seen"]
    assert await issue.titles("is:regressed") == ["ValueError: bad coupon"]
    assert (await issue.get("issues/1/"))["activity"][0]["data"] == {"version": "shop@1.0"}


@pytest.mark.parametrize(
    "body", [{"status": "resolvedInNextRelease"}, {"status": "resolved", "statusDetails": {"inNextRelease": True}}]
)
async def test_resolved_in_the_next_release_waits_for_a_newer_one(issue: Local, body: dict[str, Any]) -> None:
    await issue.send(failure("Other", "x", release="shop@1.1", timestamp=ago(hours=1)))
    answer = await issue.put("issues/1/", **body)
    assert answer["status"] == "resolved"
    assert answer["statusDetails"]["inNextRelease"] is True
    assert answer["statusDetails"]["actor"]["name"] == "Local Developer"
    for release in ("shop@1.0", "shop@1.1", None):
        assert (await again(issue, release))[0] == "resolved"
    assert await again(issue, "shop@1.2") == ("unresolved", "regressed")
    assert (await issue.get("issues/1/"))["statusDetails"] == {}


async def test_resolved_in_the_next_release_without_any_release(local: Local) -> None:
    await local.send(failure())
    status, body = await local.refusal(
        "issues/1/", "PUT", {"status": "resolved", "statusDetails": {"inNextRelease": True}}
    )
    assert status == 400
    assert "No release data present" in body["statusDetails"]["inNextRelease"][0]
    await local.put("issues/1/", status="resolvedInNextRelease")
    assert (await again(local))[0] == "resolved"
    assert (await again(local, "shop@1.0"))[0] == "unresolved"


async def test_resolved_in_a_release_comes_back_with_that_one_or_a_newer(issue: Local) -> None:
    await issue.send(failure("Other", "x", release="shop@1.1", timestamp=ago(hours=2)))
    await issue.send(failure("Other", "x", release="shop@1.2", timestamp=ago(hours=1)))
    for wanted in ("shop@1.1", "latest"):
        answer = await issue.put("issues/1/", status="resolved", statusDetails={"inRelease": wanted})
        version = "shop@1.2" if wanted == "latest" else wanted
        assert answer["statusDetails"]["inRelease"] == version
        assert (await again(issue, "shop@1.0"))[0] == "resolved"
        assert (await again(issue))[0] == "resolved"
        assert await again(issue, version) == ("unresolved", "regressed")
    await issue.put("issues/1/", statusDetails={"inRelease": "shop@1.1"})
    assert (await again(issue, "shop@1.2"))[0] == "unresolved"


async def test_resolved_in_a_commit_is_resolved_in_its_release(issue: Local) -> None:
    commits = [{"id": "c0ffee", "repository": "shop"}]
    await issue.add("releases/", version="shop@1.1", projects=["app"], commits=commits)
    named = {"commit": "c0ffee", "repository": "shop"}
    answer = await issue.put("issues/1/", status="resolved", statusDetails={"inCommit": named})
    assert answer["statusDetails"]["inCommit"]["id"] == "c0ffee"
    assert (await again(issue, "shop@1.0"))[0] == "resolved"
    assert (await again(issue, "shop@1.1"))[0] == "unresolved"


async def test_archived_stays_archived(issue: Local) -> None:
    answer = await issue.put("issues/1/", status="ignored")
    assert (answer["status"], answer["substatus"]) == ("ignored", "archived_until_escalating")
    answer = await issue.put("issues/1/", status="ignored", substatus="archived_forever")
    assert (answer["status"], answer["substatus"], answer["statusDetails"]) == ("ignored", "archived_forever", {})
    for _ in range(5):
        assert await again(issue) == ("ignored", "archived_forever")
    assert await issue.titles("is:archived_forever") == await issue.titles("is:ignored") != []


async def test_archived_until_a_count_comes_back_then(issue: Local) -> None:
    answer = await issue.put("issues/1/", status="ignored", statusDetails={"ignoreCount": 3})
    assert answer["substatus"] == "archived_until_condition_met"
    assert answer["statusDetails"]["ignoreCount"] == 3
    assert [(await again(issue))[0] for _ in range(3)] == ["ignored", "ignored", "unresolved"]
    assert (await issue.get("issues/1/"))["substatus"] == "escalating"
    assert (await activity(issue))[:2] == ["set_escalating", "set_ignored"]
    assert (await again(issue))[0] == "unresolved"


async def test_archived_until_a_count_within_a_window_counts_only_that(issue: Local) -> None:
    await issue.put("issues/1/", status="ignored", statusDetails={"ignoreCount": 2, "ignoreWindow": 60})
    for _ in range(3):
        assert (await again(issue, timestamp=ago(hours=3)))[0] == "ignored"
    assert (await again(issue))[0] == "ignored"
    assert (await again(issue))[0] == "unresolved"


async def test_archived_until_so_many_users_counts_new_ones(issue: Local) -> None:
    await issue.put("issues/1/", status="ignored", statusDetails={"ignoreUserCount": 2})
    for user, status in ((1, "ignored"), (2, "ignored"), (2, "ignored"), (3, "unresolved")):
        assert (await again(issue, user={"id": user}))[0] == status


async def test_archived_until_so_many_users_within_a_window(issue: Local) -> None:
    await issue.put("issues/1/", status="ignored", statusDetails={"ignoreUserCount": 2, "ignoreUserWindow": 60})
    for user, hours, status in ((5, 3, "ignored"), (6, 3, "ignored"), (5, 0, "ignored"), (6, 0, "unresolved")):
        assert (await again(issue, user={"id": user}, timestamp=ago(hours=hours)))[0] == status


async def test_archived_for_a_time_comes_back_when_it_is_over(issue: Local) -> None:
    answer = await issue.put("issues/1/", status="ignored", statusDetails={"ignoreDuration": 30})
    until = answer["statusDetails"]["ignoreUntil"]
    assert until[:15] in (ago(minutes=-30)[:15], ago(minutes=-29)[:15])
    assert (await issue.get("issues/1/"))["status"] == "ignored"
    with issue.store.writing() as connection:  # half an hour later
        connection.execute("UPDATE issues SET ignore_until = ignore_until - 1800001")
    assert await issue.titles("is:unresolved") == ["ValueError: bad coupon"]
    found = await issue.get("issues/1/")
    assert (found["status"], found["substatus"], found["statusDetails"]) == ("unresolved", "ongoing", {})
    assert (await activity(issue))[0] == "set_unresolved"


async def test_resolving_an_archived_issue_ends_the_archiving(issue: Local) -> None:
    await issue.put("issues/1/", status="ignored", statusDetails={"ignoreDuration": 30})
    answer = await issue.put("issues/1/", status="resolved")
    assert (answer["status"], answer["statusDetails"]) == ("resolved", {})
    with issue.store.reading() as connection:
        assert connection.execute("SELECT ignore_until FROM issues").fetchone()[0] is None


@pytest.mark.parametrize(
    ("named", "kind", "name"),
    [
        ("user:1", "user", "Local Developer"),
        ("1", "user", "Local Developer"),
        ("Developer@Local.invalid", "user", "Local Developer"),
        ("team:1", "team", "local"),
        ("#local", "team", "local"),
    ],
)
async def test_an_issue_is_assigned_and_cleared(issue: Local, named: str, kind: str, name: str) -> None:
    answer = await issue.put("issues/1/", assignedTo=named)
    assert (answer["assignedTo"]["type"], answer["assignedTo"]["id"], answer["assignedTo"]["name"]) == (kind, "1", name)
    entry = (await issue.get("issues/1/"))["activity"][0]
    assert (entry["type"], entry["data"]["assignee"], entry["data"]["assigneeType"]) == ("assigned", "1", kind)
    assert (await issue.put("issues/1/", assignedTo=""))["assignedTo"] is None
    assert (await activity(issue))[:2] == ["unassigned", "assigned"]


async def test_members_can_be_added_and_only_they_assigned(issue: Local) -> None:
    user = issue.store.add_member("local", "Bob", "bob@example.com")
    assert issue.store.add_member("local", "Bob", "bob@example.com") == user
    assert (await issue.put("issues/1/", assignedTo="bob@example.com"))["assignedTo"] == {
        "type": "user", "id": str(user), "name": "Bob", "email": "bob@example.com",
    }  # fmt: skip
    issue.store.create_organization("other")
    stranger = issue.store.add_member("other", "Eve", "eve@example.com")
    for unknown in ("eve@example.com", f"user:{stranger}", "team:2", "#other", "nobody", {"a": 1}):
        status, body = await issue.refusal("issues/1/", "PUT", {"assignedTo": unknown})
        assert (status, body) == (400, {"assignedTo": ["Unknown actor input"]})


async def test_priority_seen_and_bookmark_are_kept(issue: Local) -> None:
    answer = await issue.put("issues/1/", priority="low", hasSeen=True, isBookmarked=True)
    assert (answer["priority"], answer["hasSeen"], answer["isBookmarked"]) == ("low", True, True)
    assert answer["priorityLockedAt"]
    assert (await issue.get("issues/1/"))["seenBy"][0]["name"] == "Local Developer"
    assert len(await issue.titles("bookmarks:me")) == 1
    assert await issue.titles("is:for_review") == []


NUMBER = ["A valid integer is required."]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"status": "bogus"}, {"status": ['"bogus" is not a valid choice.']}),
        ({"status": ["resolved"]}, {"status": ["\"['resolved']\" is not a valid choice."]}),
        ({"substatus": "bogus"}, {"substatus": ['"bogus" is not a valid choice.']}),
        ({"priority": "urgent"}, {"priority": ['"urgent" is not a valid choice.']}),
        ({"hasSeen": "yes"}, {"hasSeen": ["Must be a valid boolean."]}),
        ({"statusDetails": "x"}, {"statusDetails": ["Invalid data. Expected a dictionary."]}),
        (
            {"status": "resolved", "statusDetails": {"inRelease": "nope"}},
            {"statusDetails": {"inRelease": ["Unable to find a release with the given version."]}},
        ),
        (
            {"status": "resolved", "statusDetails": {"inCommit": {"commit": "x", "repository": "y"}}},
            {"statusDetails": {"inCommit": {"commit": ["Unable to find the given commit."]}}},
        ),
        (
            {"status": "resolved", "statusDetails": {"inCommit": {"commit": "x"}}},
            {"statusDetails": {"inCommit": {"repository": ["This field is required."]}}},
        ),
        ({"status": "ignored", "statusDetails": {"ignoreCount": "x"}}, {"statusDetails": {"ignoreCount": NUMBER}}),
        ({"status": "ignored", "statusDetails": {"ignoreDuration": 0}}, {"statusDetails": {"ignoreDuration": NUMBER}}),
        (
            {"statusDetails": {"ignoreWindow": 10081, "ignoreCount": 1}},
            {"statusDetails": {"ignoreWindow": ["Ensure this value is less than or equal to 10080."]}},
        ),
        (["status"], {"nonFieldErrors": ["Invalid data. Expected a dictionary."]}),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(issue: Local, body: Any, answer: Any) -> None:
    before = await issue.get("issues/1/")
    assert await issue.refusal("issues/1/", "PUT", body) == (400, answer)
    assert await issue.get("issues/1/") == before


async def test_a_body_that_is_no_json_is_refused(issue: Local) -> None:
    response = await issue.client.put(issue.url("issues/1/"), content=b"{status:")
    assert response.status_code == 400
    assert response.json()["detail"].startswith("JSON parse error - ")
    response = await issue.client.post(issue.url("issues/1/notes/"), content=b'{"text": "\\ud800"}')
    assert response.status_code == 400
    response = await issue.client.put(issue.url("issues/1/"), content=b" " * 11_000_000)
    assert response.status_code == 413


async def test_many_issues_are_changed_at_once(local: Local) -> None:
    for name in "ABCD":
        await local.send(failure(name, "x"))
    response = await local.call("PUT", "issues/?id=1&id=3&id=99", {"status": "resolved"})
    assert (response.status_code, response.json()) == (
        200, {"status": "resolved", "statusDetails": {}, "substatus": None},
    )  # fmt: skip
    assert await local.titles("is:resolved") == ["C: x", "A: x"]
    response = await local.call("PUT", "issues/?id=99", {"status": "resolved"})
    assert (response.status_code, response.content) == (204, b"")
    response = await local.call("PUT", "issues/?query=error.type:B", {"status": "ignored", "priority": "low"})
    assert response.json()["priority"] == "low"
    assert await local.titles("is:ignored") == ["B: x"]
    response = await local.call("PUT", "/api/0/projects/local/app/issues/?id=4", {"assignedTo": "1"})
    assert response.json()["assignedTo"]["name"] == "Local Developer"
    assert await local.refusal("issues/?id=x", "PUT", {}) == (400, {"detail": "Invalid issue id."})


async def test_a_release_means_one_project(local: Local) -> None:
    other = local.store.create_project("local", "shop-web")
    await local.send(failure(release="1"))
    await local.send(failure(release="1"), project=other)
    status, body = await local.refusal("issues/?id=1&id=2", "PUT", {"status": "resolvedInNextRelease"})
    assert status == 400
    assert "multiple projects" in body["detail"]


async def test_comments_are_added_and_read_newest_first(issue: Local) -> None:
    first = await issue.add("issues/1/notes/", text="looking at **this**")
    await issue.add("issues/1/comments/", text="found it")
    assert (first["type"], first["data"]) == ("note", {"text": "looking at **this**"})
    assert first["user"]["email"] == "developer@local.invalid"
    for path in ("notes/", "comments/"):
        comments = await issue.get(f"issues/1/{path}")
        assert [comment["data"]["text"] for comment in comments] == ["found it", "looking at **this**"]
    assert len(await issue.get("issues/1/notes/", per_page=1)) == 1
    assert (await issue.get("issues/1/"))["numComments"] == 2
    assert (await activity(issue))[:2] == ["note", "note"]
    assert await issue.refusal("issues/1/notes/", "POST", {}) == (400, {"text": ["This field is required."]})
    assert await issue.refusal("issues/1/notes/", "POST", {"text": " "}) == (
        400, {"text": ["This field may not be blank."]},
    )  # fmt: skip
