"""What a model can do with projects."""

from mcp.server.mcpserver import Context

from sentry.protocol import SentryClientProtocol
from tools.arguments import Cursor, Organization, Project
from views import projects as views
from views.projects import ProjectList, ProjectResult


async def list_projects(
    ctx: Context[SentryClientProtocol],
    organization: Organization | None = None,
    cursor: Cursor | None = None,
) -> ProjectList:
    """List the projects that the server may see."""
    client = ctx.request_context.lifespan_context
    return views.project_list(await client.list_projects(organization, cursor=cursor))


async def get_project(
    ctx: Context[SentryClientProtocol],
    project: Project,
    organization: Organization | None = None,
) -> ProjectResult:
    """Get one project: platform, teams, latest release."""
    client = ctx.request_context.lifespan_context
    return views.project(await client.get_project(project, organization))
