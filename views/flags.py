"""Feature flags: those that an event's app looked at, and those that Sentry suspects of an issue."""

from typing import Any, Self

from sentry.models import Event, SuspectFlag
from sentry.values import as_object
from views.bounds import ITEMS, line, plain_object, raw, rows
from views.results import Cleaner, Detail, Evidence
from views.sections import details_line
from views.wording import joined

FLAGS = "flags"
"""The context that an event has them in."""
SUSPECTS = 5


class SuspectFlagLine(Detail):
    """A flag, its value that tells this issue from others, and how many events have it, of those with the flag."""

    flag: Evidence
    value: Evidence | None = None
    percent: int | None = None
    percent_of_all: int | None = None  # of the project's events, this among them

    def cleaned(self, cleaner: Cleaner) -> Self:
        """The value by the name of its flag, too: of a password it is a secret whatever it looks like."""
        named = self.with_changes(value=cleaner.value(self.value, self.flag))
        return named.with_changes(**named.clean_fields(cleaner))

    def words(self) -> str:
        """`new-checkout=true (100% of its events, 12% of all)`."""
        shares = [
            f"{self.percent}% of its events" if self.percent is not None else None,
            f"{self.percent_of_all}% of all" if self.percent_of_all is not None else None,
        ]
        about = joined(shares, ", ")
        return joined([joined([self.flag, self.value], "="), f"({about})" if about else None], " ")

    def shown(self) -> Self:
        return self.with_texts(line, flag=80, value=40)


def event_flags(event: Event) -> dict[str, Any]:
    """Each with the value that it had when it was looked at last, the last one first.

    https://develop.sentry.dev/sdk/expected-features/#feature-flags
    """
    context = as_object((event.contexts or {}).get(FLAGS)) or {}
    found: dict[str, Any] = {}
    for row in reversed(rows(context.get("values"))[-ITEMS:]):
        if name := raw(row.get("flag")):
            found.setdefault(name, row.get("result"))
    return plain_object(found, 4_000)


def flag_words(found: dict[str, Any]) -> list[str]:
    """`flags: new-checkout=true, tier=gold`."""
    return details_line("flags", {name: _value(value) for name, value in found.items()}, 600)


def _value(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def suspect_flags(found: list[SuspectFlag]) -> list[SuspectFlagLine]:
    """The most suspect; those that Sentry takes for noise are none."""
    ranked = sorted(found, key=lambda flag: -(flag.score or 0))
    return [_line(flag) for flag in ranked if flag.flag and not flag.is_filtered and flag.score != 0][:SUSPECTS]


def suspect_words(found: list[SuspectFlagLine] | None) -> list[str]:
    """One line; none where they were not asked for."""
    if found is None:
        return []
    words = joined([flag.words() for flag in found], ", ")
    return [f"suspect flags: {words or 'none; no flag tells its events from others'}"]


def _line(flag: SuspectFlag) -> SuspectFlagLine:
    own, every = _shares(flag.distribution.get("outliers")), _shares(flag.distribution.get("baseline"))
    value = max(own, key=lambda value: own[value] - every.get(value, 0), default=None)
    if value is None:
        return SuspectFlagLine(flag=raw(flag.flag) or "")
    return SuspectFlagLine(
        flag=raw(flag.flag) or "",
        value=raw(value),
        percent=round(own[value] * 100),
        percent_of_all=round(every.get(value, 0) * 100) if every else None,
    )


def _shares(counts: Any) -> dict[str, float]:
    """0 to 1, of each value."""
    found = {
        value: float(count)
        for value, count in (as_object(counts) or {}).items()
        if isinstance(count, int | float) and 0 <= count < 1e15
    }
    total = sum(found.values())
    return {value: count / total for value, count in found.items()} if total else {}
