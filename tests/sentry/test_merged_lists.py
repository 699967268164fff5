"""One list of the issues of several projects of Sentry 9, page by page, while it changes."""

from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standins.clients import connection_to
from standins.old_lists import OldLists

from sentry.client import SentryClient
from sentry.errors import UnsupportedError

pytestmark = pytest.mark.no_cover  # traced, what other tests cover takes three times as long here

NOVEMBER = 1_795_554_392_098_000  # microseconds: 2026-11-25
SORTS = st.sampled_from(["date", "new", "freq"])
LIMITS = st.integers(1, 5)


def unchanged(_: list[str]) -> None:
    return


async def all_pages(
    lists: OldLists, sort: str | None, *limits: int, meanwhile: Callable[[list[str]], None] = unchanged
) -> list[str]:
    """Every row of the merged list in the order given; `meanwhile` is called after each page, with what was given."""
    given: list[str] = []
    cursor: str | None = None
    connection = connection_to("http://sentry.example.com", organization="acme", cache_ttl=0)
    async with SentryClient(connection, httpx.MockTransport(lists.answer)) as client:
        for number in range(100):
            page = await client.list_issues(sort=sort, limit=limits[number % len(limits)], cursor=cursor)
            given += [row.id for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return given
            meanwhile(given)
    raise AssertionError("The list does not end")


def named(values: list[list[int]], sort: str = "freq", step: int = 1) -> dict[str, dict[str, int]]:
    """Projects p0, p1, ... with issues 0.0, 0.1, ...; times `step` microseconds apart for a difference of one."""
    start, step = (1, 1) if sort == "freq" else (NOVEMBER, step)
    return {
        f"p{number}": {f"{number}.{at}": start + value * step for at, value in enumerate(row)}
        for number, row in enumerate(values)
    }


@given(
    st.lists(st.lists(st.integers(0, 12), max_size=7), min_size=2, max_size=4),
    LIMITS,
    SORTS,
    st.sampled_from([1, 400, 500, 1_000, 1_000_000]),
)
async def test_a_merged_list_gives_every_row_once_also_where_many_have_one_value(
    values: list[list[int]], limit: int, sort: str, step: int
) -> None:
    lists = OldLists(named(values, sort, step))

    found = await all_pages(lists, sort, limit)

    assert sorted(found) == sorted(name for rows in lists.projects.values() for name in rows)


@given(st.data(), LIMITS, SORTS)
async def test_rows_that_are_new_or_move_up_or_go_bring_no_row_twice_and_leave_none_out(
    data: st.DataObject, limit: int, sort: str
) -> None:
    values = data.draw(
        st.lists(st.lists(st.integers(0, 40), max_size=7, unique=True), min_size=2, max_size=3), label="values"
    )
    lists = OldLists(named(values, sort, 2_000))
    names = {name for rows in lists.projects.values() for name in rows}
    touched: set[str] = set()
    top = NOVEMBER + 10**9

    def meanwhile(_: list[str]) -> None:
        nonlocal top
        for rows in lists.projects.values():
            for name in data.draw(st.lists(st.sampled_from([*rows, "new"]), max_size=2), label="changed"):
                top += 10_000
                is_gone = name != "new" and data.draw(st.booleans(), label="gone")
                touched.add(name)
                rows.pop(name, None)
                if not is_gone:
                    rows[f"new {top}" if name == "new" else name] = top

    found = await all_pages(lists, sort, limit, meanwhile=meanwhile)

    assert len(found) == len(set(found))
    assert names - touched <= set(found)


async def test_issues_that_are_resolved_while_paging_hide_no_other() -> None:
    lists = OldLists(named([list(range(6)), list(range(6))], "date", 1_000_000))

    def resolve(given: list[str]) -> None:
        for name in given:
            for rows in lists.projects.values():
                rows.pop(name, None)

    found = await all_pages(lists, None, 4, meanwhile=resolve)

    assert (len(found), len(set(found))) == (12, 12)


async def test_a_merged_list_is_in_the_order_that_was_asked_for() -> None:
    for sort in ("date", "new", "freq"):
        lists = OldLists(named([[50, 10], [40, 20]], sort, 1_000))
        assert await all_pages(lists, sort, 3) == ["0.0", "1.0", "1.1", "0.1"]


async def test_a_server_that_heeds_no_cursor_gives_no_row_twice() -> None:
    lists = OldLists(named([[9, 7, 5], [8, 6, 4]], "date", 1_000_000), heeds_cursors=False)

    def another(_: list[str]) -> None:
        lists.projects["p0"]["new"] = NOVEMBER + 10**9

    assert await all_pages(lists, None, 4, meanwhile=another) == ["0.0", "1.0", "0.1", "1.1", "0.2", "1.2"]


async def test_a_project_that_was_deleted_meanwhile_ends_nothing() -> None:
    lists = OldLists(named([[9, 7], [8, 6]], "date", 1_000_000))

    def delete(_: list[str]) -> None:
        lists.projects = {"p1": lists.projects["p1"]}

    assert await all_pages(lists, None, 2, meanwhile=delete) == ["0.0", "1.0", "1.1"]


async def test_several_projects_are_not_merged_by_a_value_that_their_rows_do_not_show() -> None:
    with pytest.raises(UnsupportedError, match="Name the project, or sort by date, new, freq"):
        await all_pages(OldLists(named([[1], [2]])), "priority", 5)
    assert await all_pages(OldLists({"p0": {}}), "priority", 5) == []


@given(st.lists(LIMITS, min_size=1, max_size=4), SORTS, st.integers(0, 1))
async def test_the_number_of_rows_asked_for_may_change_from_page_to_page(
    limits: list[int], sort: str, difference: int
) -> None:
    lists = OldLists(named([[difference * value for value in range(9)] for _ in range(2)], sort, 1_000))

    found = await all_pages(lists, sort, *limits)

    assert sorted(found) == sorted(name for rows in lists.projects.values() for name in rows)
