"""How often an issue of a list was seen: within what was asked, and in all. Today's Sentry alone counts both."""

from typing import Any

from sentry.models import Issue
from views.results import Part
from views.wording import counted, joined

USUAL_PERIOD = "90d"
"""For which today's Sentry counts when no period is asked for (`get_date_range_from_stats_period` of its sources)."""


class InAll(Part):
    """Beside `count` and `users` of a row, which are of the period and the environment that were asked for."""

    count_in_all: int | None = None  # ever, in the environment
    users_in_all: int | None = None
    count_matching: int | None = None  # of the events that the search itself asks for

    def counts_in_words(self, count: int | None, users: int | None, period: str | None, environment: str | None) -> str:
        """`52 events, 31 users in 7d, production (90, 35 in all)`."""
        seen = joined([counted(count, "event"), counted(users, "user")], ", ")
        if self.count_in_all is None:
            return seen
        differs = (self.count_in_all, self.users_in_all) != (count, users)
        where = joined([period or USUAL_PERIOD * differs, environment], ", ")
        in_all = joined([f"{number:,}" for number in (self.count_in_all, self.users_in_all) if number], ", ")
        asides = [
            f"{self.count_matching:,} match" if self.count_matching not in (None, count) else None,
            f"{in_all} in all" if differs else "none before" if period else None,
        ]
        aside = joined(asides, "; ")
        return joined([seen, f"in {where}" if where else None, f"({aside})" if aside else None], " ")


def in_all(issue: Issue) -> dict[str, Any]:
    """The fields of `InAll`: `lifetime` and `filtered` of a row of today's Sentry."""
    lifetime, filtered = issue.lifetime, issue.filtered
    return {
        "count_in_all": lifetime.count if lifetime else None,
        "users_in_all": (lifetime.user_count if lifetime else None) or None,
        "count_matching": filtered.count if filtered else None,
    }
