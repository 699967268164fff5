"""What a search of events finds: rows as a table."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, Self

from sentry.models import EventRows
from sentry.values import Json
from views.bounds import briefs, identifier, line, of_organization, plain, raw, short_id, slug, word
from views.lists import Paged, fewer_rows, next_page
from views.provenance import Markers
from views.results import (
    Detail,
    Details,
    Evidence,
    Form,
    Identifier,
    IssueName,
    Part,
    Slug,
    Step,
    Word,
    each,
)
from views.secrets.replacing import REDACTED
from views.units import cell
from views.wording import counted, joined

Dataset = Literal["errors", "logs", "spans"]
Span = Annotated[str, Form("period", re.compile(r"[0-9]{1,5}[mhdw]"))]
"""Of time: `24h`."""
IDS = ("id", "sentry.item_id")
NEWEST = "-timestamp"


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
    is_later: bool = False  # whether it is no first page
    sort: Evidence | None = None
    columns: list[Column] = []
    rows: list[EventMatch]

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.rows:
            more = "more " * self.is_later
            return "\n".join(
                [f"No {more}{self.dataset} match in {self.period}.", *next_page(self.next_cursor), *self.omitted]
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


def event_search(
    page: EventRows,
    dataset: Dataset,
    period: str,
    sort: str,
    *,
    notes: list[str] = [],  # noqa: B006 - never changed
    organization: str | None = None,
    is_later: bool = False,
) -> EventSearch:
    """A table of rows; of an `organization` that is not the usual one, of a page that `is_later` than the first."""
    columns = [
        Column(field=raw(name) or "?", type=word(page.types.get(name)), unit=raw(page.units.get(name)))
        for name in page.fields
    ]
    return EventSearch(
        dataset=dataset,
        period=period,
        organization=slug(organization),
        is_later=is_later,
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


def _heading(column: Column) -> str:
    return line(column.field, 80).replace("|", "¦")


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
