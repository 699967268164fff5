"""How often an issue was seen, hour by hour and day by day, and since when it is more often than before."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from sentry.models import Issue
from views.results import Detail, Moment
from views.wording import sparkline, when

Period = Literal["24h", "14d", "30d"]
PERIODS: tuple[Period, ...] = ("24h", "14d", "30d")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
GAP = 2
"""Steps without events in a row that are said by a zero each: naming the next step by its time takes as many tokens."""
LEAST_BEFORE = 7
"""Days: of fewer nobody knows what is usual."""
LEAST_SINCE = 5
"""Events: fewer may be chance."""
TIMES = 2
"""How many times as many events as before are more than chance brings, if no day before had as many."""


class Trend(Detail):
    """Events in equal steps of time, the oldest first; the newest is not over."""

    period: Period
    counts: list[int]
    newest: Moment | None = None  # when the newest step began

    def line(self) -> str:
        """`24h 13 by hour from 18h UTC: 3 9, 02h: 1`; `30d 14 by day from 11-21: 1 4 4 5`. Steps that are not named
        had no events. Numbers and not bars, since a model counts neither the blocks of a bar nor a row of thirty."""
        newest, is_hourly = _moment(self.newest), self.period == "24h"
        unit = "hour" if is_hourly else "day"
        if newest is None:  # without times its shape alone can be told
            return f"{self.period} {sparkline(self.counts)} {sum(self.counts):,} (peak {max(self.counts):,}/{unit})"
        step, last = _HOUR if is_hourly else _DAY, len(self.counts) - 1
        runs = [
            (newest - (last - at) * step, " ".join(map(str, self.counts[at:end]))) for at, end in runs_of(self.counts)
        ]
        words = [f"{moment:{'%Hh' if is_hourly else '%m-%d'}}: {numbers}" for moment, numbers in runs]
        words[0] = words[0].replace("h:", "h UTC:")
        no_more = ", then none" if not any(self.counts[-1 - GAP :]) else ""
        return f"{self.period} {sum(self.counts):,} by {unit} from {', '.join(words)}{no_more}"


class Rise(Detail):
    """Since when an issue is seen more often than it was."""

    since: Moment  # the beginning of a day
    per_day: float | None = None  # of the days that are over; None where that is none
    so_far: int = 0  # of today
    before_per_day: float

    def line(self) -> str:
        """`since 2026-11-23: 5/day, before 0.3/day`."""
        if self.per_day is None:
            now = f"{self.so_far:,} so far"
        else:  # where today already has more, it goes on
            today = f", {self.so_far:,} so far today" if self.so_far > self.per_day else ""
            now = f"{_rate(self.per_day)}/day{today}"
        return f"since {self.since[:10]}: {now}, before {_rate(self.before_per_day)}/day"


def trends(issue: Issue) -> list[Trend]:
    """Those of an issue that has any event in them."""
    found = [
        Trend(period=period, counts=_counts(issue, period), newest=when(_newest(issue, period))) for period in PERIODS
    ]
    return [trend for trend in found if any(trend.counts)]


def rise(issue: Issue) -> Rise | None:
    """The newest days in a row on each of which there were more events than on any day before them, and at least twice
    as many as those had on average; together five or more, and after a week at least that is known.

    Today, which is not over, counts where it alone has that many, and else not; but where the last 24 hours have fewer,
    it is over. Silent where this is not plain, as for what comes and goes, and for an issue that is new itself.
    """
    period: Period = "30d" if issue.stats.get("30d") else "14d"
    days, newest = _counts(issue, period), _newest(issue, period)
    if not days or newest is None:
        return None
    known = next((at for at, count in enumerate(days) if count), len(days))  # from the first day that it was there
    if issue.first_seen:
        known = max(0, len(days) - 1 - (newest.date() - issue.first_seen.date()).days)
    latest = sum(_counts(issue, "24h")) if "24h" in issue.stats else None
    for first in range(known + LEAST_BEFORE, len(days)):
        before, over, today = days[known:first], days[first:-1], days[-1]
        usual = sum(before) / len(before)
        most = max(*before, TIMES * usual)
        is_more = all(count > most for count in over or [today]) and sum(over) + today >= LEAST_SINCE
        if is_more and (latest is None or latest > most):
            since = when(newest - (len(days) - 1 - first) * _DAY) or ""
            per_day = sum(over) / len(over) if over else None
            return Rise(since=since, per_day=per_day, so_far=today, before_per_day=usual)
    return None


def _counts(issue: Issue, period: Period) -> list[int]:
    """Sentry sends a step more than the period has, the first of them in part."""
    most = 24 if period == "24h" else 31
    return [int(count) if 0 <= count < 1e12 else 0 for count in issue.stats.get(period, [])][-most:]


def _newest(issue: Issue, period: Period) -> datetime | None:
    return issue.stats_newest.get(period)


def _moment(stamp: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC) if stamp else None
    except ValueError:
        return None


def runs_of(counts: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Where steps with events begin and end, together with the short gaps between them."""
    begin = end = -1
    for at, count in enumerate(counts):
        if not count:
            continue
        if begin >= 0 and at - end > GAP:
            yield begin, end
            begin = -1
        begin = at if begin < 0 else begin
        end = at + 1
    if begin >= 0:
        yield begin, end


def _rate(number: float) -> str:
    """`0.3`, `5`, `1,200`; `0` where there were none."""
    if number >= 10:
        return f"{number:,.0f}"
    return f"{number:.1f}".removesuffix(".0") if number >= 0.05 or number == 0 else "<0.1"
