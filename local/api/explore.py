"""Explore: events, spans and logs by fields (https://docs.sentry.io/api/explore/), and what all of Explore asks for."""

import sqlite3
from dataclasses import dataclass

from local.api.list_parameters import projects_asked, time_asked
from local.api.paging import Cursor, cursor_of, limit_of, link
from local.api.request import ApiRequest, ApiResponse, organization_of
from local.clock import DAY, SECOND, now
from local.errors import bad_request
from local.exploring.columns import Dataset
from local.exploring.conditions import names_few, row_condition, split
from local.exploring.datasets import DATASETS, of_store
from local.exploring.query import Query, run
from local.searching.conditions import Conditions, Scope
from local.searching.expressions import EVERYTHING, Expression, parse_expression
from local.values import Json

DEFAULT_PERIOD = 90 * DAY
"""What is looked at when the caller does not say, as on Sentry."""

MOST_OFFSET = 1_000_000


@dataclass(frozen=True)
class Asked:
    """The rows that are asked about, and between which moments (ms) they are."""

    dataset: Dataset
    where: Conditions
    groups: Expression
    start: int
    end: int

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / SECOND


def list_events(request: ApiRequest) -> ApiResponse:
    """https://docs.sentry.io/api/explore/query-explore-events-in-table-format/"""
    with request.store.reading() as connection:
        asked = asked_of(request, connection)
        if request.query.get("allowAggregateConditions") in ("0", "false") and asked.groups != EVERYTHING:
            raise bad_request("Aggregate conditions are disabled, but are used in the query")
        sort = [name for name in request.query.getlist("sort") if name]
        return table(request, connection, asked, fields_of(request), sort, limit_of(request))


def table(
    request: ApiRequest, connection: sqlite3.Connection, asked: Asked, fields: list[str], sort: list[str], limit: int
) -> ApiResponse:
    """One page of the rows, and what is in their columns. Raises ApiError (400)."""
    cursor = cursor_of(request)
    offset = min(cursor.row, MOST_OFFSET) if cursor else 0
    query = Query(asked.dataset, fields, asked.where, asked.groups, asked.seconds, sort)
    found = run(connection, query, limit + 1, offset)
    meta: dict[str, Json] = {
        "fields": found.types,
        "units": found.units,
        "isMetricsData": False,
        "isMetricsExtractedData": False,
        "tips": {},
        "datasetReason": "unchanged",
        "dataset": asked.dataset.name,
        "dataScanned": "full",
    }
    before = Cursor(0, max(offset - limit, 0), backwards=True)
    after = Cursor(0, offset + limit, backwards=False)
    headers = {"Link": link(request, before, offset > 0, after, len(found.rows) > limit)}
    return ApiResponse({"data": found.rows[:limit], "meta": meta}, headers=headers)


def fields_of(request: ApiRequest, name: str = "field") -> list[str]:
    """What is asked for, each once."""
    return list(dict.fromkeys(field.strip() for field in request.query.getlist(name) if field.strip()))


def dataset_of(request: ApiRequest, *names: str) -> Dataset:
    """The dataset that one of these parameters names, errors when none does. Raises ApiError (400)."""
    named = next((value for name in names or ("dataset",) if (value := request.query.get(name))), "errors")
    if named not in DATASETS:
        raise bad_request(f"dataset must be one of: {', '.join(sorted(DATASETS))}")
    return DATASETS[named]


def window_of(request: ApiRequest) -> tuple[int, int]:
    """From when to when (ms), the last 90 days when the caller does not say. Raises ApiError (400)."""
    start, end = time_asked(request)
    end = end if end is not None else now()
    return (start if start is not None else end - DEFAULT_PERIOD), end


def asked_of(
    request: ApiRequest,
    connection: sqlite3.Connection,
    dataset: Dataset | None = None,
    window: tuple[int, int] | None = None,
    query: str | None = None,
) -> Asked:
    """Projects, time, environments and query, as the query string has them where they are not given. Raises
    ApiError."""
    organization_of(request, connection)
    dataset = dataset or dataset_of(request)
    projects = projects_asked(request, connection)
    start, end = window or window_of(request)
    scope = Scope(connection, request.caller.organization, request.caller.user, projects)
    rows, groups = split(parse_expression(request.query.get("query", "") if query is None else query))
    where = Conditions()
    walked = "+" * names_few(dataset, rows)  # SQLite then takes another index
    where.add(f"{walked}{dataset.alias}.project_id IN ({', '.join(map(str, projects)) or 'NULL'})")
    where.add(f"{dataset.time} BETWEEN ? AND ?", start, end)
    environments = request.query.getlist("environment")
    if environments:
        named = [name for name in environments if name]
        nameless = f" OR {dataset.alias}.environment IS NULL" * ("" in environments)
        where.add(f"{dataset.alias}.environment IN ({', '.join('?' * len(named))}){nameless}", *named)
    sql, values = row_condition(dataset, rows, scope)
    where.add(sql, *values)
    return Asked(of_store(dataset, connection), where, groups, start, end)
