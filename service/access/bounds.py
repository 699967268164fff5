"""What a caller may see, as far as names tell, and what is said of all the rest. Pure, no I/O."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from sentry.endpoints.organizations import NAMING
from sentry.errors import InvalidRequestError, NotFoundError
from sentry.identifiers import EventReference, IssueReference, Reference, SharedIssue, is_slug
from sentry.models import Release
from service.access.callers import Caller


class Bounds:
    """A caller's organizations and projects."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @cached_property
    def organizations(self) -> frozenset[str] | None:
        """Those in which there may be anything to see; None for all."""
        caller = self._caller
        owners = {project.rpartition("/")[0] for project in caller.projects} if caller.projects is not None else {""}
        if "" in owners:
            return caller.organizations
        return frozenset(owner for owner in owners if caller.may_see_organization(owner))

    @property
    def sole_organization(self) -> str | None:
        """The only one, where there is but one."""
        return next(iter(self.organizations)) if self.organizations and len(self.organizations) == 1 else None

    def sees_organization(self, organization: object) -> bool:
        if not isinstance(organization, str) or not is_slug(organization):
            return False
        return self.organizations is None or organization.lower() in self.organizations

    def sees_project(self, project: object, organization: str) -> bool:
        """Whatever Sentry gave for the slug of a project; what is none is nobody's."""
        return isinstance(project, str) and is_slug(project) and self._caller.may_see_project(project, organization)

    def projects_in(self, organization: str) -> list[str] | None:
        """The slugs that may be seen in an organization, in order; None for all there are."""
        if self._caller.projects is None:
            return None
        named = (project.rpartition("/") for project in self._caller.projects)
        return sorted({slug for owner, _, slug in named if owner in ("", organization)})

    def part_of(self, release: Release, organization: str) -> Release | None:
        """A release as those see it who see some of its projects: without what is of the others, or counts them in.
        None where it has none of the caller's."""
        if self.projects_in(organization) is None:
            return release
        own = [row for row in release.projects if self.sees_project(row.get("slug"), organization)]
        if not own:
            return None
        if len(own) == len(release.projects):
            return release
        of_all = dict.fromkeys(
            ("first_event", "last_event", "deploy_count", "commit_count", "last_commit", "last_deploy")
        )
        return release.model_copy(update={**of_all, "authors": [], "projects": own, "new_groups": _new_issues(own)})

    def no_organization(self) -> InvalidRequestError | NotFoundError:
        """What is said where none is named, and there is not one that would be meant."""
        if self.organizations is not None and not self.organizations:
            return not_found("Anything that this caller may see")
        among = f": {', '.join(sorted(self.organizations)[:20])}" if self.organizations else ""
        return InvalidRequestError(f"Name the organization{among}. Give it {NAMING}.")


def not_found(wanted: str) -> NotFoundError:
    """The one thing that is said of what is not there and of what is somebody else's."""
    return NotFoundError(f"{wanted} was not found. Check the spelling, and that the token may see it.", status_code=404)


def name_of(named: Reference) -> str:
    """What is named, as a message names it."""
    match named:
        case IssueReference():
            return f"Issue {named.id}"
        case SharedIssue():
            return "The shared issue"
        case EventReference(project=None):
            return f"Event {named.event}"
        case EventReference():
            return f"Event {named.event} of project {named.project}"


def _new_issues(rows: Iterable[dict[str, Any]]) -> int | None:
    """How many issues are new in these projects of a release, where each of them says it."""
    counts = [row.get("newGroups") for row in rows]
    numbers = [count for count in counts if isinstance(count, int)]
    return sum(numbers) if len(numbers) == len(counts) else None
