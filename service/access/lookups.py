"""What a caller names, looked for where they may see it: what is not found there is not found at all."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sentry.errors import ForbiddenError, InvalidRequestError, NotFoundError
from sentry.identifiers import NAMED_EVENTS, NUMERIC, EventReference, IssueReference, Reference, slug
from sentry.models import Event, Issue, Project
from sentry.pages import named_by_url
from sentry.protocol import SentryClientProtocol
from sentry.references import event_reference, issue_reference, project_reference, spelled
from sentry.transport.answers import RouteMissingError
from sentry.transport.cache import Lifetime
from service.access.bounds import Bounds, name_of, not_found
from service.side_by_side import all_of, together

T = TypeVar("T")
AskForEvent = Callable[[str, str | None], Awaitable[Event]]
"""Asks for an event, perhaps of an issue."""
UNSEEN = (NotFoundError, ForbiddenError, RouteMissingError)
"""What a server says of an object that is not there, or that its token may not see: to a caller that is the same."""

OF_PROJECTS = ("project", "project.name", "project.slug", "project.id", "project_id")
"""Fields of a row that name its project."""


class Place(NamedTuple):
    """Where something is to be looked for: `text` names it there and nowhere else, `name` is for messages."""

    organization: str
    text: str
    name: str


class Lookups:
    def __init__(self, client: SentryClientProtocol, bounds: Bounds) -> None:
        self._client = client
        self._bounds = bounds

    async def asked(self, name: str, answer: Awaitable[T]) -> T:
        """The answer; of what is not there no more is said than that: not what may have been meant, or is elsewhere."""
        try:
            return await answer
        except UNSEEN:
            raise not_found(name) from None

    async def usual_organization(self) -> str:
        """The only one that the caller has, else that of everybody if it is the caller's, too."""
        if self._bounds.sole_organization is not None:
            return self._bounds.sole_organization
        try:
            usual = await self._client.usual_organization()
        except (InvalidRequestError, ForbiddenError):  # whose words may name others'
            raise self._bounds.no_organization() from None
        if not self._bounds.sees_organization(usual):
            raise self._bounds.no_organization()
        return usual.lower()

    async def organization(self, named: str | None, wanted: str | None = None) -> str:
        """The one that is named, else the usual one; `wanted` is looked for in it."""
        if not named:
            return await self.usual_organization()
        owner = slug(named, "an organization").lower()
        if not self._bounds.sees_organization(owner):
            raise not_found(wanted or f"Organization {owner}")
        return owner

    async def project(self, project: str, organization: str | None, within: Lifetime = Lifetime.PROJECT) -> Project:
        owner, name = await self._named(project, organization)
        if not (self._bounds.sees_project(name, owner) or name.isdigit()):
            raise not_found(f"Project {name} of {owner}")
        return await self._project(name, owner, within)

    async def scope(self, project: str, organization: str | None) -> tuple[str, str]:
        """The organization and the slug of a project that is named by its slug or its number."""
        owner, name = await self._named(project, organization)
        if self._bounds.sees_project(name, owner):
            return owner, name
        return owner, (await self.project(name, owner)).slug

    async def _named(self, project: str, organization: str | None) -> tuple[str, str]:
        named, name = project_reference(project, organization)
        name = name.lower()
        return await self.organization(named, f"Project {name} of {(named or '').lower()}"), name

    async def _project(self, name: str, owner: str, within: Lifetime) -> Project:
        wanted = f"Project {name} of {owner}"
        found = await self.asked(wanted, self._client.find_project(name, owner, within=within))
        if found.organization.get("slug", owner) != owner or not self._bounds.sees_project(found.slug, owner):
            raise not_found(wanted)
        return found

    async def projects(
        self, organization: str | None, project: str | None, projects: Sequence[str] | None
    ) -> tuple[str, str | None, list[str] | None]:
        """What a list is asked for: the organization, and the one project that is named, or else all of the caller's;
        None for all there are."""
        if project:
            owner, name = await self.scope(project, organization)
            return owner, name, None
        owner = await self.organization(organization)
        if projects is None:
            return owner, None, self._bounds.projects_in(owner)
        return owner, None, [name for name in projects if self._bounds.sees_project(name, owner)]

    async def telling_rows(
        self, owner: str, project: str | None, projects: Sequence[str] | None
    ) -> Callable[[Mapping[str, Any]], bool]:
        """Whether a row of a search is of the projects that were asked for, as far as it names one."""
        if self._bounds.projects_in(owner) is None:
            return lambda row: True
        names = [project] if project else list(projects or ())
        outcomes = await all_of(self._project(name, owner, Lifetime.PROJECT) for name in names)
        numbers = {outcome.value.id for outcome in outcomes if outcome.value is not None}

        def is_own(row: Mapping[str, Any]) -> bool:
            told = [str(row[key]) for key in OF_PROJECTS if row.get(key) not in (None, "")]
            return all(name in numbers or self._bounds.sees_project(name, owner) for name in told)

        return is_own

    async def place(self, named: Reference, organization: str | None = None) -> Place:
        """Of an issue or event; `organization` is for one that is named without."""
        name = name_of(named)
        owner = await self.organization(named.organization or organization, name)
        if isinstance(named, EventReference) and named.project:
            await self.asked(name, self.scope(named.project, owner))
        return Place(owner, spelled(named, owner, self._client.site.url), name)

    async def issue(self, issue: str, *, fresh: bool = False) -> tuple[Issue, Place]:
        place = await self.place(issue_reference(issue, self._client.site.url))
        return await self._issue(place, fresh=fresh), place

    async def _issue(self, place: Place, *, fresh: bool = False) -> Issue:
        found = await self.asked(place.name, self._client.get_issue(place.text, fresh=fresh))
        if not self._bounds.sees_project(found.project.slug, place.organization) or not await self._is_in(
            found, place.organization
        ):
            raise not_found(place.name)
        return found

    async def _is_in(self, issue: Issue, organization: str) -> bool:
        """Whether an issue is of this organization: older servers read it by its number alone, whosever it is. Its link
        tells; where it does not, the number of its project does, which is no other project's."""
        told = self._organization_in(issue.permalink or "")
        if told is not None:
            return told.lower() == organization
        try:
            project = await self._client.find_project(issue.project.slug, organization)
        except UNSEEN:
            return False
        return bool(project.id) and project.id == issue.project.id

    def _organization_in(self, permalink: str) -> str | None:
        try:
            return named_by_url(permalink, self._client.site.url).organization
        except InvalidRequestError:
            return None

    async def of_issue(self, issue: str, ask: Callable[[str], Awaitable[T]]) -> T:
        """What is asked of an issue, while it is looked at whose that is."""
        place = await self.place(issue_reference(issue, self._client.site.url))
        seen, part = await together(self._issue(place), ask(place.text))
        seen.result()
        return part.result()

    async def event(self, event: str, issue: str | None, project: str | None, ask: AskForEvent) -> Event:
        name, named = event_reference(event, self._client.site.url)
        if issue is not None:
            place = await self.place(issue_reference(issue, self._client.site.url), named.organization)
            return await self._event_of(name, place, ask(event, place.text))
        if not isinstance(named, EventReference):
            place = await self.place(named)
            is_whole = isinstance(named, IssueReference) and named.event
            return await self._event_of(name, place, ask(place.text, None) if is_whole else ask(name, place.text))
        if project and not named.project:
            named = EventReference(name, *project_reference(project, named.organization))
        if name in NAMED_EVENTS:
            return await ask(name, None)  # which says what is missing
        return await self._event_anywhere(named, await self.place(named), ask)

    async def _event_of(self, name: str, place: Place, answer: Awaitable[Event]) -> Event:
        event = f"The {name} event" if name in NAMED_EVENTS else f"Event {name}"
        wanted = f"{event} of {place.name[:1].lower()}{place.name[1:]}"
        seen, found = await together(self._issue(place), self.asked(wanted, answer))
        issue = seen.result()  # first: of an issue that is not theirs nothing of its events is said
        if not _is_of(found.result(), issue):
            raise not_found(wanted)
        return found.result()

    async def _event_anywhere(self, named: EventReference, place: Place, ask: AskForEvent) -> Event:
        """An event without its issue is of the project that its issue is of, or of the one that has its number."""
        found = await self.asked(place.name, ask(place.text, None))
        if NUMERIC.fullmatch(found.group_id or ""):
            of = Place(place.organization, f"{place.organization}/{found.group_id}", place.name)
            is_own = _is_of(found, await self._issue(of))
        elif named.project:
            project = await self.asked(place.name, self._client.find_project(named.project, place.organization))
            is_own = bool(project.id) and project.id == found.project_id
        else:
            is_own = False
        if not is_own:
            raise not_found(place.name)
        return found


def _is_of(event: Event, issue: Issue) -> bool:
    """Whether both are of one project; where they do not say it, of one issue."""
    if event.project_id and issue.project.id:
        return event.project_id == issue.project.id
    return event.group_id in (None, issue.id)
