"""Traces as each kind of Sentry has them, and an answer of objects within each other read as a flat list."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standins.knowing import asked
from standins.traces import TRACE_ID, counts, span

from sentry.dialects import Dialect
from sentry.errors import SentryError, UnsupportedError
from sentry.models import TraceCounts
from sentry.steps import at_once
from sentry.transport.nesting import Nested
from sentry.transport.reading import TooLargeError
from sentry.values import as_object
from service.side_by_side import all_of

AT = datetime(2026, 11, 24, 20, tzinfo=UTC)
ACME = "GET /organizations/acme"


def flat(content: str | bytes, most: int = 10_000) -> list[Any]:
    nested = Nested("children", lambda around, row: (around, row.get("id")), most)
    found: list[Any] = at_once(nested(content.encode() if isinstance(content, str) else content)).value
    return found


def expected(rows: list[Any]) -> list[Any]:
    found: list[Any] = []
    waiting = [(-1, row) for row in reversed(rows)]
    while waiting:
        around, row = waiting.pop()
        if (row := as_object(row)) is not None:
            waiting += [(len(found), child) for child in reversed(row.get("children") or [])]
            found.append((around, row.get("id")))
    return found


trees: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.fixed_dictionaries({"children": st.just([]), "id": st.integers() | st.text()}),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"children": st.lists(inner, max_size=4), "id": st.text(), "errors": st.lists(inner)}),
        st.fixed_dictionaries({"id": st.floats(), "errors": st.just([{"children": "x"}]), "children": st.lists(inner)}),
    ),
    max_leaves=30,
)


@pytest.mark.no_cover  # traced, it takes three times as long
@settings(deadline=None, max_examples=100)
@given(st.lists(trees, max_size=4), st.sampled_from([(",", ":"), (", ", ": "), (" ,\n ", "\t:\r\n")]), st.booleans())
def test_a_tree_is_read_as_a_flat_list(rows: list[Any], separators: tuple[str, str], ascii_alone: bool) -> None:
    text = json.dumps(rows, separators=separators, ensure_ascii=ascii_alone)
    without_odd = json.loads(text, parse_constant=lambda _: None)
    assert flat(text.encode(errors="surrogatepass")) == expected(without_odd)


@pytest.mark.parametrize(
    "text", ['"},{\\"children\\": ["', '"}],{"', '"\\\\"', '"children"', "1e999", "NaN", '"\\ud800"']
)
def test_what_looks_like_structure_within_a_text_is_none(text: str) -> None:
    row = f'{{"children": [], "id": 1, "description": {text}}}'
    around = f'{{"children": [{row}, {row}], "id": 2, "description": {text}}}'
    assert flat(f"[{around}, {row}]") == [(-1, 2), (0, 1), (0, 1), (-1, 1)]


@pytest.mark.parametrize(
    "flaw",
    [
        "[", '[{"children": [', '[{"children": [{"id": 1}', '[{"children": [{"id": 1}]', '[{"children": [}]', "[{}{}]",
        '[{"children": []} {"children": []}]', "[{},]", "[,{}]", "[{}] x", '[{"children": [{}]}}', '[{"a": nul}]',
        '[{"id": "' + "a" * 100,
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(flaw: str) -> None:
    with pytest.raises(ValueError):
        flat(flaw)


def test_what_is_not_a_list_is_read_as_any_other_answer() -> None:
    nested = Nested("children", lambda around, row: row, 10)
    assert at_once(nested(b'{"detail": "no"}')).value == {"detail": "no"}


def test_no_more_is_read_than_is_asked_for() -> None:
    rows: list[Any] = [{"id": 0, "children": [{"id": 1, "children": []}] * 5}] * 5
    assert flat(json.dumps(rows), most=8) == expected(rows)[:8]


def test_an_object_longer_than_is_ever_read_is_too_large() -> None:
    with pytest.raises(TooLargeError):
        flat('[{"id": "' + "x" * 9_000_000 + '"')


async def test_a_trace_is_asked_for_with_its_moment() -> None:
    known = {f"{ACME}/trace/{TRACE_ID}/": (200, [span(1)])}
    found, log_of = await asked(known, lambda client: client.get_trace(TRACE_ID, timestamp=AT))
    assert [(one.id, one.duration) for one in found.spans] == [(f"{1:016x}", 10.0)]
    query = "additional_attributes=span.status&project=-1&timestamp=1795550400"
    assert log_of == [f"{ACME}/trace/{TRACE_ID}/?{query}"]


@pytest.mark.parametrize("kind", [Dialect.TODAY, Dialect.SENTRY_10, None])
async def test_an_older_route_is_asked_where_the_new_one_is_missing(kind: Dialect | None) -> None:
    row = {"event_id": "c" * 32, "span_id": "d" * 16, "transaction": "/checkout", "transaction.duration": 5}
    known = {f"{ACME}/events-trace/{TRACE_ID}/": (200, {"transactions": [row], "orphan_errors": []})}
    found, _ = await asked(known, lambda client: client.get_trace(TRACE_ID), kind)
    assert [(one.id, one.description, one.duration) for one in found.spans] == [("d" * 16, "/checkout", 5.0)]


async def test_glitchtip_has_no_traces_and_what_it_has_instead_is_said() -> None:
    error, _ = await asked({}, lambda client: client.get_trace(TRACE_ID), Dialect.GLITCHTIP)
    assert isinstance(error, UnsupportedError)
    assert error.message == (
        "This Sentry (GlitchTip) has no traces. get_issue has the breadcrumbs of the same request."
    )


async def test_glitchtips_own_logs_are_read() -> None:
    row = {"id": "1", "timestamp": "2026-11-24T20:00:01Z", "level": "warn", "body": "slow", "projectId": 5}
    earlier = {**row, "id": "2", "timestamp": "2026-11-24T20:00:00Z", "spanID": "a" * 16}
    known = {f"{ACME}/logs/": (200, [row, earlier])}
    page, log_of = await asked(
        known, lambda client: client.get_trace_logs(TRACE_ID, projects=["5", "6"]), Dialect.GLITCHTIP
    )
    assert [(one.id, one.message, one.severity, one.project_id) for one in page.items] == [
        ("2", "slow", "warn", "5"), ("1", "slow", "warn", "5"),
    ]  # fmt: skip
    assert log_of[-1] == f"{ACME}/logs/?traceId={TRACE_ID}&project=5&project=6&limit=200"


async def test_of_no_project_no_logs_are_asked_for() -> None:
    page, log_of = await asked({}, lambda client: client.get_trace_logs(TRACE_ID, projects=[]))
    assert (page.items, log_of) == ([], [])


async def test_what_is_not_counted_is_asked_for_once() -> None:
    async def twice(client: Any) -> list[TraceCounts | SentryError | None]:
        return [one.value for _ in range(2) for one in await all_of([client.get_trace_counts(TRACE_ID)])]

    assert await asked({}, twice) == ([None, None], [f"{ACME}/trace-meta/{TRACE_ID}/?project=-1"])
    found, log_of = await asked({f"{ACME}/trace-meta/": (200, counts(5, 1, 2))}, twice)
    assert [(one.spans, one.errors, one.logs) for one in found] == [(5, 1, 2)] * 2
    assert len(log_of) == 2


@pytest.mark.parametrize("kind", [Dialect.SENTRY_10, Dialect.GLITCHTIP])
async def test_older_ones_are_not_asked_to_count(kind: Dialect) -> None:
    async def count(client: Any) -> TraceCounts | None:
        await client.identify()
        found: TraceCounts | None = await client.get_trace_counts(TRACE_ID)
        return found

    assert await asked({}, count, kind) == (None, [])
