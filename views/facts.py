"""What every view of an issue tells."""

from typing import Any, Self

from sentry.models import Issue
from views.bounds import identifier, line, of_organization, raw, short_id, slug, word
from views.results import ByMember, Evidence, Identifier, Moment, Part, ShortId, Slug, Word
from views.wording import LEVELS, actor, condition, status, status_words, when


class IssueFacts(Part):
    id: Identifier
    short_id: ShortId | None = None
    organization: Slug | None = None  # where it is not the one that is asked without a name
    title: Evidence
    status: Word | None = None
    condition: Evidence | None = None  # how it was resolved, until when it is ignored
    substatus: Word | None = None
    level: Word | None = None
    priority: Word | None = None
    project: Slug | None = None
    culprit: Evidence | None = None
    count: int | None = None
    users: int | None = None
    first_seen: Moment | None = None
    last_seen: Moment | None = None
    assigned_to: ByMember | None = None
    unhandled: bool | None = None

    @property
    def name(self) -> str:
        """What a person calls it: the short ID, else the numeric one."""
        return of_organization(self.organization, self.short_id or self.id)

    def status_in_words(self) -> str:
        return status_words(self.status, self.substatus, self.condition)

    def in_row(self, title: float) -> Self:
        return self.with_texts(line, title=title, culprit=100, assigned_to=80, condition=160)


def facts(issue: Issue, organization: str | None = None) -> dict[str, Any]:
    """The fields of `IssueFacts`."""
    return {
        "id": identifier(issue.id) or "",
        "short_id": short_id(issue.short_id),
        "organization": slug(organization),
        "title": raw(issue.title) or "(no title)",
        "status": status(issue),
        "condition": condition(issue),
        "substatus": word(issue.substatus),
        "level": issue.level if issue.level in LEVELS else None,
        "priority": word(issue.priority),
        "project": slug(issue.project.slug),
        "culprit": raw(issue.culprit),
        "count": issue.count,
        "users": issue.user_count or None,  # GlitchTip says 0 of every issue, Sentry where events name none
        "first_seen": when(issue.first_seen),
        "last_seen": when(issue.last_seen),
        "assigned_to": actor(issue.assigned_to),
        "unhandled": issue.is_unhandled,
    }
