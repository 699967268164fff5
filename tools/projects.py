"""What a model can do with projects."""

from typing import TYPE_CHECKING

import service
from tools.arguments import Cursor, Organization, Project

if TYPE_CHECKING:
    from views.projects import ProjectList, ProjectResult


async def list_projects(cursor: Cursor | None = None, organization: Organization | None = None) -> "ProjectList":
    """List the projects."""
    return await service.projects.list_projects(organization, cursor=cursor)


async def get_project(project: Project, organization: Organization | None = None) -> "ProjectResult":
    """Get one project: platform, teams, latest release."""
    return await service.projects.get_project(project, organization)
