"""A search query: what is wrong with it, or hardly meant so, and the nearest form that Sentry takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry.search import diagnose, likely_meant

RIGHT = [
    "",
    "is:unresolved level:error TimeoutError",
    "!is:resolved !level:info",
    'message:"disk is full" user.email:ann@example.com',
    "release:[1.2, 1.3] firstRelease:shop@1.0",
    "timesSeen:>10 age:-24h lastSeen:+7d firstSeen:2026-01-01",
    "lastSeen:>=2026-01-01T10:00:00Z event.timestamp:>2023-09-28T00:00:00-07:00",
    "timesSeen:>1k timesSeen:[1, 2] !timesSeen:<=5",
    "error.unhandled:true error.handled:0 stack.in_app:False",
    "has:user my-tag:value http://example.com:80/path",
    '"TypeError: x is not a function"',
    'is:"unresolved"',
    "is:archived_until_escalating",
    "is:archived_forever",
    "is:muted",
    "assigned:[me, none] assigned_or_suggested:#web",
    'tags[project_id]:7 flags["my_flag"]:true has:"user.id"',
    'browser:"Safari 11*" !message:"*Timeout" http.url:""',
    "0123456789abcdef0123456789abcdef",
    # Tags that are named like something else, and texts that look like terms.
    "status:500",
    "state:CA",
    "severity:high",
    "levels:high",
    "hash:abc",
    "page:3",
    "id=5",
    "user.id==7",
    "a<b",
    "connection refused (111)",
    "Error (code:5)",
    "TypeError Anonymous function(app/javascript/utils/transform-object-keys)",
    "можно: да",
    '\\"x',
]
TAKEN_BY_SOME = [
    "read and write",
    "TERMS AND CONDITIONS",
    "level:error and timeout",
    "KeyError: SUMMER",
    "level: error",
    'a pipe of 5" is too wide',
    "foo(",
    'message:foo"bar',
]


@pytest.mark.parametrize("query", RIGHT)
def test_a_query_with_nothing_wrong_is_left_alone(query: str) -> None:
    assert diagnose(query) is None
    assert diagnose(query, refused=True) is None
    assert likely_meant(query) is None


@pytest.mark.parametrize("query", TAKEN_BY_SOME)
def test_what_some_kinds_of_sentry_take_is_wrong_only_where_it_was_refused(query: str) -> None:
    assert diagnose(query) is None
    assert diagnose(query, refused=True) is not None


@pytest.mark.parametrize(
    ("query", "words", "suggestion"),
    [
        ("is:unresolvd", "is:unresolvd is not a state", "is:unresolved"),
        ("!is:resolvd", "is not a state", "!is:resolved"),
        ("is:unhandled", "is:unhandled is not a state", None),
        ("is:Resolved", "is not a state", "is:resolved"),
        ("is:", "is: names no state", "is:unresolved"),
        ("is:[resolved, ignored]", "is: takes one state, not a list", "is:resolved"),
        ("level:err", "err is not a level", "level:error"),
        ("is:unresolved AND level:error", "joined by AND without the word", "is:unresolved level:error"),
        ("is:unresolved and level:error", "joined by AND without the word", "is:unresolved level:error"),
        ("is:unresolved && level:error", "joined by AND without the word (or &&)", "is:unresolved level:error"),
        ("level:error OR level:fatal OR level:info", "OR is not known", "level:[error, fatal, info]"),
        ("is:resolved OR is:ignored plan:pro", "OR is not known", "is:resolved plan:pro"),
        ("timeout OR level:fatal", "OR is not known", "timeout"),
        ("(is:unresolved level:error) x", "Parentheses are not known", "is:unresolved level:error x"),
        ("age:24h", "age: takes a time such as -24h", "age:-24h"),
        ("age:>7d", "takes a time", "age:+7d"),
        ("lastSeen:>-24h", "takes a time", "lastSeen:-24h"),
        ("lastSeen:<-24h", "takes a time", "lastSeen:+24h"),
        ('age:"-24h"', "takes a time", "age:-24h"),
        ("!age:-24h", "takes a time", "age:+24h"),
        ("firstSeen:-30s", "takes a time", "firstSeen:-24h"),
        ("lastSeen:3 ", "takes a time", "lastSeen:-24h"),
        ("lastSeen:2months", "takes a time", "lastSeen:-24h"),
        ("lastSeen:yesterday", "takes a time", "lastSeen:-24h"),
        ("lastSeen:2026-01-01T10:00", "takes a time", "lastSeen:-24h"),
        ("timestamp:[-24h]", "takes a time", "timestamp:-24h"),
        ("timesSeen:many", "takes a number such as", "timesSeen:>10"),
        ("timesSeen:50+", "takes a number such as", "timesSeen:>=50"),
        ('timesSeen:"10"', "takes a number such as", "timesSeen:10"),
        ("error.unhandled:yes", "takes true or false", "error.unhandled:true"),
        ("has:", "has: takes the name of one", "has:user"),
        ("has:[plan, user]", "has: takes the name of one", "has:plan"),
        ('message:"foo', "is not closed", 'message:"foo"'),
        ('is:unresolved "disk full\\', "is not closed", 'is:unresolved "disk full"'),
        ("level:", "level: has no value", "has:level"),
    ],
)
def test_what_is_wrong_is_told_with_the_nearest_valid_form(query: str, words: str, suggestion: str | None) -> None:
    found = diagnose(query)

    assert found is not None
    assert words in str(found)
    assert suggestion in (None, found.suggestion)
    assert str(found).endswith(f"Nearest valid query: {found.suggestion}")
    assert diagnose(found.suggestion, refused=True) is None


@pytest.mark.parametrize(
    ("query", "words", "suggestion"),
    [
        ("level: error", "no space after a colon", "level:error"),
        ('release: "a b"', "no space after a colon", 'release:"a b"'),
        ("TypeError: x is y", "stands in quotation marks", '"TypeError: x is y"'),
        ("TypeError: x of y:z is:unresolved", "stands in quotation marks", '"TypeError: x of y:z" is:unresolved'),
        ('Error: "x" failed', "stands in quotation marks", '"Error: \\"x\\" failed"'),
        ("failed to connect: timeout", "stands in quotation marks", '"failed to connect: timeout"'),
        ("TypeError:", "stands in quotation marks", '"TypeError:"'),
        ("level:error and timeout", "joined by AND without the word", "level:error timeout"),
        ("is:unresolved read or write", "the word or, stands in quotation marks", None),
        ("read or write", "the word or, stands in quotation marks", '"read or write"'),
        ("call of foo( failed", "a parenthesis that has no other", '"call of foo( failed"'),
        (") (", "a parenthesis that has no other", '") ("'),
        ('5" wide', "A quotation mark in a text", '"5\\" wide"'),
        ('message:5"', "stands in quotation marks", 'message:"5\\""'),
        ("message:(x)", "stands in quotation marks", 'message:"(x)"'),
        ("level:err read and write", "err is not a level", 'level:error "read and write"'),
    ],
)
def test_of_a_refused_query_more_is_told_as_wrong(query: str, words: str, suggestion: str | None) -> None:
    found = diagnose(query, refused=True)

    assert found is not None
    assert words in str(found)
    assert suggestion in (None, found.suggestion)
    assert diagnose(found.suggestion, refused=True) is None


@pytest.mark.parametrize(
    ("query", "words", "suggestion"),
    [
        ("status:resolved", "status: may be searched as a tag, unlike Sentry's own is:.", "is:resolved"),
        ("severity:error", "severity: may be searched as a tag", "level:error"),
        ("relase:1.2", "relase: may be searched as a tag, unlike Sentry's own release:.", "release:1.2"),
        ("env:production x", "unlike Sentry's own environment:.", "environment:production x"),
        ("!Level:error", "Level: may be searched as a tag", "!level:error"),
        ("release=1.2", "release=1.2 is searched as text", "release:1.2"),
        ("timesSeen>10", "joined by a colon, not by >", "timesSeen:>10"),
        ("level: error", "no space after a colon", "level:error"),
        ("KeyError: x", "stands in quotation marks", '"KeyError: x"'),
    ],
)
def test_a_query_that_is_taken_but_hardly_meant_so_is_not_called_wrong(query: str, words: str, suggestion: str) -> None:
    found = likely_meant(query)

    assert diagnose(query) is None
    assert found is not None
    assert words in str(found)
    assert str(found).endswith(f"Perhaps: {suggestion}")


@given(st.text(st.sampled_from('ab:"()[]<>=!- isANDorage24') | st.characters(), max_size=200), st.booleans())
def test_any_text_is_judged_and_the_suggestion_holds(query: str, refused: bool) -> None:
    for found in (diagnose(query, refused=refused), likely_meant(query)):
        if found is not None:
            assert found.problems
            assert found.suggestion
