"""A trace: its spans as a tree with the errors in it, and how much there is of each
(https://docs.sentry.io/api/explore/)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import sqlite3
from typing import Any

from local.api.explore import asked_of, table
from local.api.list_parameters import projects_asked, time_asked
from local.api.paging import limit_of
from local.api.request import ApiRequest, ApiResponse, organization_of
from local.errors import bad_request, not_found
from local.exploring.datasets import ERRORS, LOGS, SPANS
from local.exploring.reading import fetch
from local.intake.attributes import trace_id_of
from local.searching.conditions import Conditions, json_path
from local.shapes.traces import error_shape, span_shape, tree
from local.values import Json, mapping

MOST_SPANS = 10_000
"""Of one trace, the first; as on Sentry."""

MOST_ERRORS = 1_000
MOST_ATTRIBUTES = 20

MOST_LOGS = 1_000
"""Of a page."""

_OF_A_LOG = [
    "sentry.item_id",
    "id",
    "project.id",
    "trace",
    "severity_number",
    "severity",
    "timestamp",
    "timestamp_precise",
    "message",
]

_OF_TRACE = ERRORS.columns["trace"].sql


def get_trace(request: ApiRequest) -> ApiResponse:
    """The roots, each with its children; errors in their spans, those without one as roots."""
    attributes = request.query.getlist("additional_attributes")[:MOST_ATTRIBUTES]
    with request.store.reading() as connection:
        spans = _rows(
            request,
            connection,
            "SELECT s.*, p.slug FROM spans s JOIN projects p ON p.id = s.project_id",
            ("s", "s.trace_id"),
            f"ORDER BY s.start, s.id LIMIT {MOST_SPANS}",
        )
        errors = _rows(
            request,
            connection,
            "SELECT e.*, i.short_id, i.culprit, i.level, p.slug,"
            f" json_extract(e.fields, '$.title') AS title, json_extract(e.fields, '{json_path('trace.span')}') AS span,"
            f" json_extract(e.tags, '$.level') AS own_level, json_extract(e.tags, '$.transaction') AS transaction_name"
            " FROM events e JOIN issues i ON i.id = e.issue_id JOIN projects p ON p.id = e.project_id",
            ("e", _OF_TRACE),
            f"ORDER BY e.timestamp, e.id LIMIT {MOST_ERRORS}",
        )
    return ApiResponse(
        tree([span_shape(row, attributes) for row in spans], [(r["span"], error_shape(r)) for r in errors])
    )


def get_trace_meta(request: ApiRequest) -> ApiResponse:
    """How many spans, errors and logs a trace has."""
    with request.store.reading() as connection:
        spans = _rows(
            request,
            connection,
            f"SELECT s.op, COUNT(*) AS seen FROM {SPANS.source}",
            ("s", "s.trace_id"),
            "GROUP BY s.op ORDER BY seen DESC, s.op LIMIT 1000",
        )
        transactions = _rows(
            request,
            connection,
            f"SELECT COALESCE(s.event_id, s.segment_id) AS id, COUNT(*) AS seen FROM {SPANS.source}",
            ("s", "s.trace_id"),
            "GROUP BY 1 ORDER BY MIN(s.start) LIMIT 1000",
        )
        count = "SELECT COUNT(*) AS seen FROM"
        (all_spans,) = _rows(request, connection, f"{count} {SPANS.source}", ("s", "s.trace_id"))
        (errors,) = _rows(request, connection, f"{count} {ERRORS.source}", ("e", _OF_TRACE))
        (logs,) = _rows(request, connection, f"{count} {LOGS.source}", ("l", "l.trace_id"))
    children: list[Json] = [{"transaction.event_id": row["id"], "count()": row["seen"]} for row in transactions]
    return ApiResponse(
        {
            "errorsCount": errors["seen"],
            "logsCount": logs["seen"],
            "metricsCount": 0,
            "performanceIssuesCount": 0,
            "spansCount": all_spans["seen"],
            "transactionChildCountMap": children,
            "spansCountMap": {row["op"]: row["seen"] for row in spans},
        }
    )


def list_logs(request: ApiRequest) -> ApiResponse:
    """The logs of one or more traces, the newest first, as official clients ask for them. Private on Sentry."""
    sent = request.query.getlist("traceId")
    traces = [trace for value in sent if (trace := trace_id_of(value))]
    sort = [name for name in [*request.query.getlist("sort"), *request.query.getlist("orderby")] if name]
    unknown = [name for name in sort if name.removeprefix("-") not in _OF_A_LOG]
    more = request.query.get("query", "").strip()
    query = f"trace:[{','.join(traces)}]" + f" ({more})" * bool(more)
    with request.store.reading() as connection:
        organization_of(request, connection)
        if not sent or len(traces) < len(sent):
            raise bad_request("traceId: one or more traces are needed, of 32 hexadecimal digits each.")
        if unknown:
            raise bad_request(f"{unknown[0].removeprefix('-')} must be one of {','.join(_OF_A_LOG)}")
        asked = asked_of(request, connection, LOGS, query=query)
        limit = limit_of(request, most=MOST_LOGS)
        found = table(request, connection, asked, _OF_A_LOG, sort or ["-timestamp"], limit)
    body = mapping(found.body)
    meta: dict[str, Json] = {"fields": mapping(body["meta"])["fields"]}  # no units: the CLI wants none that are null
    return ApiResponse({"data": body["data"], "meta": meta}, headers=found.headers)


def _rows(
    request: ApiRequest, connection: sqlite3.Connection, select: str, of: tuple[str, str], rest: str = ""
) -> list[Any]:
    """What a query finds of the trace in the path, in the projects and the time asked for."""
    alias, column = of
    organization_of(request, connection)
    trace = trace_id_of(request.path["trace"])
    if trace is None:
        raise not_found()
    where = Conditions()
    where.add(f"{column} = ?", trace)
    projects = projects_asked(request, connection)
    where.add(f"+{alias}.project_id IN ({', '.join(map(str, projects)) or 'NULL'})")
    start, end = time_asked(request)
    if start is not None:
        where.add(f"{alias}.timestamp >= ?", start)
    if end is not None:
        where.add(f"{alias}.timestamp <= ?", end)
    return fetch(connection, f"{select} WHERE {where} {rest}", where.values)
