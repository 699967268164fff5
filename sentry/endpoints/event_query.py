"""What events are searched with, in the words of each kind of Sentry. Pure, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sentry.datasets import Dataset

DISCOVER = "discover"
"""How Sentry before 23 calls the dataset of errors, in which transactions are, too."""
_NO_TRANSACTIONS = "!event.type:transaction"
MOST_GROUPS: Final = 10
"""That a series can be of, by their own lines."""
_USUAL_GROUPS = 5


@dataclass(frozen=True)
class EventQuery:
    """`projects` are numbers, none for all; `fields` columns, tags and functions; `query` Sentry's search syntax;
    `period` such as 24h; `interval` in seconds."""

    dataset: Dataset
    projects: Sequence[str] = ()
    query: str = ""
    period: str = "24h"
    environment: str | None = None
    sort: str | None = None
    limit: int = 25
    cursor: str | None = None
    fields: tuple[str, ...] = ()
    interval: int = 0

    def rows(self, *, old: bool = False) -> list[tuple[str, str]]:
        """The parameters of a search; `old` as Sentry before 23 takes them."""
        named = {"sort": self.sort, "per_page": str(self.limit), "cursor": self.cursor}
        return [*self._asked(old=old), *(("field", field) for field in self.fields), *_given(named)]

    def series(self, functions: Sequence[str], groups: Sequence[str]) -> list[tuple[str, str]]:
        """The parameters of `events-timeseries/`."""
        asked = [*self._asked(), ("interval", str(self.interval)), *(("yAxis", function) for function in functions)]
        named = [("groupBy", group) for group in groups]
        return [*asked, *named, *self._top()] if groups else asked

    def old_series(
        self, functions: Sequence[str], groups: Sequence[str], *, old: bool = False
    ) -> list[tuple[str, str]]:
        """The parameters of `events-stats/`."""
        asked = [*self._asked(old=old), ("interval", f"{self.interval}s")]
        asked += [("yAxis", function) for function in functions]
        named = [("field", field) for field in (*groups, *functions)]
        return [*asked, *named, *self._top()] if groups else asked

    def _top(self) -> list[tuple[str, str]]:
        """Of how many groups; all others come together."""
        return [("topEvents", str(top_groups(self.limit))), *_given({"sort": self.sort})]

    def scope(self, period: str | None = None) -> list[tuple[str, str]]:
        """The parameters that bind a question to a period and to projects."""
        projects = [("project", project) for project in self.projects]
        return [("statsPeriod", period or self.period), *projects]

    def _asked(self, *, old: bool = False) -> list[tuple[str, str]]:
        dataset = DISCOVER if old and self.dataset == "errors" else self.dataset
        query = self.query
        if dataset == DISCOVER:
            query = f"({query}) {_NO_TRANSACTIONS}" if query else _NO_TRANSACTIONS
        named = {"query": query or None, "environment": self.environment}
        return [("dataset", dataset), *self.scope(), *_given(named)]


def top_groups(limit: int) -> int:
    """How many groups have series of their own."""
    return limit if limit <= MOST_GROUPS else _USUAL_GROUPS


def _given(named: dict[str, str | None]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in named.items() if value is not None]
