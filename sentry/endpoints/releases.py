"""Releases: what was shipped, when, by whom."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sentry.dialects import Route
from sentry.endpoints.caller import Caller
from sentry.errors import InvalidRequestError
from sentry.models import Commit, Deploy, Release
from sentry.models.pages import Page
from sentry.paths import quoted
from sentry.references import slug
from sentry.transport.answers import OneOf, PageOf, Reply
from sentry.transport.cache import Lifetime

T = TypeVar("T")


@dataclass(frozen=True)
class Releases:
    caller: Caller

    async def list_releases(
        self,
        *,
        project: str | None = None,
        query: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Page[Release]:
        """The newest first. https://docs.sentry.io/api/releases/list-an-organizations-releases/"""
        owner = await self.caller.organization()
        project = slug(project, "a project") if project else None
        try:
            page = await self._page(owner, project, query, limit, cursor)
        except InvalidRequestError as error:
            if not project or "project" not in (error.sentry or "").lower():
                raise
            page = await self._page(owner, None, query, limit, cursor)  # it knows projects by number
        if project:  # GlitchTip ignores it
            page = Page([release for release in page.items if _is_of(release, project)], page.next_cursor)
        return page

    async def _page(
        self, owner: str, project: str | None, query: str | None, limit: int, cursor: str | None
    ) -> Page[Release]:
        named = {"project": project, "query": query, "per_page": str(limit), "cursor": cursor}
        return await self.caller.get(
            *("organizations", owner, "releases"),
            params=[(key, value) for key, value in named.items() if value],
            wanted=f"The list of releases of {owner}",
            lifetime=Lifetime.ISSUE,
            read=PageOf(Release),
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

        instead = "get_release has what it knows." * bool(part)
        return await self.caller.first(operation, {Route.ORGANIZATION: get}, instead=instead)


def _is_of(release: Release, project: str) -> bool:
    slugs = [row.get("slug") for row in release.projects]
    return not slugs or project in slugs
