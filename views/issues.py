"""An issue whole: what it is, how often and since when, and one of its events."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, TypeVar

from sentry.models import Commit, Event, Issue, TagValues, as_object
from sentry.pages import Page
from views.bounds import cut, line, link, raw, word
from views.events import Happened, fewer_rows, happened, next_page
from views.provenance import Markers
from views.results import Detail, Details, Evidence, Known, Part, Result, Step
from views.wording import actor, age, condition, counted, joined, read, sparkline, status, when


@dataclass(frozen=True)
class IssueExtras:
    """What else was fetched about an issue; `missing` says which section could not be, and why."""

    tags: list[TagValues] = field(default_factory=list[TagValues])
    suspect_commits: list[Commit] = field(default_factory=list[Commit])
    external_issues: list[str] = field(default_factory=list[str])
    missing: dict[str, str] = field(default_factory=dict[str, str])


class Trend(Detail):
    """Events in equal steps of time, the oldest first."""

    period: Known
    counts: list[int]

    def line(self) -> str:
        total, most = sum(self.counts), max(self.counts, default=0)
        step = {"24h": "hour", "14d": "day", "30d": "day"}.get(self.period, "step")
        if not total:
            return f"{self.period} none"
        return f"{self.period} {sparkline(self.counts)} {total:,} (peak {most:,}/{step})"


class SuspectCommit(Detail):
    id: Known
    message: Evidence | None = None
    author: Evidence | None = None
    when: Known | None = None


class IssueFacts(Part):
    """What every view of an issue tells."""

    id: Known
    short_id: Known | None = None
    title: Evidence
    status: Known | None = None
    condition: Evidence | None = None  # how it was resolved, until when it is ignored
    substatus: Known | None = None
    level: Known | None = None
    priority: Known | None = None
    project: Known | None = None
    culprit: Evidence | None = None
    count: int | None = None
    users: int | None = None
    first_seen: Known | None = None
    last_seen: Known | None = None
    assigned_to: Evidence | None = None
    unhandled: bool | None = None

    @property
    def name(self) -> str:
        return self.short_id or self.id


F = TypeVar("F", bound=IssueFacts)


class IssueRow(IssueFacts):
    def line(self, now: datetime | None) -> str:
        seen = f"last {age(self.last_seen, now)}, first {age(self.first_seen, now)}" if self.last_seen else None
        facts = joined(
            [
                self.name,
                joined([self.status, self.substatus if self.substatus != "ongoing" else None], "/"),
                self.level,
                f"{self.priority} priority" if self.priority == "high" else None,
                joined([counted(self.count, "event"), counted(self.users, "user")], ", "),
                seen,
                f"assigned to {self.assigned_to}" if self.assigned_to else None,
            ]
        )
        place = f" (in {self.culprit})" if self.culprit else ""
        return f"{facts}\n  {self.title}{place}"


class IssueList(Result):
    issues: list[IssueRow]
    next_cursor: Known | None = None

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.issues:
            return "No issues match."
        rows = marks.block("\n".join(row.line(now) for row in self.issues))
        head = f"{len(self.issues)} issue{'s' if len(self.issues) != 1 else ''}. {marks.announcement}"
        return "\n".join([head, rows, *next_page(self.next_cursor), *self.omitted])

    def shown(self, scale: float) -> Self:
        return self.model_copy(update={"issues": [_short(row, 160) for row in self.issues]})

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.without(issues=[_short(row, 80) for row in found.issues])
        yield lambda found: found.without(issues=[row.model_copy(update={"culprit": None}) for row in found.issues])
        yield from fewer_rows("issues")


class IssueResult(IssueFacts, Happened):
    """The issue, and in the fields of `Happened` the event that was asked for."""

    link: Known | None = None
    first_release: Evidence | None = None
    last_release: Evidence | None = None
    comments: int | None = None
    trends: list[Trend] = []
    fingerprint: list[Evidence] = []
    tag_values: Details = {}
    suspect_commits: list[SuspectCommit] = []
    external_issues: list[Evidence] = []
    missing: Details = {}

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        lines = [
            self.header(now),
            marks.announcement,
            marks.block("\n".join([*self.about(), *self.evidence()])),
        ]
        return "\n".join([*lines, *self.omitted])

    def header(self, now: datetime | None) -> str:
        """What Sentry itself knows: nothing that an outsider wrote."""
        substatus = f" ({self.substatus})" if self.substatus and self.substatus != "ongoing" else ""
        facts = joined(
            [
                f"Issue {self.name}: {self.status or 'unknown status'}{substatus}",
                self.level,
                f"{self.priority} priority" if self.priority else None,
                f"project {self.project}" if self.project else None,
                joined([counted(self.count, "event"), counted(self.users, "user")], ", "),
            ]
        )
        seen = joined(
            [
                _seen("first seen", self.first_seen, now),
                _seen("last seen", self.last_seen, now),
                *(trend.line() for trend in self.trends),
                self.link,
            ]
        )
        return "\n".join(part for part in (facts, seen) if part)

    def about(self) -> list[str]:
        """What outsiders or users of Sentry wrote about the issue."""
        releases = {self.first_release, self.last_release} - {None}
        facts = joined(
            [
                f"in {self.culprit}" if self.culprit else None,
                f"first release {self.first_release}" if self.first_release else None,
                f"last release {self.last_release}" if self.last_release and len(releases) > 1 else None,
                f"assigned to {self.assigned_to}" if self.assigned_to else "unassigned",
                self.condition,
                f"comments: {self.comments}" if self.comments else None,
            ]
        )
        lines = [self.title, facts]
        lines += [f"{key}: {told}" for key, told in self.tag_values.items()]
        if self.fingerprint:
            lines.append(f"grouped by {', '.join(self.fingerprint)}")
        for commit in self.suspect_commits:
            author = f" by {commit.author}" if commit.author else ""
            lines.append(f"suspect commit {commit.id[:12]}{author}: {commit.message or ''}")
        lines += [f"linked: {external}" for external in self.external_issues]
        lines += [f"{section} could not be fetched: {why}" for section, why in self.missing.items()]
        return lines

    def shown(self, scale: float) -> Self:
        found = _short(super().shown(scale), 300)
        changes: dict[str, Any] = {
            "fingerprint": [line(text, 80) for text in found.fingerprint[:6]],
            "external_issues": [line(text, 200) for text in found.external_issues[:10]],
            "missing": {key: line(why, 200) for key, why in found.missing.items()},
            "suspect_commits": [_short_commit(commit) for commit in found.suspect_commits[:5]],
        }
        for name in ("first_release", "last_release"):
            if text := getattr(found, name):
                changes[name] = line(text, 200)
        return found.model_copy(update=changes)


def issue_list(page: Page[Issue]) -> IssueList:
    """Rows of a list of issues."""
    rows = [IssueRow(**facts(issue)) for issue in page.items]
    return IssueList(issues=rows, next_cursor=raw(page.next_cursor))


def issue(issue: Issue, event: Event | None, *, extras: IssueExtras | None = None) -> IssueResult:
    """The issue with one of its events."""
    extras = extras or IssueExtras()
    found: dict[str, Any] = happened(event) if event else {}
    found |= facts(issue)
    return IssueResult(
        **{**found, "issue_id": word(issue.id)},
        link=link(issue.permalink),
        first_release=raw(issue.first_release.version) if issue.first_release else None,
        last_release=raw(issue.last_release.version) if issue.last_release else None,
        comments=issue.num_comments,
        trends=[trend for period in ("24h", "14d", "30d") if (trend := _trend(issue, period))],
        fingerprint=[text for one in (event.fingerprints if event else []) if (text := raw(one))],
        tag_values={tag.key: _distribution(tag) for tag in extras.tags if tag.key},
        suspect_commits=[_commit(commit) for commit in extras.suspect_commits],
        external_issues=[*extras.external_issues, *_annotations(issue)],
        missing=extras.missing,
    )


def facts(issue: Issue) -> dict[str, Any]:
    """The fields of `IssueFacts`."""
    return {
        "id": word(issue.id) or "",
        "short_id": word(issue.short_id),
        "title": raw(issue.title) or "(no title)",
        "status": status(issue),
        "condition": condition(issue),
        "substatus": word(issue.substatus),
        "level": word(issue.level),
        "priority": word(issue.priority),
        "project": word(issue.project.slug),
        "culprit": raw(issue.culprit),
        "count": issue.count,
        "users": issue.user_count,
        "first_seen": when(issue.first_seen),
        "last_seen": when(issue.last_seen),
        "assigned_to": actor(issue.assigned_to),
        "unhandled": issue.is_unhandled,
    }


def _seen(words: str, stamp: str | None, now: datetime | None) -> str | None:
    return f"{words} {read(stamp)} ({age(stamp, now)})" if stamp else None


def _trend(issue: Issue, period: str) -> Trend | None:
    counts = [int(pair[1]) for pair in issue.stats.get(period, []) if len(pair) > 1]
    return Trend(period=period, counts=counts[-31:]) if any(counts) else None


def _distribution(tag: TagValues) -> str:
    total = tag.total_values or sum(value.count for value in tag.top_values) or 1
    shares = [f"{line(value.value or '(empty)', 60)} {value.count / total:.0%}" for value in tag.top_values[:4]]
    more = f" of {tag.unique_values} values" if (tag.unique_values or 0) > 4 else ""
    return ", ".join(shares) + more


def _commit(commit: Commit) -> SuspectCommit:
    author = commit.author
    return SuspectCommit(
        id=word(commit.id) or "",
        message=raw((commit.message or "").split("\n")[0]),
        author=raw((author.name or author.email) if author else None),
        when=when(commit.date_created),
    )


def _annotations(issue: Issue) -> list[str]:
    """Linked issues of other trackers, as Sentry shows them: `{"displayName", "url"}`."""
    found = [as_object(annotation) or {} for annotation in issue.annotations[:10]]
    told = [joined([raw(one.get("displayName")), raw(one.get("url"))], " ") for one in found]
    return [text for text in told if text]


def _short_commit(commit: SuspectCommit) -> SuspectCommit:
    changes = {name: line(text, 120) for name in ("message", "author") if (text := getattr(commit, name))}
    return commit.model_copy(update=changes)


def _short(found: F, length: float) -> F:
    changes = {
        name: line(text, most)
        for name, most in (("title", length), ("culprit", 100), ("assigned_to", 80), ("condition", 160))
        if (text := getattr(found, name))
    }
    return found.model_copy(update=changes)
