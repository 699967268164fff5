"""Whatever a path of the Web API is made of stays one segment of it, or is refused."""

import re
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry.errors import InvalidRequestError
from sentry.paths import LISTS, MAX_SEGMENT, api_path, issue_in


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


@pytest.mark.parametrize(
    ("issue", "of"),
    [
        ("5", ["issues", "5"]),
        ("5", ["issues", "5", "events", "latest"]),
        ("5", ["organizations", "acme", "issues", "5", "tags"]),
        ("SHOP-5", ["organizations", "issues", "issues", "SHOP-5"]),
        (LISTS, ["organizations", "acme", "issues"]),
        (None, ["organizations", "issues", "projects"]),
        (None, ["projects", "acme", "issues", "events", "5"]),
        (LISTS, ["projects", "acme", "shop", "issues"]),
        (None, ["shared", "issues", "5"]),
        (None, ["organizations", "acme", "shared", "issues", "5"]),
        (None, ["organizations", "acme", "releases", "/api/0/issues/5/"]),
    ],
)
def test_of_which_issue_a_url_is(issue: str | None, of: list[str]) -> None:
    url = f"https://sentry.example.com/sentry{api_path(*of)}"
    assert issue_in(url) == issue
    assert issue_in(f"{url}?{urlencode({'query': '/api/0/issues/7/ issues/7/'})}") == issue
