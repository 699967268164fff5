"""Releases: what was shipped, when, by whom."""

from sentry.cache import Kind
from sentry.calls import Calls, within_deadline
from sentry.models import Commit, Deploy, Release
from sentry.pages import Page
from sentry.paths import quoted
from sentry.references import slug


class ReleaseCalls(Calls):
    @within_deadline
    async def list_releases(
        self,
        *,
        project: str | None = None,
        query: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> Page[Release]:
        """The newest first. https://docs.sentry.io/api/releases/list-an-organizations-releases/"""
        owner = await self._organization()
        named = {
            "project": slug(project, "a project") if project else None,
            "query": query,
            "per_page": str(limit),
            "cursor": cursor,
        }
        reply = await self._get(
            *("organizations", owner, "releases"),
            params=[(key, value) for key, value in named.items() if value],
            wanted=f"The releases of {owner}",
            kind=Kind.ISSUE,
        )
        return self._page(Release, reply)

    @within_deadline
    async def get_release(self, version: str) -> Release:
        """https://docs.sentry.io/api/releases/retrieve-an-organizations-release/"""
        owner = await self._organization()
        reply = await self._get(
            "organizations", owner, "releases", version, wanted=f"Release {quoted(version)}", kind=Kind.ISSUE
        )
        return self._one(Release, reply)

    @within_deadline
    async def get_release_commits(self, version: str) -> list[Commit]:
        """https://docs.sentry.io/api/releases/list-an-organization-releases-commits/"""
        owner = await self._organization()
        reply = await self._get(
            *("organizations", owner, "releases", version, "commits"),
            wanted=f"The commits of release {quoted(version)}",
            kind=Kind.ISSUE,
        )
        return self._page(Commit, reply).items

    @within_deadline
    async def get_release_deploys(self, version: str) -> list[Deploy]:
        """https://docs.sentry.io/api/releases/list-a-releases-deploys/"""
        owner = await self._organization()
        reply = await self._get(
            *("organizations", owner, "releases", version, "deploys"),
            wanted=f"The deploys of release {quoted(version)}",
            kind=Kind.ISSUE,
        )
        return self._page(Deploy, reply).items
