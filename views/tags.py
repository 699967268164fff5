"""How the events of an issue spread over the values of a tag."""

from collections.abc import Iterator
from datetime import datetime
from typing import Self

from sentry.models import TagValue, TagValues
from views.bounds import issue_name, line, raw
from views.lists import fewer_rows
from views.provenance import Markers
from views.results import Cleaner, Evidence, IssueName, Moment, Part, Result, Step
from views.wording import age, bar, counted, joined, when

EMPTY = "(empty)"
"""What Sentry calls a value without characters."""


class TagRow(Part):
    value: Evidence | None
    count: int
    percent: float
    first_seen: Moment | None = None
    last_seen: Moment | None = None

    def line(self, now: datetime | None) -> str:
        first = f"first {age(self.first_seen, now)}" if self.first_seen else None
        last = f"last {age(self.last_seen, now)}" if self.last_seen else None
        share = f"{_percent(self.percent)} {bar(self.percent)} {self.value or EMPTY}"
        return joined([share, f"{self.count:,}", joined([first, last], ", ")])


class TagValuesResult(Result):
    """The values of one tag, the most frequent first."""

    issue: IssueName
    tag: Evidence
    total: int  # events that have the tag
    events: int | None = None  # events in all
    asked_within: Evidence | None = None  # the period and environment that were asked for
    unique: int | None = None
    values: list[TagRow]

    def cleaned(self, cleaner: Cleaner) -> Self:
        """A value by the name of its tag, too: of a password it is a secret whatever it looks like."""
        rows = [row.with_changes(value=cleaner.value(row.value, self.tag)) for row in self.values]
        named = self.with_changes(values=rows)
        return named.with_changes(**named.clean_fields(cleaner))

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.values:
            none = f"None of the {self.events:,} events" if self.events else "No event"
            asked = f" that {'were' if self.events else 'was'} asked for" if self.asked_within else ""
            return f"{none} of issue {self.issue}{asked} has this tag."
        lines = [f"{self.tag}: {self.total_in_words()}", *(row.line(now) for row in self.values)]
        head = f"Tag of issue {self.issue}. {marks.announcement}"
        return "\n".join([head, marks.block("\n".join(lines)), *self.omitted])

    def total_in_words(self) -> str:
        """`5 of 58 events in 7d, production have this tag, over 2 values`."""
        within = f" in {self.asked_within}" if self.asked_within else ""
        unique = f" over {counted(self.unique, 'value')}" if self.unique else ""
        if not self.events:
            return f"{self.total:,} events{within}{unique}"
        have = f"{'has' if self.total == 1 else 'have'} this tag{',' * bool(unique)}"
        return f"{self.total:,} of {counted(self.events, 'event')}{within} {have}{unique}"

    def shown(self, scale: float) -> Self:
        values = [row.with_texts(line, value=160) for row in self.values]
        return self.model_copy(update={"values": values}).with_texts(line, tag=80, asked_within=80)

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.model_copy(
            update={"values": [row.with_texts(line, value=80) for row in found.values]}
        )
        yield from fewer_rows("values", "Only the {} most frequent values are shown.")


def tag_values(
    issue: str, values: TagValues, *, events: int | None = None, within: str | None = None
) -> TagValuesResult:
    """The distribution of an issue's events over one tag; of so many `events`, where that is known to be no fewer, and
    of those `within` a period or an environment."""
    total = _total(values)
    without = sum(value.count for value in values.top_values if not value.value and _name(value) == EMPTY)
    return TagValuesResult(
        issue=issue_name(issue),
        tag=raw(values.key or values.name) or "?",
        total=total - without if events else total,
        events=events if events and events >= total else None,
        asked_within=raw(within),
        unique=values.unique_values and max(values.unique_values, len(values.top_values)),
        values=[_row(value, total) for value in values.top_values],
    )


def distribution(values: TagValues, most: int) -> list[tuple[str, str]]:
    """The most frequent values, each with its share; at last how many more there are, which is no value."""
    total = _total(values)
    shares = [(raw(_name(value)) or "", _percent(100 * value.count / total)) for value in values.top_values[:most]]
    more = (values.unique_values or len(values.top_values)) - len(shares)
    return [*shares, ("", f"{more:,} more values")] if more > 0 else shares


def clean_distributions(found: dict[str, list[tuple[str, str]]], cleaner: Cleaner) -> dict[str, str]:
    """By tag, in words: `shop@1.5.0 50%, shop@1.4.0 50%`. Values are cleaned by the name of their tag, too."""
    return {
        cleaner.text(tag): ", ".join(joined([cleaner.value(value, tag), share], " ") for value, share in shares)
        for tag, shares in found.items()
    }


def _row(value: TagValue, total: int) -> TagRow:
    """Sentry 9 says when it first took an event, and when the last one happened: one that came late is no beginning."""
    is_odd = bool(value.first_seen and value.last_seen and value.first_seen > value.last_seen)
    return TagRow(
        value=raw(_name(value)),
        count=value.count,
        percent=round(100 * value.count / total, 2),
        first_seen=None if is_odd else when(value.first_seen),
        last_seen=when(value.last_seen),
    )


def _name(value: TagValue) -> str:
    return value.value or value.name or EMPTY


def _total(values: TagValues) -> int:
    return max(values.total_values or 0, sum(value.count for value in values.top_values)) or 1


def _percent(number: float) -> str:
    return f"{number:.0f}%" if number >= 1 or number <= 0 else "<1%"
