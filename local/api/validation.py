"""Whether a search of events would be answered, part by part, without asking it: official clients do so before they
search.

Private on Sentry; the shape is that of `sentry` 0.49 (npm).
"""

import re

from local.api.list_parameters import projects_asked, time_asked
from local.api.request import ApiRequest, ApiResponse, organization_of
from local.values import Json

DATASETS = ("errors", "spans", "logs")
"""What can be searched here."""

_FUNCTION = re.compile(r"[a-z_][a-z0-9_]*\(.*\)", re.IGNORECASE | re.DOTALL)


def validate_search(request: ApiRequest) -> ApiResponse:
    """`{"valid", "projects", "dataset", "environment", "field", "query", "orderby"}`; 400 with the same where a part is
    wrong: a dataset that is not there, an order by what is not among the fields."""
    with request.store.reading() as connection:
        organization_of(request, connection)
        projects_asked(request, connection)
    time_asked(request)
    dataset = request.query.get("dataset") or "errors"
    fields = [field for field in request.query.getlist("field") if field]
    parts: dict[str, list[dict[str, Json]]] = {
        "projects": [_judged(None)],
        "dataset": [{"name": dataset, **_judged(_wrong_with_dataset(dataset))}],
        "environment": [_judged(None)],
        "field": [_named(field, None) for field in fields],
        "orderby": [
            _named(order, _wrong_with_order(order, fields)) for order in request.query.getlist("orderby") if order
        ],
    }
    valid = all(part["valid"] for judged in parts.values() for part in judged)
    query: dict[str, Json] = {**_judged(None), "fields": []}
    return ApiResponse({"valid": valid, **parts, "query": query}, 200 if valid else 400)


def _judged(error: str | None) -> dict[str, Json]:
    return {"valid": error is None, "error": error}


def _named(name: str, error: str | None) -> dict[str, Json]:
    kind = "number" if _FUNCTION.fullmatch(name.lstrip("-")) else "string"
    return {"name": name, **_judged(error), "attrType": None if error else kind}


def _wrong_with_dataset(dataset: str) -> str | None:
    return None if dataset in DATASETS else f"dataset must be one of: {', '.join(DATASETS)}"


def _wrong_with_order(order: str, fields: list[str]) -> str | None:
    return None if order.lstrip("-") in fields else "Orderby must also be a selected field"
