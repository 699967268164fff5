"""Projects and organizations."""

from sentry.endpoints.calls import Calls
from sentry.models import Organization, Project
from sentry.models.pages import Page
from sentry.references import slug
from sentry.transport.cache import Kind
from sentry.transport.deadlines import within_deadline


class ProjectCalls(Calls):
    @within_deadline
    async def list_organizations(self) -> Page[Organization]:
        """https://docs.sentry.io/api/organizations/list-your-organizations/"""
        return await self._organizations.list()

    @within_deadline
    async def list_projects(self, organization: str | None = None, *, cursor: str | None = None) -> Page[Project]:
        """https://docs.sentry.io/api/organizations/list-an-organizations-projects/"""
        owner = await self._organization(organization)
        reply = await self._get(
            *("organizations", owner, "projects"),
            params=[("cursor", cursor)] if cursor else [],
            wanted=f"The projects of {owner}",
            kind=Kind.PROJECT,
        )
        return self._page(Project, reply)

    @within_deadline
    async def get_project(self, project: str, organization: str | None = None) -> Project:
        """https://docs.sentry.io/api/projects/retrieve-a-project/"""
        name = slug(project, "a project")
        owner = await self._organization(organization)
        reply = await self._get("projects", owner, name, wanted=f"Project {name} of {owner}", kind=Kind.PROJECT)
        return self._one(Project, reply)
