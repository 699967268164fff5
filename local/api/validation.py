"""Whether a search of events would be answered, part by part, without asking it: official clients do so before they
search.

Private on Sentry; the shape is that of `sentry` 0.49 (npm).
"""

import sqlite3
from collections.abc import Iterator

from local.api.explore import asked_of, fields_of, window_of
from local.api.list_parameters import projects_asked
from local.api.request import ApiRequest, ApiResponse, organization_of
from local.clock import SECOND
from local.errors import ApiError
from local.exploring.columns import NUMERIC, Dataset
from local.exploring.datasets import DATASETS
from local.exploring.functions import function_of, is_function, selected
from local.searching.expressions import Expression, Group, is_aggregate
from local.searching.syntax import Term
from local.values import Json, mapping, text


def validate_search(request: ApiRequest) -> ApiResponse:
    """`{"valid", "projects", "dataset", "environment", "field", "query", "orderby"}`; 400 with the same where a part is
    wrong: a dataset or function that is not there, a query that cannot be read, an order by what is not among the
    fields. An attribute may have any name: where nothing has it, nothing is found."""
    named = request.query.get("dataset") or "errors"
    dataset = DATASETS.get(named)
    fields = fields_of(request)
    with request.store.reading() as connection:
        organization_of(request, connection)
        projects_asked(request, connection)
        start, end = window_of(request)
        judge = _Judge(dataset, (end - start) / SECOND)
        query = judge.query(request, connection)
    wrong_dataset = None if dataset else f"dataset must be one of: {', '.join(sorted(DATASETS))}"
    parts: dict[str, list[dict[str, Json]]] = {
        "projects": [_judged(None)],
        "dataset": [{"name": named, **_judged(wrong_dataset)}],
        "environment": [_judged(None)],
        "field": [judge.field(field) for field in fields],
        "orderby": [judge.order(order, fields) for order in fields_of(request, "orderby")],
    }
    valid = query["valid"] and all(part["valid"] for judged in parts.values() for part in judged)
    return ApiResponse({"valid": valid, **parts, "query": query}, 200 if valid else 400)


class _Judge:
    """Of a dataset's fields and queries; of none there is nothing to say. `seconds` is the time that rates are of."""

    def __init__(self, dataset: Dataset | None, seconds: float) -> None:
        self._dataset = dataset
        self._seconds = seconds

    def field(self, name: str) -> dict[str, Json]:
        error, kind = None, "string"
        try:
            kind = self._type(name)
        except ApiError as refused:
            error = _words(refused)
        return {"name": name, **_judged(error), "attrType": None if error else kind}

    def order(self, name: str, fields: list[str]) -> dict[str, Json]:
        field = selected(name, fields)
        if field is None:
            return {"name": name, **_judged("Orderby must also be a selected field"), "attrType": None}
        return {**self.field(field), "name": name}

    def query(self, request: ApiRequest, connection: sqlite3.Connection) -> dict[str, Json]:
        if self._dataset is None:
            return {**_judged(None), "fields": []}
        try:
            groups = asked_of(request, connection, self._dataset).groups
        except ApiError as refused:
            return {**_judged(_words(refused)), "fields": []}
        fields = [self.field(term.key) for term in _terms(groups) if is_aggregate(term)]
        wrong = next((field["error"] for field in fields if not field["valid"]), None)
        return {**_judged(wrong), "fields": fields}

    def _type(self, name: str) -> str:
        if self._dataset is None:
            return "string"
        if is_function(name):
            kind = function_of(self._dataset, name, self._seconds).type
            return "string" if kind in ("string", "date", "array") else "number"
        kind = self._dataset.column(name).type
        return "number" if kind in NUMERIC else "boolean" if kind == "boolean" else "string"


def _terms(expression: Expression) -> Iterator[Term]:
    if isinstance(expression, Group):
        for part in expression.parts:
            yield from _terms(part)
    elif isinstance(expression, Term):
        yield expression


def _judged(error: str | None) -> dict[str, Json]:
    return {"valid": error is None, "error": error}


def _words(refused: ApiError) -> str:
    return text(mapping(refused.body).get("detail")) or "Invalid query"
