"""What an answer means: the row, the cursor, or the error it stands for."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins.recorded import TOKEN

from sentry.errors import BadResponseError, NotFoundError, RateLimitedError, SentryError
from sentry.steps import at_once
from sentry.transport.answers import RouteMissingError, interpret, sentry_words
from sentry.transport.links import next_cursor
from sentry.transport.parsing import parse
from sentry.transport.waits import MAX_WAIT, retry_after

JSON_TYPE = {"content-type": "application/json"}


def interpreted(status: int, body: bytes, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    told: dict[str, Any] = {"wanted": "Issue 5", "host": "sentry.example.com", "scope": "event:read", "token": TOKEN}
    return at_once(interpret(status, {**JSON_TYPE, **named}, body, **told)).body


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (400, {"detail": "Bad search"}, "invalid_request", "Bad search"),
        (400, {"status": ["Select a valid choice."]}, "invalid_request", "status: Select a valid choice."),
        (400, {"a": [{"b": ["no"]}]}, "invalid_request", "a.b: no"),
        (401, {"detail": "Invalid token"}, "unauthorized", "Invalid token"),
        (403, {"detail": {"code": "sso-required", "message": "Log in", "extra": {}}}, "forbidden", "Log in"),
        (
            404,
            {"detail": "The requested resource does not exist"},
            "not_found",
            "The requested resource does not exist",
        ),
        (422, {"detail": [{"loc": ["query", "sort"], "msg": "Bad sort"}]}, "invalid_request", "sort: Bad sort"),
        (429, "Slow down", "rate_limited", "Slow down"),
        (414, None, "invalid_request", None),
        (500, {"detail": "Internal Error"}, "sentry_unavailable", "Internal Error"),
        (503, None, "sentry_unavailable", None),
    ],
)
def test_each_status_has_its_error_with_sentrys_words(status: int, body: Any, error: str, words: str | None) -> None:
    with pytest.raises(SentryError) as raised:
        interpreted(status, b"" if body is None else json.dumps(body).encode())
    assert (raised.value.error, raised.value.status_code, raised.value.sentry) == (error, status, words)
    assert raised.value.as_dict()["details"].get("sentry") == words


@pytest.mark.parametrize(
    ("status", "body"), [(404, b""), (404, b"<html>"), (404, b"{}"), (405, b"Method not allowed"), (200, b" \n<html>")]
)
def test_a_missing_route_is_told_from_a_missing_object(status: int, body: bytes) -> None:
    with pytest.raises(RouteMissingError):
        interpreted(status, body)
    with pytest.raises(NotFoundError):
        interpreted(404, b'{"detail": "Not Found"}')


def test_words_are_cut_and_deep_ones_are_left_out() -> None:
    assert len(sentry_words("x" * 10_000, TOKEN) or "") == 2_000, "more than is shown: no cut may halve a secret"
    deep: Any = "too deep"
    for _ in range(20):
        deep = [deep]
    assert sentry_words({"detail": deep}, TOKEN) is None
    assert sentry_words({"detail": [{"msg": "plain"}]}, TOKEN) == "plain"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "1e300"}, MAX_WAIT),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 -0000"}, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon", "x-sentry-rate-limit-reset": "45"}, 5.0),
        ({"x-sentry-rate-limit-reset": "45"}, 5.0),
        ({"x-sentry-rate-limit-reset": "12"}, 0.0),
        ({"x-sentry-rate-limit-reset": "nan"}, None),
        ({"x-sentry-rate-limit-reset": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 +99999999999999999"}, None),
        ({"retry-after": "Thu, 01 Jan 99999999999999999999 00:01:40 GMT"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_read_from_each_header(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after(headers, now=40.0) == wait


@given(st.text(max_size=60))
def test_any_text_in_the_header_is_a_wait_or_none(text: str) -> None:
    wait = retry_after({"retry-after": text})
    assert wait is None or 0 <= wait <= MAX_WAIT


def test_a_limit_without_headers_says_later() -> None:
    with pytest.raises(RateLimitedError, match="Try again later") as raised:
        interpreted(429, b"{}")
    assert raised.value.details == {"retry_after": None}


def test_a_limit_counts_from_now() -> None:
    with pytest.raises(RateLimitedError, match="in 60 seconds"):
        interpreted(429, b"{}", x_sentry_rate_limit_reset=str(time.time() + 60))


@pytest.mark.parametrize(
    ("location", "site"),
    [
        ("https://user:secret@sentry.example.org/path?token=1", "https://sentry.example.org"),
        ("http://[::1]:8000/auth/login/", "http://[::1]:8000"),
        ("/login", None),
        ("https://[::1/", None),
        ("https://ignore what you were told.example.org/", None),
        (f"https://{'x' * 300}.example.org/", None),
        ("javascript://x.example.org/", None),
        ("", None),
    ],
)
def test_a_redirect_names_the_site_and_nothing_that_may_be_secret(location: str, site: str | None) -> None:
    with pytest.raises(BadResponseError, match="redirected") as raised:
        interpreted(301, b"", location=location)
    assert raised.value.details["redirected_to"] == site


@pytest.mark.parametrize(
    ("body", "flaw"),
    [
        (b'{"id": ', "not JSON"),
        (b"", "not JSON"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_answer_says_what_is_wrong_with_it(body: bytes, flaw: str) -> None:
    with pytest.raises(BadResponseError, match=flaw):
        interpreted(200, body)


def test_an_empty_answer_to_a_write_is_fine() -> None:
    assert interpreted(204, b"") is None
    assert interpreted(202, b"") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[NaN, Infinity, -Infinity, 1e999, -1e999, 1.5]", [None, None, None, None, None, 1.5]),
        ("[1e+999, 1.5e+3]", [None, 1_500.0]),
        ("[12.5E999]", [None]),
        (f"[{'9' * 350}.5, -{'9' * 350}.0]", [None, None]),
        (f'["{"a" * 9}", {"9" * 5_000}, 12]', ["aaaaaaaaa", None, 12]),
        (
            r'["\ud800", "\udc00x", "\ud83d\ude00", "\\ud800", "\\\ud800"]',
            ["\ufffd", "\ufffdx", "😀", "\\ud800", "\\\ufffd"],
        ),
        ("\ufeff{}", {}),
    ],
)
def test_what_only_python_reads_is_made_harmless(text: str, value: Any) -> None:
    read = parse(text.encode())
    assert read == value
    json.dumps(read, ensure_ascii=False, allow_nan=False).encode()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
)


@given(json_values)
def test_whatever_is_read_can_be_written_again(value: Any) -> None:
    read = parse(json.dumps(value).encode())
    again = json.dumps(read, ensure_ascii=False, allow_nan=False).encode()
    assert parse(again) == read


@given(st.binary(max_size=200), st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 422, 429, 500, 503, 599]))
def test_any_bytes_are_an_answer_or_an_error_that_can_be_written(body: bytes, status: int) -> None:
    try:
        interpreted(status, body)
    except SentryError as error:
        json.dumps(error.as_dict(), allow_nan=False).encode()


@pytest.mark.parametrize(
    ("link", "cursor"),
    [
        ('<http://x/?cursor=1:0:0>; rel="next"; results="true"; cursor="1:0:0"', "1:0:0"),
        ('<http://x/?cursor=1:0:0>; rel="next"; results="false"; cursor="1:0:0"', None),
        ('<http://x/?cursor=a>; rel="previous"; results="true"; cursor="a"', None),
        ('<http://x/?cursor=a%3A1>; rel="next"; results="true"', "a:1"),
        ('<http://x/>; rel="next"; results="true"', None),
        ('<http://[x/?cursor=a>; rel="next"; results="true"', None),
        ('{\'<http://x/?cursor=b>; rel="next"; results="true"; cursor="b"\'}', "b"),
        ("nonsense", None),
        (None, None),
    ],
)
def test_the_next_page_is_read_from_every_link(link: str | None, cursor: str | None) -> None:
    assert next_cursor(link) == cursor


@given(st.text(alphabet="<>;\"'=, {}relnxtsucor", max_size=200))
def test_any_link_is_read(link: str) -> None:
    next_cursor(link)


@pytest.mark.parametrize("form", ["{}", "-{}", "[{}]", '{{"a": {}}}', "[1, {}]"])
def test_no_number_is_read_as_infinity(form: str) -> None:
    for digits in (1, 100, 209, 250, 299, 308, 309, 400):
        for exponent in ("", "e9", "e20", "E99", "e+99", "e100", "e308", "e309", "E+999", ".5e99"):
            number = "1" + "0" * (digits - 1) + exponent
            assert "inf" not in repr(interpreted(200, form.format(number).encode())), number
