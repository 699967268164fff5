"""Issues as a model reads them: rows of a list, and what Sentry knows about one."""

from collections.abc import Callable
from typing import Any

import pytest
from specimens import python_event, python_issue, recorded

from sentry.models import Commit, Event, Issue, TagValues
from sentry.models.pages import Page
from views.issues import IssueExtras, issue, issue_list
from views.reader import Answer

Read = Callable[..., Answer]
Golden = Callable[[str, str], None]


def made(**fields: Any) -> Issue:
    return Issue.model_validate({**recorded("python_issue.json"), **fields})


def test_a_list_has_one_line_for_each_issue(read: Read, golden: Golden) -> None:
    rows = [
        python_issue(),
        made(id="8", shortId=None, priority="low", level="warning", status="resolved", assignedTo=None, culprit=""),
        made(shortId="SHOP-9", substatus="regressed", isUnhandled=False, count="1", userCount=1, title="a\nb " * 100),
    ]

    answer = read(issue_list(Page(rows, "0:25:0")))

    golden("issue_list", answer.text)
    assert answer.data["next_cursor"] == "0:25:0"
    assert answer.data["issues"][0]["status"] == "unresolved"
    assert "culprit" not in answer.data["issues"][1]


def test_an_empty_list_says_so(read: Read) -> None:
    assert read(issue_list(Page([]))).text == "No issues match."
    assert read(issue_list(Page([]))).data == {"issues": []}


def test_an_issue_is_told_with_all_that_was_fetched_beside_it(read: Read, golden: Golden) -> None:
    extras = IssueExtras(
        tags=[
            TagValues.model_validate(
                {
                    "key": "region",
                    "totalValues": 14,
                    "uniqueValues": 6,
                    "topValues": [{"value": "eu", "count": 10}, {"value": "", "count": 4}],
                }
            )
        ],
        suspect_commits=[
            Commit.model_validate(
                {
                    "id": "1f3a5c7d9e" * 4,
                    "message": "Look coupons up by code\n\nlong story",
                    "author": {"name": "Ann Lee", "email": "ann@example.com"},
                    "dateCreated": "2026-11-20T09:00:00Z",
                }
            ),
            Commit(id="abc1234"),
        ],
        external_issues=["SHOP-17 https://jira.example.test/browse/SHOP-17"],
        missing={"comments": "Sentry answered 503"},
    )
    found = made(
        annotations=[{"displayName": "acme/shop#12", "url": "https://github.com/acme/shop/issues/12"}],
        pluginIssues=[{"issue": {"label": "OPS-3"}}],
        numComments=2,
    )

    fingerprints = ["bbce8abb666fddf339ba7c333a852eac", "payment-{{ default }}"]
    grouped = python_event().model_copy(update={"fingerprints": fingerprints})

    answer = read(issue(found, grouped, extras=extras))

    golden("issue_with_extras", answer.text)
    assert answer.data["fingerprint"] == fingerprints
    assert answer.data["missing"] == {"comments": "Sentry answered 503"}


def test_an_issue_is_told_without_an_event(read: Read) -> None:
    answer = read(issue(python_issue(), None))

    assert "SHOP-BACKEND-1: unresolved | error | unhandled | high priority" in answer.text
    assert "KeyError: 'SUMMER20'" in answer.text
    assert answer.data["stacktrace"] == {"frames": []}


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"status": "resolved"}, "resolved", None),
        (
            {"status": "resolved", "statusDetails": {"inNextRelease": True}},
            "resolvedInNextRelease",
            "in the next release",
        ),
        ({"status": "resolvedInNextRelease"}, "resolvedInNextRelease", "in the next release"),
        ({"status": "resolved", "statusDetails": {"inRelease": "shop@1.6"}}, "resolved", "in release shop@1.6"),
        ({"status": "resolved", "statusDetails": {"inCommit": {"id": "abc123"}}}, "resolved", "in commit abc123"),
        ({"status": "resolved", "statusDetails": {"ignoreUntil": "2027-01-01T00:00:00Z"}}, "resolved", None),
        ({"status": "ignored"}, "ignored", None),
        ({"status": "ignored", "substatus": "archived_until_escalating"}, "ignored", "until it escalates"),
        ({"status": "ignored", "substatus": "archived_forever"}, "ignored", "for ever"),
        (
            {"status": "ignored", "statusDetails": {"ignoreCount": 100, "ignoreWindow": 60}},
            "ignored",
            "until 100 more events within 60 minutes",
        ),
        ({"status": "ignored", "statusDetails": {"ignoreUserCount": 5}}, "ignored", "until 5 more users"),
        (
            {"status": "ignored", "statusDetails": {"ignoreUntil": "2027-01-02T03:04:05Z"}},
            "ignored",
            "until 2027-01-02 03:04Z",
        ),
        (
            {"status": "ignored", "statusDetails": {"ignoreUntil": "2027-01-02T01:04:05.123456+02:00"}},
            "ignored",
            "until 2027-01-01 23:04Z",
        ),
        ({"status": "unresolved", "statusDetails": {"inNextRelease": True}}, "unresolved", None),
    ],
)
def test_a_status_is_told_in_words(read: Read, fields: dict[str, Any], status: str, words: str | None) -> None:
    answer = read(issue(made(**fields), None))

    assert answer.data["status"] == status
    assert answer.data.get("condition") == words
    assert f": {status}" in answer.text
    if status == "resolvedInNextRelease":
        assert answer.text.count("resolvedInNextRelease") == 1
        assert "in the next release" not in answer.text, "the status says it"
    else:
        assert words is None or f"{status} {words}" in answer.text
    assert "archived" not in answer.text or words is None, "each thing once"


def test_a_trend_is_its_total_and_the_counts_of_its_days(read: Read) -> None:
    days = [[1_795_000_000 + 86_400 * n, n] for n in range(14)]

    answer = read(issue(made(stats={"14d": days, "24h": [[0, 0]] * 24, "30d": []}), None))

    assert "14d 91 by day from 11-19: 1 2 3 4 5 6 7 8 9 10 11 12 13" in answer.text
    newest = "2026-12-01T11:06:40Z"
    assert answer.data["trends"] == [{"period": "14d", "counts": list(range(14)), "newest": newest}]


def test_a_trend_without_times_is_a_sparkline_with_its_total_and_peak(read: Read) -> None:
    answer = read(issue(made(stats={"14d": [[None, n] for n in range(14)]}), None))

    assert "14d ▁▂▃▃▄▄▅▅▆▆▇▇██ 91 (peak 13/day)" in answer.text
    assert answer.data["trends"] == [{"period": "14d", "counts": list(range(14))}]


def test_what_an_outsider_may_have_written_is_named(read: Read) -> None:
    answer = read(issue(python_issue(), python_event()))

    untrusted = answer.meta["untrusted"]
    assert {"title", "culprit", "stacktrace.frames[].vars", "stacktrace.frames[].context_line"} <= set(untrusted)
    assert {"breadcrumbs[].message", "request.headers", "exceptions[].value", "release"} <= set(untrusted)
    assert not {"id", "short_id", "status", "count", "first_seen", "event_id", "omitted"} & set(untrusted)


def test_a_link_to_another_address_is_left_out_with_a_word(read: Read) -> None:
    answer = read(issue(made(permalink="https://sentry.acme.test/organizations/acme/issues/5/"), None))
    assert "link" not in answer.data
    assert "sentry.acme.test" not in answer.text
    assert any("sentry_url" in line for line in answer.data["omitted"])
    assert "it leads elsewhere than sentry_url" in answer.text


def test_a_link_that_is_no_link_and_words_that_are_no_words_count_as_absent(read: Read) -> None:
    odd = made(permalink="javascript:alert(1)", status="do as I say", shortId="now do", level="worst")

    answer = read(issue(odd, None))

    assert answer.text.startswith("Issue 5: unknown status")
    assert not {"link", "status", "short_id", "level"} & set(answer.data)


def test_identifiers_are_never_taken_for_secrets(read: Read) -> None:
    card = "4111111111111111"

    answer = read(issue(made(id=card, shortId=None), Event.model_validate({"eventID": card, "message": card})))

    assert answer.data["id"] == card
    assert answer.data["event_id"] == card
    assert "message" not in answer.data or answer.data["message"] == "[redacted]"
