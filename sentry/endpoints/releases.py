"""Releases: what was shipped, when, by whom."""

from sentry.endpoints.calls import Calls
from sentry.errors import InvalidRequestError
from sentry.models import Commit, Deploy, Release
from sentry.models.pages import Page
from sentry.paths import quoted
from sentry.references import slug
from sentry.transport.answers import Reply
from sentry.transport.cache import Kind
from sentry.transport.deadlines import within_deadline


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
        project = slug(project, "a project") if project else None
        try:
            reply = await self._releases(owner, project, query, limit, cursor)
        except InvalidRequestError as error:
            if not project or "project" not in (error.sentry or "").lower():
                raise
            reply = await self._releases(owner, None, query, limit, cursor)  # it knows projects by number
        page = self._page(Release, reply)
        if project:  # GlitchTip ignores it
            page = Page([release for release in page.items if _is_of(release, project)], page.next_cursor)
        return page

    async def _releases(
        self, owner: str, project: str | None, query: str | None, limit: int, cursor: str | None
    ) -> Reply:
        named = {"project": project, "query": query, "per_page": str(limit), "cursor": cursor}
        return await self._get(
            *("organizations", owner, "releases"),
            params=[(key, value) for key, value in named.items() if value],
            wanted=f"The list of releases of {owner}",
            kind=Kind.ISSUE,
        )

    @within_deadline
    async def get_release(self, version: str, *, organization: str | None = None) -> Release:
        """https://docs.sentry.io/api/releases/retrieve-an-organizations-release/"""
        return self._one(Release, await self._of_release(organization, version, wanted=f"Release {quoted(version)}"))

    @within_deadline
    async def get_release_commits(self, version: str, *, organization: str | None = None) -> list[Commit]:
        """https://docs.sentry.io/api/releases/list-an-organization-releases-commits/"""
        wanted = f"The list of commits of release {quoted(version)}"
        return self._page(Commit, await self._of_release(organization, version, "commits", wanted=wanted)).items

    @within_deadline
    async def get_release_deploys(self, version: str, *, organization: str | None = None) -> list[Deploy]:
        """https://docs.sentry.io/api/releases/list-a-releases-deploys/"""
        wanted = f"The list of deploys of release {quoted(version)}"
        return self._page(Deploy, await self._of_release(organization, version, "deploys", wanted=wanted)).items

    async def _of_release(self, organization: str | None, version: str, *part: str, wanted: str) -> Reply:
        owner = await self._organization(organization)

        async def today() -> Reply:
            path = ("organizations", owner, "releases", version, *part)
            # How many sessions crash is told only when asked for; servers without sessions ignore the question.
            health = [] if part else [("health", "1")]
            return await self._get(*path, params=health, wanted=wanted, kind=Kind.ISSUE)

        operation = f"read the {part[0]} of a release" if part else "read a release"
        return await self._routes.first(operation, today, instead="get_release has what it knows." * bool(part))


def _is_of(release: Release, project: str) -> bool:
    slugs = [row.get("slug") for row in release.projects]
    return not slugs or project in slugs
