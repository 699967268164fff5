"""What a caller may see, as far as names tell, and what is said of all the rest. Pure, no I/O."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

from sentry.endpoints.organizations import NAMING
from sentry.errors import InvalidRequestError, NotFoundError
from sentry.identifiers import EventReference, IssueReference, Reference, SharedIssue, is_slug
from sentry.models import Release, Span, Trace
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
        of_all = {"first_event": None, "last_event": None, "deploy_count": None, "commit_count": None}
        of_any: dict[str, Any] = {
            "last_commit": None,
            "last_deploy": None,
            "authors": [],
            "url": None,
        }  # whose, nothing says
        return release.model_copy(update={**of_all, **of_any, "projects": own, "new_groups": _new_issues(own)})

    def part_of_trace(self, trace: Trace, organization: str) -> Trace:
        """A trace as those see it who see some of its projects: without what is of the others, which is counted. What
        was called by others' spans hangs on the nearest of the caller's own; errors in others' have no span."""
        if self.projects_in(organization) is None:
            return trace
        seen = {name: self.sees_project(name, organization) for name in {span.project for span in trace.spans}}
        seen |= {error.project: self.sees_project(error.project, organization) for error in trace.all_errors()}
        spans: list[Span] = []
        errors = [error for error in trace.errors if seen[error.project]]
        places: list[int] = []
        """Of each span the number of the nearest own one, itself or around it; -1 for none."""
        between: list[int] = []
        """How many of others there are from it up to that one."""
        for span in trace.spans:
            parent = places[span.parent] if span.parent >= 0 else -1
            above = between[span.parent] if span.parent >= 0 else 0
            own = tuple(error for error in span.errors if seen[error.project])
            if seen[span.project]:
                places.append(len(spans))
                between.append(0)
                spans.append(span._replace(parent=parent, errors=own, hidden=above))
            else:
                places.append(parent)
                between.append(above + 1)
                errors += own
        if not spans and not errors:
            return Trace()
        part = Trace(spans, errors, is_cut=trace.is_cut, hidden=len(trace.spans) - len(spans))
        hidden_errors = sum(1 for _ in trace.all_errors()) - sum(1 for _ in part.all_errors())
        return replace(part, hidden_errors=hidden_errors)

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
