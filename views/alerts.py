"""Alerts: rows of a list, one with its issue as somebody claims it, and what became of one."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Self

from alerts.alert import Alert, State
from views.bounds import issue_name, line, link, raw, word
from views.issues import IssueResult
from views.lists import Paged, fewer_rows, next_page
from views.provenance import Markers
from views.results import ByMember, Evidence, Form, IssueName, Link, Moment, Part, Result, Slug, Step, Word
from views.updates import IssueUpdate
from views.wording import age, counted, joined, read, when

AlertName = Annotated[str, Form("alert", re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,6})?"))]
"""`17`, or `17.2`: alert 17, claimed for the second time."""


class AlertFacts(Part):
    """What the inbox has of an alert."""

    alert: AlertName
    kind: Word
    state: Word
    organization: Slug | None = None
    project: Slug | None = None
    issue: IssueName | None = None
    level: Word | None = None
    times: int = 1
    received: Moment | None = None
    happened: Moment | None = None
    attempts: int = 0
    lease_ends: Moment | None = None
    outcome: Word | None = None
    source: Word | None = None
    said: Evidence | None = None
    rule: ByMember | None = None
    title: Evidence | None = None
    claimed_by: ByMember | None = None
    note: ByMember | None = None
    link: Link | None = None

    @property
    def number(self) -> str:
        return self.alert.partition(".")[0]

    def happened_in_words(self, now: datetime | None) -> str:
        """`3 times, last 5m ago`."""
        ago = age(self.happened or self.received, now)
        return f"{self.times:,} times, last {ago}" if self.times > 1 else ago

    def state_in_words(self) -> str:
        """`claimed by engine until 2026-11-30 15:04Z`, `done`."""
        if self.state == State.CLAIMED:
            return f"claimed by {self.claimed_by or 'somebody'} until {read(self.lease_ends)}"
        ended = self.outcome if self.outcome and self.outcome != self.state else None
        return joined([self.state, ended and ended.replace("_", " ")], ", ")

    def line(self, now: datetime | None) -> str:
        return joined(
            [
                f"alert {self.number}",
                joined([self.kind, f'"{self.rule}"' if self.rule else None], " "),
                self.state_in_words(),
                self.issue,
                self.project if not self.issue else None,
                self.level if self.level != "error" else None,
                self.happened_in_words(now),
                self.said if self.kind == "other" else None,
                self.title,
                f"note: {self.note}" if self.note else None,
            ]
        )

    def in_row(self) -> Self:
        return self.with_texts(line, title=160, rule=80, note=160, said=80, claimed_by=80)

    def whole(self) -> Self:
        """As it stands by itself."""
        return self.with_texts(line, title=300, rule=160, note=1_000, said=160, claimed_by=80)

    def small(self) -> Self:
        return self.with_texts(line, title=60, rule=30, note=60, said=30, claimed_by=30)


class AlertList(Paged):
    alerts: list[AlertFacts]

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.alerts:
            return "\n".join(["No alerts match.", *next_page(self.next_cursor), *self.omitted])
        rows = marks.block("\n".join(row.line(now) for row in self.alerts))
        head = f"{counted(len(self.alerts), 'alert')}. {marks.announcement}"
        return "\n".join([head, rows, *next_page(self.next_cursor), *self.omitted])

    def shown(self, scale: float) -> Self:
        return self.with_changes(alerts=[row.in_row() for row in self.alerts])

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.with_changes(alerts=[row.with_texts(line, title=60) for row in found.alerts])
        yield from fewer_rows("alerts")


class AlertResult(Result):
    """An alert, and its issue where it is claimed."""

    alert: AlertFacts | None = None
    issue: IssueResult | None = None
    missing: Evidence | None = None  # why its issue is not there

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if self.alert is None:
            return "\n".join(["No alert is to be claimed: with wait_seconds=60 you wait for one.", *self.omitted])
        told = [
            f"rule: {self.alert.rule}" if self.alert.rule else None,
            self.alert.title if self.issue is None else None,
            self.alert.said if self.alert.kind == "other" else None,
            f"note: {self.alert.note}" if self.alert.note else None,
            f"its issue could not be read: {self.missing}" if self.missing else None,
        ]
        lines = [text for text in told if text]
        about = [marks.block("\n".join(lines))] if lines else []
        if self.issue is not None:
            # It announces the markers: what stands between them comes after.
            return "\n".join([self.head(now), self.issue.markdown(marks, now), *about, *self.omitted])
        return "\n".join([self.head(now), marks.announcement, *about, *self.omitted])

    def head(self, now: datetime | None) -> str:
        """`Alert 17.1: regressed, SHOP-4 in shop, 2m ago. Yours until 2026-11-30 15:04Z, attempt 1.`"""
        assert self.alert is not None
        found = self.alert
        place = joined([found.issue, f"in {found.project}" if found.project else None], " ")
        facts = joined([found.kind, place, found.level, found.happened_in_words(now), found.link], ", ")
        if found.state == State.CLAIMED:
            return f"Alert {found.alert}: {facts}. Claimed until {read(found.lease_ends)}, attempt {found.attempts}."
        return f"Alert {found.number}: {facts}. {found.state.capitalize()}."

    def within(self, characters: int) -> Self:
        return self.with_changes(issue=self.issue.within(characters) if self.issue else None)

    def shown(self, scale: float) -> Self:
        return self.with_changes(
            alert=self.alert.whole() if self.alert else None,
            issue=self.issue.shown(scale) if self.issue else None,
        ).with_texts(line, missing=300)

    def steps(self) -> Iterator[Step]:
        if self.alert is not None:
            yield lambda found: found.with_changes(alert=found.alert.in_row())
        if self.issue is not None:
            yield from (_of_issue(step) for step in self.issue.steps())
        if self.alert is not None:
            yield lambda found: found.with_changes(alert=found.alert.small()).with_texts(line, missing=60)
        if self.issue is not None:
            yield _without_issue


def _of_issue(step: Step) -> Step:
    return lambda found: found.with_changes(issue=step(found.issue))


def _without_issue(found: AlertResult) -> AlertResult:
    """Of which the least that can be shown is too much beside the alert."""
    if found.issue is None:
        return found
    return found.without("the issue", f'get_issue(issue="{found.issue.short_id or found.issue.issue_id}")', issue=None)


class AlertFinished(Result):
    """What became of an alert, and of the note as a comment."""

    alert: AlertFacts
    comment: IssueUpdate | None = None

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        found = self.alert
        again = f"; it can be claimed again after {read(found.lease_ends)}" if found.lease_ends else ""
        words: dict[str, str] = {
            State.DONE: f"Alert {found.number} is done with.",
            State.NEW: f"Alert {found.number} was given back{again}.",
            State.PARKED: f"Alert {found.number} was tried {found.attempts} times: it is parked for a person.",
        }
        said = ["The note was posted as a comment."] if self.comment and self.comment.comment else []
        return " ".join([words.get(found.state, f"Alert {found.number} is {found.state}."), *said, *self.omitted])

    def shown(self, scale: float) -> Self:
        return self.with_changes(alert=self.alert.whole(), comment=self.comment.shown(scale) if self.comment else None)

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.with_changes(alert=found.alert.small())
        if self.comment is not None:
            yield _without_comment


def _without_comment(found: AlertFinished) -> AlertFinished:
    """Where the issue that was commented on is too much: that it was is said."""
    return found.without("the issue", "get_issue", comment=None) if found.comment else found


def alert_list(found: list[Alert], limit: int) -> AlertList:
    """The newest first; where there are more of them the ID of the last is the next page's cursor."""
    rows = [facts(alert) for alert in found[:limit]]
    return AlertList(alerts=rows, next_cursor=str(found[limit - 1].id) if len(found) > limit else None)


def facts(alert: Alert, *, is_claimed: bool = False, with_link: bool = False) -> AlertFacts:
    """`is_claimed` by who asks: then its name is that of the claim."""
    told = alert.told
    return AlertFacts(
        alert=alert.claim if is_claimed else str(alert.id),
        kind=str(told.kind),
        state=str(alert.state),
        organization=told.organization or None,
        project=told.project or None,
        issue=issue_name(told.short_id or told.issue) if told.issue else None,
        level=word(told.level),
        times=alert.times,
        received=_moment(alert.received),
        happened=_moment(told.happened),
        attempts=alert.attempts,
        lease_ends=_moment(alert.lease_ends) if alert.state == State.CLAIMED else None,
        outcome=alert.outcome or None,
        source=alert.source,
        said=raw(told.said),
        rule=raw(told.rule),
        title=raw(told.title),
        claimed_by=raw(alert.claimed_by) if alert.state == State.CLAIMED else None,
        note=raw(alert.note),
        link=link(told.url) if with_link else None,
    )


def claimed(alert: Alert | None, issue: IssueResult | None = None, missing: str | None = None) -> AlertResult:
    if alert is None:
        return AlertResult()
    about = facts(alert, is_claimed=True, with_link=issue is None)  # the issue has a link of its own
    return AlertResult(alert=about, issue=issue, missing=missing)


def told(alert: Alert) -> AlertResult:
    """As whoever asks for it sees it, who has not claimed it."""
    return AlertResult(alert=facts(alert, with_link=True))


def finished(alert: Alert, comment: IssueUpdate | None = None) -> AlertFinished:
    row = facts(alert)
    again = {"lease_ends": _moment(alert.not_before)} if alert.state == State.NEW else {}
    return AlertFinished(alert=row.with_changes(**again), comment=comment)


def _moment(seconds: float) -> str | None:
    return when(datetime.fromtimestamp(seconds, UTC)) if seconds else None
