"""What is kept of an event: bounded, storable, without secrets."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.clock import iso, moment
from local.intake import cleaning
from local.intake.cleaning import clean, is_card, is_secret
from local.intake.incoming import read_body, read_event
from local.values import parse, whole

# The first text drawn on a machine builds Hypothesis's table of Unicode, which takes seconds.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=30)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5)
)
names = st.sampled_from(
    (
        "exception values stacktrace frames tags user extra contexts request breadcrumbs message logentry threads"
        " timestamp fingerprint id data"
    ).split()
)
events = st.dictionaries(
    names,
    st.recursive(values, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4)),
    max_size=6,
)


@pytest.mark.no_cover  # traced, it takes three times as long
@unhurried
@given(events)
def test_any_event_is_read_and_packed(event: dict[str, Any]) -> None:
    found = read_event(event, 1_795_562_726_000)
    assert len(found.event_id) == len(found.hash) == 32
    json.dumps(read_body(found.body), allow_nan=False, ensure_ascii=False).encode()
    json.dumps([found.tags, found.fields], allow_nan=False, ensure_ascii=False).encode()
    "".join([found.title, found.culprit, found.search_text, found.platform, found.logger or ""]).encode()


@unhurried
@given(values)
def test_what_is_clean_stays_as_it_is(value: Any) -> None:
    once = clean({"extra": value})
    assert clean(once) == once


@pytest.mark.parametrize(
    "key",
    [
        "password", "Passwd", "user_password", "api_key", "apiKey", "X-Api-Key", "secret", "client_secret", "auth",
        "Authorization", "Proxy-Authorization", "access_token", "credentials", "aws_credentials", "private_key",
        "privateKey", "mysql_pwd", "card_number", "bearer",
    ],
)  # fmt: skip
def test_a_key_that_names_a_secret_hides_its_value(key: str) -> None:
    for section in ("extra", "contexts", "request", "user"):
        cleaned = clean({section: {"a": [{key: "x", "b": 1}]}})
        assert cleaned == {section: {"a": [{key: "[Filtered]", "b": 1}]}}
    assert clean({"request": {"headers": [[key, "x"]]}}) == {"request": {"headers": [[key, "[Filtered]"]]}}
    frames = {"exception": [{"stacktrace": {"frames": [{"vars": {key: {"a": 1}}}]}}]}
    assert clean(frames)["exception"][0]["stacktrace"]["frames"][0]["vars"] == {key: "[Filtered]"}
    assert clean({"extra": {key: None}}) == {"extra": {key: None}}


@pytest.mark.parametrize("key", ["author", "path", "oauth_state", "keyboard", "tokenizer", "passenger", "cardinal"])
def test_a_key_that_only_looks_like_one_does_not(key: str) -> None:
    assert not is_secret(key)


def test_messages_tags_and_source_lines_are_left_alone() -> None:
    event = {
        "message": "password: x",
        "tags": {"password": "x"},
        "exception": [{"value": "x", "stacktrace": {"frames": [{"context_line": "password = 4111111111111111"}]}}],
    }
    assert clean(event) == event


@pytest.mark.parametrize("card", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"])
def test_a_card_number_is_hidden_wherever_it_stands(card: str) -> None:
    assert is_card(card)
    cleaned = clean({"extra": {"a": f"paid with {card}!", "b": [card]}})
    assert cleaned == {"extra": {"a": "paid with [Filtered]!", "b": ["[Filtered]"]}}


def test_numbers_that_are_no_cards_stay() -> None:
    for number in ("4111111111111112", "0000000000000000", "1795562726873", "a4111111111111111", "4111111111111111.5"):
        assert clean({"extra": {"a": number}}) == {"extra": {"a": number}}
    assert clean({"extra": {"a": 4111111111111111, "b": 4111111111111112}}) == {
        "extra": {"a": "[Filtered]", "b": 4111111111111112}
    }


def test_an_event_is_bounded_in_every_way() -> None:
    deep: Any = "bottom"
    for _ in range(100):
        deep = {"a": [deep]}
    event = {
        "extra": {
            "deep": deep,
            "long": "x" * 100_000,
            "k" * 1000: 1,
            "list": list(range(10_000)),
            "tree": [{str(n): "y" * 100} for n in range(400)] * 2,
        },
        "breadcrumbs": [["z" * 8000] * 400] * 400,
        "message": "kept",
        **{f"field{number}": {} for number in range(1000)},
    }
    cleaned = clean(event)
    extra = cleaned["extra"]
    assert extra["long"] == "x" * (cleaning.LONGEST_TEXT - 3) + "..."
    assert "k" * cleaning.LONGEST_KEY in extra
    assert len(extra["list"]) == cleaning.LONGEST_LIST
    assert json.dumps(cleaned).count("bottom") == 0
    assert len(json.dumps(cleaned)) < 2 * cleaning.MOST_CHARACTERS
    assert cleaned["message"] == "kept"


def test_many_values_are_cut_off_in_the_end() -> None:
    cleaned = clean({"extra": [[[0] * 400] * 400] * 400})
    assert json.dumps(cleaned).count("0") <= cleaning.MOST_VALUES


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1795562726.873, "2026-11-24T23:25:26.873Z"),
        ("1795562726.873", "2026-11-24T23:25:26.873Z"),
        ("2026-11-24T23:25:26.873456Z", "2026-11-24T23:25:26.873Z"),
        ("2026-11-24T23:25:26", "2026-11-24T23:25:26.000Z"),
        ("2026-11-24T23:25:26+02:00", "2026-11-24T21:25:26.000Z"),
        ("2026-11-24", "2026-11-24T00:00:00.000Z"),
        ("", None),
        ("now", None),
        (True, None),
        (None, None),
        ([], None),
        (float("nan"), None),
        (float("inf"), None),
        (1e300, None),
        ("9" * 400, None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times_are_read_in_all_their_shapes(sent: Any, found: str | None) -> None:
    assert iso(moment(sent)) == found


def test_whole_numbers_are_read_when_they_fit() -> None:
    assert [whole(value) for value in (5, 5.0, "5", 5.5, True, "x", 2**60, "9" * 30, None)] == [
        5, 5, 5, None, None, None, None, None, None,
    ]  # fmt: skip
    assert parse(b'{"a": ' + b"9" * 5000 + b"}") == {"a": "9" * 5000}


def test_what_takes_all_there_is_room_for_keeps_its_name() -> None:
    lines = [f"{number} {'x' * 8_000}" for number in range(400)]
    assert clean({"exception": {"values": lines}, "tags": {"a": "b"}})["exception"]["values"][0] == lines[0]
