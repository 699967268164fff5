"""An event whole: its stack trace and all that led to it; what gives way first is said in `Happened.steps`."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self, TypeVar

from sentry.models import CodeMapping, Event
from views import sections
from views.bounds import DETAIL, RAW, brief, briefs, cut, line, plain, raw, rows, size
from views.flags import FLAGS, event_flags, flag_words
from views.kinds.findings import Findings, with_findings
from views.results import Details, Evidence, Moment, Step
from views.sections import Breadcrumb, Request
from views.traces.stacktraces import Traced, trace_steps, traced
from views.wording import joined, read, when

H = TypeVar("H", bound="Happened")
OWN_SECTION = ("exception", "threads", "stacktrace", "breadcrumbs", "request", "message", "spans", "debugmeta")
"""Entries that have a section of their own, or nothing to read; those of other types are shown as they are."""


class Happened(Traced):
    """Whatever shows an event whole."""

    SHARE: ClassVar = 0.75
    BREADCRUMBS: ClassVar = 10

    when: Moment | None = None
    findings: Findings | None = None  # of an issue that is no error
    message: Evidence | None = None
    release: Evidence | None = None
    dist: Evidence | None = None
    environment: Evidence | None = None
    user: Details = {}
    tags: Details = {}
    breadcrumbs: list[Breadcrumb] = []
    breadcrumbs_total: int = 0
    request: Request | None = None
    contexts: Details = {}
    flags: Details = {}  # the feature flags that the app had looked at
    extra: Details = {}
    other: Details = {}  # entries of unusual types: csp, template, ...
    problems: list[Details] = []  # what Sentry could not do with the event
    sdk: Evidence | None = None

    @property
    def whole(self) -> str:
        return f'get_event(event="{self.event_name}", max_tokens=20000)'

    def within(self, characters: int) -> Self:
        """Where calls had to give way, breadcrumbs have already."""
        found = super().within(characters)
        most = self.BREADCRUMBS if found.omitted == self.omitted else 10
        return _last_breadcrumbs(found, max(5, most * characters // 16_000))

    def shown(self, scale: float) -> Self:
        found = super().shown(scale)
        items = int(12 * scale) + 4
        changes: dict[str, Any] = {
            "breadcrumbs": [crumb.shown(scale) for crumb in found.breadcrumbs],
            "request": found.request.shown(scale) if found.request else None,
            "contexts": sections.brief_contexts(found.contexts, 250 * scale, items),
            "flags": briefs(found.flags, 40, items),
            "extra": briefs(found.extra, 200 * scale, items),
            "other": {cut(name, 80): brief(value, 600 * scale, 16) for name, value in list(found.other.items())[:10]},
            "tags": briefs(found.tags, 100, items),
            "user": briefs(found.user, 80, 8),
            "problems": [briefs(problem, 160, 4) for problem in found.problems],
        }
        if _much_less(changes, found):
            found = found.without("parts of extra and contexts", found.whole)
        if found.findings and (findings := found.findings.shown(scale)) != found.findings:
            found = found.without("parts of the evidence", found.whole, findings=findings)
        if len(found.other) > 10:
            found = found.without("some entries", found.whole)
        shown = found.model_copy(update=changes).with_texts(line, release=200, dist=80, environment=80, sdk=80)
        return shown.with_texts(cut, message=1_000 * scale)

    def steps(self) -> Iterator[Step]:
        """What gives way, in this order.

        Source that a larger budget may have room for; extra and contexts; request headers and body; breadcrumbs
        before the last ten, then five; library calls that were asked for; locals; source, from five lines to two on
        each side; older calls; source around a call; earlier calls; at last what is left beside the trace, and the
        lesser part of what Sentry found. The failing call, what was raised, and the rest of what was found stay.
        """
        yield Traced.with_fewer_lines
        yield _brief_extra
        yield _without_extra
        yield _smaller_request
        yield lambda found: _last_breadcrumbs(found, 10)
        yield lambda found: _last_breadcrumbs(found, 5)
        yield from trace_steps()
        yield lambda found: _last_breadcrumbs(found, 0)
        yield _without_the_rest
        yield _brief_findings

    def about_event(self) -> str:
        """When, where and for whom it happened."""
        return joined(
            [
                read(self.when),
                f"release {self.release}" if self.release else None,
                f"dist {self.dist}" if self.dist else None,
                self.environment,
                f"user {name}" if (name := sections.user_words(self.user)) else None,
            ]
        )

    def evidence(self) -> list[str]:
        """What led to the event, then its trace and the rest, as plain text."""
        lines = self.findings.lines() if self.findings else []
        lines += sections.details_line("tags", self.tags, 600)
        if self.message and self.message != self.title:
            lines.append(f"Message: {self.message}")
        lines += self.trace()
        if self.breadcrumbs:
            count = sum(crumb.times for crumb in self.breadcrumbs)
            lines.append("Breadcrumbs:" if count >= self.breadcrumbs_total else f"Last {count} breadcrumbs:")
            lines += [f"  {crumb.line()}" for crumb in self.breadcrumbs]
        lines += self.request.lines() if self.request else []
        lines += sections.other_lines(self.other)
        lines += sections.context_lines(self.contexts)
        lines += flag_words(self.flags)
        lines += sections.details_line("extra", self.extra, 4_000)
        return lines + [sections.problem_line(problem) for problem in self.problems]


def happened(event: Event, *, whole: bool = False, mappings: Sequence[CodeMapping] = ()) -> dict[str, Any]:
    """The fields of `Happened`; `whole` with what rarely explains an error, `mappings` of its project's code."""
    crumbs, total = sections.breadcrumbs(event)
    flags = event_flags(event)
    contexts = sections.contexts(event, whole=whole)
    others = [entry for entry in event.entries[:30] if entry.type and entry.data and entry.type not in OWN_SECTION]
    told: dict[str, Any] = {
        **traced(event, mappings=mappings),
        "when": when(event.date_created),
        "message": _message(event),
        "release": raw(event.release_version),
        "dist": raw(event.dist),
        "environment": raw(event.environment),
        "user": sections.user(event),
        "tags": sections.tags(event),
        "breadcrumbs": crumbs,
        "breadcrumbs_total": total,
        "request": sections.request(event, whole=whole),
        "contexts": {name: value for name, value in contexts.items() if not (flags and name == FLAGS)},
        "flags": flags,
        "extra": sections.extras(event),
        "other": {entry.type[:DETAIL]: sections.other(entry) for entry in others} | _parameters(event),
        "problems": sections.problems(event),
        "sdk": sections.sdk(event) if whole else None,
    }
    return with_findings(event, told)


def _message(event: Event) -> str | None:
    """What was logged, with an exception or without; of an exception alone `event.message` is a search string, which
    says nothing that the trace does not."""
    entry = event.entry("message")
    said = raw(entry.get("formatted") or entry.get("message"))
    raised = event.entry("exception")
    if not raised:
        return said or raw(event.message)
    return None if said in {raw(row.get("value")) for row in rows(raised.get("values"))} else said


def _parameters(event: Event) -> dict[str, Any]:
    """What a message was to be filled with, where nobody has filled it."""
    entry = event.entry("message")
    found = entry.get("params") if not entry.get("formatted") else None
    return {"params": plain(found, 2_000)} if found not in (None, [], {}, "") else {}


def _much_less(changes: dict[str, Any], found: Happened) -> bool:
    """Whether more than half of extra or contexts was cut away."""
    most = RAW * 4
    pairs = ((found.extra, changes["extra"]), (found.contexts, changes["contexts"]))
    return any(size(was, most) > 2 * size(now, most) for was, now in pairs)


# What gives way in an event, in this order, before its stack trace does.


def _brief_extra(found: Happened) -> Happened:
    changes = {"extra": briefs(found.extra, 60, 8), "contexts": sections.brief_contexts(found.contexts, 80, 8)}
    if changes == {"extra": found.extra, "contexts": found.contexts}:
        return found
    return found.without("parts of extra and contexts", found.whole, **changes)


def _without_extra(found: Happened) -> Happened:
    kept = {name: value for name, value in found.contexts.items() if name in sections.NAMED}
    if not found.extra and kept == found.contexts:
        return found
    return found.without("parts of extra and contexts", found.whole, extra={}, contexts=kept)


def _smaller_request(found: Happened) -> Happened:
    smaller = found.request.in_brief() if found.request else None
    if smaller == found.request:
        return found
    return found.without("request headers and body", found.whole, request=smaller)


def _last_breadcrumbs(found: H, most: int) -> H:
    if len(found.breadcrumbs) <= most:
        return found
    kept = found.breadcrumbs[-most:] if most else []
    return found.without("earlier breadcrumbs", found.whole, breadcrumbs=kept)


def _without_the_rest(found: Happened) -> Happened:
    rest: dict[str, Any] = {
        "request": None,
        "tags": {},
        "user": {},
        "contexts": {},
        "flags": {},
        "other": {},
        "problems": [],
    }
    gone = [name for name in rest if getattr(found, name)]
    shorter = found.with_texts(cut, message=300)
    return shorter.without(", ".join(gone), found.whole, **rest) if gone else shorter


def _brief_findings(found: Happened) -> Happened:
    smaller = found.findings.in_brief() if found.findings else None
    if smaller == found.findings:
        return found
    return found.without("parts of the evidence", found.whole, findings=smaller)
