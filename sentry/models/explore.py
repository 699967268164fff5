"""What Explore finds: rows of events, series over time, and how many events were taken in or dropped.

https://docs.sentry.io/api/explore/query-explore-events-in-table-format/. Rows may hold anything under any name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sentry.models.pages import Page
from sentry.models.tolerance import SentryModel
from sentry.values import Json, as_list, as_object

MOST_TEXT = 20_000
"""Characters of a cell that are kept: more than are ever shown, so that no cut hides half a secret."""
MOST_ITEMS = 60
DEPTH = 4

Row = dict[str, Any]
"""The value of each field that was asked for, by its name as it was asked for."""


class Meta(SentryModel):
    """`fields` are types of values, by their field: integer, number, string, date, duration, percentage, boolean, rate,
    size, array; `units` millisecond, byte, 1/minute and the like."""

    fields: dict[str, Any] = {}
    units: dict[str, Any] = {}
    data_scanned: str | None = None  # full, or partial: then all of it was counted from a sample


@dataclass(frozen=True)
class EventRows(Page[Row]):
    """Rows of events, or of aggregates over them; `fields` are those that each row may have."""

    fields: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    units: Mapping[str, str] = field(default_factory=dict[str, str])
    is_partial: bool = False


@dataclass(frozen=True)
class Series:
    """One function over time; of one group, where it was asked for by groups. `points` are steps, the oldest first:
    when one began in unix seconds, and its value."""

    function: str
    group: Row
    points: list[tuple[float, float | None]]
    type: str | None = None
    unit: str | None = None
    is_other: bool = False
    """Of all groups that have no series of their own."""
    is_unfinished: bool = False
    """Whether the newest step is not over, or not all of it was counted yet."""


@dataclass(frozen=True)
class EventSeries(Page[Series]):
    is_partial: bool = False


@dataclass(frozen=True)
class Outcomes:
    """What became of events that were sent, by Sentry's own names: accepted, filtered, rate_limited, ..."""

    counts: Mapping[str, int]

    @property
    def dropped(self) -> int:
        """For want of quota, or by a limit on the rate; what is filtered was not wanted."""
        return sum(self.counts.get(name, 0) for name in ("rate_limited", "abuse", "cardinality_limited"))

    @property
    def share_dropped(self) -> float:
        """0 to 1, of those that were to be kept."""
        sent = self.dropped + self.counts.get("accepted", 0)
        return self.dropped / sent if sent else 0.0


def cell(value: Json, depth: int = DEPTH) -> Json:
    """A value of a row, bounded."""
    if isinstance(value, str):
        return value[:MOST_TEXT]
    if (fields := as_object(value)) is not None:
        return {str(key)[:200]: cell(item, depth - 1) for key, item in islice(fields.items(), MOST_ITEMS) if depth}
    if (items := as_list(value)) is not None:
        return [cell(item, depth - 1) for item in items[:MOST_ITEMS]] if depth else []
    return value


def words_of(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Of types or units those of these fields that are words."""
    return {name: found[name][:100] for name in names if isinstance(found.get(name), str)}
