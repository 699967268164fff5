"""Functions of events over time, as a search of them counts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Self

from sentry.models import EventSeries, Series
from sentry.values import Json
from views.bounds import briefs, line, plain_object, raw, word
from views.lists import fewer_rows
from views.provenance import Markers
from views.results import Details, Evidence, Form, Moment, Part, Result, Step, Word
from views.searches import Dataset, Span
from views.trends import runs_of
from views.units import amount, cell, is_total
from views.wording import joined, read, sparkline, when

Bars = Annotated[str, Form("bars", re.compile("[▁-█]{1,100}"))]
OTHER_STEP = "Sentry counted in steps of {} minutes."
MOST_SECONDS = 1e11
"""Of a time: later there is none."""
FEW = 6
"""Steps in a row whose first alone is named by its time."""
WIDTH = 24
"""Blocks of a sparkline."""


class TrendLine(Part):
    """A function over time; of a group, where there are several."""

    function: Evidence
    group: Details = {}
    is_other: bool = False  # of all other groups together
    unit: Evidence | None = None
    type: Word | None = None
    total: float | None = None  # where that says something
    peak: float | None = None
    peak_at: Moment | None = None
    bars: Bars = ""
    counts: list[float | None] = []  # of each step, from `EventTrend.begins` on

    def lines(self, begins: datetime | None, step: int, *, is_unfinished: bool, several: bool) -> list[str]:
        """Numbers and not bars alone, since a model does not count the blocks of a bar."""
        group = joined([_named(name, value) for name, value in self.group.items()], ", ")
        name = "all others" if self.is_other else group
        head = joined(
            [
                joined([name, line(self.function) if several or not name else None], ": "),
                f"total {self._amount(self.total)}" if self.total is not None else None,
                f"peak {self._amount(self.peak)} at {read(self.peak_at)}" if self.peak else None,
                self.bars if self.peak else "none",
            ]
        )
        if not any(self.counts):
            return [head]
        return [head, f"  {self._numbers(begins, step, is_unfinished=is_unfinished)}"]

    def _numbers(self, begins: datetime | None, step: int, *, is_unfinished: bool) -> str:
        """`11-23 20h: 3 4 0 5, 11-24 02h: 12 310 5 so far`; steps that are not named have none."""
        parts: list[str] = []
        last = len(self.counts) - 1
        before: datetime | None = None
        for begin, end in runs_of([value or 0 for value in self.counts]):
            for at in range(begin, end, FEW):
                numbers = [amount(value or 0, None, None) for value in self.counts[at : min(at + FEW, end)]]
                if is_unfinished and at + len(numbers) > last:
                    numbers[-1] += " so far"
                moment = _time(begins.timestamp() + at * step) if begins else None
                parts.append(joined([_label(moment, before, step), " ".join(numbers)], ": "))
                before = moment
        is_last_shown = bool(self.counts[-1])
        return ", ".join(parts) + ("" if is_last_shown or not is_unfinished else ", last step not over")

    def _amount(self, value: float | None) -> str:
        return "" if value is None else amount(value, self.type, self.unit)


class EventTrend(Result):
    dataset: Dataset
    period: Span
    interval: Span
    begins: Moment | None = None
    step_seconds: int = 0
    is_unfinished: bool = False  # whether the last step is not over
    series: list[TrendLine]

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not any(one.peak for one in self.series):
            return "\n".join([f"No {self.dataset} match in {self.period}.", *self.omitted])
        begins = _moment(self.begins)
        several = len({one.function for one in self.series}) > 1
        lines = [
            text
            for one in self.series
            for text in one.lines(begins, self.step_seconds, is_unfinished=self.is_unfinished, several=several)
        ]
        since = f" from {read(self.begins)}" if self.begins else ""
        unfinished = "; the last step is not over" if self.is_unfinished else ""
        what = "" if several or not self.series[0].group else f" {line(self.series[0].function)}"
        # The first step may begin before the period: totals are of whole steps.
        head = (
            f"{self.dataset} in {self.period}, whole steps of {self.interval}{since}{unfinished}. {marks.announcement}"
        )
        block = marks.block("\n".join([*([f"{what.strip()} by group"] if what else []), *lines]))
        return "\n".join([head[:1].upper() + head[1:], block, *self.omitted])

    def shown(self, scale: float) -> Self:
        return self._with_groups(120)

    def steps(self) -> Iterator[Step]:
        yield lambda found: found._with_groups(48)
        yield _without_numbers
        yield from fewer_rows("series", "Only the first {} are shown.")

    def _with_groups(self, length: int) -> Self:
        rows = [one.with_changes(group=briefs(one.group, length, 20)).with_texts(line, unit=20) for one in self.series]
        return self.with_changes(series=rows)


def event_trend(
    found: EventSeries,
    dataset: Dataset,
    period: str,
    interval: str,
    step: int,
    *,
    notes: list[str] = [],  # noqa: B006 - never changed
) -> EventTrend:
    """Functions over time in steps of so many seconds, the first of all groups first."""
    begins = min((series.points[0][0] for series in found.items if series.points), default=0.0)
    counted = _step(found) or step
    other = [OTHER_STEP.format(counted // 60)] if counted != step else []
    return EventTrend(
        dataset=dataset,
        period=period,
        interval=interval,
        begins=when(_time(begins)),
        step_seconds=counted,
        is_unfinished=any(series.is_unfinished for series in found.items),
        series=[_line(series, begins, counted) for series in found.items if not _is_empty_rest(series)],
        omitted=[*found.notes, *other, *notes],
    )


def _step(found: EventSeries) -> int:
    """Seconds between two points; 0 where there are no two. Sentry takes another step than was asked for where it has
    none of that length."""
    points = [[moment for moment, _ in series.points[:2]] for series in found.items]
    return next((round(pair[1] - pair[0]) for pair in points if len(pair) == 2 and pair[1] > pair[0]), 0)


def _is_empty_rest(series: Series) -> bool:
    """Where the groups that are told are all there are."""
    return series.is_other and not any(value for _, value in series.points)


def _line(series: Series, begins: float, step: int) -> TrendLine:
    places = {round((moment - begins) / step): value for moment, value in series.points}
    counts = [places.get(at) for at in range(min(max(places, default=-1) + 1, 1_000))]
    values = [(value, moment) for moment, value in series.points if value]
    peak, peak_at = max(values, default=(None, 0.0), key=lambda one: one[0] or 0)
    return TrendLine(
        function=raw(series.function) or "?",
        group=plain_object(series.group, 2_000),
        is_other=series.is_other,
        type=word(series.type),
        unit=raw(series.unit),
        total=sum(value for value, _ in values) if is_total(series.function) else None,
        peak=peak,
        peak_at=when(_time(peak_at)),
        bars=sparkline([round(1_000 * (value or 0) / (peak or 1)) for value in counts], WIDTH),
        counts=counts,
    )


def _named(name: str, value: Json) -> str:
    """As a table has it."""
    return f"{line(name, 80)}={line(cell(value, None, None, True), 80) or '(none)'}"


def _without_numbers(found: EventTrend) -> EventTrend:
    series = [one.with_changes(counts=[]) for one in found.series]
    return found.without("the numbers of each step", "a longer interval", series=series)


def _label(moment: datetime | None, before: datetime | None, step: int) -> str | None:
    """`11-23`, `11-23 20h`, `11-23 20:15`; on the same day the hour alone."""
    if moment is None:
        return None
    day = f"{moment:%m-%d}"
    if step >= 86_400:
        return day
    clock = f"{moment:%Hh}" if step >= 3_600 else f"{moment:%H:%M}"
    return clock if before is not None and before.date() == moment.date() else f"{day} {clock}"


def _time(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < MOST_SECONDS else None


def _moment(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp).astimezone(UTC) if stamp else None
