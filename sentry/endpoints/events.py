"""Events: one by its ID, latest or oldest, and those of an issue."""

from dataclasses import dataclass, replace

from sentry.dialects import EVENTS_OF_SENTRY_9, NOT_HEEDED_OF_EVENTS, Dialect, Route
from sentry.endpoints.caller import Caller
from sentry.endpoints.each_project import in_any
from sentry.endpoints.issue_query import IssueQuery
from sentry.endpoints.issues import Issues
from sentry.endpoints.merged_lists import MAX_PROJECTS
from sentry.errors import BadResponseError, InvalidRequestError, NotFoundError, UnsupportedError
from sentry.identifiers import (
    EVENT_ID,
    LATEST,
    NAMED_EVENTS,
    NUMERIC,
    OLDEST,
    RECOMMENDED,
    EventReference,
    IssueReference,
    Reference,
    is_slug,
)
from sentry.models import Event
from sentry.models.pages import Page
from sentry.paths import quoted
from sentry.references import event_reference, project_reference
from sentry.search import not_searched
from sentry.transport.answers import PAGE, OneOf, PageOf, Reply, RouteMissingError, one
from sentry.transport.cache import Lifetime
from sentry.values import as_object

WALKED_PAGES = 20
"""Pages of 100 events read to the oldest where no route has it (GlitchTip)."""


@dataclass(frozen=True)
class Events:
    caller: Caller
    issues: Issues

    async def get_events(
        self, issue: str, *, query: str | None = None, limit: int = 25, cursor: str | None = None
    ) -> Page[Event]:
        """The newest first. https://docs.sentry.io/api/events/list-an-issues-events/"""
        reference = await self.caller.reference(issue)
        page = await self._page(reference, query, limit, cursor)
        is_glitchtip = self.caller.dialect is not None and self.caller.dialect.is_glitchtip
        if is_glitchtip and not page.items:
            await self.issues.by_reference(reference)  # of an issue that is not there its list is empty
        if is_glitchtip and query:
            raise UnsupportedError(
                "GlitchTip lists an issue's events without searching them. Leave query out; get_tag_values says how "
                "they spread over a tag."
            )
        if query and self.caller.dialect is Dialect.SENTRY_10:
            await self.issues.by_reference(reference)  # its link tells it from Sentry 9
        return _explained(page, query) if query and self.caller.dialect is Dialect.SENTRY_9 else page

    async def _page(self, reference: IssueReference, query: str | None, limit: int, cursor: str | None) -> Page[Event]:
        # The page's size is `per_page`, in GlitchTip `limit`; each ignores the other's.
        params = [("per_page", str(limit)), ("limit", str(limit))]
        params += [(key, value) for key, value in (("query", query), ("cursor", cursor)) if value]
        return await self.issues.part(
            "list the events of an issue",
            reference,
            "events",
            params=params,
            wanted=f"The list of events of issue {reference.id}",
            read=PageOf(Event, PAGE),
        )

    async def get_event(self, event: str, *, issue: str | None = None, project: str | None = None) -> Event:
        """https://docs.sentry.io/api/events/retrieve-an-issue-event/ with an issue,
        https://docs.sentry.io/api/events/retrieve-an-event-for-a-project/ with a project, else
        https://docs.sentry.io/api/organizations/resolve-an-event-id/"""
        # An event itself does not change; which one is the next one, does.
        return await self._get(event, issue, project, within=Lifetime.ISSUE)

    async def get_stacktrace(self, event: str | None = None, *, issue: str | None = None) -> Event:
        """The event whose stack trace is asked for: the one named, if only in the issue's URL, else the
        issue's latest."""
        if event is not None:
            return await self._get(event, issue, None)
        if issue is None:
            raise InvalidRequestError("Give an event, or an issue for the stack trace of its latest event.")
        reference = await self.caller.reference(issue)
        return await self._of_issue(reference, reference.event or LATEST)

    async def get_oldest_event(self, issue: str) -> Event | None:
        """The oldest event, where one request has it; None too for an issue that was named by one of its events."""
        reference = await self.caller.reference(issue)
        is_walked_to = self.caller.dialect is not None and self.caller.dialect.is_glitchtip
        if is_walked_to or reference.event:
            return None
        return await self.issues.part(
            "read the latest event of an issue",  # whose routes are one request each
            reference,
            *("events", OLDEST),
            wanted=f"The oldest event of issue {reference.id}",
            lifetime=Lifetime.PROJECT,  # the next one is the oldest when this one is deleted, after weeks
            read=OneOf(Event),
        )

    async def _get(self, event: str, issue: str | None, project: str | None, within: Lifetime | None = None) -> Event:
        name, named = event_reference(event, self.caller.connection.url)
        if issue or not isinstance(named, EventReference):
            reference = await (self.caller.reference(issue) if issue else self.caller.issue_of(named))
            return await self._of_issue(_agreed(reference, named), name, within)
        if name in NAMED_EVENTS:
            raise InvalidRequestError(f"The {name} event of which issue? Give the issue too.")
        if project and not named.project:
            named = EventReference(name, *project_reference(project, named.organization))
        if named.project:
            return await self.caller.event_in_project(named, within=within)
        return await self._anywhere(await self.caller.organization(named.organization), name, within)

    async def _of_issue(self, reference: IssueReference, name: str, within: Lifetime | None = None) -> Event:
        is_named = name in NAMED_EVENTS
        wanted = f"{f'The {name} event' if is_named else f'Event {name}'} of issue {reference.id}"
        lifetime = Lifetime.ISSUE if is_named else Lifetime.EVENT

        async def by_number() -> Event:
            # Which event says most is a question that only today's Sentry answers.
            asked = LATEST if name == RECOMMENDED else name
            path = ("issues", await self.issues.number(reference), "events", asked)
            try:
                return await self.caller.get(*path, wanted=wanted, lifetime=lifetime, within=within, read=OneOf(Event))
            except InvalidRequestError as error:
                if name == OLDEST and error.status_code == 422:
                    raise RouteMissingError(error.message, status_code=422) from error
                raise

        async def walking_to_the_oldest() -> Event:
            event = await self._oldest(reference)
            if event.entries:
                return event
            if not EVENT_ID.fullmatch(event.id):
                raise BadResponseError(f"{self.caller.connection.host} did not say which event is {wanted.lower()}.")
            return await self._of_issue(reference, event.id, within)

        async def through_its_project() -> Event:
            issue = await self.issues.by_reference(reference)
            if not is_slug(issue.project.slug):
                raise BadResponseError(f"{self.caller.connection.host} did not say the project of {reference.id}.")
            organization = await self.caller.organization(reference.organization)
            of_project = EventReference(name, organization, issue.project.slug)
            event = await self.caller.event_in_project(of_project, within=within)
            if event.group_id not in (None, issue.id):
                other = f"issue {event.group_id}" if NUMERIC.fullmatch(event.group_id) else "another issue"
                raise NotFoundError(f"{wanted} was not found: it belongs to {other}.")
            return event

        return await self.issues.part(
            f"read the {name} event of an issue" if is_named else "read an event by its ID",
            reference,
            *("events", name),
            wanted=wanted,
            lifetime=lifetime,
            within=within,
            read=OneOf(Event),
            others={
                Route.NUMBER: by_number,
                Route.WALK: walking_to_the_oldest,
                Route.PROJECT: through_its_project,
            },
        )

    async def _oldest(self, reference: IssueReference) -> Event:
        cursors: list[str | None] = [None]
        oldest: Event | None = None
        while cursors[-1] not in cursors[:-1]:
            if len(cursors) > WALKED_PAGES:
                raise UnsupportedError(
                    f"This Sentry has no route to the oldest event, and issue {reference.id} has too many to "
                    "walk. Page through get_events instead."
                )
            page = await self._page(reference, None, 100, cursors[-1])
            oldest = page.items[-1] if page.items else oldest
            cursors.append(page.next_cursor)
        if oldest is None:
            raise NotFoundError(f"Issue {reference.id} has no events any more.")
        return oldest

    async def _anywhere(self, organization: str, event: str, within: Lifetime | None) -> Event:
        wanted = f"Event {event}"
        not_found = NotFoundError(f"{wanted} was not found. Check the ID, and that the token may see its project.")

        async def of_issue(number: str) -> Event:
            if not NUMERIC.fullmatch(number):
                raise BadResponseError(f"{self.caller.connection.host} did not say the issue of {wanted}.")
            return await self._of_issue(IssueReference(number, organization), event, within)

        async def in_project(project: str) -> Event:
            return await self.caller.event_in_project(EventReference(event, organization, project), within=within)

        async def lookup() -> Event:
            path = ("organizations", organization, "eventids", event)
            found, issue = await self.caller.get(
                *path, wanted=wanted, lifetime=Lifetime.EVENT, within=within, read=_event_in_lookup
            )
            return found or await of_issue(issue)

        async def search() -> Event:
            page = await self.issues.lists.page(IssueQuery(query=event), "organizations", organization)
            hits = [row for row in page.items if row.matching_event_id == event] or page.items
            if not hits:
                raise not_found
            if len(hits) > 1:
                raise RouteMissingError(f"{self.caller.connection.host} does not search for an event.")
            return await of_issue(hits[0].id)

        async def in_each_project() -> Event:
            projects = await self.issues.lists.projects.slugs(organization)
            found = await in_any(projects[:MAX_PROJECTS], in_project)
            if found is None and len(projects) > MAX_PROJECTS:
                raise NotFoundError(
                    f"{wanted} was not found in the first {MAX_PROJECTS} of {len(projects)} projects. The others were "
                    "not searched: this Sentry can look only into one project at a time. Name the project or the issue."
                )
            if found is None:
                raise not_found
            return found

        return await self.caller.first(
            "find an event by its ID",
            {Route.LOOKUP: lookup, Route.SEARCH: search, Route.EACH_PROJECT: in_each_project},
        )


def _explained(page: Page[Event], query: str) -> Page[Event]:
    """With the terms of the search that Sentry 9 does not know."""
    search = EVENTS_OF_SENTRY_9
    unknown = not_searched(query, search)
    not_heeded = [term for term in unknown if term.partition(":")[0] in NOT_HEEDED_OF_EVENTS]
    nowhere = [] if page.items else [term for term in unknown if term not in not_heeded]
    notes = [
        f"{search.kind.value} does not search events by {', '.join(map(quoted, terms))}, and {outcome}. "
        f"It knows {search.knows}."
        for terms, outcome in ((not_heeded, "lists them as if it were not asked"), (nowhere, "finds nothing with that"))
        if terms
    ]
    return replace(page, notes=tuple(notes))


def _agreed(reference: IssueReference, named: Reference) -> IssueReference:
    """The issue, of the organization that the event was named with; both must be of one issue."""
    if isinstance(named, IssueReference) and named.is_short == reference.is_short and named.id != reference.id:
        raise InvalidRequestError(f"The event's URL is of issue {named.id}, not of {reference.id}.")
    return replace(reference, organization=reference.organization or named.organization)


def _event_in_lookup(reply: Reply) -> tuple[Event | None, str]:
    """The event, where the lookup brings it whole, and the number of its issue."""
    found = one(reply)
    issue, whole = found.get("groupId"), as_object(found.get("event"))
    event = None if whole is None else Event.model_validate({**whole, "groupID": whole.get("groupID") or issue})
    return event, str(issue)
