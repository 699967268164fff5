"""Metric alerts: which value crossed which threshold over which window."""

from sentry.values import Json
from views.kinds.reading import (
    OF_DETECTOR,
    Facts,
    Kind,
    Occurred,
    fields,
    figure,
    first_rows,
    number_words,
    seconds,
    text,
    told_apart,
)
from views.wording import joined

CONDITIONS = {
    "0": "above", "gt": "above", "gte": "at or above", "1": "below", "lt": "below", "lte": "at or below",
    "eq": "equal to", "ne": "not equal to", "anomaly_detection": "unlike what is usual",
}  # fmt: skip
PRIORITIES = {75: "critical", 50: "warning", 25: "low"}
"""Of the condition's result: getsentry/sentry, src/sentry/workflow_engine/types.py, DetectorPriorityLevel."""


def _facts(occurred: Occurred) -> Facts | None:
    data = occurred.data
    query = _query(data.get("data_sources"))
    conditions = first_rows(data.get("conditions"))
    if not query and "alert_id" not in data:
        return None
    met = max(conditions, key=lambda row: figure(row.get("condition_result")) or 0) if conditions else {}
    window = seconds(query.get("time_window"))
    of = f"of {dataset}" if (dataset := text(query.get("dataset"))) else None
    measured = joined([text(query.get("aggregate")), of, f"in {window}" if window else None], " ")
    config = fields(data.get("config"))
    percent = config.get("detection_type") == "percent"
    delta = seconds(config.get("comparison_delta"))
    return {
        "Value": _crossed(data.get("value"), met, "%" if percent else ""),
        "Measured": joined([measured, text(query.get("environment"))], ", "),
        "Query": text(query.get("query")),
        "Compared with": f"{delta} before" if delta else None,
        "Detection": text(config.get("detection_type")) if config.get("detection_type") != "static" else None,
        "Alert rule": text(data.get("alert_id")),
    }


def _query(sources: Json) -> dict[str, Json]:
    """Some Sentrys have it within `query_obj`, some without."""
    for source in first_rows(sources):
        if query := fields((fields(source.get("query_obj")) or source).get("snuba_query")):
            return query
    return {}


def _crossed(value: Json, met: dict[str, Json], unit: str) -> str:
    """`1,204, above 1,000 (critical)`. Of an anomaly the number stands in an object."""
    both = [fields(one).get("value", one) for one in (value, met.get("comparison"))]
    figures = [found for one in both if (found := figure(one)) is not None]
    said, most = told_apart(*figures) if len(figures) == 2 else map(_figure, both)
    return joined([said, _condition(met, f"{most}{unit}" if most else None)], ", ")


def _figure(value: Json) -> str | None:
    found = figure(value)
    return number_words(found) if found is not None else text(value)


def _condition(met: dict[str, Json], threshold: str | None) -> str | None:
    kind = text(met.get("type")) or ""
    words = CONDITIONS.get(kind, kind)
    result = figure(met.get("condition_result"))
    level = PRIORITIES.get(int(result)) if result is not None else None
    return joined([words, threshold, f"({level})" if level else None], " ") or None


KIND = Kind(
    _facts,
    data=OF_DETECTOR | {"alert_id"},
)
