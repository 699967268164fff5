"""Issues: rows of a list, and one whole with one of its events."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sentry.models import Activity, CodeMapping, Commit, Event, Issue, SuspectFlag, TagValues, TraceCounts
from sentry.models.pages import Page
from sentry.values import as_object
from views.activity import WithActivity, activity
from views.bounds import DETAIL, cut, first, identifier, line, link, raw, rows
from views.commits import SuspectCommit, suspect_commits
from views.counts import InAll, in_all
from views.details import Happened, happened
from views.facts import IssueFacts, facts
from views.flags import SuspectFlagLine, suspect_flags, suspect_words
from views.kinds.names import BEGINNINGS, ERRORS, IssueType, name_of
from views.lists import Paged, fewer_rows, next_page
from views.provenance import Markers
from views.results import ByMember, Cleaner, Details, Evidence, Link, Step, each
from views.tags import clean_distributions, distribution
from views.traces.stacktraces import Stacktrace
from views.tracing import Tracing, tracing
from views.trends import Rise, Trend, rise, trends
from views.updates import bulk_update, issue_update
from views.wording import age, counted, joined, status_words

__all__ = ["IssueExtras", "IssueList", "IssueResult", "bulk_update", "issue", "issue_list", "issue_update"]


@dataclass(frozen=True)
class IssueExtras:
    """What else was fetched about an issue; None was not asked for. `missing` says which section could not be fetched,
    and why."""

    tags: list[TagValues] = field(default_factory=list[TagValues])
    suspect_commits: list[Commit] | None = None
    suspect_flags: list[SuspectFlag] | None = None
    external_issues: list[str] = field(default_factory=list[str])
    code_mappings: list[CodeMapping] = field(default_factory=list[CodeMapping])
    missing: dict[str, str] = field(default_factory=dict[str, str])
    activity: Page[Activity] | None = None  # besides the issue's own, of which then all is told
    older_has_source: bool = False
    trace_counts: TraceCounts | None = None  # of the trace of its event


OLDER_HAS_SOURCE = 'The calls of this event have no source; those of the oldest have: get_issue with event="oldest".'
_NOT_BARE = dict.fromkeys(("culprit", "first_seen", "substatus", "condition", "priority", "unhandled"))


class IssueRow(IssueFacts, InAll):
    def line(self, now: datetime | None, period: str | None = None, environment: str | None = None) -> str:
        seen = joined(
            [
                f"seen {age(self.last_seen, now)}" if self.last_seen else None,
                f"first {age(self.first_seen, now)}" if self.first_seen else None,
            ],
            ", ",
        )
        return joined(
            [
                self.name,
                self.status_in_words(),
                self.level if self.level != "error" else None,
                f"{self.priority} priority" if self.priority in ("high", "low") else None,
                self.counts_in_words(self.count, self.users, period, environment),
                seen,
                f"assigned to {self.assigned_to}" if self.assigned_to else None,
                self.title,
                self.culprit,
            ]
        )

    def bare(self) -> Self:
        """What tells an issue from another."""
        level = self.level if self.level != "error" else None
        return self.with_texts(line, title=48).with_changes(**_NOT_BARE, level=level)


class IssueList(Paged):
    issues: list[IssueRow]
    period: Evidence | None = None  # that was asked for
    environment: Evidence | None = None

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.issues:
            return "\n".join(["No issues match.", *next_page(self.next_cursor), *self.omitted])
        lines = marks.block("\n".join(row.line(now, self.period, self.environment) for row in self.issues))
        head = f"{counted(len(self.issues), 'issue')}. {marks.announcement}"
        return "\n".join([head, lines, *next_page(self.next_cursor), *self.omitted])

    def shown(self, scale: float) -> Self:
        found = self.with_changes(issues=each(self.issues, lambda row: row.in_row(160)))
        return found.with_texts(line, period=20, environment=80)

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.with_changes(issues=each(found.issues, lambda row: row.with_texts(line, title=80)))
        yield lambda found: found.without(
            "culprits and details of rows", "get_issue", issues=[row.bare() for row in found.issues]
        )
        yield from fewer_rows("issues")


class IssueResult(WithActivity, Tracing, Happened):
    """The issue, and in the fields of `Happened` the event that was asked for."""

    issue_type: IssueType | None = None
    link: Link | None = None
    first_release: Evidence | None = None
    last_release: Evidence | None = None
    trends: list[Trend] = []
    rise: Rise | None = None
    fingerprint: list[Evidence] = []
    tag_values: Details = {}  # in words, once they are clean; until then as `distribution` gives them
    suspect_commits: list[SuspectCommit] | None = None
    suspect_flags: list[SuspectFlagLine] | None = None
    external_issues: list[ByMember] = []
    missing: Details = {}

    def cleaned(self, cleaner: Cleaner) -> Self:
        changes = self.clean_fields(cleaner, apart=frozenset({"tag_values"}))
        return self.with_changes(**changes, tag_values=clean_distributions(self.tag_values, cleaner))

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        lines = marks.block("\n".join([*self.about(), *self.evidence()]))
        return "\n".join([*self.header(now), marks.announcement, lines, *self.omitted])

    def steps(self) -> Iterator[Step]:
        yield from super().steps()
        yield _without_trends
        yield _without_extras

    @property
    def of_issue(self) -> str:
        return f'get_issue(issue="{self.name}", max_tokens=20000)'

    def header(self, now: datetime | None) -> list[str]:
        """What Sentry itself knows: nothing that an outsider wrote."""
        head = [
            f"Issue {self.name}: {self.status_in_brief() or 'unknown status'}",
            name_of(self.issue_type),
            self.level,
            "unhandled" if self.unhandled and not self.exceptions else None,
            f"{self.priority} priority" if self.priority else None,
            f"project {self.project}" if self.project else None,
            joined([counted(self.count, "event"), counted(self.users, "user")], ", "),
        ]
        seen = [_seen("first seen", self.first_seen, now), _seen("last seen", self.last_seen, now)]
        trends = [*(trend.line() for trend in self.trends), self.rise.line() if self.rise else None]
        event = f"event {self.event_name}" if self.event_id else None
        no_event = f"event could not be fetched: {self.missing['event']}" if "event" in self.missing else None
        lines = (joined(head), joined([*seen, *trends]), joined([event, self.link]), no_event)
        return [text for text in lines if text]

    def status_in_brief(self) -> str:
        """Without the words of a condition, which may name a release: those are evidence."""
        return status_words(self.status, None if self.condition else self.substatus)

    def about(self) -> list[str]:
        """What outsiders or users of Sentry wrote about the issue."""
        releases = dict.fromkeys(release for release in (self.first_release, self.last_release) if release)
        facts_of_event = [
            f"culprit {self.culprit}" if self.culprit and not self._is_said(self.culprit) else None,
            f"seen in release {' to '.join(releases)}" if releases else None,
            f"assigned to {self.assigned_to}" if self.assigned_to else "unassigned",
            status if self.condition and (status := self.status_in_words()) != self.status else None,
            self.how_many(),
            f"grouped by {', '.join(map(_group, self.fingerprint))}" if self.fingerprint else None,
        ]
        title = None if self._is_said(self.title) else self.title
        lines = [text for text in (title, joined(facts_of_event)) if text]
        lines += [one.line() for one in self.activity]
        lines += [f"this event: {about}"] if (about := joined([self.about_event(), self.tracing()])) else []
        lines += [f"{key}: {values}" for key, values in self.tag_values.items()]
        lines += [f"suspect commit {commit.line()}" for commit in self.suspect_commits or []]
        if self.suspect_commits == []:
            lines.append("suspect commits: none; no commit that Sentry knows of its release touches these files")
        lines += suspect_words(self.suspect_flags)
        lines += [f"linked: {external}" for external in self.external_issues]
        missing = {section: why for section, why in self.missing.items() if section != "event"}
        return lines + [f"{section} could not be fetched: {why}" for section, why in missing.items()]

    def _is_said(self, text: str) -> bool:
        """By the kind of issue, or in what Sentry found: `User Feedback: The button ...`."""
        said = (text, *(text.removeprefix(begun) for begun in BEGINNINGS if text.startswith(begun)))
        kind = name_of(self.issue_type) or ""
        is_kind = bool(text) and text in (kind, kind.removesuffix(" Detected"))
        return is_kind or any(self.findings.tells(one) for one in said if self.findings)

    def shown(self, scale: float) -> Self:
        found = super().shown(scale).in_row(300)
        changes: dict[str, Any] = {
            "fingerprint": first(found.fingerprint, 6, 100),
            "external_issues": first(found.external_issues, 10, 200),
            "missing": {key: line(why, 200) for key, why in found.missing.items()},
            "suspect_commits": found.suspect_commits and [commit.shown() for commit in found.suspect_commits],
            "suspect_flags": found.suspect_flags and [flag.shown() for flag in found.suspect_flags],
            "tag_values": {line(key, 40): line(values, 300) for key, values in found.tag_values.items()},
        }
        lengths = {"first_release": 120, "last_release": 120, "transaction": 120}
        return found.model_copy(update=changes).with_texts(line, **lengths)


def issue_list(
    page: Page[Issue],
    notes: list[str] = [],  # noqa: B006 - never changed
    organization: str | None = None,
    *,
    period: str | None = None,
    environment: str | None = None,
) -> IssueList:
    """Rows of a list of issues, counted within a period and an environment, and what is to be said of the question; of
    an `organization` that is not the usual."""
    rows = [IssueRow(**facts(issue, organization), **in_all(issue)) for issue in page.items]
    found = IssueList(issues=rows, period=raw(period), environment=raw(environment), next_cursor=raw(page.next_cursor))
    return found.with_changes(omitted=[*page.notes, *notes])


def issue(
    issue: Issue, event: Event | None, *, extras: IssueExtras | None = None, organization: str | None = None
) -> IssueResult:
    """The issue with one of its events; of an `organization` that is not the usual one."""
    extras = extras or IssueExtras()
    found: dict[str, Any] = (
        happened(event, mappings=extras.code_mappings)
        if event
        else {"event_id": "", "stacktrace": Stacktrace(frames=[])}
    )
    notes = [*found.pop("omitted", ()), *(extras.activity.notes if extras.activity else ())]
    notes += [OLDER_HAS_SOURCE] if extras.older_has_source else []
    fields: dict[str, Any] = {**found, **facts(issue, organization), "issue_id": identifier(issue.id)}
    if issue.issue_type not in ERRORS or "findings" in found:
        fields["unhandled"] = None  # Sentry says `false` of every issue that is no error
    grouped = event.fingerprints if event else []
    return IssueResult(
        **fields,
        **activity(issue, extras.activity, extras.missing),
        **(tracing(event, fields["culprit"], found.get("findings"), extras.trace_counts) if event else {}),
        issue_type=issue.issue_type,
        link=link(issue.permalink),
        first_release=raw(issue.first_release.version) if issue.first_release else None,
        last_release=raw(issue.last_release.version) if issue.last_release else None,
        trends=trends(issue),
        rise=rise(issue),
        fingerprint=[text for one in grouped[:20] if (text := raw(one))],
        tag_values={tag.key[:DETAIL]: distribution(tag, 4) for tag in extras.tags[:20] if tag.key},
        suspect_commits=None if extras.suspect_commits is None else suspect_commits(extras.suspect_commits[:10]),
        suspect_flags=None if extras.suspect_flags is None else suspect_flags(extras.suspect_flags),
        external_issues=[*extras.external_issues[:20], *_annotations(issue)],
        missing=extras.missing,
        omitted=notes,
    )


def _without_trends(found: IssueResult) -> IssueResult:
    return found.without("trends", found.of_issue, trends=[], rise=None) if found.trends else found


def _without_extras(found: IssueResult) -> IssueResult:
    lists: dict[str, Any] = {"fingerprint": [], "tag_values": {}, "external_issues": []}
    changes: dict[str, Any] = {**lists, "suspect_commits": None, "suspect_flags": None}
    changes |= {"first_release": None, "last_release": None}
    told = {name: empty for name, empty in changes.items() if getattr(found, name)}
    return found.without("releases, tags, commits and links", found.of_issue, **told) if told else found


def _group(text: str) -> str:
    """Of a hash, enough to tell it from another."""
    return text[:8] if len(text) in (32, 40) and text.isalnum() else cut(text, 60)


def _seen(words: str, stamp: str | None, now: datetime | None) -> str | None:
    return f"{words} {stamp[:10]} {stamp[11:16]}Z ({age(stamp, now)})" if stamp else None


def _annotations(issue: Issue) -> list[str]:
    """Linked issues of other trackers, as Sentry shows them: `{"displayName", "url"}`, or those of plugins."""
    found = [as_object(row) or {} for row in issue.annotations[:10]]
    found += [as_object(row.get("issue")) or {} for row in rows(issue.plugin_issues)[:10]]
    linked = [joined([raw(one.get("displayName") or one.get("label")), raw(one.get("url"))], " ") for one in found]
    return [text for text in linked if text]
