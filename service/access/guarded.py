"""A client that shows a caller what they may see, and no more.

Names are checked before Sentry is asked, and what comes back is checked again: an ID, a short ID or a URL says nothing
of whose it is. What is somebody else's, and what cannot be attributed to a project, is not found, in the words that are
said of what is not there.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sentry.changes import IssueChange
from sentry.datasets import Dataset
from sentry.dialects import Dialect
from sentry.errors import BadResponseError, NotFoundError
from sentry.identifiers import NUMERIC
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
from sentry.paths import quoted
from sentry.protocol import SentryClientProtocol
from sentry.references import organization_in
from sentry.site import Site
from sentry.transport.cache import Lifetime, Source
from service.access.bounds import Bounds, not_found
from service.access.callers import Caller
from service.access.lookups import Lookups
from service.side_by_side import all_of, briefly

T = TypeVar("T")
PageT = TypeVar("PageT", bound=Page[Any])

PROJECTS = 25
"""Rows of a page of the projects that a caller is bound to: each is a request of its own."""


def guarded(client: SentryClientProtocol, caller: Caller) -> SentryClientProtocol:
    """The client, as this caller may use it."""
    return Guarded(client, Bounds(caller))


class Guarded:
    """It has no base class, from which a method could come that guards nothing."""

    def __init__(self, client: SentryClientProtocol, bounds: Bounds) -> None:
        self._client = client
        self._bounds = bounds
        self._look = Lookups(client, bounds)

    @property
    def site(self) -> Site:
        return self._client.site

    def are_current(self, sources: Iterable[Source | None]) -> bool:
        return self._client.are_current(sources)

    def age(self, sources: Iterable[Source | None]) -> float:
        return self._client.age(sources)

    def identify(self) -> Awaitable[Dialect | None]:
        return self._client.identify()

    def other_organization(self, *references: str | None, organization: str | None = None) -> str | None:
        found = (organization_in(text, self.site.url) for text in references if text)
        named = (next(filter(None, (organization, *found)), None) or "").lower() or None
        sole = self._bounds.sole_organization
        if sole is None:
            return self._client.other_organization(organization=named)
        return named if named != sole else None

    async def usual_organization(self) -> str:
        return await self._look.usual_organization()

    async def list_organizations(self) -> Page[Organization]:
        page = await self._client.list_organizations()
        return Page([one for one in page.items if self._bounds.sees_organization(one.slug)], notes=page.notes)

    async def list_projects(self, organization: str | None = None, *, cursor: str | None = None) -> Page[Project]:
        """Of a caller's own projects each is asked for; the cursor is then the last one's slug."""
        owner = await self._look.organization(organization)
        own = self._bounds.projects_in(owner)
        if own is None:
            return await self._look.asked(f"Organization {owner}", self._client.list_projects(owner, cursor=cursor))
        left = [name for name in own if not cursor or name > cursor]
        outcomes = await all_of(self.get_project(name, owner) for name in left[:PROJECTS])
        for outcome in outcomes:
            if outcome.error is not None and not isinstance(outcome.error, NotFoundError):
                raise outcome.error
        rows = [outcome.value for outcome in outcomes if outcome.value is not None]
        return Page(rows, left[PROJECTS - 1] if len(left) > PROJECTS else None)

    async def get_project(self, project: str, organization: str | None = None) -> Project:
        return await self._look.project(project, organization, Lifetime.ISSUE)

    async def find_project(self, project: str, organization: str, *, within: Lifetime = Lifetime.PROJECT) -> Project:
        return await self._look.project(project, organization, within)

    async def list_issues(
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
    ) -> Page[Issue]:
        owner, name, names = await self._look.projects(organization, project, projects)
        page = await self._found(
            f"Project {name} of {owner}" if name else f"Organization {owner}",
            self._client.list_issues(
                organization=owner,
                project=name,
                projects=names,
                query=query,
                environment=environment,
                period=period,
                sort=sort,
                limit=limit,
                cursor=cursor,
            ),
        )
        return _only(page, [row for row in page.items if self._bounds.sees_project(row.project.slug, owner)])

    async def get_issue(self, issue: str, *, fresh: bool = False) -> Issue:
        found, _ = await self._look.issue(issue, fresh=fresh)
        return found

    async def get_events(
        self, issue: str, *, query: str | None = None, limit: int = 25, cursor: str | None = None
    ) -> Page[Event]:
        return await self._look.of_issue(
            issue, lambda named: self._client.get_events(named, query=query, limit=limit, cursor=cursor)
        )

    async def get_event(self, event: str, *, issue: str | None = None, project: str | None = None) -> Event:
        return await self._look.event(event, issue, project, lambda named, of: self._client.get_event(named, issue=of))

    async def get_stacktrace(self, event: str | None = None, *, issue: str | None = None) -> Event:
        if event is not None:
            return await self._look.event(
                event, issue, None, lambda named, of: self._client.get_stacktrace(named, issue=of)
            )
        if issue is None:
            return await self._client.get_stacktrace()  # which says what is missing
        return await self._look.of_issue(issue, lambda named: self._client.get_stacktrace(issue=named))

    async def get_oldest_event(self, issue: str) -> Event | None:
        return await self._look.of_issue(issue, self._client.get_oldest_event)

    async def get_short_id(self, issue: str) -> str | None:
        return (await self.get_issue(issue)).short_id

    async def update_issue(self, issue: str, change: IssueChange) -> Issue:
        return await self._client.update_issue(await self._to_be_changed(issue), change)

    async def add_comment(self, issue: str, text: str) -> None:
        await self._client.add_comment(await self._to_be_changed(issue), text)

    async def _to_be_changed(self, issue: str) -> str:
        """The issue by its number, which stays the one that was looked at."""
        found, place = await self._look.issue(issue)
        if not NUMERIC.fullmatch(found.id):
            raise BadResponseError(f"Sentry did not say the number of {place.name.lower()}. Nothing was changed.")
        return f"{place.organization}/{found.id}"

    async def get_tags(self, issue: str) -> list[TagValues]:
        return await self._look.of_issue(issue, self._client.get_tags)

    async def get_tag_values(
        self, issue: str, tag: str, *, environment: str | None = None, period: str | None = None
    ) -> TagValues:
        return await self._look.of_issue(
            issue, lambda named: self._client.get_tag_values(named, tag, environment=environment, period=period)
        )

    async def count_events(
        self, issue: str, *, environment: str | None = None, period: str | None = None
    ) -> int | None:
        return await self._look.of_issue(
            issue, lambda named: self._client.count_events(named, environment=environment, period=period)
        )

    async def get_activity(self, issue: str) -> Page[Activity]:
        return await self._look.of_issue(issue, self._client.get_activity)

    async def get_suspect_flags(self, issue: str) -> list[SuspectFlag]:
        return await self._look.of_issue(issue, self._client.get_suspect_flags)

    async def get_suspect_commits(self, project: str, event: str, *, issue: str | None = None) -> list[Commit]:
        wanted = f"Event {event} of project {project}"
        if issue is None:
            raise not_found(wanted)
        found, place = await self._look.issue(issue)
        if found.project.slug != project:
            raise not_found(wanted)
        return await self._client.get_suspect_commits(project, event, issue=f"{place.organization}/{found.id}")

    async def get_code_mappings(self, project: str | None, organization: str | None = None) -> list[CodeMapping]:
        owner = await self._look.organization(organization)
        found = await self._client.get_code_mappings(project, owner)
        if found and self._bounds.projects_in(owner) is not None:
            is_own = await briefly(self._look.project(project or "", owner)) is not None
            return found if is_own else []
        return found

    async def list_releases(
        self,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        query: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Page[Release]:
        owner, name, names = await self._look.projects(organization, project, projects)
        page = await self._found(
            f"Project {name} of {owner}" if name else f"Organization {owner}",
            self._client.list_releases(
                organization=owner, project=name, projects=names, query=query, limit=limit, cursor=cursor
            ),
        )
        parts = (self._bounds.part_of(release, owner) for release in page.items)
        return _only(page, [part for part in parts if part is not None])

    async def get_release(self, version: str, *, organization: str | None = None) -> Release:
        release, _, _ = await self._release(version, organization)
        return release

    async def get_release_commits(self, version: str, *, organization: str | None = None) -> list[Commit]:
        """None where others' projects are in the release, too: whose a commit is, Sentry does not say."""
        _, owner, is_whole = await self._release(version, organization)
        return await self._client.get_release_commits(version, organization=owner) if is_whole else []

    async def get_release_deploys(self, version: str, *, organization: str | None = None) -> list[Deploy]:
        """As with its commits."""
        _, owner, is_whole = await self._release(version, organization)
        return await self._client.get_release_deploys(version, organization=owner) if is_whole else []

    async def get_trace(
        self,
        trace: str,
        *,
        organization: str | None = None,
        timestamp: datetime | None = None,
        event: str | None = None,
    ) -> Trace:
        """Of a trace in which the caller has nothing, there is nothing."""
        wanted = f"Trace {trace}"
        owner = await self._look.organization(organization, wanted)
        found = await self._look.asked(
            wanted, self._client.get_trace(trace, organization=owner, timestamp=timestamp, event=event)
        )
        return self._bounds.part_of_trace(found, owner)

    async def get_trace_counts(
        self, trace: str, *, organization: str | None = None, timestamp: datetime | None = None
    ) -> TraceCounts | None:
        """None where others' could be counted in."""
        owner = await self._look.organization(organization, f"Trace {trace}")
        if self._bounds.projects_in(owner) is not None:
            return None
        return await self._client.get_trace_counts(trace, organization=owner, timestamp=timestamp)

    async def get_trace_logs(
        self,
        trace: str,
        *,
        organization: str | None = None,
        timestamp: datetime | None = None,
        projects: Sequence[str] | None = None,
    ) -> Page[TraceLog]:
        """Of the caller's own projects, which are asked for by their numbers, and no row of another."""
        owner = await self._look.organization(organization, f"Trace {trace}")
        own = self._bounds.projects_in(owner)
        if own is None:
            return await self._client.get_trace_logs(trace, organization=owner, timestamp=timestamp, projects=projects)
        outcomes = await all_of(self._look.project(name, owner) for name in own[:PROJECTS])
        numbers = {outcome.value.id: outcome.value.slug for outcome in outcomes if outcome.value is not None}
        asked = [number for number in numbers if number and (projects is None or number in projects)]
        page = await self._client.get_trace_logs(trace, organization=owner, timestamp=timestamp, projects=asked)
        rows = [row for row in page.items if row.project_id in asked or row.project in numbers.values()]
        return _only(page, rows)

    async def search_events(
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
    ) -> EventRows:
        """Of the caller's own projects: of a number that was counted nobody can say later whose events are in it."""
        page, is_own = await self._searched(
            *(self._client.search_events, organization, project, projects),
            dataset=dataset,
            fields=fields,
            query=query,
            sort=sort,
            period=period,
            environment=environment,
            limit=limit,
            cursor=cursor,
        )
        return _only(page, [row for row in page.items if is_own(row)])

    async def get_event_series(
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
    ) -> EventSeries:
        found, is_own = await self._searched(
            *(self._client.get_event_series, organization, project, projects),
            dataset=dataset,
            functions=functions,
            groups=groups,
            query=query,
            sort=sort,
            period=period,
            interval=interval,
            environment=environment,
            limit=limit,
        )
        return _only(found, [series for series in found.items if is_own(series.group)])

    async def _searched(
        self,
        ask: Callable[..., Awaitable[PageT]],
        organization: str | None,
        project: str | None,
        projects: Sequence[str] | None,
        **asked: Any,
    ) -> tuple[PageT, Callable[[Mapping[str, Any]], bool]]:
        """What is found in the caller's own projects, and whether a row of it names another."""
        owner, name, names = await self._look.projects(organization, project, projects)
        page = await self._found(
            f"Project {name} of {owner}" if name else f"Organization {owner}",
            ask(organization=owner, project=name, projects=names, **asked),
        )
        return page, await self._look.telling_rows(owner, name, names)

    async def get_attributes(
        self,
        dataset: Dataset,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        period: str = "24h",
    ) -> list[str]:
        """None where a caller has some projects alone: not every Sentry leaves out what others' events have."""
        owner, name, names = await self._look.projects(organization, project, projects)
        if self._bounds.projects_in(owner) is not None:
            return []
        return await self._client.get_attributes(
            dataset, organization=owner, project=name, projects=names, period=period
        )

    async def get_outcomes(
        self,
        dataset: Dataset,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        period: str = "24h",
    ) -> Outcomes | None:
        owner, name, names = await self._look.projects(organization, project, projects)
        return await self._client.get_outcomes(dataset, organization=owner, project=name, projects=names, period=period)

    async def _release(self, version: str, organization: str | None) -> tuple[Release, str, bool]:
        """What the caller may see of it, its organization, and whether that is all of it."""
        wanted = f"Release {quoted(version)}"
        owner = await self._look.organization(organization, wanted)
        found = await self._look.asked(wanted, self._client.get_release(version, organization=owner))
        part = self._bounds.part_of(found, owner)
        if part is None:
            raise not_found(wanted)
        return part, owner, part is found

    async def _found(self, wanted: str, answer: Awaitable[T]) -> T:
        """A list of the caller's own: that the token may not read it is told, unlike whose else there is."""
        try:
            return await answer
        except NotFoundError:
            raise not_found(wanted) from None


def _only(page: PageT, own: list[Any]) -> PageT:
    """The page with these rows. Where there were others on it, or none, it says nothing of what follows, or of how many
    there are: that may be of others."""
    if own and len(own) == len(page.items):
        return replace(page, items=own)
    return replace(page, items=own, next_cursor=None, total=None)
