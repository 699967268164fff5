"""What a model can do with releases."""

from typing import TYPE_CHECKING

import service
from tools.arguments import Cursor, Limit, MaxTokens, Organization, Project, Release, Text

if TYPE_CHECKING:
    from views.releases import ReleaseList, ReleaseResult


async def list_releases(
    project: Project | None = None,
    query: Text | None = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
    organization: Organization | None = None,
) -> "ReleaseList":
    """List releases, the newest first. query is a part of the version."""
    return await service.releases.list_releases(
        organization=organization, project=project, query=query, limit=limit, cursor=cursor
    )


async def get_release(
    release: Release, max_tokens: MaxTokens | None = None, organization: Organization | None = None
) -> "ReleaseResult":
    """Get one release: the issues new in it, commits, deploys, authors, health."""
    return await service.releases.get_release(release, organization)
