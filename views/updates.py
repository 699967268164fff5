"""What a change of issues did: before and after."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Self

from sentry.changes import IssueChange
from sentry.errors import SentryError
from sentry.models import Issue
from views.bounds import issue_name, line, of_organization, raw, slug
from views.facts import facts
from views.provenance import Markers
from views.results import ByMember, Details, Evidence, IssueName, Part, Result, Step, Word
from views.wording import counted, joined, status_words

RESULTS = ("updated", "commented", "unchanged", "incomplete", "unknown", "failed")
"""What became of an issue: `incomplete` where only a part of the change was made, `unknown` where nobody knows."""

NO_CHANGE = IssueChange()
TROUBLE = ("incomplete", "unknown", "failed")


class State(Part):
    """What a change can change of an issue."""

    status: Word | None = None
    condition: Evidence | None = None
    substatus: Word | None = None
    assigned_to: ByMember | None = None
    priority: Word | None = None

    def words(self, changed: list[str]) -> str:
        """`unresolved (regressed), high, Ann Lee`."""
        nobody = "unassigned" if "assigned_to" in changed else None
        status = status_words(self.status, self.substatus, self.condition)
        return joined([status, self.priority, self.assigned_to or nobody], ", ") or "unknown"

    def shown(self) -> Self:
        return self.with_texts(line, condition=160, assigned_to=80)


class IssueUpdate(Result):
    """One issue's change."""

    issue: IssueName
    title: Evidence | None = None
    before: State | None = None
    after: State | None = None
    changed: list[Word] = []
    comment: ByMember | None = None
    not_confirmed: list[Word] = []  # arguments of which the answer shows nothing
    not_commented: Evidence | None = None  # why

    @property
    def result(self) -> str:
        if self.not_confirmed or self.not_commented:
            return "incomplete"
        return "updated" if self.changed else "commented" if self.comment else "unchanged"

    def line(self) -> str:
        """`SHOP-1: unresolved, high -> resolved, high`."""
        if self.before is None or self.after is None:
            return self.issue
        if self.changed:
            became = f"{self.before.words(self.changed)} -> {self.after.words(self.changed)}"
        else:
            became = f"{'' if self.comment else 'nothing changed, '}still {self.after.words([])}"
        not_confirmed = f"this Sentry did not confirm {', '.join(self.not_confirmed)}" if self.not_confirmed else None
        return f"{self.issue}: {joined([became, not_confirmed, self.not_commented], '; ')}"

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        lines = [self.line(), self.title, f"comment: {self.comment}" if self.comment else None]
        head = f"{self.result.capitalize()}."
        return "\n".join([head, marks.announcement, marks.block("\n".join(filter(None, lines))), *self.omitted])

    def shown(self, scale: float) -> Self:
        changes: dict[str, Any] = {
            "before": self.before.shown() if self.before else None,
            "after": self.after.shown() if self.after else None,
        }
        return self.model_copy(update=changes).with_texts(line, title=120, comment=300, not_commented=400)


class BulkRow(Part):
    """What became of one issue."""

    issue: IssueName
    result: Word  # one of RESULTS
    outcome: Evidence = ""

    def bare(self) -> Self:
        return self.model_copy(update={"outcome": ""})


class BulkUpdate(Result):
    issues: list[BulkRow] = []
    by_result: Details = {}  # names alone, where there is no room for rows

    def names(self) -> dict[str, list[str]]:
        return self.by_result or {
            name: [row.issue for row in self.issues if row.result == name]
            for name in RESULTS
            if any(row.result == name for row in self.issues)
        }

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        names = self.names()
        counts = ", ".join(f"{len(found)} {name}" for name, found in names.items())
        head = f"{counted(sum(map(len, names.values())), 'issue')}: {counts}."
        lines = [row.outcome for row in self.issues if row.outcome]
        told = {row.issue for row in self.issues if row.outcome}
        for name, found in names.items():
            bare = [issue for issue in found if issue not in told]
            lines += [f"{name}: {', '.join(bare)}"] if bare else []
        return "\n".join([head, marks.announcement, marks.block("\n".join(lines)), *self.omitted])

    def shown(self, scale: float) -> Self:
        return self.model_copy(update={"issues": [row.with_texts(line, outcome=200) for row in self.issues]})

    def steps(self) -> Iterator[Step]:
        """Every issue keeps what became of it; how it changed goes before why it did not."""
        yield lambda found: found.model_copy(
            update={"issues": [row.with_texts(line, outcome=80) for row in found.issues]}
        )
        yield lambda found: found.without(
            "changes", "get_issue", issues=[row if row.result in TROUBLE else row.bare() for row in found.issues]
        )
        yield lambda found: found.without(
            "reasons of failures", "update_issue for one issue", issues=[row.bare() for row in found.issues]
        )
        yield lambda found: found.with_changes(issues=[], by_result=found.names())


def issue_update(
    before: Issue,
    after: Issue,
    *,
    change: IssueChange = NO_CHANGE,
    comment: str | None = None,
    not_posted: SentryError | None = None,
    organization: str | None = None,
) -> IssueUpdate:
    """What the change did, and what of it was not done: `not_posted` is why the comment is not there. The issue may be
    of an `organization` that is not the usual one."""
    was, now_is = _state(before), _state(after)
    return IssueUpdate(
        issue=of_organization(slug(organization), issue_name(after.name or before.name)),
        title=raw(after.title or before.title),
        before=was,
        after=now_is,
        changed=[name for name in State.model_fields if getattr(was, name) != getattr(now_is, name)],
        comment=None if not_posted else raw(comment),
        not_confirmed=change.not_confirmed(after),
        not_commented=f"{_of_comment(not_posted)}: {_why(not_posted)}" if not_posted else None,
    )


def bulk_update(rows: Sequence[IssueUpdate | tuple[str, SentryError]]) -> BulkUpdate:
    """One line for each issue: its change, or the name it was given and why it failed."""
    return BulkUpdate(issues=[_row(row) for row in rows])


def _row(row: IssueUpdate | tuple[str, SentryError]) -> BulkRow:
    if isinstance(row, IssueUpdate):
        return BulkRow(issue=row.issue, result=row.result, outcome=row.line() + "; commented" * bool(row.comment))
    issue, error = row
    result, words = ("unknown", "perhaps changed") if error.is_outcome_unknown else ("failed", "not changed")
    return BulkRow(issue=issue_name(issue), result=result, outcome=f"{line(issue, 100)}: {words}. {_why(error)}")


def _of_comment(error: SentryError) -> str:
    return "perhaps not commented" if error.is_outcome_unknown else "not commented"


def _why(error: SentryError) -> str:
    said = f" Sentry said: {error.sentry}" if error.sentry else ""
    return raw(f"{error.message}{said}") or ""


def _state(issue: Issue) -> State:
    found = facts(issue)
    return State(**{name: found[name] for name in State.model_fields})
