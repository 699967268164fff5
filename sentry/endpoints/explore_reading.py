"""How Explore's answers are read: rows, series and outcomes, in the shapes of today's Sentry and of older ones."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sentry.models.explore import EventRows, EventSeries, Meta, Outcomes, Row, Series, cell, words_of
from sentry.transport.answers import PAGE, Reply, RouteMissingError, one
from sentry.values import Json, as_list, as_object, objects

MOST_SERIES = 20
MOST_STEPS = 1_000
MOST_GROUPS = 20
"""Fields by which a series is grouped."""
OF_META = {"fields", "units", "dataScanned", "dataset"}
_MILLISECONDS = 1e11
"""A time in seconds is less: it would be after the year 5000."""
_NO_NAME = re.compile(r"[^a-z0-9_]+", re.IGNORECASE)


@dataclass(frozen=True)
class RowsOf:
    """Reads rows with these fields."""

    fields: tuple[str, ...]
    most: int = PAGE

    def __call__(self, reply: Reply) -> EventRows:
        """Raises RouteMissingError for a list: older Sentries have one of an issue's events by this route."""
        _not_a_list(reply)
        body = one(reply)
        found = objects(body.get("data"))
        said = as_object(body.get("meta")) or {}
        # Before 22 `meta` was but the types, by the names that rows give fields.
        meta = Meta.model_validate(said if OF_META & said.keys() else {"fields": said})
        return EventRows(
            [self._row(row) for row in found[: self.most]],
            reply.next_cursor,
            fields=self.fields,
            types=words_of({name: _of(meta.fields, name) for name in self.fields}, self.fields),
            units=words_of(meta.units, self.fields),
            is_partial=meta.data_scanned == "partial",
        )

    def _row(self, row: Mapping[str, Json]) -> Row:
        return {name: cell(_of(row, name)) for name in self.fields}


@dataclass(frozen=True)
class SeriesOf:
    """Reads the answer of `events-timeseries/`."""

    def __call__(self, reply: Reply) -> EventSeries:
        _not_a_list(reply)
        found = objects(one(reply).get("timeSeries"))[:MOST_SERIES]
        metas = [as_object(row.get("meta")) or {} for row in found]
        series = [self._series(row, meta) for row, meta in zip(found, metas, strict=True)]
        return EventSeries(series, is_partial=any(meta.get("dataScanned") == "partial" for meta in metas))

    def _series(self, row: Mapping[str, Json], meta: Mapping[str, Json]) -> Series:
        values = objects(row.get("values"))[-MOST_STEPS:]
        points = [_point(value.get("timestamp"), value.get("value")) for value in values]
        groups = {
            str(group["key"])[:200]: cell(group.get("value"))
            for group in objects(row.get("groupBy"))[:MOST_GROUPS]
            if "key" in group
        }
        return Series(
            str(row.get("yAxis") or "")[:200],
            groups,
            [point for point in points if point is not None],
            type=_text(meta.get("valueType")),
            unit=_text(meta.get("valueUnit")),
            is_other=meta.get("isOther") is True,
            is_unfinished=bool(values) and values[-1].get("incomplete") is True,
        )


@dataclass(frozen=True)
class OldSeriesOf:
    """Reads the answer of `events-stats/`: `{"data": [[time, [{"count": n}]], ...]}`, or one such object for each
    function, for each group, or for each function within each group."""

    functions: tuple[str, ...]
    groups: tuple[str, ...] = ()

    def __call__(self, reply: Reply) -> EventSeries:
        _not_a_list(reply)
        return EventSeries([series for series, _ in zip(self._found(one(reply), ()), range(MOST_SERIES), strict=False)])

    def _found(self, body: Mapping[str, Json], names: tuple[str, ...]) -> Iterator[Series]:
        rows = as_list(body.get("data"))
        if rows is not None:
            function = next((name for name in names if name in self.functions), self.functions[0])
            group = ",".join(name for name in names if name not in self.functions)
            meta = as_object(body.get("meta")) or {}
            yield Series(
                function,
                {", ".join(self.groups): group[:2_000]} if group and group != "Other" else {},
                [point for row in rows[-MOST_STEPS:] if (point := _old_point(row)) is not None],
                type=_text((as_object(meta.get("fields")) or {}).get(function)),
                unit=_text((as_object(meta.get("units")) or {}).get(function)),
                is_other=group == "Other",
                is_unfinished=True,  # it ends now, and does not say so
            )
        elif len(names) < 2:
            for name, inner in body.items():
                if (found := as_object(inner)) is not None:
                    yield from self._found(found, (*names, name))


def outcomes(reply: Reply) -> Outcomes:
    """Reads the answer of `stats_v2/`, grouped by outcome."""
    counts: dict[str, int] = {}
    for group in objects(one(reply).get("groups"))[:PAGE]:
        name = (as_object(group.get("by")) or {}).get("outcome")
        total = (as_object(group.get("totals")) or {}).get("sum(quantity)")
        if isinstance(name, str) and isinstance(total, int) and not isinstance(total, bool) and 0 <= total < 10**15:
            counts[name[:50]] = total
    return Outcomes(counts)


def attributes(reply: Reply) -> list[str]:
    """The keys of tags, or of attributes: what stands in a field or a query."""
    rows = objects(as_list(reply.body))[:1_000]
    return [row["key"] for row in rows if isinstance(row.get("key"), str) and 0 < len(row["key"]) <= 200]


def _of(row: Mapping[str, Json], name: str) -> Json:
    """The value of a field; before 22 `count_unique(user)` had the name `count_unique_user`."""
    return row[name] if name in row else row.get(_NO_NAME.sub("_", name).rstrip("_"))


def _not_a_list(reply: Reply) -> None:
    if as_list(reply.body) is not None:
        raise RouteMissingError(f"{reply.host} has no route for a search of events.", status_code=404)


def _point(time: Json, value: Json) -> tuple[float, float | None] | None:
    moment = _number(time)
    if moment is None or moment <= 0:
        return None
    return (moment / 1000 if moment > _MILLISECONDS else moment), _number(value)


def _old_point(row: Any) -> tuple[float, float | None] | None:
    pair = as_list(row)
    if pair is None or len(pair) != 2:
        return None
    counts = [_number(count.get("count")) for count in objects(pair[1])]
    return _point(pair[0], sum(filter(None, counts)))


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e18:
        return None
    return float(value)


def _text(value: Json) -> str | None:
    return value[:100] if isinstance(value, str) else None
