"""A malformed search query: what is wrong, and the nearest form that Sentry takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry.search import diagnose


@pytest.mark.parametrize(
    "query",
    [
        "",
        "is:unresolved level:error TimeoutError",
        "!is:resolved !level:info",
        'message:"disk is full" user.email:ann@example.com',
        "release:[1.2, 1.3] firstRelease:shop@1.0",
        "timesSeen:>10 age:-24h lastSeen:+7d firstSeen:2026-01-01",
        "has:user my-tag:value http://example.com:80/path",
        '"TypeError: x is not a function"',
        "is:[resolved, ignored]",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_a_query_with_nothing_wrong_is_left_alone(query: str) -> None:
    assert diagnose(query) is None


@pytest.mark.parametrize(
    ("query", "words", "suggestion"),
    [
        ("is:unresolvd", "is:unresolvd is not a state", "is:unresolved"),
        ("!is:resolvd", "is not a state", "!is:resolved"),
        ("status:resolved", "status: is is: in Sentry", "is:resolved"),
        ("severity:error", "severity: is level: in Sentry", "level:error"),
        ("level:err", "err is not a level", "level:error"),
        ("level: error", "no space after a colon", "level:error"),
        ('release: "a b"', "no space after a colon", 'release:"a b"'),
        ("TypeError: x is y", "stands in quotation marks", '"TypeError: x is y"'),
        ("is:unresolved AND level:error", "joined by AND without the word", "is:unresolved level:error"),
        ("level:error OR level:fatal", "OR is not known", "level:error level:fatal"),
        ("(is:unresolved)", "Parentheses are not known", "is:unresolved"),
        ("release=1.2", "joined by a colon, not by =", "release:1.2"),
        ("timesSeen>10", "joined by a colon, not by >", "timesSeen:>10"),
        ("age:24h", "age: takes a time such as -24h", "age:-24h"),
        ("lastSeen:yesterday", "takes a time", "lastSeen:-24h"),
        ('message:"foo', "is not closed", 'message:"foo"'),
        ("level:", "level: has no value", "has:level"),
        ("relase:1.2", "would be a tag; the property is release:", "release:1.2"),
    ],
)
def test_what_is_wrong_is_told_with_the_nearest_valid_form(query: str, words: str, suggestion: str) -> None:
    found = diagnose(query)

    assert found is not None
    assert words in str(found)
    assert found.suggestion == suggestion
    assert str(found).endswith(suggestion)


@given(st.text(st.sampled_from('ab:"()[]<>=!- isAND') | st.characters(), max_size=200))
def test_any_text_is_judged_and_the_suggestion_holds(query: str) -> None:
    found = diagnose(query)

    if found is not None:
        assert found.problems
        assert found.suggestion
