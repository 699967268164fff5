"""What a list of issues is asked with, in the words of each kind of Sentry. Pure, no I/O."""

import re
import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sentry.dialects import SORTS, SORTS_OF_GLITCHTIP, SORTS_OF_SENTRY_9
from sentry.errors import InvalidRequestError
from sentry.models import Issue
from sentry.models.pages import Page
from sentry.paths import quoted

# A quotation or a list that is not closed ends with the query, or where another list begins: each character is looked
# at once, however long the query is.
_TERM = re.compile(r'(?:[^\s"\[\]]|"(?:\\.|[^"\\])*(?:"|\\?\Z)|\[[^\[\]]*(?:\]|\Z))+|\S', re.DOTALL)
_KEYED = re.compile(r"!?[\w.-]+:")
_PERIOD = re.compile(r"([0-9]{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_BY_DATE = (None, "date")
_PERIODS = "{} is a number of minutes, hours, days or weeks, such as 90m, 24h, 14d or 4w."
PERIODS = _PERIODS.format("period")


@dataclass(frozen=True)
class IssueQuery:
    """`projects` are slugs or numbers, none for all; `query` is Sentry's search syntax, `period` such as 24h or 14d,
    `limit` 1 to 100 rows."""

    projects: tuple[str, ...] = ()
    query: str = "is:unresolved"
    environment: str | None = None
    period: str | None = None
    sort: str | None = None
    limit: int = 25
    cursor: str | None = None

    def parameters(self, *, with_projects: bool) -> list[tuple[str, str]]:
        """The query string. An empty `query` is sent too: a missing one means is:unresolved."""
        named = {
            "environment": self.environment,
            "statsPeriod": self.period,
            "sort": self.sort,
            "limit": str(self.limit),
            "cursor": self.cursor,
        }
        projects = [("project", project) for project in self.projects] if with_projects else []
        rest = [(name, value) for name, value in named.items() if value is not None]
        return [("query", self.query), *projects, *rest]

    def for_glitchtip(self) -> "IssueQuery":
        """Its search reads words as a shell does, in which an apostrophe opens a quotation."""
        terms = [shlex.quote(term) if "'" in term or "\\" in term else term for term in _terms(self.query)]
        sort = SORTS_OF_GLITCHTIP.get(self.sort or "", self.sort)
        return replace(self, query=" ".join(terms), period=None, sort=sort)

    def for_sentry_9(self) -> "IssueQuery":
        """It knows periods only as a term of the search."""
        within = [f"lastSeen:-{read_period(self.period)[0]}"] if self.period else []
        return replace(self, query=" ".join([*within, self.in_old_words().query]), period=None)

    def in_old_words(self) -> "IssueQuery":
        """As Sentry before 22 reads it, which else finds nothing, in silence, or refuses it; itself where that is the
        same."""
        query = " ".join(_terms(self.query))
        return self if query == " ".join(_TERM.findall(self.query)) else replace(self, query=query)

    def what_sentry_9_lacks(self) -> str | None:
        """The setting it would answer with a 500, in words; None when it can."""
        return _lacking_sort(self.sort, SORTS_OF_SENTRY_9)

    def what_glitchtip_lacks(self) -> str | None:
        """The setting it would refuse, or not heed; None when it can."""
        if self.period and self.sort not in _BY_DATE:
            return f"period={quoted(self.period)} unless the list is sorted by date"
        return _lacking_sort(self.sort, tuple(SORTS_OF_GLITCHTIP))

    def within_period(self, page: Page[Issue]) -> Page[Issue]:
        """The rows that were seen within the period, of a list with the most recently seen first."""
        if not self.period:
            return page
        since = datetime.now(UTC) - read_period(self.period)[1]
        rows = [issue for issue in page.items if issue.last_seen is None or issue.last_seen >= since]
        return page if len(rows) == len(page.items) else Page(rows)


def _terms(query: str) -> list[str]:
    """Its terms; older servers find nothing, in silence, unless the free text comes after all `key:value` terms, and
    say ignored for what today's Sentry calls archived."""
    terms = ["is:ignored" if term == "is:archived" else term for term in _TERM.findall(query)]
    keyed = [term for term in terms if _KEYED.match(term)]
    return keyed + [term for term in terms if not _KEYED.match(term)]


def read_period(period: str, argument: str = "period") -> tuple[str, timedelta]:
    """As it was written, and how long it is. Raises InvalidRequestError, by the name of the argument, for what is
    none."""
    found = _PERIOD.fullmatch(period.strip())
    if found is None:
        raise InvalidRequestError(_PERIODS.format(argument))
    return found[0], timedelta(**{_UNITS[found[2]]: int(found[1])})


def _lacking_sort(sort: str | None, known: tuple[str, ...]) -> str | None:
    if sort is None or sort in known:
        return None
    return f"sort={quoted(sort)} (it has {', '.join(name for name in known if name in SORTS)})"
