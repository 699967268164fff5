"""One span or log with all its attributes. Experimental on Sentry; the shape is that of `sentry` 0.49 (npm)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import json

from local.api.attributes import key_of
from local.api.request import ApiRequest, ApiResponse, project_of
from local.clock import iso
from local.errors import bad_request, not_found
from local.exploring.columns import shown
from local.exploring.datasets import LOGS, SPANS
from local.exploring.reading import fetch
from local.intake.attributes import trace_id_of
from local.values import Json

_DATASETS = {"spans": SPANS, "logs": LOGS}


def get_trace_item(request: ApiRequest) -> ApiResponse:
    """`{"itemId", "timestamp", "attributes", "meta", "links"}` of one in the project and the trace."""
    trace, dataset = trace_id_of(request.query.get("trace_id")), _DATASETS.get(request.query.get("item_type", ""))
    item = request.path["item"].lower()
    with request.store.reading() as connection:
        project = project_of(request, connection)
        if trace is None:
            raise bad_request("trace_id: 32 hexadecimal digits are needed.")
        if dataset is None:
            raise bad_request(f"item_type must be one of: {', '.join(sorted(_DATASETS))}")
        first = {column.sql: name for name, column in reversed(dataset.columns.items())}
        names = [name for name in first.values() if name != "timestamp"]
        read = ", ".join(f"{dataset.columns[name].sql} AS c{number}" for number, name in enumerate(names))
        rows = fetch(
            connection,
            f"SELECT {read}, {dataset.time} AS moment, {dataset.attributes} AS sent FROM {dataset.source}"
            f" WHERE {dataset.columns['trace'].sql} = ? AND {dataset.columns['id'].sql} = ?"
            f" AND +{dataset.alias}.project_id = ?",
            [trace, item, project["id"]],
        )
    if not rows:
        raise not_found()
    row = rows[0]
    found = {name: shown(row[f"c{number}"], dataset.columns[name].type) for number, name in enumerate(names)}
    sent = {name: value for name, value in json.loads(row["sent"]).items() if name not in dataset.columns}
    shapes = [_shape(name, value) for name, value in found.items() if value is not None]
    for name, value in sent.items():
        shape = _shape(name, value == "true" if value in ("true", "false") else value)
        kind = {"str": "string", "bool": "boolean"}.get(shape["type"], "number")
        shapes.append({**shape, "name": key_of(name, kind, dataset)})
    shapes.sort(key=lambda shape: (shape["type"], shape["name"]))
    answer: dict[str, Json] = {"itemId": item, "timestamp": iso(row["moment"]), "attributes": shapes}
    return ApiResponse({**answer, "meta": {}, "links": None})


def _shape(name: str, value: Json) -> dict[str, Json]:
    """Whole numbers are text, as Sentry's are."""
    kind = type(value).__name__ if isinstance(value, bool | int | float) else "str"
    return {"name": name, "type": kind, "value": value if kind in ("bool", "float") else str(value)}
