"""Explore of today's Sentry: rows with the fields that are asked for, in the shapes of its description of the API.

https://docs.sentry.io/api/explore/
"""

from typing import Any

import httpx
from standins import todays_answers as answers

Row = dict[str, Any]
TRACE, SPAN, LOG = "4bf9" * 8, "5a17" * 4, "019acd" + "0" * 26
_AT = "2026-11-24T20:00:03+00:00"
ROWS: dict[str, Row] = {
    "errors": {
        "id": answers.EVENT_ID, "issue": answers.SHORT_ID, "issue.id": 6012000007, "title": "PriceError: no price",
        "timestamp": _AT, "project": answers.PROJECT, "release": answers.VERSION, "environment": "production",
        "user": "id:7", "trace": TRACE, "error.type": ["PriceError"], "error.handled": [0], "plan": "gold",
    },
    "logs": {
        "sentry.item_id": LOG, "id": LOG, "timestamp": _AT, "severity": "warn", "message": "no price of SKU-7",
        "trace": TRACE, "project": answers.PROJECT,
    },
    "spans": {
        "id": SPAN, "timestamp": _AT, "span.op": "db", "span.description": "SELECT price", "span.duration": 1711.4,
        "transaction": "/checkout", "project": answers.PROJECT, "trace": TRACE, "is_transaction": False,
    },
}  # fmt: skip
FUNCTIONS: dict[str, tuple[Any, str, str | None]] = {
    "count()": (1234, "integer", None),
    "count_unique(user)": (56, "integer", None),
    "failure_rate()": (0.0123, "percentage", None),
    "p95(span.duration)": (1711.4, "duration", "millisecond"),
    "epm()": (4.25, "rate", "1/minute"),
    "sum(payload_size)": (1_500_000, "size", "byte"),
    "last_seen()": (_AT, "date", None),
}
TYPES = {"timestamp": "date", "span.duration": "duration", "is_transaction": "boolean", "issue.id": "integer"}
ATTRIBUTES: list[Row] = [
    {"key": "checkout.coupon", "name": "checkout.coupon", "attributeSource": {"source_type": "user"},
     "attributeType": "string", "secondaryAliases": []},
    {"key": "tags[cart.size,number]", "name": "cart.size", "attributeSource": {"source_type": "user"},
     "attributeType": "number"},
]  # fmt: skip
TAGS: list[Row] = [{"key": "plan", "name": "Plan", "totalValues": 350}, {"key": "level", "name": "Level"}]


def outcomes(**counts: int) -> Row:
    groups = [
        {"by": {"outcome": outcome}, "totals": {"sum(quantity)": count}, "series": {"sum(quantity)": [count]}}
        for outcome, count in counts.items()
    ]
    return {"start": _AT, "end": _AT, "intervals": [_AT], "groups": groups}


def rows(request: httpx.Request) -> Row:
    """Two of them: all that is known of the fields, and nothing but nulls."""
    params = request.url.params
    fields, dataset = params.get_list("field"), params["dataset"]
    assert 1 <= len(fields) <= 20
    assert params["sort"].removeprefix("-") in fields, "Sentry sorts by what is selected alone"
    assert int(params["per_page"]) <= 100
    known = {**ROWS[dataset], **{name: value for name, (value, _, _) in FUNCTIONS.items()}}
    types = {**TYPES, **{name: kind for name, (_, kind, _) in FUNCTIONS.items()}}
    units = {name: unit for name, (_, _, unit) in FUNCTIONS.items()}
    return {
        "data": [{name: known.get(name) for name in fields}, dict.fromkeys(fields)],
        "meta": {
            "fields": {name: types.get(name, "string") for name in fields},
            "units": {name: units.get(name) for name in fields},
            "datasetReason": "unchanged",
            "isMetricsData": False,
            "isMetricsExtractedData": False,
            "dataset": dataset,
            "dataScanned": "full",
            "bytesScanned": 12_345,
        },
    }


def series(request: httpx.Request) -> Row:
    """Of each function; where it is asked for groups, of the first one and of all others."""
    params = request.url.params
    groups = params.get_list("groupBy")
    step = int(params["interval"])
    assert not groups or {"topEvents", "sort"} <= set(params)
    assert 1 <= int(params.get("topEvents", "1")) <= 10
    found: list[Row] = []
    for function in params.get_list("yAxis"):
        _, kind, unit = FUNCTIONS.get(function, (0, "number", None))
        meta = {"valueType": kind, "valueUnit": unit, "interval": step * 1000, "dataScanned": "full"}
        values = [
            {"timestamp": (1_795_640_400 + step * at) * 1000, "value": value, "incomplete": at == 5,
             "sampleCount": value, "sampleRate": 1.0, "confidence": "high"}
            for at, value in enumerate([0, 4, 0, 310, 40, 5])
        ]  # fmt: skip
        if groups:
            row = ROWS[params["dataset"]]
            named = [{"key": name, "value": row.get(name)} for name in groups]
            found.append({"yAxis": function, "groupBy": named, "values": values, "meta": {**meta, "order": 0}})
            meta = {**meta, "isOther": True, "order": 1}
        found.append({"yAxis": function, "values": values, "meta": meta})
    return {"timeSeries": found, "meta": {"dataset": params["dataset"], "start": 1.0, "end": 2.0}}
