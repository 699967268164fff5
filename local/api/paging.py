"""Pages of a list: Sentry's cursors and `Link` header (https://docs.sentry.io/api/pagination/).

A cursor is `value:offset:is_prev`, as on Sentry. Here `value` and `offset` are the sort value and the id of
the row that the page follows (or, going back, precedes), so rows that arrive meanwhile neither repeat nor
skip one.
"""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from local.api.request import ApiRequest
from local.errors import bad_request
from local.values import Json

_NUMBER = re.compile(r"-?\d{1,9}")
_CURSOR = re.compile(r"(-?\d{1,18}):(\d{1,18}):([01])")


@dataclass(frozen=True)
class Cursor:
    value: int
    row: int
    backwards: bool

    def __str__(self) -> str:
        return f"{self.value}:{self.row}:{int(self.backwards)}"


@dataclass(frozen=True)
class Page:
    """Some rows in their order, and the headers that lead to the rest."""

    rows: list[sqlite3.Row]
    headers: dict[str, str]


def cursor_of(request: ApiRequest) -> Cursor | None:
    """Raises ApiError (400) for what no answer of ours contained."""
    sent = request.query.get("cursor")
    if not sent:
        return None
    found = _CURSOR.fullmatch(sent)
    if found is None:
        raise bad_request("Invalid cursor parameter.")
    value, row, backwards = found.groups()
    return Cursor(int(value), int(row), backwards == "1")


def limit_of(request: ApiRequest, name: str = "per_page", most: int = 100) -> int:
    """Rows of a page: 1 to `most`, 100 when the caller does not say. Raises ApiError (400)."""
    sent = request.query.get(name)
    if sent is None or not sent:
        return 100
    if not _NUMBER.fullmatch(sent):
        raise bad_request(f"Invalid {name} parameter.")
    if not 1 <= int(sent) <= most:
        raise bad_request(f"Invalid {name} value. Must be between 1 and {most}.")
    return int(sent)


def page(connection: sqlite3.Connection, request: ApiRequest, query: str, values: list[Any], limit: int) -> Page:
    """One page of `query`, which selects `sort_value` and `row_id` among its columns, the greatest sort value
    first."""
    cursor = cursor_of(request)
    backwards = cursor is not None and cursor.backwards
    bounds, direction = "", "ASC" if backwards else "DESC"
    if cursor:
        bounds = f"WHERE (sort_value, row_id) {'>' if backwards else '<'} (?, ?)"
        values = [*values, cursor.value, cursor.row]
    rows = connection.execute(
        f"SELECT * FROM ({query}) {bounds} ORDER BY sort_value {direction}, row_id {direction} LIMIT ?",
        [*values, limit + 1],
    ).fetchall()
    ranked, headers = page_of_ranked(request, [(row["sort_value"], row["row_id"]) for row in rows], limit)
    rows = rows[: len(ranked)]
    return Page(rows[::-1] if backwards else rows, headers)


def page_of_ranked(
    request: ApiRequest, found: list[tuple[int, int]], limit: int
) -> tuple[list[tuple[int, int]], dict[str, str]]:
    """The sort values and ids of one page, and its headers. `found` follows the cursor, the nearest first: one more
    than the page holds when there are so many."""
    cursor = cursor_of(request)
    more, shown = len(found) > limit, found[:limit]
    if cursor is not None and cursor.backwards:
        shown = shown[::-1]
        before, after = more, True
    else:
        before, after = cursor is not None, more
    first, last = _edges(shown, cursor)
    return shown, {"Link": link(request, first, before, last, after)}


def _edges(shown: list[tuple[int, int]], cursor: Cursor | None) -> tuple[Cursor, Cursor]:
    standing = (cursor.value, cursor.row) if cursor else (0, 0)
    first, last = (shown[0], shown[-1]) if shown else (standing, standing)
    return Cursor(*first, backwards=True), Cursor(*last, backwards=False)


def page_of_list(
    request: ApiRequest, rows: Sequence[Json], name: str = "per_page"
) -> tuple[Sequence[Json], dict[str, str]]:
    """One page of rows that are all at hand, and its headers; here a cursor is `0:offset:is_prev`, as on
    Sentry."""
    limit, cursor = limit_of(request, name), cursor_of(request)
    start = max(cursor.row, 0) if cursor else 0
    shown = rows[start : start + limit]
    before = Cursor(0, max(start - limit, 0), backwards=True)
    after = Cursor(0, start + limit, backwards=False)
    return shown, {"Link": link(request, before, start > 0, after, start + limit < len(rows))}


def link(request: ApiRequest, previous: Cursor, has_previous: bool, following: Cursor, has_following: bool) -> str:
    """Both relations, always: `results` says whether there is anything behind one."""
    relations = [("previous", previous, has_previous), ("next", following, has_following)]
    return ", ".join(_relation(request, *relation) for relation in relations)


def _relation(request: ApiRequest, name: str, cursor: Cursor, results: bool) -> str:
    query = [(key, value) for key, value in request.query.multi_items() if key != "cursor"]
    url = f"{request.base_url}{request.url_path}?{urlencode([*query, ('cursor', str(cursor))], safe=':')}"
    return f'<{url}>; rel="{name}"; results="{str(results).lower()}"; cursor="{cursor}"'
