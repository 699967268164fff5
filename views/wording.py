"""Moments, ages, counts, trends and statuses in words."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sentry.models import Actor, Issue
from sentry.values import as_object
from views.bounds import line, number, raw, word

LEVELS = ("fatal", "error", "warning", "info", "debug", "log", "sample")
BARS = "▁▂▃▄▅▆▇█"
SUBSTATUS = {
    "archived_until_escalating": "until it escalates",
    "archived_until_condition_met": "until a condition is met",
    "archived_forever": "for ever",
}


def when(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def read(stamp: str | None) -> str:
    """A moment for a person: `2026-11-24 21:39Z`."""
    return f"{stamp[:10]} {stamp[11:16]}Z" if stamp else ""


def age(stamp: str | None, now: datetime | None) -> str:
    """`12m ago`, `3d ago`; empty when unknown."""
    if not stamp:
        return ""
    try:
        seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(stamp)).total_seconds()
    except ValueError:
        return ""
    if seconds < 0:
        return "just now"
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size * (2 if letter != "m" else 1):
            return f"{int(seconds // size)}{letter} ago"
    return f"{int(seconds)}s ago"


def counted(number: int | None, noun: str) -> str:
    """`1 event`, `2,000 users`; empty when unknown."""
    return "" if number is None else f"{number:,} {noun}{'' if number == 1 else 's'}"


def joined(parts: Iterable[str | None], separator: str = " | ") -> str:
    """The parts that are there."""
    return separator.join(filter(None, parts))


def sparkline(numbers: list[int], width: int = 14) -> str:
    """At most that many block characters, each of equally many numbers; empty when all are zero."""
    step = math.ceil(len(numbers) / width) or 1
    first = len(numbers) % step  # the newest numbers fill the last bar
    sums = ([sum(numbers[:first])] if first else []) + [
        sum(numbers[at : at + step]) for at in range(first, len(numbers), step)
    ]
    most = max(sums, default=0)
    return "".join(BARS[math.ceil(n * 7 / most)] for n in sums) if most > 0 else ""


def bar(percent: float) -> str:
    """One block for every tenth that is begun."""
    return "█" * min(10, math.ceil(percent / 10))


def status(issue: Issue) -> str | None:
    """The status of the life cycle: Sentry answers `resolved` where `resolvedInNextRelease` was asked for."""
    found = word(issue.status)
    return "resolvedInNextRelease" if found == "resolved" and issue.status_details.get("inNextRelease") else found


def status_words(status: str | None, substatus: str | None, condition: str | None = None) -> str:
    """`unresolved (regressed)`, `ignored until it escalates`; each thing once."""
    until = condition if status != "resolvedInNextRelease" else None
    aside = None if until or substatus in (None, "ongoing") else f"({substatus})"
    return joined([status, until, aside], " ")


def condition(issue: Issue) -> str | None:
    """How it was resolved or until when it is ignored; details of an earlier status are left aside."""
    if issue.status in ("resolved", "resolvedInNextRelease"):
        return _resolved(issue)
    return _ignored(issue) if issue.status == "ignored" else None


def _resolved(issue: Issue) -> str | None:
    details = issue.status_details
    if details.get("inNextRelease") or issue.status == "resolvedInNextRelease":
        return "in the next release"
    if release := details.get("inRelease"):
        return f"in release {raw(release)}"
    if commit := as_object(details.get("inCommit")):
        return f"in commit {raw(commit.get('id') or commit.get('commit')) or '?'}"
    return None


def _ignored(issue: Issue) -> str | None:
    return until_when(issue.status_details) or SUBSTATUS.get(issue.substatus or "")


def until_when(details: dict[str, Any]) -> str:
    """Until when an issue is ignored, as its details have it: `until 100 more events`; empty where they say nothing."""
    until: list[str] = []
    for count, window, noun in (
        (details.get("ignoreCount"), details.get("ignoreWindow"), "more event"),
        (details.get("ignoreUserCount"), details.get("ignoreUserWindow"), "more user"),
    ):
        if (most := number(count)) is not None and most > 0:
            minutes = f" within {window} minutes" if number(window) else ""
            until.append(f"until {counted(most, noun)}{minutes}")
    if moment := details.get("ignoreUntil"):
        until.append(f"until {_in_utc(line(moment, 40))}")
    return ", ".join(until)


def _in_utc(stamp: str) -> str:
    """For a person; as it is where it is no moment. One without an offset is in UTC."""
    try:
        moment = datetime.fromisoformat(stamp)
        return read(when(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
    except (ValueError, OverflowError):
        return stamp


def actor(found: Actor | None) -> str | None:
    """Whom an issue is assigned to: `Ann`, `team:301 (payments)`."""
    if found is None:
        return None
    if found.type == "team":
        return team(found.id, found.name or found.email)
    return raw(found.name or found.email or found.id) or None


def team(identifier: Any, name: Any) -> str:
    """As `assigned_to` takes it, where its ID is known, and as people know it: `team:301 (payments)`."""
    number, known_as = str(identifier or ""), raw(name)
    if not re.fullmatch(r"[0-9]{1,20}", number):
        return f"team {known_as or raw(number)}"
    return f"team:{number} ({known_as})" if known_as else f"team:{number}"
