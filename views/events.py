"""Events: rows of a list, and one whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from sentry.models import Event
from sentry.pages import Page
from views import sections
from views.bounds import compact, cut, line, plain, raw, word
from views.provenance import Markers
from views.results import Details, Evidence, Known, Part, Result, Step
from views.sections import Breadcrumb, Request
from views.stacktraces import Traced, trace_steps, traced
from views.wording import joined, read, when

SHOWN_ENTRIES = (
    "exception",
    "threads",
    "stacktrace",
    "breadcrumbs",
    "request",
    "message",
    "spans",
    "debugmeta",
)
"""Entries that have a section of their own, or nothing to read; those of other types are shown as they are."""


class Happened(Traced):
    """Whatever shows an event whole."""

    when: Known | None = None
    message: Evidence | None = None
    release: Evidence | None = None
    environment: Evidence | None = None
    user: Details = {}
    tags: Details = {}
    breadcrumbs: list[Breadcrumb] = []
    breadcrumbs_total: int = 0
    request: Request | None = None
    contexts: Details = {}
    extra: Details = {}
    other: Details = {}  # entries of unusual types: csp, template, ...
    sdk: Evidence | None = None

    def shown(self, scale: float) -> Self:
        """The last ten breadcrumbs, and texts of a line or two."""
        found = super().shown(scale)
        some = max(3, int(10 * scale))
        changes: dict[str, Any] = {
            "breadcrumbs": [_short_breadcrumb(crumb, scale) for crumb in found.breadcrumbs[-some:]],
            "request": _short_request(found.request, scale) if found.request else None,
            "contexts": sections.shortened(found.contexts, 200 * scale, int(12 * scale) + 4),
            "extra": sections.shortened(found.extra, 200 * scale, int(12 * scale) + 4),
            "other": sections.shortened(found.other, 400 * scale, 20),
            "tags": sections.shortened(found.tags, 100, int(16 * scale) + 4),
            "user": sections.shortened(found.user, 80, 8),
        }
        for name, length in (("message", 1_000 * scale), ("release", 200), ("environment", 80), ("sdk", 80)):
            if text := getattr(found, name):
                changes[name] = cut(text, length)
        return found.model_copy(update=changes)

    def evidence(self) -> list[str]:
        """All of the event, as plain text; our own calls, then what led to them."""
        about = joined(
            [
                read(self.when),
                f"release {self.release}" if self.release else None,
                self.environment,
                f"user {compact(self.user, 160)}" if self.user else None,
            ]
        )
        lines = [line(f"Event {self.event_id}: {about}", 500)] if self.event_id else []
        lines += sections.details_line("tags", self.tags, 500)
        if self.message and self.message != self.title:
            lines.append(f"Message: {self.message}")
        if trace := self.trace():
            lines.append(trace)
        if self.breadcrumbs:
            count, total = len(self.breadcrumbs), self.breadcrumbs_total
            lines.append("Breadcrumbs:" if count >= total else f"Breadcrumbs, the last of {total}:")
            lines += [cut(crumb.line().replace("\n", " "), 400) for crumb in self.breadcrumbs]
        lines += self.request.lines() if self.request else []
        lines += [f"{name}: {compact(value, 1_000)}" for name, value in self.other.items()]
        lines += sections.context_lines(self.contexts)
        lines += sections.details_line("extra", self.extra, 1_000)
        return lines

    @property
    def more_of_event(self) -> str:
        return f'get_event(event="{self.event_id}", max_tokens=20000)'

    def steps(self) -> Iterator[Step]:
        yield _without_extra
        yield _smaller_request
        yield lambda found: _fewer_breadcrumbs(found, 5)
        yield from trace_steps()
        yield lambda found: _fewer_breadcrumbs(found, 0)
        yield _without_the_rest


class EventResult(Happened):
    previous_event: Known | None = None
    next_event: Known | None = None

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        head = f"Event {self.event_id}" + (f" of issue {self.issue_id}" if self.issue_id else "")
        near = joined(
            [
                f"previous {self.previous_event}" if self.previous_event else None,
                f"next {self.next_event}" if self.next_event else None,
            ]
        )
        lines = [
            *([self.title] if self.title else []),
            *self.evidence(),
            *([f"SDK: {self.sdk}"] if self.sdk else []),
        ]
        return "\n".join([joined([head, near]), marks.announcement, marks.block("\n".join(lines)), *self.omitted])


class EventRow(Part):
    id: Known
    when: Known | None = None
    title: Evidence | None = None
    release: Evidence | None = None
    environment: Evidence | None = None
    user: Evidence | None = None

    def line(self) -> str:
        return joined([self.id, read(self.when), self.release, self.environment, self.user, self.title], "  ")


class EventList(Result):
    issue: Known
    events: list[EventRow]
    next_cursor: Known | None = None

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.events:
            return f"No events of issue {self.issue} match."
        rows = marks.block("\n".join(row.line() for row in self.events))
        head = f"{len(self.events)} events of issue {self.issue}, the newest first: id, when, release, environment, user, title"
        return "\n".join([head, marks.announcement, rows, *next_page(self.next_cursor), *self.omitted])

    def shown(self, scale: float) -> Self:
        rows = [_short_row(row, 120) for row in self.events]
        return self.model_copy(update={"events": rows})

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.without(events=[_short_row(row, 60) for row in found.events])
        yield from fewer_rows("events")


def event(event: Event) -> EventResult:
    """One event whole."""
    return EventResult(
        **happened(event), previous_event=word(event.previous_event_id), next_event=word(event.next_event_id)
    )


def happened(event: Event) -> dict[str, Any]:
    """The fields of `Happened`."""
    crumbs, total = sections.breadcrumbs(event)
    return {
        **traced(event),
        "when": when(event.date_created),
        "message": _message(event),
        "release": raw(event.release_version),
        "environment": raw(event.environment),
        "user": sections.user(event),
        "tags": sections.tags(event),
        "breadcrumbs": crumbs,
        "breadcrumbs_total": total,
        "request": sections.request(event),
        "contexts": sections.contexts(event),
        "extra": sections.extra(event),
        "other": {
            e.type[:40]: plain(e.data, 4_000) for e in event.entries[:20] if e.type not in SHOWN_ENTRIES and e.data
        },
        "sdk": sections.sdk(event),
    }


def _message(event: Event) -> str | None:
    """Of an exception event `message` is a search string, which says nothing that the trace does not."""
    if event.entry("exception"):
        return None
    entry = event.entry("message")
    return raw(entry.get("formatted") or entry.get("message") or event.message)


def event_list(issue: str, page: Page[Event]) -> EventList:
    """Rows of an issue's events."""
    return EventList(
        issue=line(issue, 200),
        events=[_row(event) for event in page.items],
        next_cursor=raw(page.next_cursor),
    )


def _row(event: Event) -> EventRow:
    user = event.user or {}
    named = next((user[key] for key in ("username", "id", "email", "ip_address") if user.get(key)), None)
    return EventRow(
        id=word(event.id) or "",
        when=when(event.date_created),
        title=raw(event.title or event.message),
        release=raw(event.release_version),
        environment=raw(event.environment),
        user=raw(named if named is not None else event.tag("user")),
    )


def _short_row(row: EventRow, length: float) -> EventRow:
    changes = {
        name: line(text, length) for name in ("title", "release", "environment", "user") if (text := getattr(row, name))
    }
    return row.model_copy(update=changes)


def _short_breadcrumb(crumb: Breadcrumb, scale: float) -> Breadcrumb:
    changes: dict[str, Any] = {"data": sections.shortened(crumb.data, 80 * scale, 6)}
    for name, length in (("category", 60), ("message", 200 * scale)):
        if text := getattr(crumb, name):
            changes[name] = line(text, length)
    return crumb.model_copy(update=changes)


def _short_request(request: Request, scale: float) -> Request:
    changes: dict[str, Any] = {
        "headers": sections.shortened(request.headers, 100 * scale, int(6 * scale) + 2),
        "cookies": sections.shortened(request.cookies, 40, 8),
        "body": sections.shortened({"body": request.body}, 300 * scale, 12).get("body"),
    }
    for name, length in (("method", 20), ("url", 300), ("query", 200 * scale)):
        if text := getattr(request, name):
            changes[name] = line(text, length)
    return request.model_copy(update=changes)


def next_page(cursor: str | None) -> list[str]:
    return [f'More: cursor="{cursor}"'] if cursor else []


def fewer_rows(field: str) -> Iterator[Step]:
    """Half the rows, again and again, until a single one is left."""

    def halved(found: Any) -> Any:
        rows = getattr(found, field)
        if len(rows) < 2:
            return found
        kept = rows[: (len(rows) + 1) // 2]
        notes = [note for note in found.omitted if not note.startswith("Rows of this page")]
        note = f"Rows of this page were left out to stay small: ask again with limit={len(kept)}."
        return found.model_copy(update={field: kept, "omitted": [*notes, note], "next_cursor": None})

    for _ in range(8):
        yield halved


# What gives way in an event, in this order, before its stack trace does.


def _without_extra(found: Happened) -> Happened:
    kept = {name: value for name, value in found.contexts.items() if name in sections.IN_BRIEF}
    if not found.extra and kept == found.contexts:
        return found
    return found.without(f"Extra and contexts were left out: {found.more_of_event}.", extra={}, contexts=kept)


def _smaller_request(found: Happened) -> Happened:
    if found.request is None or (found.request.body is None and len(found.request.headers) < 3):
        return found
    headers = sections.shortened(found.request.headers, 60, 2)
    smaller = found.request.model_copy(update={"headers": headers, "cookies": {}, "body": None})
    return found.without(f"Request headers and body were left out: {found.more_of_event}.", request=smaller)


def _fewer_breadcrumbs(found: Happened, most: int) -> Happened:
    if len(found.breadcrumbs) <= most:
        return found
    kept = found.breadcrumbs[-most:] if most else []
    return found.without(f"Breadcrumbs were left out: {found.more_of_event}.", breadcrumbs=kept)


def _without_the_rest(found: Happened) -> Happened:
    note = f"Request, tags, user and contexts were left out: {found.more_of_event}."
    changes: dict[str, Any] = {"request": None, "tags": {}, "user": {}, "contexts": {}, "other": {}}
    if message := found.message:
        changes["message"] = cut(message, 300)
    return found.without(note, **changes)
