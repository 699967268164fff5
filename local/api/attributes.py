"""What can be asked of a dataset: the attributes of spans and logs, the tags of errors and their values."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import sqlite3
from typing import Any

from local.api.explore import Asked, asked_of, dataset_of
from local.api.paging import page_of_list
from local.api.request import ApiRequest, ApiResponse, organization_of
from local.clock import iso
from local.errors import bad_request
from local.exploring.columns import NUMERIC, Dataset
from local.exploring.datasets import ERRORS
from local.exploring.reading import fetch
from local.searching.syntax import like
from local.shapes.issues import tag_name
from local.values import Json

MOST_ROWS = 10_000
"""The newest rows are looked at, no more: which names there are is told at once, however much there is."""

MOST_NAMES = 1_000

# Names of Sentry's and OpenTelemetry's conventions begin so (https://getsentry.github.io/sentry-conventions/).
_CONVENTIONS = tuple(
    "app. browser. cache. code. db. device. gen_ai. http. logger. mcp. measurements. message. messaging. network. os."
    " process. replay. rpc. runtime. sdk. sentry. server. span. thread. url. user. user_agent.".split()
)
_TYPES = ("string", "number", "boolean")

_SECOND_NAMES = ("log.", "description")
"""Names that begin so are asked for, but listed by the first that they have."""


def list_attributes(request: ApiRequest) -> ApiResponse:
    """https://docs.sentry.io/api/explore/ - at most MOST_NAMES of them, in order of their names."""
    wanted = request.query.getlist("attributeType") or list(_TYPES)
    part = request.query.get("substringMatch", "")
    with request.store.reading() as connection:
        organization_of(request, connection)
        if not request.query.get("dataset") and not request.query.get("itemType"):
            raise bad_request("dataset: This field is required.")
        dataset = dataset_of(request, "dataset", "itemType")
        sent = _sent(connection, asked_of(request, connection, dataset))
    known = [(name, kind) for name, kind in _known(dataset) if (name, kind) not in sent]
    found = sorted({*known, *sent})
    shown = [_attribute_shape(name, kind, dataset) for name, kind in found if kind in wanted and part in name]
    return ApiResponse(shown[:MOST_NAMES])


def list_organization_tags(request: ApiRequest) -> ApiResponse:
    """https://docs.sentry.io/api/discover/list-an-organizations-tags/"""
    with request.store.reading() as connection:
        asked = asked_of(request, connection, ERRORS)
        rows = fetch(
            connection,
            f"SELECT j.key, COUNT(*) AS seen FROM ({_newest(asked, 'e.tags AS sent')}) n, json_each(n.sent) j"
            f" GROUP BY j.key ORDER BY j.key LIMIT {MOST_NAMES}",
            asked.where.values,
        )
    return ApiResponse([{"key": row["key"], "name": tag_name(row["key"]), "totalValues": row["seen"]} for row in rows])


def list_organization_tag_values(request: ApiRequest) -> ApiResponse:
    """The values of one tag, the most frequent first; `query` is a part of them. (The query string's `query` is no
    search here.)"""
    key = request.path["key"].removeprefix("sentry:")
    with request.store.reading() as connection:
        asked = asked_of(request, connection, ERRORS, query="")
        column = asked.dataset.column(key)
        inner = _newest(asked, f"{column.sql} AS value, e.timestamp AS moment")
        rows = fetch(
            connection,
            f"SELECT value, COUNT(*) AS seen, MIN(moment) AS first, MAX(moment) AS last FROM ({inner})"
            r" WHERE value IS NOT NULL AND value LIKE ? ESCAPE '\'"
            f" GROUP BY value ORDER BY seen DESC, last DESC, value LIMIT {MOST_NAMES}",
            [*column.values, *asked.where.values, f"%{like(request.query.get('query', ''))}%"],
        )
    shown, headers = page_of_list(request, [_value_shape(key, row) for row in rows])
    return ApiResponse(shown, headers=headers)


def _sent(connection: sqlite3.Connection, asked: Asked) -> set[tuple[str, str]]:
    """The names and types of the attributes that the newest rows have."""
    rows = fetch(
        connection,
        "SELECT DISTINCT j.key, CASE WHEN j.type IN ('integer', 'real') THEN 'number'"
        " WHEN j.value IN ('true', 'false') THEN 'boolean' ELSE 'string' END AS kind"
        f" FROM ({_newest(asked, f'{asked.dataset.attributes} AS sent')}) n, json_each(n.sent) j"
        f" LIMIT {MOST_NAMES}",
        asked.where.values,
    )
    return {(row["key"], row["kind"]) for row in rows}


def _newest(asked: Asked, columns: str) -> str:
    dataset = asked.dataset
    return (
        f"SELECT {columns} FROM {dataset.source} WHERE {asked.where}"
        f" ORDER BY {dataset.time} DESC, {dataset.row} DESC LIMIT {MOST_ROWS}"
    )


def _known(dataset: Dataset) -> list[tuple[str, str]]:
    """Those that all rows may have."""
    kinds = {**dict.fromkeys(NUMERIC, "number"), "boolean": "boolean", "string": "string", "array": "string"}
    return [
        (name, kinds[column.type])
        for name, column in dataset.columns.items()
        if column.type in kinds and not name.startswith(_SECOND_NAMES)
    ]


def key_of(name: str, kind: str, dataset: Dataset) -> str:
    """What an attribute of any type is asked for by."""
    return name if kind == "string" or _is_ours(name, dataset) else f"tags[{name},{kind}]"


def _is_ours(name: str, dataset: Dataset) -> bool:
    return name in dataset.columns or name.startswith(_CONVENTIONS)


def _attribute_shape(name: str, kind: str, dataset: Dataset) -> dict[str, Json]:
    return {
        "key": key_of(name, kind, dataset),
        "name": name,
        "attributeSource": {"source_type": "sentry" if _is_ours(name, dataset) else "user"},
        "attributeType": kind,
    }


def _value_shape(key: str, row: Any) -> dict[str, Json]:
    return {
        "key": key,
        "name": str(row["value"]),
        "value": str(row["value"]),
        "count": row["seen"],
        "firstSeen": iso(row["first"]),
        "lastSeen": iso(row["last"]),
    }
