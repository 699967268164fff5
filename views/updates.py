"""What a change of an issue did: before and after."""

from datetime import datetime
from typing import Any, Self

from sentry.models import Issue
from views.bounds import cut, line, raw
from views.issues import facts
from views.provenance import Markers
from views.results import Evidence, Known, Part, Result
from views.wording import joined


class State(Part):
    """What a change can change of an issue."""

    status: Known | None = None
    condition: Evidence | None = None
    substatus: Known | None = None
    assigned_to: Evidence | None = None
    priority: Known | None = None

    def words(self) -> str:
        substatus = f"({self.substatus})" if self.substatus and self.substatus != "ongoing" else None
        return joined([joined([self.status, substatus], " "), self.condition, self.priority, self.assigned_to], ", ")

    def cut(self) -> Self:
        changes = {name: line(text, 160) for name in ("condition", "assigned_to") if (text := getattr(self, name))}
        return self.model_copy(update=changes)


class Update(Part):
    """One issue; `error` says why it was not changed."""

    issue: Known
    title: Evidence | None = None
    before: State | None = None
    after: State | None = None
    changed: list[Known] = []
    comment: Evidence | None = None
    error: Evidence | None = None

    def line(self) -> str:
        if self.error:
            return f"{self.issue}: not changed. {self.error}"
        if self.before is None or self.after is None:
            return self.issue
        if not self.changed:
            did = f"nothing changed, still {self.after.words()}"
        else:
            did = f"{self.before.words()} -> {self.after.words()}"
        commented = "; commented" if self.comment else ""
        return f"{self.issue}: {did}{commented}" + (f"  {self.title}" if self.title else "")

    def cut(self) -> Self:
        changes: dict[str, Any] = {
            name: line(text, most)
            for name, most in (("title", 120), ("comment", 200), ("error", 300))
            if (text := getattr(self, name))
        }
        for name in ("before", "after"):
            if state := getattr(self, name):
                changes[name] = state.cut()
        return self.model_copy(update=changes)


class IssueUpdate(Update, Result):
    """One issue's change."""

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        return "\n".join(
            [
                "Updated." if self.changed or self.comment else "Unchanged.",
                marks.announcement,
                marks.block(self.line()),
                *self.omitted,
            ]
        )

    def shown(self, scale: float) -> Self:
        return self.cut()


def issue_update(before: Issue, after: Issue, *, comment: str | None = None) -> IssueUpdate:
    """What the change did."""
    was, now_ = _state(before), _state(after)
    changed = [name for name in State.model_fields if getattr(was, name) != getattr(now_, name)]
    return IssueUpdate(
        issue=after.name or before.name,
        title=raw(after.title or before.title),
        before=was,
        after=now_,
        changed=changed,
        comment=cut(comment, 500) if comment else None,
    )


def _state(issue: Issue) -> State:
    found = facts(issue)
    return State(**{name: found[name] for name in State.model_fields})
