"""Releases: lists of them, and one with the issues that are new in it."""

from typing import Any

from sentry.errors import UnsupportedError
from sentry.models import Issue
from sentry.models.pages import Page
from service import issues
from service.current import current_client
from service.side_by_side import Outcome, together
from views import releases as views
from views.issues import IssueList
from views.releases import ReleaseList, ReleaseResult


async def list_releases(
    *,
    organization: str | None = None,
    project: str | None = None,
    query: str | None = None,
    limit: int = 25,
    cursor: str | None = None,
) -> ReleaseList:
    """Releases, the newest first."""
    page = await current_client().list_releases(
        organization=organization, project=project, query=query, limit=limit, cursor=cursor
    )
    return views.release_list(page)


async def get_release(version: str, organization: str | None = None) -> ReleaseResult:
    """A release: the issues new in it, its commits and deploys."""
    client = current_client()
    found, new, commits, deploys = await together(
        client.get_release(version, organization=organization),
        client.list_issues(organization=organization, query=first_seen_in(version)),
        client.get_release_commits(version, organization=organization),
        client.get_release_deploys(version, organization=organization),
    )
    if new.value is not None and new.value.notes:  # its search does not know firstRelease
        new = Outcome[Page[Issue]](error=UnsupportedError("this Sentry does not search by the first release."))
    parts: dict[str, Outcome[Any]] = {"new issues": new, "commits": commits, "deploys": deploys}
    return views.release(
        found.result(),
        new_issues=new.value,
        commits=commits.value,
        deploys=deploys.value,
        missing={name: part.error.message for name, part in parts.items() if part.error},
        organization=client.other_organization(organization=organization),
    )


async def list_new_issues(version: str, project: str | None = None) -> IssueList:
    """The issues that are new in a release, whatever their status now."""
    return await _issues_of(version, query=first_seen_in(version), project=project)


async def list_unresolved_issues(version: str, project: str | None = None) -> IssueList:
    """The unresolved issues that were seen in a release, the most frequent first."""
    seen = f"is:unresolved release:{_quoted(version)}"
    return await _issues_of(version, query=seen, project=project, sort="freq")


async def _issues_of(version: str, *, query: str, project: str | None, sort: str | None = None) -> IssueList:
    found = await issues.list_issues(query=query, project=project, sort=sort)
    if not found.issues:
        client = current_client()  # of a release that is not there nothing is found either
        await client.get_release(version, organization=client.other_organization(project))
    return found


def first_seen_in(release: str) -> str:
    """The search for issues that are new in a release."""
    return f"firstRelease:{_quoted(release)}"


def _quoted(release: str) -> str:
    """A version as a search takes it, whatever is in it."""
    version = release.replace('"', "")
    return f'"{version}"'
