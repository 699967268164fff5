"""Where the code of an everyday error lies, as a model reads it, and what that costs."""

from collections.abc import Callable
from typing import Any

from counting import tokens
from specimens import python_event, python_issue, recorded
from standins.activities import BOB, entry, note

from sentry.models import CodeMapping, Commit, Event, Issue, SuspectFlag
from views.issues import IssueExtras, issue
from views.reader import Answer
from views.traces.stacktraces import stacktrace

Read = Callable[..., Answer]
Golden = Callable[[str, str], None]
COMMIT: dict[str, Any] = {"id": "9d3c41f0" * 5, "repository": {"id": "6", "name": "acme/shop"}}


def mapping(**fields: Any) -> CodeMapping:
    github = {"provider": {"key": "github"}, "repoId": "6", "repoName": "acme/shop", "defaultBranch": "main"}
    return CodeMapping.model_validate({**github, "stackRoot": "shop/", "sourceRoot": "backend/shop/", **fields})


def released(**fields: Any) -> Event:
    release = {"version": "shop@1.5.0", "lastCommit": COMMIT}
    return Event.model_validate({**recorded("python_event.json"), "release": release, **fields})


def test_an_everyday_error_says_where_its_code_lies_within_a_thousand_tokens(read: Read, golden: Golden) -> None:
    plain = read(issue(python_issue(), released()))
    answer = read(issue(python_issue(), released(), extras=IssueExtras(code_mappings=[mapping()])))

    golden("issue_with_code", answer.text)
    assert tokens(answer.text) <= 1_000
    assert tokens(answer.text) - tokens(plain.text) <= 40
    assert 'File "backend/shop/orders.py", line 46, in discount_for' in answer.text
    assert "https://github.com/acme/shop/blob/9d3c41f09d/backend/shop/orders.py#L46" in answer.text


def test_with_all_that_is_known_of_it_an_everyday_error_is_told_in_a_thousand_tokens(
    read: Read, golden: Golden
) -> None:
    history = [
        entry("set_regression", {"version": "shop@1.5.0", "resolved_in_version": "shop@1.4.9"}),
        note("Seen since the coupon import.", BOB, at="2026-11-24T20:10:00Z"),
    ]
    about = Issue.model_validate({**recorded("python_issue.json"), "activity": history, "numComments": 1})
    answer = read(issue(about, released(), extras=IssueExtras(code_mappings=[mapping()])))

    golden("issue_with_all", answer.text)
    assert tokens(answer.text) <= 1_000
    for said in (
        "regressed in release shop@1.5.0",
        "comment by Bob Roy: Seen",
        "| trace 6fbd8e37",
        "Code: https://github",
    ):
        assert said in answer.text, said


def test_without_a_link_it_costs_twenty_five_tokens(read: Read) -> None:
    plain = read(stacktrace(released()))
    answer = read(stacktrace(released(), mappings=[mapping(provider=None, sourceRoot="shop/")]))

    assert "Code: acme/shop at 9d3c41f09d (paths below are in it)" in answer.text
    assert tokens(answer.text) - tokens(plain.text) <= 25


def test_what_sentry_suspects_is_told_on_a_line_each(read: Read, golden: Golden) -> None:
    pull_request = {"id": "12", "title": "Coupons by code", "externalUrl": "https://github.com/acme/shop/pull/12"}
    commit = {
        **COMMIT,
        "message": "Look coupons up by code\n\nlong story",
        "author": {"name": "Ann Lee"},
        "dateCreated": "2026-11-20T09:00:00Z",
        "pullRequest": pull_request,
        "suspectCommitType": "via SCM integration",
    }
    flag = {
        "flag": "new-coupons",
        "score": 0.4,
        "distribution": {"outliers": {"true": 13, "false": 1}, "baseline": {"true": 20, "false": 380}},
    }
    extras = IssueExtras(
        suspect_commits=[Commit.model_validate(commit)],
        suspect_flags=[SuspectFlag.model_validate(flag)],
        code_mappings=[mapping()],
    )
    values = [{"flag": "dark-mode", "result": False}, {"flag": "new-coupons", "result": True}]
    contexts = {**(python_event().contexts or {}), "flags": {"values": values}}

    answer = read(issue(python_issue(), released(contexts=contexts), extras=extras))

    golden("issue_with_suspects", answer.text)
    assert "suspect flags: new-coupons=true (93% of its events, 5% of all)" in answer.text
    assert "flags: new-coupons=true, dark-mode=false" in answer.text


def test_under_a_small_budget_a_path_is_told_whole_or_not_at_all(read: Read) -> None:
    extras = IssueExtras(code_mappings=[mapping()])
    for budget in (500, 600, 800, 1_000, 2_000):
        answer = read(issue(python_issue(), released(), extras=extras), budget)
        assert "https://github.com/acme/shop/blob/9d3c41f09d/backend/shop/orders.py#L46" in answer.text
        assert len(answer.text) <= 4 * budget
