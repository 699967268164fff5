"""A URL of any page names the right issue or event, or is refused before any request, wherever it leads."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sentry.errors import InvalidRequestError
from sentry.identifiers import EventReference, IssueReference, SharedIssue
from sentry.references import event_reference, issue_reference

OURS = "https://sentry.example.com"
SENTRY_IO = "https://sentry.io"
EVENT = "0123456789abcdef0123456789abcdef"
DASHED = "01234567-89ab-CDEF-0123-456789abcdef"


@pytest.mark.parametrize(
    ("url", "ours", "organization"),
    [
        (f"{OURS}/organizations/acme/issues/5/", OURS, "acme"),
        (f"{OURS}/acme/shop-backend/issues/5/", OURS, "acme"),  # Sentry 9
        (f"{OURS}/backend/issues/5", OURS, None),  # GlitchTip's permalink
        (f"{OURS}/api/0/issues/5/", OURS, None),
        (f"{OURS}/api/0/organizations/acme/issues/5/", OURS, "acme"),
        ("http://sentry.example.com/issues/5/", OURS, None),
        ("https://sentry.example.com:443/issues/5/", OURS, None),
        ("https://SENTRY.example.com/issues/5/", OURS, None),
        ("https://acme.sentry.io/issues/5/?project=1", SENTRY_IO, "acme"),
        ("https://sentry.io/organizations/acme/issues/5/", SENTRY_IO, "acme"),
        ("https://us.sentry.io/issues/5/", SENTRY_IO, None),
        ("https://sentry.io/organizations/acme/issues/5/", "https://de.sentry.io", "acme"),
        ("https://acme.sentry.io/issues/5/", "https://de.sentry.io", "acme"),
        ("https://tools.example.com/sentry/organizations/acme/issues/5/", "https://tools.example.com/sentry", "acme"),
        ("http://[::1]:9000/organizations/acme/issues/5/", "http://[::1]:9000", "acme"),
        ("http://127.0.0.1:9000/acme/shop/issues/5/", "http://127.0.0.1:9000", "acme"),
        ("https://sentry.io/acme/issues/5/", SENTRY_IO, "acme"),
        (f"{OURS}/organizations/issues/issues/5/", OURS, "issues"),
    ],
)
def test_the_organization_is_read_from_every_shape_of_url(url: str, ours: str, organization: str | None) -> None:
    assert issue_reference(url, ours) == IssueReference("5", organization)


@pytest.mark.parametrize(
    "tab",
    [
        "",
        "?project=-1&query=is%3Aunresolved&referrer=issue-stream&statsPeriod=14d&stream_index=0",
        "/?alert_rule_id=7&alert_type=issue&environment=production&referrer=slack",
        "/activity/",
        "/attachments/?types=event.minidump",
        "/autofix/",
        "/check-ins/",
        "/distributions/release/",
        "/events/",
        "/events/?cursor=0%3A50%3A0",
        "/feedback/",
        "/merged/",
        "/open-periods/",
        "/replays/",
        "/similar/",
        "/tags/environment/",
        "/uptime-checks/",
    ],
)
def test_each_tab_of_an_issue_names_the_issue(tab: str) -> None:
    for start in (f"{OURS}/organizations/acme", f"{OURS}/acme/shop"):
        assert issue_reference(f"{start}/issues/5{tab}", OURS) == IssueReference("5", "acme")
        assert event_reference(f"{start}/issues/5{tab}", OURS)[0] == "latest"
    assert issue_reference(f"https://acme.sentry.io/issues/5{tab}", SENTRY_IO) == IssueReference("5", "acme")


@pytest.mark.parametrize(
    ("url", "organization"),
    [(f"{OURS}/acme/issues/SHOP-1/", "acme"), (f"{OURS}/organizations/acme/issues/shop-1/", "acme")],
)
def test_a_short_id_in_a_url_stands_behind_its_organization(url: str, organization: str) -> None:
    assert issue_reference(url, OURS) == IssueReference("SHOP-1", organization)


@pytest.mark.parametrize(
    ("url", "ours", "organization"),
    [
        (f"{OURS}/organizations/acme/issues/feedback/?feedbackSlug=shop%3A5&mailbox=ignored", OURS, "acme"),
        (f"{OURS}/organizations/acme/feedback/?project=1&feedbackSlug=shop:5", OURS, "acme"),
        ("https://acme.sentry.io/issues/feedback/?feedbackSlug=shop%3A5", SENTRY_IO, "acme"),
        ("https://acme.sentry.io/feedback/?feedbackSlug=shop%3A5", SENTRY_IO, "acme"),
    ],
)
def test_feedback_is_an_issue(url: str, ours: str, organization: str) -> None:
    assert issue_reference(url, ours) == IssueReference("5", organization)


@pytest.mark.parametrize(
    ("url", "ours", "organization"),
    [
        (f"{OURS}/acme/shop/events/{EVENT}/", OURS, "acme"),  # Sentry 9
        (f"{OURS}/organizations/acme/projects/shop/events/{DASHED}/?referrer=mail", OURS, "acme"),
        (f"{OURS}/api/0/projects/acme/shop/events/{EVENT}/json/", OURS, "acme"),
        (f"{OURS}/organizations/acme/discover/shop:{EVENT}/", OURS, "acme"),
        (f"{OURS}/organizations/acme/performance/shop%3A{EVENT}/", OURS, "acme"),
        (f"{OURS}/organizations/acme/issues/feedback/?eventId={EVENT}&projectSlug=shop", OURS, "acme"),
        (f"https://acme.sentry.io/projects/shop/events/{EVENT}", SENTRY_IO, "acme"),
        (f"https://acme.sentry.io/explore/discover/shop:{EVENT}/", SENTRY_IO, "acme"),
    ],
)
def test_an_event_of_a_project_is_read_from_every_shape_of_url(url: str, ours: str, organization: str) -> None:
    named = EventReference(EVENT, organization, "shop")
    assert event_reference(url, ours) == (EVENT, named)
    assert issue_reference(url, ours) == named


@pytest.mark.parametrize("where", ["share/issue", "organizations/acme/share/issue", "share/group"])
def test_a_shared_issue_is_named_by_its_secret(where: str) -> None:
    organization = "acme" if "acme" in where else None
    assert issue_reference(f"{OURS}/{where}/{EVENT}/", OURS) == SharedIssue(EVENT, organization)
    assert event_reference(f"{OURS}/{where}/{EVENT}/", OURS)[0] == "latest"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("issues/?query=is%3Aunresolved", "a list of issues"),
        ("issues/errors-outages/", "a list of issues"),
        ("issues/views/12/", "a list of issues"),
        ("issues/feedback/", "a list of feedback"),
        ("issues/feedback/?feedbackSlug=shop", "a list of feedback"),
        ("alerts/rules/shop/12/details/", "an alert's page"),
        ("issues/alerts/rules/crons/shop/nightly/details/", "an alert's page"),
        ("crons/shop/nightly/", "a monitor's page"),
        ("monitors/12/", "a monitor's page"),
        (f"replays/{EVENT}/", "a replay's page"),
        (f"performance/trace/{EVENT}/", "a trace's page"),
        ("releases/shop%401.5.0/", "a release's page"),
        ("projects/shop/", "a project's page"),
        ("share/issue/", "another page"),
        ("", "another page"),
    ],
)
def test_a_page_that_names_no_issue_is_told_with_what_to_give_instead(path: str, words: str) -> None:
    for url, ours in ((f"{OURS}/organizations/acme/{path}", OURS), (f"https://acme.sentry.io/{path}", SENTRY_IO)):
        for read in (issue_reference, event_reference):
            with pytest.raises(InvalidRequestError, match=rf"names no issue: it is {words}\. .*(issue|get_trace)"):
                read(url, ours)


def test_a_url_of_another_host_is_told_with_the_host_that_is_ours() -> None:
    with pytest.raises(InvalidRequestError, match=r"is not on sentry\.example\.com, the Sentry this server"):
        issue_reference("https://acme.sentry.io/issues/5/", OURS)


@pytest.mark.parametrize(
    "url",
    [
        "https://sentry.io.evil.com/issues/5/",
        "https://evil-sentry.io/issues/5/",
        "https://acme.sentry.io.evil.com/issues/5/",
        "https://a.b.sentry.io/issues/5/",
        "https://sentry.io@evil.com/issues/5/",
        "https://sentry.io:443@evil.com/issues/5/",
        "https://evil.com@sentry.io/issues/5/",
        "https://:password@sentry.io/issues/5/",
        "https://sentry.io\\@evil.com/issues/5/",
        "https://evil.com/sentry.io/issues/5/",
        "https://evil.com?https://sentry.io/issues/5/",
        "https://evil.com#sentry.io/issues/5/",
        "https://sentry.io:8443/issues/5/",
        "https://acme.sentry.io:8443/issues/5/",
        "https://sentry.io:notaport/issues/5/",
        "https://[::1/issues/5/",
        "https://xn--sentry-.io/issues/5/",
        "https://\uff53entry.io.evil.com/issues/5/",
        "ftp://sentry.io/issues/5/",
        "javascript://sentry.io/issues/5/",
        "//sentry.io/issues/5/",
        "https://sentry.io/organizations/acme/",
        "https://sentry.io/organizations/acme/issues/",
        "https://sentry.io/issues/..%2f..%2f5/",
        "https://sentry.io/issues/5;5/",
    ],
)
def test_a_url_that_is_no_issue_of_ours_is_refused(url: str) -> None:
    for ours in (SENTRY_IO, "https://us.sentry.io"):
        with pytest.raises(InvalidRequestError):
            issue_reference(url, ours)
        with pytest.raises(InvalidRequestError):
            event_reference(url, ours)


@pytest.mark.parametrize("path", ["issues/5/", "other/issues/5/", "sentryfoo/issues/5/"])
def test_a_url_outside_of_our_path_prefix_is_refused(path: str) -> None:
    with pytest.raises(InvalidRequestError):
        issue_reference(f"https://tools.example.com/{path}", "https://tools.example.com/sentry")


def test_an_event_is_read_from_its_url_with_its_issue() -> None:
    url = f"{OURS}/organizations/acme/issues/5/events/{DASHED}/?referrer=mail"
    assert event_reference(url, OURS) == (EVENT, IssueReference("5", "acme", EVENT))
    assert event_reference(f"{OURS}/issues/5/events/oldest/", OURS)[0] == "oldest"
    assert event_reference(f"{OURS}/issues/5/", OURS)[0] == "latest"
    assert issue_reference(url, OURS) == IssueReference("5", "acme", EVENT)


@pytest.mark.parametrize("start", ["acme/shop", "organizations/acme"])
def test_sentry_9_numbers_the_events_on_its_pages(start: str) -> None:
    url = f"{OURS}/{start}/issues/1/events/14/"
    assert event_reference(url, OURS) == ("14", IssueReference("1", "acme", "14"))


def test_an_event_in_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="in the URL is not an event"):
        issue_reference(f"{OURS}/issues/5/events/https%3A%2F%2Fevil/", OURS)


hosts = st.from_regex(r"[a-z0-9.\-@:\\\[\]%]{1,30}", fullmatch=True)


@given(hosts, st.sampled_from(["sentry.io", "sentry.example.com"]))
def test_no_spelling_of_another_host_passes_for_ours(host: str, ours: str) -> None:
    bare = host.removesuffix(":443").removesuffix(":80").removesuffix(":")
    assume(bare != ours and not (ours == "sentry.io" and re.fullmatch(r"[a-z0-9][a-z0-9.-]*\.sentry\.io", bare)))
    with pytest.raises(InvalidRequestError):
        issue_reference(f"https://{host}/issues/5/", f"https://{ours}")
