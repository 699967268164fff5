"""Projects."""

from service.current import current_client
from views import projects as views
from views.projects import ProjectList, ProjectResult


async def list_projects(organization: str | None = None, *, cursor: str | None = None) -> ProjectList:
    """The projects of an organization."""
    client = current_client()
    page = await client.list_projects(organization, cursor=cursor)
    return views.project_list(page, client.other_organization(organization=organization))


async def get_project(project: str, organization: str | None = None) -> ProjectResult:
    """A project."""
    return views.project(await current_client().get_project(project, organization))
