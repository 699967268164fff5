"""However a person or a model names an issue, an event or a project, it is the right one or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry.errors import InvalidRequestError, SentryError
from sentry.identifiers import EventReference, IssueReference, slug
from sentry.references import event_reference, issue_reference, project_reference

OURS = "https://sentry.example.com"
EVENT = "0123456789abcdef0123456789abcdef"
DASHED = "01234567-89ab-CDEF-0123-456789abcdef"


@pytest.mark.parametrize("text", ["5", " 5 ", "#5", f"{OURS}/issues/5", f"{OURS}/issues/5/?a=b#c"])
def test_these_are_the_same_issue(text: str) -> None:
    assert issue_reference(text, OURS) == IssueReference("5")


@pytest.mark.parametrize("text", ["SHOP-BACKEND-1", "shop-backend-1", f"{OURS}/issues/shop-backend-1/"])
def test_these_are_the_same_short_id(text: str) -> None:
    reference = issue_reference(text, OURS)
    assert isinstance(reference, IssueReference)
    assert (reference.id, reference.is_short) == ("SHOP-BACKEND-1", True)


@pytest.mark.parametrize(
    ("text", "number"), [("acme/5", "5"), ("acme/#5", "5"), ("acme/SHOP-1", "SHOP-1"), (" ac.me_2/shop-1", "SHOP-1")]
)
def test_an_issue_may_stand_behind_its_organization(text: str, number: str) -> None:
    assert issue_reference(text, OURS) == IssueReference(number, text.strip().partition("/")[0])


def test_a_project_may_stand_behind_its_organization() -> None:
    assert project_reference(" shop ") == (None, "shop")
    assert project_reference("shop", "acme") == ("acme", "shop")
    assert project_reference("acme/shop") == project_reference("acme/shop", "acme") == ("acme", "shop")


@pytest.mark.parametrize("text", ["/shop", "acme/", "a/b/c", "../shop", "acme/..", "ac me/shop"])
def test_what_is_no_project_of_an_organization_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="slug"):
        project_reference(text)


def test_a_project_of_two_organizations_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="'acme/shop' is a project of acme, not of 'beta'"):
        project_reference("acme/shop", "beta")


@pytest.mark.parametrize("text", [EVENT, EVENT.upper(), DASHED, f" {DASHED} "])
def test_these_are_the_same_event(text: str) -> None:
    assert event_reference(text, OURS) == (EVENT, EventReference(EVENT))
    assert event_reference(f"acme/{text.strip()}", OURS) == (EVENT, EventReference(EVENT, "acme"))


@pytest.mark.parametrize("name", ["latest", "Oldest", "RECOMMENDED"])
def test_an_event_can_be_named_by_its_place(name: str) -> None:
    assert event_reference(name, OURS) == (name.lower(), EventReference(name.lower()))


def test_an_event_that_is_given_as_an_issue_is_recognized() -> None:
    for text in (DASHED, "abcdef0123456789abcdef0123456789"):
        with pytest.raises(InvalidRequestError, match="is an event, not an issue"):
            issue_reference(text, OURS)


@pytest.mark.parametrize("text", ["5", "#5", "SHOP-1", "acme/SHOP-1"])
def test_an_issue_that_is_given_as_an_event_is_recognized(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="is an issue, not an event"):
        event_reference(text, OURS)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "SHOP_1", "../5", "5/../6", "5%2f..", "\u212a-1", "SHOP-1\x00", "\ud800", "9" * 21, "x" * 1_000_000],
)
def test_what_is_no_issue_is_refused_in_a_short_sentence_that_can_be_written(text: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        issue_reference(text, OURS)
    assert len(raised.value.message.encode()) < 300
    with pytest.raises(InvalidRequestError):
        event_reference(text, OURS)


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "a b", "%2e%2e", "\u212a", "a\nb", "\ud800"])
def test_what_is_no_slug_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="is not a project slug"):
        slug(text, "a project")


@given(st.text(max_size=200))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    for read in (issue_reference, event_reference):
        try:
            read(text, OURS)
        except SentryError as error:
            error.message.encode()
