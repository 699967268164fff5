"""However a person or a model names an issue or an event, it is the right one or refused before any request."""

import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sentry.errors import InvalidRequestError, SentryError
from sentry.paths import MAX_SEGMENT, api_path
from sentry.references import IssueReference, event_reference, issue_reference, slug

OURS = "https://sentry.example.com"
SENTRY_IO = "https://sentry.io"
EVENT = "0123456789abcdef0123456789abcdef"
DASHED = "01234567-89ab-CDEF-0123-456789abcdef"


@pytest.mark.parametrize("text", ["5", " 5 ", "#5", f"{OURS}/issues/5", f"{OURS}/organizations/acme/issues/5/?a=b#c"])
def test_these_are_the_same_issue(text: str) -> None:
    assert issue_reference(text, OURS).id == "5"


@pytest.mark.parametrize("text", ["SHOP-BACKEND-1", "shop-backend-1", f"{OURS}/issues/shop-backend-1/"])
def test_these_are_the_same_short_id(text: str) -> None:
    reference = issue_reference(text, OURS)
    assert reference.id == "SHOP-BACKEND-1"
    assert reference.is_short


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
    ],
)
def test_the_organization_is_read_from_every_shape_of_url(url: str, ours: str, organization: str | None) -> None:
    assert issue_reference(url, ours) == IssueReference("5", organization)


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


@pytest.mark.parametrize("text", [EVENT, EVENT.upper(), DASHED, f" {DASHED} "])
def test_these_are_the_same_event(text: str) -> None:
    assert event_reference(text, OURS) == (EVENT, None)


def test_an_event_is_read_from_its_url_with_its_issue() -> None:
    url = f"{OURS}/organizations/acme/issues/5/events/{DASHED}/?referrer=mail"
    assert event_reference(url, OURS) == (EVENT, IssueReference("5", "acme", EVENT))
    assert event_reference(f"{OURS}/issues/5/events/oldest/", OURS)[0] == "oldest"
    assert event_reference(f"{OURS}/issues/5/", OURS)[0] == "latest"
    assert issue_reference(url, OURS).event == EVENT


@pytest.mark.parametrize("name", ["latest", "Oldest", "RECOMMENDED"])
def test_an_event_can_be_named_by_its_place(name: str) -> None:
    assert event_reference(name, OURS) == (name.lower(), None)


def test_an_event_that_is_given_as_an_issue_is_recognized() -> None:
    for text in (DASHED, "abcdef0123456789abcdef0123456789"):
        with pytest.raises(InvalidRequestError, match="is an event, not an issue"):
            issue_reference(text, OURS)


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


def test_an_event_in_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="in the URL is not an event"):
        issue_reference(f"{OURS}/issues/5/events/https%3A%2F%2Fevil/", OURS)


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "a b", "%2e%2e", "\u212a", "a\nb", "\ud800"])
def test_what_is_no_slug_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="is not a project slug"):
        slug(text, "a project")


hosts = st.from_regex(r"[a-z0-9.\-@:\\\[\]%]{1,30}", fullmatch=True)


@given(hosts, st.sampled_from(["sentry.io", "sentry.example.com"]))
def test_no_spelling_of_another_host_passes_for_ours(host: str, ours: str) -> None:
    bare = host.removesuffix(":443").removesuffix(":80").removesuffix(":")
    assume(bare != ours and not (ours == "sentry.io" and re.fullmatch(r"[a-z0-9][a-z0-9.-]*\.sentry\.io", bare)))
    with pytest.raises(InvalidRequestError):
        issue_reference(f"https://{host}/issues/5/", f"https://{ours}")


@given(st.text(max_size=200))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    for read in (issue_reference, event_reference):
        try:
            read(text, OURS)
        except SentryError as error:
            error.message.encode()


def all_decodings(text: str) -> list[str]:
    """A text and whatever it becomes when it is percent-decoded again and again."""
    found = [text]
    while (decoded := unquote(found[-1])) != found[-1]:
        found.append(decoded)
    return found


nasty = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            ["..", ".", "/", "\\", "%", "25", "2e", "2f", "5c", "%2e", "%2f", "%252f", "a", "\x00", "\n", "%0d"]
        ),
        max_size=12,
    ).map("".join),
)


@given(nasty)
def test_a_segment_stays_one_segment_and_never_climbs_however_often_it_is_decoded(segment: str) -> None:
    try:
        path = api_path("issues", segment, "events")
    except InvalidRequestError:
        return
    start, middle, end = path.partition("/api/0/issues/")
    assert (start, middle) == ("", "/api/0/issues/")
    inside = end.removesuffix("/events/")
    assert "/" not in inside
    assert inside.isascii()
    assert unquote(inside) == segment
    for decoded in all_decodings(inside):
        assert not {".", ".."} & set(re.split(r"[/\\]", decoded))
        assert not re.search(r"[\x00-\x1f\x7f]", decoded)


@pytest.mark.parametrize(
    "segment",
    [
        "",
        ".",
        "..",
        "%2e%2e",
        "%252e%252E",
        "../../admin",
        "a/../b",
        "a%2f..%2fb",
        "..\\..",
        "a\nb",
        "%00",
        "\ud800",
        "x" * (MAX_SEGMENT + 1),
        "x" * 1_000_000,
    ],
    ids=lambda segment: repr(segment[:20]),
)
def test_a_segment_that_nothing_can_confine_is_refused(segment: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        api_path("issues", segment)
    assert len(raised.value.message.encode()) < 200


@pytest.mark.parametrize("version", ["shop@1.5.0+build/7", "feature/x y", "ünïcode", "50%", "a...b", "1..2"])
def test_a_release_may_hold_what_releases_hold(version: str) -> None:
    assert api_path("releases", version) == f"/api/0/releases/{quote(version, safe='')}/"
