"""What a list of issues is asked with, in the words of each kind of Sentry. Pure, no I/O."""

import re
from dataclasses import dataclass, replace

from sentry.dialects import PERIODS_OF_SENTRY_9, SORTS_OF_GLITCHTIP, SORTS_OF_SENTRY_9
from sentry.paths import quoted

_TERM = re.compile(r'(?:[^\s"\[\]]|"(?:\\.|[^"\\])*"|\[[^\]]*\])+|\S')


@dataclass(frozen=True)
class IssueQuery:
    """`query` is Sentry's search syntax, `period` such as 24h or 14d, `limit` 1 to 100 rows."""

    project: str | None = None
    query: str = "is:unresolved"
    environment: str | None = None
    period: str | None = None
    sort: str | None = None
    limit: int = 25
    cursor: str | None = None

    def parameters(self, *, with_project: bool) -> list[tuple[str, str]]:
        """The query string. An empty `query` is sent too: a missing one means is:unresolved."""
        named = {
            "query": self.query,
            "project": self.project if with_project else None,
            "environment": self.environment,
            "statsPeriod": self.period,
            "sort": self.sort,
            "limit": str(self.limit),
            "cursor": self.cursor,
        }
        return [(name, value) for name, value in named.items() if value is not None]

    def for_glitchtip(self) -> "IssueQuery":
        return replace(self, sort=SORTS_OF_GLITCHTIP.get(self.sort or "", self.sort))

    def for_sentry_9(self) -> "IssueQuery":
        return replace(self, query=free_text_last(self.query))

    def what_sentry_9_lacks(self) -> str | None:
        """The setting it would answer with a 500 or a 400, in words; None when it can."""
        if self.sort is not None and self.sort not in SORTS_OF_SENTRY_9:
            return f"sort={quoted(self.sort)} (it has {', '.join(SORTS_OF_SENTRY_9)})"
        if self.period is not None and self.period not in PERIODS_OF_SENTRY_9:
            return f"period={quoted(self.period)} (it has {', '.join(PERIODS_OF_SENTRY_9)})"
        return None


def free_text_last(query: str) -> str:
    """Sentry 9 finds nothing, in silence, unless the free text comes after all `key:value` terms."""
    terms = _TERM.findall(query)
    keyed = [term for term in terms if re.match(r"!?[\w.-]+:", term)]
    return " ".join(keyed + [term for term in terms if term not in keyed])
