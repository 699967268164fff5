"""Answers of any size: what is good is read as ever, what is surplus is not built, nobody else waits."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from sentry.client import SentryClient
from sentry.connection import Connection
from sentry.errors import BadResponseError
from sentry.steps import at_once
from sentry.transport.parsing import parse
from sentry.transport.reading import ITEMS, ROWS, TOKENS, TooLargeError, reading
from sentry.values import Json

PADDING = json.dumps([[0] * 1_000] * 51)
"""With it an answer is large, whatever else it holds."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
)


def read(content: str | bytes) -> Any:
    return at_once(reading(content.encode() if isinstance(content, str) else content)).value


@pytest.mark.no_cover  # traced, it takes three times as long
@settings(deadline=None, max_examples=50)
@given(json_values, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n ", "\t:\r\n")]))
def test_what_is_large_is_read_as_what_is_small(value: Json, separators: tuple[str, str]) -> None:
    text = json.dumps(value, separators=separators)
    expected = parse(text.encode())
    large = read(f'{{"first": {text}, "padding": {PADDING}, "last": {text}}}')
    assert large == {"first": expected, "padding": json.loads(PADDING), "last": expected}
    assert read(f"\ufeff [{text}, {PADDING} ,{text}]\n") == [expected, json.loads(PADDING), expected]


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "9" * 5_000, r'"\ud800"', r'"\\\"{[,]}\""', '"€{"'])
def test_what_only_python_reads_is_made_harmless_within_what_is_large(text: str) -> None:
    assert read(f'{{"padding": {PADDING}, "odd": {text}}}')["odd"] == parse(text.encode())


@pytest.mark.parametrize(
    "flaw",
    ["[1}", '{"a": 1]', "[1", '"a', "1 2", '{"a" 1}', "{1: 2}", "[,]", "[1,]", '{"a": }', "[" * 150 + "]" * 150, "nul"],
)
def test_what_is_no_json_is_refused(flaw: str) -> None:
    with pytest.raises(ValueError):
        read(f'{{"padding": {PADDING}, "flaw": {flaw}}}')


LARGE = json.dumps([[0] * 1_000] * 6)


@pytest.mark.parametrize(
    "flaw",
    [
        "[1 {}]",
        "[1{}]",
        "[{}5]",
        "[{} 1]",
        "[{} {}]",
        "[{},,{}]",
        "[,{}]",
        "[{},]",
        '{{"a": 1 {}}}',
        '{{"a": {} 1}}',
        '{{"a": {},,"b": {}}}',
    ],
)
def test_what_is_no_json_around_what_is_large_is_refused(flaw: str) -> None:
    with pytest.raises(ValueError):
        read(f'{{"padding": {PADDING}, "flaw": {flaw.format(LARGE, LARGE)}}}')


@pytest.mark.parametrize("flaw", [" 1", ", 1", "]", " {}"])
def test_what_goes_on_after_its_end_is_refused(flaw: str) -> None:
    with pytest.raises(ValueError, match=r"after its end|not match"):
        read(f'{{"padding": {PADDING}}}{flaw}')


@pytest.mark.parametrize("row", ["{}", '{"id": "5"}', "[]", "1", '"a"'])
def test_only_the_first_rows_of_a_list_are_read(row: str) -> None:
    found = at_once(reading(f"[{','.join([row] * 200_000)}]".encode()))
    assert (found.value, found.is_cut) == ([json.loads(row)] * ROWS, True)


def test_a_list_of_large_rows_is_read_as_far_as_it_goes() -> None:
    row = json.dumps({"id": "5", "entries": [[0] * 1_000] * 30})
    found = at_once(reading(f"[{','.join([row] * 100)}]".encode()))
    assert found.is_cut
    assert found.value == [json.loads(row)] * (TOKENS // 30_000)


def test_of_a_long_list_within_an_answer_both_ends_are_read() -> None:
    found = read(json.dumps({"frames": [{"lineNo": number} for number in range(60_000)]}))["frames"]
    assert (found[0], found[-1], len(found)) == ({"lineNo": 0}, {"lineNo": 59_999}, ITEMS + 1)
    assert found[ITEMS // 2] == f"… {60_000 - ITEMS} more"


@pytest.mark.parametrize(
    "content",
    [
        '{"a": [' + "[]," * TOKENS + "1]}",
        '{"a": "' + "x" * 3_000_000 + '"}',
        '{"a": "' + r"\"" * 1_500_000 + '"}',
        '{"a": ' + "1" * 3_000_000 + "}",
        '{"a": ' + " " * 3_000_000 + "1}",
    ],
    ids=["values", "text", "escapes", "digits", "blanks"],
)
def test_what_is_too_much_is_refused(content: str) -> None:
    with pytest.raises(TooLargeError):
        read(content)


async def asked_of(
    body: bytes, ask: Callable[[SentryClient], Any], seen: Callable[[], Any] | None = None
) -> tuple[Any, BadResponseError | None]:
    """What a client makes of this answer, or its error; `seen` is called at each turn that another task gets."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    connection = Connection("https://sentry.example.com", SecretStr("t" * 40), organization="acme")
    result, error = None, None
    async with SentryClient(connection, transport) as client, anyio.create_task_group() as tasks:

        async def another() -> None:
            while True:
                await anyio.lowlevel.checkpoint()
                if seen:
                    seen()

        tasks.start_soon(another)
        try:
            result = await ask(client)
        except BadResponseError as refused:
            error = refused
        tasks.cancel_scope.cancel()
    return result, error


async def test_more_rows_than_a_list_may_have_are_left_and_said() -> None:
    page, _ = await asked_of(b"[" + b",".join([b'{"id": "5"}'] * 150) + b"]", lambda client: client.list_issues())
    assert [issue.id for issue in page.items] == ["5"] * 100
    assert page.notes == ("Sentry sent more rows than are read: these are the first 100.",)


async def test_an_answer_of_too_much_is_an_error_that_says_so() -> None:
    body = b'{"entries": [' + b"[]," * TOKENS + b"1]}"
    _, error = await asked_of(body, lambda client: client.get_event("latest", issue="5"))
    assert error is not None
    assert "sent more than is ever read: more than 500000 values" in error.message


async def test_others_get_their_turns_while_a_large_answer_is_looked_through() -> None:
    turns: list[None] = []
    body = b'{"entries": [' + b"[]," * TOKENS + b"1]}"
    _, error = await asked_of(body, lambda client: client.get_event("latest", issue="5"), lambda: turns.append(None))
    assert error is not None
    assert len(turns) > TOKENS / 2_000
