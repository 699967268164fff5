"""What members said of an issue, and what was done with it, the newest first."""

from collections.abc import Container, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

from pydantic import PrivateAttr

from sentry.models import Activity, Issue
from sentry.models.pages import Page
from views.bounds import RAW, cut, line, raw
from views.changes import Names, by_whom, change, names_in, who
from views.facts import IssueFacts
from views.results import ByMember, Detail, Evidence, Moment, Result, Step
from views.wording import counted, joined, read, when

LAST = 3
"""Comments, and as many changes, that an issue tells unasked."""
MOST = 100
"""Entries that are told at most; Sentry gives no more."""
COMMENT, COMMENTS = 300, 900
"""Characters of one comment in the usual budget, and of all, where there are so few that each may have more."""
SIZES = {20_000: 80_000, 50_000: 200_000}
"""Tokens to ask for where an answer has not room for all, the most there are at last, and their characters."""
IN_SENTRY = "by the link, in Sentry"
NOTE = "note"
"""What Sentry calls a comment."""


class ActivityLine(Detail):
    """A comment, or a change of the issue."""

    when: Moment | None = None
    by: ByMember | None = None
    change: Evidence | None = None
    comment: ByMember | None = None
    characters: int | None = None  # of the whole comment, where it is cut

    def line(self) -> str:
        """`2026-11-24 10:02Z resolved in release shop@1.5.0 by Ann Lee`."""
        said = self.change if self.comment is None else "comment"
        about = joined([read(self.when), said, f"by {self.by}" if self.by else None], " ")
        cut_off = f" (cut: {self.characters:,} characters in all)" if self.characters else ""
        return about if self.comment is None else f"{about}: {self.comment}{cut_off}"

    def shown(self, scale: float, most: float = COMMENT) -> Self:
        found = self.with_texts(line, by=60, change=200)
        if self.comment is None:
            return found
        whole = " ".join(self.comment.split())
        kept = cut(whole, max(120, most * scale))
        characters = None if kept == whole and not self.characters else self.characters or len(whole)
        return found.with_changes(comment=kept, characters=characters)


class WithActivity(IssueFacts, Result):
    """Whatever shows an issue with what was said of it and done with it."""

    comments: int | None = None  # as Sentry counts them
    activity: list[ActivityLine] = []  # the newest first
    activity_total: int = 0  # where it neither came with the issue nor was asked for, its comments
    _characters: int = PrivateAttr(0)  # of the answer, at most

    def within(self, characters: int) -> Self:
        rows = self.activity[: _rows_within(characters)]
        found = super().within(characters).model_copy(update={"activity": rows})
        found._characters = characters
        return found

    def shown(self, scale: float) -> Self:
        most = max(COMMENT, COMMENTS / max(1, sum(one.comment is not None for one in self.activity)))
        found = super().shown(scale).with_changes(activity=[one.shown(scale, most) for one in self.activity])
        if any(one.characters for one in found.activity):
            found = found.without("parts of comments", found._in_more_room())
        if (here := len(found.activity)) < found.activity_total:
            call = found._in_more_room() if here >= _rows_within(self._characters) else found._call("")
            return found.without("earlier activity", call if here < MOST else IN_SENTRY)
        return found

    def steps(self) -> Iterator[Step]:
        yield from super().steps()
        for most in (40, 20, 10, 2, 0):
            yield partial(WithActivity.with_last_activity, most=most)

    def with_last_activity(self, most: int) -> Self:
        if len(self.activity) <= most:
            return self
        return self.without("earlier activity", self._in_more_room(), activity=self.activity[:most])

    def how_many(self) -> str | None:
        """`3 of 7 comments, 6 of 24 entries of activity`; None where all are there."""
        here, total = sum(one.comment is not None for one in self.activity), self.activity_total
        comments = counted(self.comments, "comment") if self.comments and here < self.comments else None
        entries = f"{len(self.activity)} of {total} entries of activity" if 0 < len(self.activity) < total else None
        return joined([f"{here} of {comments}" if here and comments else comments, entries], ", ")

    def _in_more_room(self) -> str:
        """What gives more than this answer has room for: a larger one, if there is any."""
        size = next((size for size, characters in SIZES.items() if characters > self._characters), None)
        return self._call(f", max_tokens={size}") if size else IN_SENTRY

    def _call(self, size: str) -> str:
        return f'get_issue(issue="{self.name}", include=["activity"]{size})'


def activity(issue: Issue, more: Page[Activity] | None, missing: Container[str]) -> dict[str, Any]:
    """The fields of `WithActivity`: the last comments and as many changes of those that the issue came with;
    all of them, and `more`, where that was asked for."""
    fetched = more.items if more else list[Activity]()
    rows = sorted([*issue.activity, *fetched], key=_moment, reverse=True)
    names = names_in(issue.assigned_to, rows)
    told = [(one.type, line) for one in rows if (line := _comment(one) or _change(one, names))]
    kept = range(len(told)) if more else _most_telling([kind for kind, _ in told])
    is_unknown = not issue.activity and more is None and "activity" not in missing
    return {
        "comments": issue.num_comments,
        "activity": [told[at][1] for at in kept][:MOST],
        "activity_total": issue.num_comments or 0 if is_unknown else len(told),
    }


def _most_telling(kinds: list[str]) -> list[int]:
    """Which entries to tell of so many, the newest first: how it was resolved last and when it came back last are not
    lost behind what was done since."""
    comments = [at for at, kind in enumerate(kinds) if kind == NOTE]
    changes = [at for at, kind in enumerate(kinds) if kind != NOTE]
    turns = [
        next((at for at in changes if kinds[at].startswith(turn)), None) for turn in ("set_resolved", "set_regress")
    ]
    first = [at for at in turns if at is not None]
    return sorted([*comments[:LAST], *list(dict.fromkeys([*first, *changes]))[:LAST]])


def _comment(one: Activity) -> ActivityLine | None:
    text = one.data.get("text") if one.type == NOTE else None
    if not isinstance(text, str) or not text.strip():
        return None
    characters = len(text) if len(text) > RAW else None
    return ActivityLine(when=when(one.date_created), by=who(one), comment=raw(text), characters=characters)


def _change(one: Activity, names: Names) -> ActivityLine | None:
    words = change(one, names)
    return ActivityLine(when=when(one.date_created), by=by_whom(one), change=words) if words else None


def _moment(one: Activity) -> datetime:
    return one.date_created or datetime.min.replace(tzinfo=UTC)


def _rows_within(characters: float) -> int:
    """How many entries an answer of that many characters has room for."""
    return max(2, int(characters // 1_000))
