"""Explore over time (https://docs.sentry.io/api/explore/query-explore-events-in-timeseries-format/)."""

import re
import sqlite3

from local.api.explore import Asked, asked_of, dataset_of, fields_of, window_of
from local.api.request import ApiRequest, ApiResponse
from local.clock import DAY, HOUR, MINUTE, SECOND, now
from local.errors import bad_request
from local.exploring.functions import is_function
from local.exploring.query import Query
from local.exploring.series import OTHER, Group, Series, Steps, series, top_groups
from local.searching.expressions import EVERYTHING
from local.searching.syntax import period
from local.values import Json

MOST_STEPS = 10_000
MOST_VALUES = 50_000
"""Of all series together."""

MOST_AXES = 10
MOST_GROUPS = 10

# The step of a window that is longer than that, as on Sentry.
_STEPS = [
    (60 * DAY, DAY),
    (30 * DAY, 4 * HOUR),
    (DAY, HOUR),
    (HOUR, 15 * MINUTE),
    (0, 5 * MINUTE),
]


def get_timeseries(request: ApiRequest) -> ApiResponse:
    """Each `yAxis` for each of the `topEvents` groups and for the rest, or for all rows."""
    axes, group_by = _axes(request), fields_of(request, "groupBy")
    most = _top(request, group_by)
    with request.store.reading() as connection:
        asked, steps = _asked(request, connection, len(axes) * (most + 1))
        groups: list[Group] = []
        if most:
            sort = [name for name in request.query.getlist("sort") if name]
            ordered = [name.removeprefix("-") for name in sort if is_function(name.removeprefix("-"))]
            fields = list(dict.fromkeys([*group_by, *ordered, *axes]))
            query = Query(asked.dataset, fields, asked.where, asked.groups, asked.seconds, sort)
            groups = top_groups(connection, query, group_by, most)
        found = series(connection, asked.dataset, asked.where, axes, steps, group_by if most else [], groups)
    if most and (request.query.get("excludeOther") in ("1", "true") or not groups):
        found = [one for one in found if one.group != OTHER]
    shown: list[Json] = [_series_shape(one, steps, groups if most else None) for one in found]
    meta = {"dataset": asked.dataset.name, "start": steps.start, "end": steps.start + steps.count * steps.length}
    return ApiResponse({"meta": meta, "timeSeries": shown})


def get_stats(request: ApiRequest) -> ApiResponse:
    """What older clients ask: `{"data": [[seconds, [{"count": n}]], ...]}`, by axis where there are several."""
    axes = _axes(request)
    if request.query.get("topEvents"):
        raise bad_request("topEvents is answered by events-timeseries/ alone")
    with request.store.reading() as connection:
        asked, steps = _asked(request, connection, len(axes))
        found = series(connection, asked.dataset, asked.where, axes, steps, [], [])
    shown = {
        one.axis: {**_stats_shape(one, steps, asked.dataset.name), "order": number} for number, one in enumerate(found)
    }
    return ApiResponse(shown[axes[0]] if len(axes) == 1 else shown)


def _asked(request: ApiRequest, connection: sqlite3.Connection, lines: int) -> tuple[Asked, Steps]:
    """What is asked for in whole steps, of which there are not too many for so many series. Raises ApiError (400)."""
    start, end = window_of(request)
    length = _interval(request.query.get("interval"), end - start)
    start -= start % length
    steps = Steps(start, length, max(-(-(end - start) // length), 1))
    if steps.count > MOST_STEPS or steps.count * lines > MOST_VALUES:
        raise bad_request(
            "Your interval and date range would create too many results."
            " Use a larger interval, or a smaller date range."
        )
    asked = asked_of(request, connection, dataset_of(request), (start, end))
    if asked.groups != EVERYTHING and not request.query.get("topEvents"):
        raise bad_request("Aggregate conditions are disabled, but are used in the query")
    return asked, steps


def _interval(sent: str | None, window: int) -> int:
    """Seconds, or a period such as `1h`; what is none of these or longer than the window is chosen here."""
    if sent:
        length = int(sent) * SECOND if re.fullmatch(r"\d{1,9}", sent) else period(sent)
        if length and length <= window:
            return length
    return next(length for longer, length in _STEPS if window > longer or not longer)


def _series_shape(one: Series, steps: Steps, groups: list[Group] | None) -> dict[str, Json]:
    meta: dict[str, Json] = {
        "interval": steps.length,
        "valueType": one.type,
        "valueUnit": one.unit,
        "dataScanned": "full",
    }
    shown: dict[str, Json] = {"yAxis": one.axis, "values": _points(one, steps), "meta": meta}
    if groups is not None:
        meta["isOther"] = one.group == OTHER
        meta["order"] = len(groups) if one.group == OTHER else one.group
        if one.group != OTHER:
            fields = groups[one.group].fields
            shown["groupBy"] = [{"key": name, "value": value} for name, value in fields.items()]
    return shown


def _points(one: Series, steps: Steps) -> list[Json]:
    until = now()
    points: list[Json] = []
    for number, value in enumerate(one.values):
        begins = steps.start + number * steps.length
        point: dict[str, Json] = {"timestamp": begins, "value": value, "incomplete": begins + steps.length > until}
        if point["incomplete"]:
            point["incompleteReason"] = "INCOMPLETE_BUCKET"
        points.append(point)
    return points


def _stats_shape(one: Series, steps: Steps, dataset: str) -> dict[str, Json]:
    begins = [(steps.start + number * steps.length) // SECOND for number in range(steps.count)]
    return {
        "data": [[at, [{"count": value}]] for at, value in zip(begins, one.values, strict=True)],
        "start": steps.start // SECOND,
        "end": (steps.start + steps.count * steps.length) // SECOND,
        "isMetricsData": False,
        "meta": {"fields": {one.axis: one.type}, "units": {one.axis: one.unit}, "dataset": dataset},
    }


def _axes(request: ApiRequest) -> list[str]:
    axes = fields_of(request, "yAxis") or ["count()"]
    if len(axes) > MOST_AXES:
        raise bad_request(f"You can only plot {MOST_AXES} axes at a time")
    for axis in axes:
        if not is_function(axis):
            raise bad_request(f"yAxis must be a function: {axis[:100]}")
    return axes


def _top(request: ApiRequest, group_by: list[str]) -> int:
    """How many groups are asked for, 0 for none. Raises ApiError (400)."""
    sent = request.query.get("topEvents")
    if not sent:
        return 0
    most = int(sent) if re.fullmatch(r"\d{1,3}", sent) else 0
    if not 1 <= most <= MOST_GROUPS:
        raise bad_request(f"topEvents must be between 1 and {MOST_GROUPS}")
    if not group_by or not request.query.get("sort"):
        raise bad_request("groupBy and sort are required with topEvents")
    if any(is_function(name) for name in group_by):
        raise bad_request("groupBy cannot be a function")
    return most
