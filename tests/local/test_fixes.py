"""Commits that say what they fix, as https://docs.sentry.io/product/releases/associate-commits/ has it."""

from typing import Any

import pytest
from sending import Local, failure

Commit = dict[str, Any]


def commit(message: str | None, sha: str = "a", **more: Any) -> Commit:
    return {"id": sha * 40, "repository": "acme/shop", "message": message, "author_email": "ann@example.com", **more}


@pytest.fixture
async def four(local: Local) -> Local:
    """APP-1 to APP-4."""
    await local.send(*(failure(kind, release="1") for kind in ("A", "B", "C", "D")))
    return local


async def released(local: Local, *commits: Commit, version: str = "2") -> None:
    """A release with those commits, as CI makes one."""
    await local.add("releases/", version=version, projects=["app"])
    await local.put(f"releases/{version}/", commits=list(commits))
    await local.put(f"releases/{version}/", dateReleased="2026-11-30T10:00:00Z")


async def resolved(local: Local) -> list[str]:
    return sorted(row["shortId"] for row in await local.get("issues/", query="is:resolved"))


async def test_an_issue_that_a_commit_fixes_is_resolved_in_the_release(four: Local) -> None:
    await released(four, commit("Charge in cents\n\nFixes APP-4"))
    assert await resolved(four) == ["APP-4"]
    issue = await four.get("issues/APP-4/")
    assert (issue["statusDetails"], issue["substatus"]) == ({"inRelease": "2", "actor": None}, None)
    told = (await four.get("issues/APP-4/activities/"))["activity"][0]
    assert (told["type"], told["user"]) == ("set_resolved_in_commit", None)
    assert told["data"]["commit"]["id"] == "a" * 40
    assert told["data"]["commit"]["message"] == "Charge in cents\n\nFixes APP-4"
    assert [release["version"] for release in told["data"]["commit"]["releases"]] == ["2"]


async def test_an_older_releases_events_leave_it_resolved_and_newer_ones_show_a_regression(four: Local) -> None:
    await released(four, commit("fixes APP-4"))
    await four.send(failure("D", release="1"))
    assert await resolved(four) == ["APP-4"]
    await four.send(failure("D", release="3"))
    issue = await four.get("issues/APP-4/")
    assert (issue["status"], issue["substatus"]) == ("unresolved", "regressed")


async def test_the_author_did_it_where_that_is_a_member(four: Local) -> None:
    four.store.add_member("local", "Ann", "Ann@example.com")
    await released(four, commit("fixes APP-4"))
    issue = await four.get("issues/APP-4/")
    assert issue["statusDetails"]["actor"]["name"] == "Ann"
    assert issue["activity"][0]["user"]["name"] == "Ann"


FIXES = [
    "fix APP-2", "Fixes APP-2", "FIXED APP-2.", "close: APP-2", "closes\nAPP-2", "closed APP-2", "resolve APP-2",
    "Resolves: app-2", "resolved APP-2", "Fixes [APP-2](http://sentry.local/organizations/local/issues/2/)",
]  # fmt: skip


@pytest.mark.parametrize("message", FIXES)
async def test_each_of_sentrys_words_is_understood(four: Local, message: str) -> None:
    await released(four, commit(message))
    assert await resolved(four) == ["APP-2"]


NO_FIXES = [
    "APP-2",
    "see APP-2",
    "prefix APP-2",
    "fixes",
    "fixes #2",
    "fixes APP-9",
    "fixes NOPE-2",
    "",
    None,
    17,
    ["x"],
]


@pytest.mark.parametrize("message", NO_FIXES)
async def test_what_does_not_say_so_fixes_nothing(four: Local, message: Any) -> None:
    await released(four, commit(message))
    assert await resolved(four) == []


async def test_a_commit_fixes_several_and_several_commits_do(four: Local) -> None:
    await released(four, commit("fixes APP-1, APP-2 and APP-1"), commit("resolves APP-3", "b"))
    assert await resolved(four) == ["APP-1", "APP-2", "APP-3"]
    assert [row["type"] for row in (await four.get("issues/APP-1/"))["activity"]] == [
        "set_resolved_in_commit", "first_seen",
    ]  # fmt: skip


async def test_commits_that_are_sent_again_fix_nothing_again(four: Local) -> None:
    await released(four, commit("fixes APP-4"))
    await four.put("issues/APP-4/", status="unresolved")
    await four.put("releases/2/", commits=[commit("fixes APP-4"), commit("fixes APP-3", "b")])
    assert await resolved(four) == ["APP-3"]
    await released(four, commit("fixes APP-4"), version="3")
    assert (await four.get("issues/APP-4/"))["statusDetails"]["inRelease"] == "3"


async def test_another_organizations_issues_are_not_touched(four: Local) -> None:
    four.store.create_organization("other")
    theirs = four.store.create_project("other", "web")
    await four.send(failure(), project=theirs)
    await released(four, commit("fixes WEB-1"))
    with four.store.reading() as connection:
        rows = connection.execute("SELECT status FROM issues WHERE short_id = 'WEB-1'").fetchall()
    assert [row["status"] for row in rows] == ["unresolved"]


HOSTILE = [
    "fix " * 200_000,
    "fix " + "-_" * 200_000,
    "[" * 200_000,
    "fixes " + "A-1, " * 200_000,
    "fixes \x00 APP-2",
]


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_message_of_any_kind_is_read_at_once(four: Local, message: str) -> None:
    await released(four, commit(message))
    assert await resolved(four) == []
