"""What tools and resources need of a Sentry client."""

from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from sentry.changes import IssueChange
from sentry.datasets import Dataset
from sentry.dialects import Dialect
from sentry.models import (
    Activity,
    CodeMapping,
    Commit,
    Deploy,
    Event,
    EventRows,
    EventSeries,
    Issue,
    Organization,
    Outcomes,
    Project,
    Release,
    SuspectFlag,
    TagValues,
    Trace,
    TraceCounts,
    TraceLog,
)
from sentry.models.pages import Page
from sentry.site import Site
from sentry.transport.cache import Lifetime, Source


class SentryClientProtocol(Protocol):
    """Issues and events are named as people name them (sentry.references). All raise SentryError."""

    @property
    def site(self) -> Site:
        """The Sentry that is asked, and the token that opens it."""
        ...

    def are_current(self, sources: Iterable[Source | None]) -> bool:
        """Whether each of these answers is what a read would get now, without a request to Sentry."""
        ...

    def age(self, sources: Iterable[Source | None]) -> float:
        """How many seconds ago the oldest of these answers was read that may have changed since."""
        ...

    def identify(self) -> Awaitable[Dialect | None]:
        """The kind of server, which is asked where it is not known."""
        ...

    def other_organization(self, *references: str | None, organization: str | None = None) -> str | None:
        """The organization that one of these names of issues, events or projects stands behind, or the one that is
        given, if it is not the usual one: what is found there is to be asked for by it, too."""
        ...

    def usual_organization(self) -> Awaitable[str]:
        """The organization that is asked where none is named: that of the settings, or the only one there is."""
        ...

    def list_issues(
        self,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        query: str = "is:unresolved",
        environment: str | None = None,
        period: str | None = None,
        sort: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Awaitable[Page[Issue]]: ...

    def get_issue(self, issue: str, *, fresh: bool = False) -> Awaitable[Issue]: ...

    def get_events(
        self, issue: str, *, query: str | None = None, limit: int = 25, cursor: str | None = None
    ) -> Awaitable[Page[Event]]: ...

    def get_event(self, event: str, *, issue: str | None = None, project: str | None = None) -> Awaitable[Event]: ...

    def get_stacktrace(self, event: str | None = None, *, issue: str | None = None) -> Awaitable[Event]: ...

    def get_oldest_event(self, issue: str) -> Awaitable[Event | None]:
        """The oldest event, where one request has it and the issue was not named by one of its events."""
        ...

    def get_short_id(self, issue: str) -> Awaitable[str | None]:
        """What people call an issue, without a request where that is known."""
        ...

    def update_issue(self, issue: str, change: IssueChange) -> Awaitable[Issue]: ...

    def list_projects(
        self, organization: str | None = None, *, cursor: str | None = None
    ) -> Awaitable[Page[Project]]: ...

    def get_project(self, project: str, organization: str | None = None) -> Awaitable[Project]: ...

    def find_project(
        self, project: str, organization: str, *, within: Lifetime = Lifetime.PROJECT
    ) -> Awaitable[Project]:
        """A project by its slug or number; both hold for minutes, and what else it tells for as long as `within`."""
        ...

    def list_organizations(self) -> Awaitable[Page[Organization]]: ...

    def get_tag_values(
        self, issue: str, tag: str, *, environment: str | None = None, period: str | None = None
    ) -> Awaitable[TagValues]: ...

    def count_events(
        self, issue: str, *, environment: str | None = None, period: str | None = None
    ) -> Awaitable[int | None]:
        """In how many events of an issue its tags are counted."""
        ...

    def get_tags(self, issue: str) -> Awaitable[list[TagValues]]: ...

    def get_suspect_commits(self, project: str, event: str, *, issue: str | None = None) -> Awaitable[list[Commit]]: ...

    def get_activity(self, issue: str) -> Awaitable[Page[Activity]]: ...

    def get_suspect_flags(self, issue: str) -> Awaitable[list[SuspectFlag]]: ...

    def get_code_mappings(
        self, project: str | None, organization: str | None = None
    ) -> Awaitable[list[CodeMapping]]: ...

    def add_comment(self, issue: str, text: str) -> Awaitable[None]: ...

    def list_releases(
        self,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        query: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Awaitable[Page[Release]]: ...

    def get_release(self, version: str, *, organization: str | None = None) -> Awaitable[Release]: ...

    def get_release_commits(self, version: str, *, organization: str | None = None) -> Awaitable[list[Commit]]: ...

    def get_release_deploys(self, version: str, *, organization: str | None = None) -> Awaitable[list[Deploy]]: ...

    def get_trace(
        self,
        trace: str,
        *,
        organization: str | None = None,
        timestamp: datetime | None = None,
        event: str | None = None,
    ) -> Awaitable[Trace]:
        """A trace by its ID, of 32 hex digits; `timestamp` is some moment in it, `event` an error, where they are
        known."""
        ...

    def get_trace_counts(
        self, trace: str, *, organization: str | None = None, timestamp: datetime | None = None
    ) -> Awaitable[TraceCounts | None]:
        """How many spans, errors and logs a trace has; None where that is not told."""
        ...

    def get_trace_logs(
        self,
        trace: str,
        *,
        organization: str | None = None,
        timestamp: datetime | None = None,
        projects: Sequence[str] | None = None,
    ) -> Awaitable[Page[TraceLog]]:
        """Logs of a trace, in the order of time, of the projects with these numbers; None for all."""
        ...

    def search_events(
        self,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        dataset: Dataset = "errors",
        fields: Sequence[str],
        query: str = "",
        sort: str | None = None,
        period: str = "24h",
        environment: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Awaitable[EventRows]: ...

    def get_event_series(
        self,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        dataset: Dataset = "errors",
        functions: Sequence[str],
        groups: Sequence[str] = (),
        query: str = "",
        sort: str | None = None,
        period: str = "24h",
        interval: str = "1h",
        environment: str | None = None,
        limit: int = 25,
    ) -> Awaitable[EventSeries]: ...

    def get_attributes(
        self,
        dataset: Dataset,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        period: str = "24h",
    ) -> Awaitable[list[str]]: ...

    def get_outcomes(
        self,
        dataset: Dataset,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        period: str = "24h",
    ) -> Awaitable[Outcomes | None]: ...
