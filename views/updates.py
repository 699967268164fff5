"""What a change of issues did: before and after."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from sentry.models import Issue
from views.bounds import issue_name, line, raw
from views.facts import facts
from views.provenance import Markers
from views.results import Evidence, Known, Part, Result, Step
from views.wording import counted, joined, status_words


class State(Part):
    """What a change can change of an issue."""

    status: Known | None = None
    condition: Evidence | None = None
    substatus: Known | None = None
    assigned_to: Evidence | None = None
    priority: Known | None = None

    def words(self, changed: list[str]) -> str:
        """`unresolved (regressed), high, Ann Lee`."""
        nobody = "unassigned" if "assigned_to" in changed else None
        status = status_words(self.status, self.substatus, self.condition)
        return joined([status, self.priority, self.assigned_to or nobody], ", ") or "unknown"

    def shown(self) -> Self:
        return self.with_texts(line, condition=160, assigned_to=80)


class IssueUpdate(Result):
    """One issue's change."""

    issue: Known
    title: Evidence | None = None
    before: State | None = None
    after: State | None = None
    changed: list[Known] = []
    comment: Evidence | None = None

    def line(self) -> str:
        """`SHOP-1: unresolved, high -> resolved, high`."""
        if self.before is None or self.after is None:
            return self.issue
        if not self.changed:
            return f"{self.issue}: nothing changed, still {self.after.words([])}"
        return f"{self.issue}: {self.before.words(self.changed)} -> {self.after.words(self.changed)}"

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        head = "Updated." if self.changed or self.comment else "Unchanged."
        lines = [self.line(), self.title, f"comment: {self.comment}" if self.comment else None]
        return "\n".join([head, marks.announcement, marks.block("\n".join(filter(None, lines))), *self.omitted])

    def shown(self, scale: float) -> Self:
        changes: dict[str, Any] = {
            "before": self.before.shown() if self.before else None,
            "after": self.after.shown() if self.after else None,
        }
        return self.model_copy(update=changes).with_texts(line, title=120, comment=300)


class BulkRow(Part):
    """What became of one issue."""

    issue: Known
    result: Known  # updated, unchanged or failed
    told: Evidence


class BulkUpdate(Result):
    issues: list[BulkRow]

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        counts = {name: sum(row.result == name for row in self.issues) for name in ("updated", "unchanged", "failed")}
        head = f"{counted(len(self.issues), 'issue')}: {', '.join(f'{n} {name}' for name, n in counts.items() if n)}."
        lines = [row.told for row in self.issues]
        return "\n".join([head, marks.announcement, marks.block("\n".join(lines)), *self.omitted])

    def shown(self, scale: float) -> Self:
        return self.model_copy(update={"issues": [row.with_texts(line, told=200) for row in self.issues]})

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.model_copy(update={"issues": [row.with_texts(line, told=80) for row in found.issues]})


def issue_update(before: Issue, after: Issue, *, comment: str | None = None) -> IssueUpdate:
    """What the change did."""
    was, now_is = _state(before), _state(after)
    return IssueUpdate(
        issue=issue_name(after.name or before.name),
        title=raw(after.title or before.title),
        before=was,
        after=now_is,
        changed=[name for name in State.model_fields if getattr(was, name) != getattr(now_is, name)],
        comment=raw(comment),
    )


def bulk_update(rows: list[IssueUpdate | tuple[str, str]]) -> BulkUpdate:
    """One line for each issue: its change, or `(issue, why it failed)`."""
    return BulkUpdate(issues=[_row(row) for row in rows])


def _row(row: IssueUpdate | tuple[str, str]) -> BulkRow:
    if isinstance(row, IssueUpdate):
        result = "updated" if row.changed or row.comment else "unchanged"
        return BulkRow(issue=row.issue, result=result, told=row.line() + ("; commented" if row.comment else ""))
    issue, why = row
    return BulkRow(
        issue=issue_name(issue),
        result="failed",
        told=f"{line(issue, 100)}: not changed. {raw(why) or ''}",
    )


def _state(issue: Issue) -> State:
    found = facts(issue)
    return State(**{name: found[name] for name in State.model_fields})
