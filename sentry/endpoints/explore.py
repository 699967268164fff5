"""Explore: searches of errors, logs and spans, as rows, as aggregates, or over time."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sentry.datasets import KNOWN as DATASETS
from sentry.datasets import Dataset
from sentry.dialects import Dialect, Route
from sentry.endpoints.caller import Caller
from sentry.endpoints.each_project import of_each
from sentry.endpoints.event_query import EventQuery
from sentry.endpoints.explore_of_glitchtip import ExploreOfGlitchTip
from sentry.endpoints.explore_reading import OldSeriesOf, RowsOf, SeriesOf, attributes, outcomes
from sentry.endpoints.issue_query import read_period
from sentry.endpoints.projects import Projects
from sentry.endpoints.routes import Ask
from sentry.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    SentryError,
    UnsupportedError,
)
from sentry.identifiers import NUMERIC
from sentry.models.explore import EventRows, EventSeries, Outcomes
from sentry.transport.answers import Reply, RouteMissingError
from sentry.transport.cache import Lifetime

P = TypeVar("P", EventRows, EventSeries)
Params = list[tuple[str, str]]
REFUSED: Final = (ForbiddenError, InvalidRequestError, NotFoundError, RouteMissingError, UnsupportedError)
ONE_PROJECT = "This Sentry searches the events of one project at a time: give project. list_projects has them."
"""A plan without "global views"; in self-hosted Sentry they are a feature."""
_OF_DATASET = re.compile(r"dataset must be|(?:invalid|unknown) dataset", re.IGNORECASE)
_OF_FEATURE = re.compile(
    r"feature.{0,60}(?:not (?:enabled|available)|disabled)"
    r"|(?:not (?:enabled|available)|disabled|not have).{0,60}feature",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Explore:
    """What a server said once that it has not is not asked for again by this client."""

    caller: Caller
    projects: Projects
    _lacking: set[str] = field(default_factory=set[str])
    """Datasets, and `dropped` for what became of events."""
    _old: set[str] = field(default_factory=set[str])
    """Datasets that have another name here."""

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
        """Rows of a project, of several slugs of one organization, or of all; of several those that are not there are
        left out. What is sorted by must be among the fields.
        https://docs.sentry.io/api/explore/query-explore-events-in-table-format/"""
        owner, numbers = await self._scope(organization, project, projects)
        if numbers == []:
            return EventRows([], fields=tuple(fields))
        asked = EventQuery(
            *(dataset, numbers or (), query, read_period(period)[0], environment, sort, limit, cursor, tuple(fields))
        )
        read = RowsOf(asked.fields, limit)
        glitchtip = ExploreOfGlitchTip(self.caller, owner, asked)

        async def of_organization() -> EventRows:
            return await self._ask((owner, "events"), dataset, lambda old: asked.rows(old=old), read)

        async def of_old() -> EventRows:
            return await self._get((owner, "eventsv2"), dataset, asked.rows(old=True), read)

        routes: dict[Route, Ask[EventRows]] = {
            Route.ORGANIZATION: of_organization,
            Route.EVENTS_V2: of_old,
            Route.LOGS: glitchtip.logs,
            Route.TRANSACTIONS: glitchtip.transactions,
        }
        return await self._first(f"search {dataset}", dataset, routes, owner, project)

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
        """Functions over time, in steps of `interval`; with `groups` of the groups that `sort` puts first, and of all
        others together. https://docs.sentry.io/api/explore/query-explore-events-in-timeseries-format/"""
        owner, numbers = await self._scope(organization, project, projects)
        if numbers == []:
            return EventSeries([])
        asked = EventQuery(
            *(dataset, numbers or (), query, read_period(period)[0], environment, sort, limit),
            interval=int(read_period(interval)[1].total_seconds()),
        )
        read, read_old = SeriesOf(), OldSeriesOf(tuple(functions), tuple(groups))

        async def of_organization() -> EventSeries:
            return await self._get((owner, "events-timeseries"), dataset, asked.series(functions, groups), read)

        async def of_old() -> EventSeries:
            # Which does not heed a dataset that it does not know, and counts transactions, too.
            if await self.caller.identify() is Dialect.SENTRY_10:
                self._old.add(dataset)
            path = owner, "events-stats"
            return await self._ask(path, dataset, lambda old: asked.old_series(functions, groups, old=old), read_old)

        routes: dict[Route, Ask[EventSeries]] = {Route.ORGANIZATION: of_organization, Route.EVENTS_STATS: of_old}
        return await self._first(f"count {dataset} over time", dataset, routes, owner, project)

    async def get_attributes(
        self,
        dataset: Dataset,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        period: str = "24h",
    ) -> list[str]:
        """The tags of errors, or the attributes of logs or spans, that were seen in a period.
        https://docs.sentry.io/api/environments/list-an-organizations-tags/ and
        https://docs.sentry.io/api/explore/list-trace-item-attributes/"""
        owner, numbers = await self._scope(organization, project, projects)
        scope = EventQuery(dataset, numbers or (), period=read_period(period)[0]).scope()
        if numbers == []:
            return []
        kinds = [("attributeType", kind) for kind in ("string", "number")]  # which older servers want to be told
        of_errors = dataset == "errors"
        named = [("dataset", "events")] if of_errors else [("dataset", dataset), ("itemType", dataset), *kinds]
        path = ["tags"] if of_errors else ["trace-items", "attributes"]

        async def get() -> list[str]:
            return await self.caller.get(
                *("organizations", owner, *path),
                params=[*named, *scope],
                wanted=f"The list of fields of {dataset}",
                lifetime=Lifetime.PROJECT,
                read=attributes,
            )

        return await self.caller.first("list attributes", {Route.ORGANIZATION: get})

    async def get_outcomes(
        self,
        dataset: Dataset,
        *,
        organization: str | None = None,
        project: str | None = None,
        projects: Sequence[str] | None = None,
        period: str = "24h",
    ) -> Outcomes | None:
        """What became of all events of a dataset that were sent in a period; None where the server does not say.
        https://docs.sentry.io/api/organizations/retrieve-event-counts-for-an-organization-v2/"""
        words, length = read_period(period)
        if "dropped" in self._lacking or length.total_seconds() < 3_600:  # it counts by the hour
            return None
        owner, numbers = await self._scope(organization, project, projects)
        if numbers == []:
            return None
        named = {"groupBy": "outcome", "field": "sum(quantity)", "category": DATASETS[dataset].category}
        asked = [*named.items(), ("interval", "1d" if length.days > 1 else "1h")]

        async def get() -> Outcomes:
            return await self.caller.get(
                *("organizations", owner, "stats_v2"),
                params=[*asked, *EventQuery(dataset, numbers or ()).scope(words)],
                wanted=f"The count of {dataset} that were sent",
                lifetime=Lifetime.PROJECT,
                read=outcomes,
            )

        try:
            return await self.caller.first("count dropped events", {Route.ORGANIZATION: get})
        except REFUSED:
            self._lacking.add("dropped")
            return None

    async def _scope(
        self, organization: str | None, project: str | None, projects: Sequence[str] | None
    ) -> tuple[str, list[str] | None]:
        """The organization, and the numbers of the projects; None for all there are. Sentry before 2026 knows no slugs
        here."""
        owner, name = await self.caller.scope(project, organization)
        if name is not None:
            return owner, [name if NUMERIC.fullmatch(name) else (await self.projects.known(name, owner)).id or name]
        if projects is None:
            return owner, None

        async def find(slug: str) -> str:
            return (await self.projects.find_project(slug, owner)).id or slug

        names = list(dict.fromkeys(projects))
        found = await of_each([one for one in names if not NUMERIC.fullmatch(one)], find, least=0)
        return owner, [number for one in names if (number := found.get(one, one if NUMERIC.fullmatch(one) else ""))]

    async def _first(
        self, operation: str, dataset: Dataset, routes: dict[Route, Ask[P]], owner: str, project: str | None
    ) -> P:
        if dataset in self._lacking:
            raise _without(dataset)
        try:
            return await self.caller.first(operation, routes)
        except RouteMissingError as error:
            # Sentry says so of a dataset that is not on: a page in between, and a failure, say nothing.
            if dataset == "errors" or error.is_page or error.status_code not in (404, 405):
                raise
            if self.caller.dialect in (Dialect.TODAY, Dialect.SENTRY_10):
                self._lacking.add(dataset)
            raise _without(dataset, error) from error
        except (ForbiddenError, NotFoundError) as error:
            _, name = await self.caller.scope(project, owner)
            raise await self.projects.unless_missing(name, owner, error) from error

    async def _ask(
        self,
        path: tuple[str, str],
        dataset: Dataset,
        params: Callable[[bool], Params],
        read: Callable[[Reply], P],
    ) -> P:
        """By a route on which older servers have another name for the errors."""
        is_old = dataset in self._old
        try:
            return await self._get(path, dataset, params(is_old), read)
        except InvalidRequestError as error:
            if dataset != "errors" or is_old or not _OF_DATASET.search(error.sentry or ""):
                raise
            self._old.add(dataset)
            return await self._get(path, dataset, params(True), read)

    async def _get(self, path: tuple[str, str], dataset: Dataset, params: Params, read: Callable[[Reply], P]) -> P:
        try:
            return await self.caller.get(
                "organizations",
                *path,
                params=params,
                wanted=f"The search of {dataset}",
                lifetime=Lifetime.ISSUE,
                read=read,
            )
        except (InvalidRequestError, ForbiddenError, NotFoundError) as error:
            said = error.sentry or ""
            if "multiple projects" in said:
                raise InvalidRequestError(ONE_PROJECT, status_code=error.status_code, sentry=said) from error
            if dataset != "errors" and (_OF_DATASET.search(said) or _OF_FEATURE.search(said)):
                self._lacking.add(dataset)
                raise _without(dataset, error) from error
            raise


def _without(dataset: Dataset, error: SentryError | None = None) -> UnsupportedError:
    return UnsupportedError(
        f"This Sentry has no {dataset}: it was set up for errors alone, is older than these, or its plan has none. "
        "dataset=errors is searched all the same.",
        status_code=error.status_code if error else None,
        sentry=error.sentry if error else None,
    )
