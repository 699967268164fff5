"""What a model can do with projects."""

from service import projects
from tools.arguments import Cursor, Organization, Project
from views.projects import ProjectList, ProjectResult


async def list_projects(organization: Organization | None = None, cursor: Cursor | None = None) -> ProjectList:
    """List the projects."""
    return await projects.list_projects(organization, cursor=cursor)


async def get_project(project: Project, organization: Organization | None = None) -> ProjectResult:
    """Get one project: platform, teams, latest release."""
    return await projects.get_project(project, organization)
