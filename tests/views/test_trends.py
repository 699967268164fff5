"""When an issue was seen, and since when more often than before."""

from collections.abc import Callable
from typing import Any

import pytest
from specimens import recorded

from sentry.models import Issue
from views.issues import issue
from views.reader import Answer

Read = Callable[..., Answer]
HOUR, DAY = 1_795_554_000, 1_795_478_400
"""2026-11-24 21:00 UTC, and the beginning of that day."""


def seen(days: list[int], hours: list[int] | None = None, first_seen: str = "2026-06-01T00:00:00Z") -> Issue:
    """An issue with so many events on each of the last days, and in each of the last hours; the newest are not over."""
    stats: dict[str, Any] = {"30d": [[DAY - 86_400 * (len(days) - 1 - at), count] for at, count in enumerate(days)]}
    if hours is not None:
        stats["24h"] = [[HOUR - 3_600 * (len(hours) - 1 - at), count] for at, count in enumerate(hours)]
    return Issue.model_validate({**recorded("python_issue.json"), "firstSeen": first_seen, "stats": stats})


def header(read: Read, found: Issue) -> str:
    return read(issue(found, None)).text.splitlines()[1]


def test_in_which_hour_and_on_which_day_was_it(read: Read) -> None:
    """Each number can be told its time without counting to it; what is not named had none."""
    text = header(read, seen([*[0] * 20, 7, *[0] * 5, 1, 0, 0, 2, 5], [2, *[0] * 20, 4, 0, 0, 1]))
    assert "24h 5 by hour from 18h UTC: 4 0 0 1" in text, "25 steps are a day and a part of an hour"
    assert "30d 15 by day from 11-14: 7, 11-20: 1 0 0 2 5" in text


def test_what_has_stopped_does_not_look_like_now(read: Read) -> None:
    assert "by day from 11-14: 9 9 9, then none" in header(read, seen([*[0] * 20, 9, 9, 9, *[0] * 8]))
    assert "then none" not in header(read, seen([*[0] * 27, 9, 9, 0, 0])), "the days themselves tell"


def test_all_hours_are_there_when_all_have_events(read: Read) -> None:
    text = header(read, seen([24] * 31, [*range(1, 25)]))
    assert f"24h 300 by hour from 22h UTC: {' '.join(map(str, range(1, 25)))} |" in text


BUSY_WEEKS = [50, 52, 49, 55, 60, 5, 6] * 4


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([*[0, 0, 1, 0] * 7, 5, 4, 6], "since 2026-11-22: 4.5/day, 6 so far today, before 0.2/day"),
        ([*[0] * 28, 6, 4, 3], "since 2026-11-22: 5/day, before 0/day"),
        ([*[0] * 30, 40], "since 2026-11-24: 40 so far, before 0/day"),
        ([*BUSY_WEEKS, 160, 170, 2], "since 2026-11-22: 165/day, before 40/day"),
        ([*[1_000] * 20, *[2_500] * 11], "since 2026-11-14: 2,500/day, before 1,000/day"),
    ],
    ids=["more", "again", "today alone", "today is not over", "long ago"],
)
def test_since_when_is_it_more(read: Read, days: list[int], words: str) -> None:
    assert header(read, seen(days)).endswith(f"| {words}")


@pytest.mark.parametrize(
    ("days", "hours"),
    [
        ([*BUSY_WEEKS, 50, 52, 49], None),
        ([*[0, 0, 3] * 10, 2], None),
        ([*[0] * 28, 2, 2, 0], None),
        ([*[0] * 10, 40, *[0] * 20], None),
        ([*[10] * 15, 40, *[10] * 10, *[30] * 5], None),
        ([*[10] * 28, 19, 19, 19], None),
        ([*[0] * 29, 50, 0], [*[0] * 24]),
        ([0, 0, 0, 9, 9], None),
    ],
    ids=["as ever", "comes and goes", "too few", "over long ago", "was so before", "a little", "over", "not known"],
)
def test_what_is_not_plain_is_not_said(read: Read, days: list[int], hours: list[int] | None) -> None:
    assert "since" not in header(read, seen(days, hours))


def test_a_new_issue_is_not_more_than_before(read: Read) -> None:
    days = [*[0] * 26, 9, 9, 9, 9, 9]
    assert "since" not in header(read, seen(days, first_seen="2026-11-20T08:00:00Z"))
    assert "since 2026-11-20: 9/day, before 0/day" in header(read, seen(days, first_seen="2026-11-01T08:00:00Z"))


def test_a_program_reads_it_too(read: Read) -> None:
    rise = read(issue(seen([*[0] * 28, 6, 4, 3]), None)).data["rise"]
    assert rise == {"since": "2026-11-22T00:00:00Z", "per_day": 5.0, "so_far": 3, "before_per_day": 0.0}
