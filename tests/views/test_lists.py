"""Projects, releases, tags and updates as a model reads them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from specimens import python_issue, recorded

from sentry.errors import ForbiddenError, NotFoundError, SentryError, UnavailableError
from sentry.models import Actor, Commit, Issue, Project, Release, TagValues
from sentry.models.pages import Page
from views.projects import project, project_list
from views.reader import Answer, compact_json
from views.releases import release, release_list
from views.tags import tag_values
from views.updates import IssueUpdate, bulk_update, issue_update
from views.wording import age, counted, sparkline

Read = Callable[..., Answer]
Golden = Callable[[str, str], None]


def made(**fields: Any) -> Issue:
    return Issue.model_validate({**recorded("python_issue.json"), **fields})


def test_projects_are_a_line_each(read: Read, golden: Golden) -> None:
    rows = [
        Project.model_validate({"id": "2", "slug": "shop-backend", "name": "Shop Backend", "platform": "python"}),
        Project(id="3", slug="docs", name="docs"),
    ]

    answer = read(project_list(Page(rows, "0:2:0")))

    golden("project_list", answer.text)
    assert answer.data["projects"][1] == {"id": "3", "slug": "docs", "name": "docs"}
    assert read(project_list(Page([]))).text == "The token sees no projects here."
    assert len(read(project_list(Page(rows * 300)), 500).text) <= 2_000


def test_projects_lose_names_before_rows_and_name_no_argument_that_there_is_not(read: Read) -> None:
    rows = [Project(id=str(n), slug=f"shop-{n}", name=f"Shop number {n} of the platform team") for n in range(100)]

    usual, small = read(project_list(Page(rows, "0:100:0"))), read(project_list(Page(rows, "0:100:0")), 500)

    assert "omitted" not in usual.data
    assert len(small.data["projects"]) > 35
    assert "name" not in small.data["projects"][0]
    assert "Left out names and platforms: get_project" in small.text
    smallest = read(project_list(Page(rows * 4, "0:100:0")), 500)
    assert "limit=" not in smallest.text
    assert f"Only the first {smallest.text.count('shop-')} projects are shown" in smallest.text
    assert f"Only the first {len(smallest.data['projects'])} projects are shown" in smallest.data["omitted"][-1]
    assert "next_cursor" not in smallest.data


def test_a_project_is_told_with_its_teams_and_latest_release(read: Read, golden: Golden) -> None:
    found = Project.model_validate(
        {
            "id": "2",
            "slug": "shop-backend",
            "name": "Shop Backend",
            "platform": "python",
            "status": "active",
            "dateCreated": "2026-01-02T03:04:05Z",
            "teams": [{"slug": "payments"}, {"name": "Web"}],
            "organization": {"slug": "acme"},
            "latestRelease": {"version": "shop@1.5.0"},
        }
    )

    golden("project", read(project(found)).text)
    assert read(project(Project(id="1", slug="docs"))).text == "Project docs"


DEPLOY = {"environment": "production", "dateFinished": "2026-11-24T10:00:00Z"}
RELEASE = {
    "version": "shop@1.5.0",
    "dateCreated": "2026-11-23T13:26:21Z",
    "newGroups": 2,
    "commitCount": 1,
    "deployCount": 1,
    "lastEvent": "2026-11-24T21:39:17Z",
    "projects": [{"slug": "shop-backend"}, {"slug": "shop-frontend"}],
}


def test_releases_are_a_line_each(read: Read, golden: Golden) -> None:
    rows = [
        Release.model_validate(RELEASE),
        Release.model_validate({"version": "shop@1.4.0", "dateReleased": "2026-11-20T08:00:00Z", "newGroups": 0}),
        Release.model_validate({"version": "x", "projects": [{"slug": f"p{n}"} for n in range(9)]}),
    ]

    golden("release_list", read(release_list(Page(rows, "0:3:0"))).text)
    assert read(release_list(Page([]))).text == "No releases match."
    assert len(read(release_list(Page(rows * 100)), 500).text) <= 2_000


def test_a_release_is_told_with_what_came_with_it(read: Read, golden: Golden) -> None:
    found = Release.model_validate(
        {
            **RELEASE,
            "lastDeploy": DEPLOY,
            "authors": [{"name": "Ann Lee"}, {"email": "bo@example.com"}],
            "url": "https://ci.example.test/1",
        }
    )

    answer = read(
        release(
            found,
            new_issues=Page([python_issue()], "0:1:0"),
            commits=[Commit(id="abc1234", message="Price by currency")],
            missing={"deploys": "Sentry answered 503"},
        )
    )

    golden("release", answer.text)
    assert answer.data["issues"][0]["short_id"] == "SHOP-BACKEND-1"


def test_the_health_of_a_release_is_told_by_project(read: Read) -> None:
    health = {
        "hasHealthData": True,
        "crashFreeSessions": 99.2104,
        "crashFreeUsers": 99.5,
        "totalSessions": 12_345,
        "totalUsers": None,
        "adoption": 45.0,
    }
    projects = [
        {"slug": "shop-backend", "healthData": health},
        {"slug": "shop-web", "healthData": {"hasHealthData": True, "adoption": 3}},
        {"slug": "odd", "healthData": {"crashFreeSessions": float("nan"), "crashFreeUsers": 250, "adoption": True}},
        {"slug": "none", "healthData": {"hasHealthData": False, "crashFreeSessions": None}},
    ]

    answer = read(release(Release.model_validate({"version": "1", "projects": projects})))

    assert (
        "health of shop-backend: 99.21% of 12,345 sessions and 99.5% of users free of crashes, adoption 45%"
        in answer.text
    )
    assert "health of shop-web: adoption 3%" in answer.text
    assert [row["project"] for row in answer.data["health"]] == ["shop-backend", "shop-web"]


def test_a_release_falls_back_on_its_last_commit_and_deploy(read: Read) -> None:
    found = Release.model_validate(
        {"version": "1", "lastCommit": {"id": "abc1234"}, "lastDeploy": {"environment": "staging"}}
    )

    text = read(release(found)).text

    assert "Commits:\n  abc1234: (no message)" in text
    assert "Deploys:\n  staging" in text


def test_a_large_release_loses_commits_and_issues_and_says_so(read: Read) -> None:
    commits = [Commit(id=f"{n:07x}", message="Price by currency " * 9) for n in range(50)]

    answer = read(release(Release(version="1"), new_issues=Page([python_issue()] * 90), commits=commits), 1_000)

    assert len(answer.text) <= 4_000
    assert answer.data["omitted"][0] == "Left out some commits: a larger max_tokens"
    assert answer.data["issues"]
    assert len(read(release(Release(version="1"), new_issues=Page([python_issue()] * 90)), 500).text) <= 2_000


def test_a_page_of_one_row_keeps_it(read: Read) -> None:
    row = Release.model_validate({"version": "x" * 9_000, "projects": [{"slug": f"shop-{n:050}"} for n in range(50)]})

    answer = read(release_list(Page([row])), 500)

    assert len(answer.text) <= 2_000
    assert len(answer.data["releases"]) == 1


def test_the_values_of_a_tag_are_told_with_their_share(read: Read, golden: Golden) -> None:
    values = [
        {
            "value": "shop@1.5.0",
            "count": 700,
            "firstSeen": "2026-11-21T20:00:00Z",
            "lastSeen": "2026-11-24T21:39:17Z",
        },
        {"value": "shop@1.4.0", "count": 298},
        {"value": "", "count": 2},
    ]
    found = TagValues.model_validate({"key": "release", "totalValues": 1_000, "uniqueValues": 3, "topValues": values})

    answer = read(tag_values("SHOP-1", found))

    golden("tag_values", answer.text)
    assert answer.data["values"][0]["percent"] == 70.0
    assert read(tag_values("5", TagValues(key="x"))).text == "No event of issue 5 has this tag."

    many = read(tag_values("5", found.model_copy(update={"top_values": found.top_values * 200})), 500)
    assert len(many.text) <= 2_000
    assert many.data["omitted"] == [f"Only the {len(many.data['values'])} most frequent values are shown."]
    assert "next_cursor" not in many.data


def test_an_update_shows_before_and_after(read: Read, golden: Golden) -> None:
    after = made(status="resolved", statusDetails={"inNextRelease": True}, substatus=None, assignedTo=None)

    answer = read(issue_update(python_issue(), after, comment="fixed in 1.6"))

    golden("update", answer.text)
    assert answer.data["changed"] == ["status", "condition", "substatus", "assigned_to"]
    assert answer.data["after"]["status"] == "resolvedInNextRelease"


def test_an_update_that_changed_nothing_says_so(read: Read) -> None:
    answer = read(issue_update(python_issue(), python_issue()))

    assert answer.text.startswith("Unchanged.")
    assert "SHOP-BACKEND-1: nothing changed, still unresolved, high, Ann Lee" in answer.text
    assert "changed" not in answer.data


def test_many_updates_are_a_line_each(read: Read, golden: Golden) -> None:
    done_issue = made(status="ignored", substatus="archived_forever")
    done = issue_update(python_issue(), done_issue)
    said = issue_update(python_issue(), python_issue(), comment="seen")
    same = issue_update(python_issue(), python_issue())

    part = issue_update(python_issue(), done_issue, comment="seen", not_posted=ForbiddenError("No.", sentry="Denied"))
    lost = UnavailableError("Sentry failed.").with_outcome_unknown()
    missing = NotFoundError("No issue SHOP-9 was found.")

    answer = read(bulk_update([done, said, same, part, ("SHOP-9", missing), ("SHOP-8", lost)]))

    golden("bulk_update", answer.text)
    results = [row["result"] for row in answer.data["issues"]]
    assert results == ["updated", "commented", "unchanged", "incomplete", "failed", "unknown"]


def test_of_many_updates_every_outcome_is_told_however_small_the_budget(read: Read) -> None:
    done = issue_update(python_issue(), made(status="ignored", substatus="archived_forever"))
    why = [NotFoundError(f"No issue SHOP-{n} was found, nor is there one like it in the project.") for n in range(25)]
    rows: list[IssueUpdate | tuple[str, SentryError]] = [done] * 25
    rows += [(f"SHOP-{n}", error) for n, error in enumerate(why)]

    for budget in (500, 1_000, 4_000):
        answer = read(bulk_update(rows), budget)

        assert answer.text.startswith("50 issues: 25 updated, 25 failed.")
        if budget == 500:  # has room for the names alone
            assert {name: len(issues) for name, issues in answer.data["by_result"].items()} == {
                "updated": 25,
                "failed": 25,
            }
        else:
            assert [row["result"] for row in answer.data["issues"]] == ["updated"] * 25 + ["failed"] * 25
        assert len(compact_json(answer.data)) <= budget * 4
        assert all(f"SHOP-{n}" in answer.text for n in range(25))
        assert len(answer.text) <= budget * 4
    assert "No issue SHOP-7 was found" in read(bulk_update(rows), 1_000).text, "why outlasts what"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "just now"), (5, "5s ago"), (90, "1m ago"), (7_100, "118m ago"), (7_300, "2h ago"), (200_000, "2d ago")],
)
def test_an_age_is_told_in_one_unit(seconds: int, words: str) -> None:
    now = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)

    assert age((now - timedelta(seconds=seconds)).isoformat(), now) == words
    assert age(None, now) == ""
    assert age("no moment", now) == ""


def test_a_count_is_told_with_its_noun() -> None:
    assert [counted(n, "event") for n in (None, 0, 1, 2_000)] == ["", "0 events", "1 event", "2,000 events"]


@pytest.mark.parametrize(
    ("numbers", "bars"),
    [
        ([], ""),
        ([0, 0], ""),
        ([1], "█"),
        ([0, 1, 7], "▁▂█"),
        ([1] * 24, "█" * 12),
        ([9, *[0] * 13, 1, 0, 1], "█▁▁▁▁▁▁▂▂"),
    ],
)
def test_a_sparkline_has_a_bar_for_equally_many_numbers(numbers: list[int], bars: str) -> None:
    assert sparkline(numbers) == bars


def test_a_team_is_told_as_a_team(read: Read) -> None:
    team = made().model_copy(update={"assigned_to": Actor(type="team", name="payments")})

    assert "-> unresolved, high, team payments" in read(issue_update(python_issue(), team)).text
