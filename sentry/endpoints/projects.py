"""Projects."""

import difflib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sentry.endpoints.caller import Caller
from sentry.endpoints.each_project import of_each
from sentry.errors import ForbiddenError, NotFoundError, SentryError
from sentry.identifiers import is_slug
from sentry.models import Organization, Project
from sentry.models.pages import Page
from sentry.transport.answers import OneOf, PageOf
from sentry.transport.cache import Lifetime

T = TypeVar("T")

COMPARED = 1_000
"""Slugs that are looked at for those near to one that is not there."""


@dataclass(frozen=True)
class Projects:
    """Which projects there are, and their numbers, hold for minutes; what else they tell, for seconds."""

    caller: Caller

    async def list_projects(self, organization: str | None = None, *, cursor: str | None = None) -> Page[Project]:
        """https://docs.sentry.io/api/organizations/list-an-organizations-projects/"""
        page = await self._list(organization, cursor, Lifetime.ISSUE)
        if not page.items:
            await self._organization_must_be_there(await self.caller.organization(organization))
        return page

    async def _organization_must_be_there(self, organization: str) -> None:
        """Of one that is not, GlitchTip lists no projects. https://docs.sentry.io/api/organizations/"""
        try:
            await self.caller.get(
                *("organizations", organization),
                wanted=f"Organization {organization}",
                lifetime=Lifetime.PROJECT,
                read=OneOf(Organization),
            )
        except NotFoundError:
            raise
        except SentryError:
            pass

    async def _list(self, organization: str | None, cursor: str | None, within: Lifetime) -> Page[Project]:
        owner = await self.caller.organization(organization)
        return await self.caller.get(
            *("organizations", owner, "projects"),
            params=[("cursor", cursor)] if cursor else [],
            wanted=f"The list of projects of {owner}",
            lifetime=Lifetime.PROJECT,
            within=within,
            read=PageOf(Project),
        )

    async def get_project(self, project: str, organization: str | None = None) -> Project:
        """https://docs.sentry.io/api/projects/retrieve-a-project/"""
        owner, name = await self.caller.scope(project, organization)
        return await self._get(name or "", owner, Lifetime.ISSUE)

    async def known(self, project: str, organization: str) -> Project:
        """A project for its number."""
        return await self._get(project, organization, Lifetime.PROJECT)

    async def find_project(self, project: str, organization: str, *, within: Lifetime = Lifetime.PROJECT) -> Project:
        """A project by its slug or, of today's Sentry, its number; others are not looked through for what may have
        been meant. Its slug and number hold for minutes."""
        owner, name = await self.caller.scope(project, organization)
        return await self._read(name or "", owner, within)

    async def of_those_there(
        self, projects: Iterable[str], organization: str, ask: Callable[[tuple[str, ...]], Awaitable[Page[T]]]
    ) -> Page[T]:
        """The answer for several projects at once, which Sentry refuses whole where it does not know one of them: then
        for those that are there."""
        named = tuple(dict.fromkeys(projects))

        async def find(project: str) -> Project:
            return await self._read(project, organization, Lifetime.PROJECT)

        try:
            return await ask(named) if named else Page([])
        except (ForbiddenError, NotFoundError):
            there = tuple(await of_each(named, find, least=0))
            if there == named:
                raise
        return await ask(there) if there else Page([])

    async def _read(self, name: str, owner: str, within: Lifetime) -> Project:
        return await self.caller.get(
            *("projects", owner, name),
            wanted=f"Project {name} of {owner}",
            lifetime=Lifetime.PROJECT,
            within=within,
            read=OneOf(Project),
        )

    async def _get(self, name: str, owner: str, within: Lifetime) -> Project:
        try:
            return await self._read(name, owner, within)
        except NotFoundError as error:
            if error.status_code != 404:
                raise
            near = await self._nearest(name, owner)
            raise NotFoundError(
                f"Project {name} of {owner} was not found. {near or 'list_projects has those that the token sees.'}",
                status_code=error.status_code,
                sentry=error.sentry,
            ) from error

    async def unless_missing(self, project: str | None, organization: str, error: SentryError) -> SentryError:
        """This error, unless the project that was asked for is not there: many a Sentry says then that the token may
        not see it."""
        try:
            if project is not None:
                await self.must_be_there(project, organization)
        except NotFoundError as missing:
            return missing
        return error

    async def must_be_there(self, project: str, organization: str) -> None:
        """Raises NotFoundError where Sentry says that it is not; whatever else it says does not matter."""
        try:
            await self.known(project, organization)
        except NotFoundError:
            raise
        except SentryError:
            pass

    async def _nearest(self, name: str, organization: str) -> str:
        """The slugs that it may have been meant for, in words; none where they cannot be read."""
        try:
            slugs = await self.slugs(organization)
        except SentryError:
            return ""
        near = difflib.get_close_matches(name.lower(), slugs[:COMPARED], n=3, cutoff=0.5)
        return f"Did you mean {' or '.join(near)}?" if near else ""

    async def slugs(self, organization: str) -> list[str]:
        """The projects of an organization that the token may read."""
        page = await self._list(organization, None, Lifetime.PROJECT)
        return [project.slug for project in page.items if is_slug(project.slug) and project.has_access is not False]
