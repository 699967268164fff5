"""Projects."""

from dataclasses import dataclass

from sentry.endpoints.caller import Caller
from sentry.models import Project
from sentry.models.pages import Page
from sentry.references import slug
from sentry.transport.answers import OneOf, PageOf
from sentry.transport.cache import Lifetime


@dataclass(frozen=True)
class Projects:
    caller: Caller

    async def list_projects(self, organization: str | None = None, *, cursor: str | None = None) -> Page[Project]:
        """https://docs.sentry.io/api/organizations/list-an-organizations-projects/"""
        owner = await self.caller.organization(organization)
        return await self.caller.get(
            *("organizations", owner, "projects"),
            params=[("cursor", cursor)] if cursor else [],
            wanted=f"The projects of {owner}",
            lifetime=Lifetime.PROJECT,
            read=PageOf(Project),
        )

    async def get_project(self, project: str, organization: str | None = None) -> Project:
        """https://docs.sentry.io/api/projects/retrieve-a-project/"""
        name = slug(project, "a project")
        owner = await self.caller.organization(organization)
        return await self.caller.get(
            *("projects", owner, name),
            wanted=f"Project {name} of {owner}",
            lifetime=Lifetime.PROJECT,
            read=OneOf(Project),
        )

    async def slugs(self, organization: str) -> list[str]:
        """The projects of an organization that the token may read."""
        page = await self.list_projects(organization)
        return [project.slug for project in page.items if project.slug and project.has_access is not False]
