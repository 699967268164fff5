"""Events: rows of a list, and one whole."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Self

from sentry.models import CodeMapping, Event
from sentry.models.pages import Page
from sentry.paths import quoted
from views import bounds
from views.bounds import briefs, compact, identifier, issue_name, line, of_organization, raw, slug
from views.details import Happened, happened
from views.lists import Paged, fewer_rows, next_page
from views.provenance import Markers
from views.results import Details, Evidence, Identifier, IssueName, Moment, Part, ShortId, Slug, Step
from views.secrets.replacing import REDACTED
from views.tracing import trace_of
from views.wording import counted, joined, read, when


class EventResult(Happened):
    BREADCRUMBS: ClassVar = 30

    short_id: ShortId | None = None
    previous_event: Identifier | None = None
    next_event: Identifier | None = None
    trace_id: Identifier | None = None

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        head = joined(
            [
                f"Event {self.event_name}{self.of_which_issue()}",
                f"previous {of_organization(self.organization, self.previous_event)}" if self.previous_event else None,
                f"next {of_organization(self.organization, self.next_event)}" if self.next_event else None,
            ]
        )
        trace = f"trace {self.trace_id}" if self.trace_id else None
        lines = [self.title, joined([self.about_event(), trace]), *self.evidence()]
        lines += [f"SDK: {self.sdk}"] if self.sdk else []
        return "\n".join([head, marks.announcement, marks.block("\n".join(filter(None, lines))), *self.omitted])

    def of_which_issue(self) -> str:
        short_id = of_organization(self.organization, self.short_id) if self.short_id else None
        return f" of issue {short_id}" if short_id else super().of_which_issue()


OF_EACH_ROW = ("release", "environment")
"""Tags that a row tells unasked."""


class EventRow(Part):
    id: Identifier
    when: Moment | None = None
    title: Evidence | None = None
    release: Evidence | None = None
    environment: Evidence | None = None
    user: Evidence | None = None
    tags: Details = {}  # those that were asked for

    def line(self, common: set[str]) -> str:
        user = f"user {self.user}" if self.user else None
        facts = [self.release, self.environment, user, *self.tags_in_words(), self.title]
        return joined([self.id, read(self.when), *(fact for fact in facts if fact not in common)])

    def tags_in_words(self) -> list[str]:
        return [f"{name}={compact(value, 80)}" for name, value in self.tags.items()]

    def shown(self, title: int) -> Self:
        found = self.with_changes(tags=briefs(self.tags, 80, len(self.tags))) if self.tags else self
        return found.with_texts(line, title=title, release=60, environment=40, user=60)


class EventList(Paged):
    issue: IssueName
    organization: Slug | None = None  # where it is not the one that is asked without a name
    total: int | None = None  # of all pages
    events: list[EventRow]

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.events:
            return "\n".join([f"No events of issue {self.issue} match.", *self.omitted])
        common = self._common()
        lines = [f"all: {joined(sorted(common))}"] if common else []
        lines += [row.line(common) for row in self.events]
        call = f" (get_event takes {self.organization}/ID)" if self.organization else ""
        of_all = f"{len(self.events):,} of " if (self.total or 0) > len(self.events) else ""
        count = counted(self.total if of_all else len(self.events), "event")
        events = f"{of_all}{count} of issue {self.issue}, the newest first{call}"
        head = f"{events}. {marks.announcement}"
        return "\n".join([head, marks.block("\n".join(lines)), *next_page(self.next_cursor), *self.omitted])

    def _common(self) -> set[str]:
        """What all rows have is said once."""
        common: set[str] = set()
        for name in ("release", "environment", "title"):
            values = {getattr(row, name) for row in self.events}
            common |= values - {None} if len(values) == 1 and self.events[1:] else set()
        if self.events[1:]:
            common |= set[str].intersection(*(set(row.tags_in_words()) for row in self.events))
        return {fact for fact in common if REDACTED not in fact}  # two secrets look alike

    def shown(self, scale: float) -> Self:
        return self.model_copy(update={"events": [row.shown(120) for row in self.events]})

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.model_copy(update={"events": [row.shown(60) for row in found.events]})
        yield from fewer_rows("events")


def event(
    event: Event,
    organization: str | None = None,
    mappings: Sequence[CodeMapping] = (),
    *,
    short_id: str | None = None,
) -> EventResult:
    """One event whole; of an `organization` that is not the usual one, and of the issue of this short ID."""
    return EventResult(
        short_id=bounds.short_id(short_id),
        **happened(event, whole=True, mappings=mappings),
        trace_id=trace_of(event),
        organization=slug(organization),
        previous_event=identifier(event.previous_event_id),
        next_event=identifier(event.next_event_id),
    )


def event_list(
    issue: str, page: Page[Event], organization: str | None = None, *, tags: tuple[str, ...] = ()
) -> EventList:
    """Rows of an issue's events, each with its values of these tags; of an `organization` that is not the usual one."""
    rows = [_row(event, tags) for event in page.items]
    lacking = [tag for tag in tags if rows and not any(event.tag(tag) for event in page.items)]
    notes = [f"None of these events has the tag {', '.join(map(quoted, lacking))}."] if lacking else []
    return EventList(
        issue=issue_name(issue),
        organization=slug(organization),
        total=page.total,
        events=rows,
        next_cursor=raw(page.next_cursor),
        omitted=[*page.notes, *notes],
    )


def _row(event: Event, tags: tuple[str, ...]) -> EventRow:
    user = event.user or {}
    named = next((user[key] for key in ("username", "id", "email", "ip_address") if user.get(key)), None)
    return EventRow(
        id=identifier(event.id) or "",
        when=when(event.date_created),
        title=raw(event.title or event.message),
        release=raw(event.release_version),
        environment=raw(event.environment),
        user=raw(named) or raw(event.tag("user")),
        tags={tag: value for tag in tags if tag not in OF_EACH_ROW and (value := raw(event.tag(tag)))},
    )
