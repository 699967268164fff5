"""Releases: what was shipped, when, by whom."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sentry.dialects import Route
from sentry.endpoints.caller import Caller
from sentry.endpoints.each_project import of_each
from sentry.endpoints.projects import Projects
from sentry.endpoints.routes import Ask
from sentry.errors import ForbiddenError, InvalidRequestError, NotFoundError, UnsupportedError
from sentry.models import Commit, Deploy, Release
from sentry.models.pages import Page
from sentry.paths import quoted
from sentry.transport.answers import PAGE, OneOf, PageOf, Reply, missing_instead
from sentry.transport.cache import Lifetime

T = TypeVar("T")

Asked = list[tuple[str, str]]
ONLY_NEWEST = "Only the newest: this Sentry lists releases project by project. Name the project to see more."
_MORE_THAN_TEXT = re.compile(r"[:*\s]")


@dataclass(frozen=True)
class Releases:
    caller: Caller
    projects: Projects

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
        """Of a project, of several slugs of one organization, or of all; the newest first. Of several those which are
        not there are left out. https://docs.sentry.io/api/releases/list-an-organizations-releases/"""
        owner, project = await self.caller.scope(project, organization)
        named = {"query": query, "per_page": str(limit), "limit": str(limit), "cursor": cursor}
        asked = [(key, value) for key, value in named.items() if value]
        if project or projects is None:
            try:
                page = await self._list(owner, (project,) if project else (), asked, limit)
            except (ForbiddenError, NotFoundError) as error:
                raise await self.projects.unless_missing(project, owner, error) from error
        else:
            page = await self.projects.of_those_there(
                projects, owner, lambda there: self._list(owner, there, asked, limit)
            )
        if project and not page.items:
            await self.projects.must_be_there(project, owner)  # of one that is not GlitchTip's list is empty
        if query and not page.items and not cursor:
            page = replace(page, notes=("Sentry may look only at the beginning of a version, such as shop@1.5.",))
        if query and not all(_answers(release, query) for release in page.items):
            raise UnsupportedError(
                "This Sentry lists releases without searching them. Leave query out: the newest come first."
            )
        return page

    async def _list(self, owner: str, projects: tuple[str, ...], asked: Asked, limit: int) -> Page[Release]:

        async def of_organization() -> Page[Release]:
            return await self._page("organizations", owner, asked=asked)

        async def with_projects() -> Page[Release]:
            try:
                return await of_organization_and(projects)
            except InvalidRequestError as error:
                if "project" in (error.sentry or "").lower():
                    raise missing_instead(error) from error
                raise

        async def with_project_numbers() -> Page[Release]:
            return await of_organization_and([(await self.projects.find_project(name, owner)).id for name in projects])

        async def of_organization_and(named: Iterable[str]) -> Page[Release]:
            in_projects = [("project", name) for name in named]
            page = await self._page("organizations", owner, asked=[*asked, *in_projects])
            its_own = [release for release in page.items if _is_of(release, projects)]
            if len(its_own) == len(page.items):
                return page
            kind = await self.caller.identify()
            is_ignored = kind is not None and kind.is_glitchtip
            return await of_each_project() if is_ignored else replace(page, items=its_own)

        async def of_each_project() -> Page[Release]:
            if len(projects) == 1:
                return await of_project(projects[0])
            pages = await of_each(projects, of_project)
            return _merged([page.items for page in pages.values()], limit)

        async def of_project(name: str) -> Page[Release]:
            return await self._page("projects", owner, name, asked=asked)

        routes: dict[Route, Ask[Page[Release]]] = (
            {
                Route.ORGANIZATION: with_projects,
                Route.PROJECT_NUMBER: with_project_numbers,
                Route.EACH_PROJECT: of_each_project,
            }
            if projects
            else {Route.ORGANIZATION: of_organization}
        )
        return await self.caller.first(f"list releases{' of a project' * bool(projects)}", routes)

    async def _page(self, *scope: str, asked: Asked) -> Page[Release]:
        return await self.caller.get(
            *(*scope, "releases"),
            params=asked,
            wanted=f"The list of releases of {scope[-1]}",
            lifetime=Lifetime.ISSUE,
            read=PageOf(Release, PAGE),
        )

    async def get_release(self, version: str, *, organization: str | None = None) -> Release:
        """https://docs.sentry.io/api/releases/retrieve-an-organizations-release/"""
        wanted = f"Release {quoted(version)}"
        return await self._part("read a release", organization, version, wanted=wanted, read=OneOf(Release))

    async def get_release_commits(self, version: str, *, organization: str | None = None) -> list[Commit]:
        """https://docs.sentry.io/api/releases/list-an-organization-releases-commits/"""
        wanted = f"The list of commits of release {quoted(version)}"
        operation, read = "read the commits of a release", PageOf(Commit)
        return (await self._part(operation, organization, version, "commits", wanted=wanted, read=read)).items

    async def get_release_deploys(self, version: str, *, organization: str | None = None) -> list[Deploy]:
        """https://docs.sentry.io/api/releases/list-a-releases-deploys/"""
        wanted = f"The list of deploys of release {quoted(version)}"
        operation, read = "read the deploys of a release", PageOf(Deploy)
        return (await self._part(operation, organization, version, "deploys", wanted=wanted, read=read)).items

    async def _part(
        self,
        operation: str,
        organization: str | None,
        version: str,
        *part: str,
        wanted: str,
        read: Callable[[Reply], T],
    ) -> T:
        path = ("organizations", await self.caller.organization(organization), "releases", version, *part)
        # How many sessions crash is told only when asked for; servers without sessions ignore the question.
        params = [] if part else [("health", "1")]

        async def get() -> T:
            return await self.caller.get(*path, params=params, wanted=wanted, lifetime=Lifetime.ISSUE, read=read)

        return await self.caller.first(operation, {Route.ORGANIZATION: get})


def _is_of(release: Release, projects: Collection[str]) -> bool:
    slugs = [row.get("slug") for row in release.projects]
    return not slugs or any(slug in projects for slug in slugs)


def _merged(lists: Iterable[Iterable[Release]], limit: int) -> Page[Release]:
    """One page of several projects' lists; a release that several of them have stands in it once."""
    found = {release.version: release for releases in lists for release in releases}
    newest = sorted(found.values(), key=_created, reverse=True)
    is_cut = len(newest) > limit
    return Page(newest[:limit], notes=(ONLY_NEWEST,) if is_cut else ())


def _created(release: Release) -> float:
    return release.date_created.timestamp() if release.date_created else 0.0


def _answers(release: Release, query: str) -> bool:
    """Whether a release is one that was searched for; what is more than a part of a version is left to Sentry."""
    return bool(_MORE_THAN_TEXT.search(query)) or query.casefold() in release.version.casefold()
