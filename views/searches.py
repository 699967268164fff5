"""What a search of events finds: rows as a table, or functions over time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from sentry.models import EventRows, EventSeries, Series
from sentry.values import Json
from views.bounds import briefs, identifier, line, of_organization, plain, plain_object, raw, short_id, slug, word
from views.lists import Paged, fewer_rows, next_page
from views.provenance import Markers
from views.results import (
    Detail,
    Details,
    Evidence,
    Form,
    Identifier,
    IssueName,
    Moment,
    Part,
    Result,
    Slug,
    Step,
    Word,
    each,
)
from views.secrets.replacing import REDACTED
from views.trends import runs_of
from views.units import amount, cell, is_total
from views.wording import counted, joined, read, sparkline, when

Dataset = Literal["errors", "logs", "spans"]
Span = Annotated[str, Form("period", re.compile(r"[0-9]{1,5}[mhdw]"))]
"""Of time: `24h`."""
Bars = Annotated[str, Form("bars", re.compile("[▁-█]{1,100}"))]
IDS = ("id", "sentry.item_id")
NEWEST = "-timestamp"
FEW = 6
"""Steps in a row whose first alone is named by its time."""
WIDTH = 24
"""Blocks of a sparkline."""


class Column(Detail):
    field: Evidence
    type: Word | None = None
    unit: Evidence | None = None

    @property
    def is_counted(self) -> bool:
        return self.field.endswith(")") or self.field.startswith("equation|")

    def cell(self, value: Json, *, to_the_second: bool) -> str:
        """A number that was not counted may be an ID."""
        kind = "number" if self.is_counted and self.type == "integer" else self.type
        return cell(value, kind, self.unit, to_the_second)


class EventMatch(Part):
    """A row. What leads on stands apart, as the next call takes it: an event's, a log's or a span's ID, an issue, a
    trace."""

    id: Identifier | None = None
    issue: IssueName | None = None
    trace: Identifier | None = None
    values: Details = {}  # the other fields

    def cells(self, columns: list[Column], *, to_the_second: bool) -> list[str]:
        named = {**dict.fromkeys(IDS, self.id), "issue": self.issue, "trace": self.trace}
        return [
            named.get(column.field) or column.cell(self.values.get(column.field), to_the_second=to_the_second)
            for column in columns
        ]

    def shown(self, length: int) -> Self:
        return self.with_changes(values=briefs(self.values, length, len(self.values)))


class EventSearch(Paged):
    dataset: Dataset
    period: Span
    organization: Slug | None = None  # where it is not the one that is asked without a name
    sort: Evidence | None = None
    columns: list[Column] = []
    rows: list[EventMatch]

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.rows:
            return "\n".join(
                [f"No {self.dataset} match in {self.period}.", *next_page(self.next_cursor), *self.omitted]
            )
        call = f" (get_event takes {self.organization}/ID)" if self.organization and self.dataset == "errors" else ""
        is_counted = any(column.is_counted for column in self.columns)
        order = ", the newest first" if self.sort == NEWEST and not is_counted else ""
        head = f"{counted(len(self.rows), 'row')} of {self.dataset} in {self.period}{order}{call}. {marks.announcement}"
        return "\n".join([head, marks.block(self._table()), *next_page(self.next_cursor), *self.omitted])

    def _table(self) -> str:
        """What all rows have, or none has, is said once."""
        rows = [row.cells(self.columns, to_the_second=self.dataset != "errors") for row in self.rows]
        shown: list[int] = []
        alike: list[str] = []
        for at, column in enumerate(self.columns):
            values = {row[at] for row in rows}
            value = next(iter(values))
            if len(values) > 1 or len(rows) == 1 or column.is_counted or REDACTED in value:  # two secrets look alike
                shown.append(at)
            else:
                alike.append(f"{_heading(column)} {value or '(none)'}")
        if not shown:
            shown, alike = list(range(len(self.columns))), []
        lines = [f"all: {joined(alike)}"] if alike else []
        lines += [_row([_heading(self.columns[at]) for at in shown]), f"|{'---|' * len(shown)}"]
        return "\n".join([*lines, *(_row([row[at] for at in shown]) for row in rows)])

    def shown(self, scale: float) -> Self:
        return self._with_cells(160).with_texts(line, sort=100)

    def steps(self) -> Iterator[Step]:
        yield lambda found: found._with_cells(80)
        yield lambda found: found._with_cells(48)
        yield from fewer_rows("rows")

    def _with_cells(self, length: int) -> Self:
        columns = each(self.columns, lambda column: column.with_texts(line, unit=20))
        return self.with_changes(rows=[row.shown(length) for row in self.rows], columns=columns)


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
        group = joined([f"{name}={line(value, 80)}" for name, value in self.group.items()], ", ")
        name = "all others" if self.is_other else group
        head = joined(
            [
                joined([name, self.function if several or not name else None], ": "),
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
                moment = datetime.fromtimestamp(begins.timestamp() + at * step, UTC) if begins else None
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
        unfinished = "; the last step is not over" if self.is_unfinished else ""
        what = "" if several or not self.series[0].group else f" {self.series[0].function}"
        head = f"{self.dataset} in {self.period}, each {self.interval}, UTC{unfinished}. {marks.announcement}"
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


def event_search(
    page: EventRows,
    dataset: Dataset,
    period: str,
    sort: str,
    *,
    notes: list[str] = [],  # noqa: B006 - never changed
    organization: str | None = None,
) -> EventSearch:
    """A table of rows; of an `organization` that is not the usual one."""
    columns = [
        Column(field=raw(name) or "?", type=word(page.types.get(name)), unit=raw(page.units.get(name)))
        for name in page.fields
    ]
    return EventSearch(
        dataset=dataset,
        period=period,
        organization=slug(organization),
        sort=raw(sort),
        columns=columns,
        rows=[_match(row, page.fields, organization) for row in page.items],
        next_cursor=raw(page.next_cursor),
        omitted=[*page.notes, *notes],
    )


def _match(row: dict[str, Json], fields: tuple[str, ...], organization: str | None) -> EventMatch:
    """What has not the form of what it should be stands among the other values."""
    led: dict[str, str] = {}
    if found := next((found for name in IDS if name in fields and (found := identifier(row.get(name)))), None):
        led["id"] = found
    if found := short_id(row.get("issue")):
        led["issue"] = of_organization(slug(organization), found)
    if found := identifier(row.get("trace")):
        led["trace"] = found
    apart = {name for name in ("issue", "trace") if name in led} | {name for name in IDS if "id" in led}
    return EventMatch(**led, values={name: plain(row.get(name)) for name in fields if name not in apart})


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
    begins = min((series.points[0][0] for series in found.items if series.points), default=None)
    return EventTrend(
        dataset=dataset,
        period=period,
        interval=interval,
        begins=when(datetime.fromtimestamp(begins, UTC)) if begins is not None and begins < 1e11 else None,
        step_seconds=step,
        is_unfinished=any(series.is_unfinished for series in found.items),
        series=[_line(series, begins or 0.0, step) for series in found.items if not _is_empty_rest(series)],
        omitted=[*found.notes, *notes],
    )


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
        peak_at=when(datetime.fromtimestamp(peak_at, UTC)) if 0 < peak_at < 1e11 else None,
        bars=sparkline([round(1_000 * (value or 0)) for value in counts], WIDTH),
        counts=counts,
    )


def _without_numbers(found: EventTrend) -> EventTrend:
    series = [one.with_changes(counts=[]) for one in found.series]
    return found.without("the numbers of each step", "a longer interval", series=series)


def _heading(column: Column) -> str:
    return line(column.field, 80).replace("|", "¦")


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _label(moment: datetime | None, before: datetime | None, step: int) -> str | None:
    """`11-23`, `11-23 20h`, `11-23 20:15`; on the same day the hour alone."""
    if moment is None:
        return None
    day = f"{moment:%m-%d}"
    if step >= 86_400:
        return day
    clock = f"{moment:%Hh}" if step >= 3_600 else f"{moment:%H:%M}"
    return clock if before is not None and before.date() == moment.date() else f"{day} {clock}"


def _moment(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp).astimezone(UTC) if stamp else None
