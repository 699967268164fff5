"""Events: one by its ID, latest or oldest, and those of an issue."""

from sentry.endpoints.gathering import of_each
from sentry.endpoints.issues import IssueCalls
from sentry.endpoints.merging import MAX_PROJECTS
from sentry.errors import (
    BadResponseError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedError,
)
from sentry.models import Event, as_object
from sentry.models.pages import Page
from sentry.references import (
    LATEST,
    NAMED_EVENTS,
    OLDEST,
    RECOMMENDED,
    IssueReference,
    event_reference,
    slug,
)
from sentry.transport.answers import RouteMissingError, one, rows
from sentry.transport.cache import Kind
from sentry.transport.deadlines import within_deadline

WALKED_PAGES = 20
"""Pages of 100 events read to the oldest where no route has it (GlitchTip)."""


class EventCalls(IssueCalls):
    @within_deadline
    async def get_events(
        self, issue: str, *, query: str | None = None, limit: int = 25, cursor: str | None = None
    ) -> Page[Event]:
        """The newest first. https://docs.sentry.io/api/events/list-an-issues-events/"""
        reference = self._reference(issue)
        return await self._events(reference, query, limit, cursor)

    async def _events(
        self, reference: IssueReference, query: str | None, limit: int, cursor: str | None
    ) -> Page[Event]:
        wanted = f"The list of events of issue {reference.id}"
        organization = await self._organization(reference.organization)
        # The page's size is `per_page`, in GlitchTip `limit`; each ignores the other's.
        params = [("per_page", str(limit)), ("limit", str(limit))]
        params += [(key, value) for key, value in (("query", query), ("cursor", cursor)) if value]

        async def today() -> Page[Event]:
            path = ("organizations", organization, "issues", reference.id, "events")
            return self._page(Event, await self._get(*path, params=params, wanted=wanted, kind=Kind.ISSUE))

        async def by_number() -> Page[Event]:
            path = ("issues", await self._number(reference, organization), "events")
            return self._page(Event, await self._get(*path, params=params, wanted=wanted, kind=Kind.ISSUE))

        return await self._routes.first("list the events of an issue", today, by_number)

    @within_deadline
    async def get_event(self, event: str, *, issue: str | None = None, project: str | None = None) -> Event:
        """https://docs.sentry.io/api/events/retrieve-an-issue-event/ with an issue,
        https://docs.sentry.io/api/events/retrieve-an-event-for-a-project/ with a project, else
        https://docs.sentry.io/api/organizations/resolve-an-event-id/"""
        name, inside = event_reference(event, self.connection.url)
        reference = self._reference(issue) if issue else inside
        if reference is not None:
            return await self._event_of(reference, name)
        if name in NAMED_EVENTS:
            raise InvalidRequestError(f"The {name} event of which issue? Give the issue too.")
        organization = await self._organization()
        if project:
            return await self._event_in(organization, slug(project, "a project"), name)
        return await self._event_anywhere(organization, name)

    @within_deadline
    async def get_stacktrace(self, event: str | None = None, *, issue: str | None = None) -> Event:
        """The event whose stack trace is asked for: the one named, if only in the issue's URL, else the
        issue's latest."""
        if event is not None:
            return await self.get_event(event, issue=issue)
        if issue is None:
            raise InvalidRequestError("Give an event, or an issue for the stack trace of its latest event.")
        reference = self._reference(issue)
        return await self._event_of(reference, reference.event or LATEST)

    async def _event_of(self, reference: IssueReference, name: str) -> Event:
        organization = await self._organization(reference.organization)
        is_named = name in NAMED_EVENTS
        wanted = f"{f'The {name} event' if is_named else f'Event {name}'} of issue {reference.id}"
        kind = Kind.ISSUE if is_named else Kind.EVENT

        async def today() -> Event:
            path = ("organizations", organization, "issues", reference.id, "events", name)
            return self._one(Event, await self._get(*path, wanted=wanted, kind=kind))

        async def by_number() -> Event:
            number = await self._number(reference, organization)
            # Which event says most is a question that only today's Sentry answers.
            asked = LATEST if name == RECOMMENDED else name
            try:
                reply = await self._get("issues", number, "events", asked, wanted=wanted, kind=kind)
            except InvalidRequestError as error:
                if name == OLDEST and error.status_code == 422:
                    raise RouteMissingError(error.message, status_code=422) from error
                raise
            return self._one(Event, reply)

        async def walking_to_the_oldest() -> Event:
            event = await self._oldest(reference)
            return event if event.entries else await self._event_of(reference, event.id)

        async def through_its_project() -> Event:
            issue = await self._issue(reference)
            if not issue.project.slug:
                raise BadResponseError(f"{self.connection.host} did not say the project of {reference.id}.")
            event = await self._event_in(organization, issue.project.slug, name)
            if event.group_id not in (None, issue.id):
                raise NotFoundError(f"{wanted} was not found: it belongs to issue {event.group_id}.")
            return event

        routes = [today, by_number]
        if not is_named:
            routes.append(through_its_project)
        elif name == OLDEST:
            routes.append(walking_to_the_oldest)
        operation = f"read the {name} event of an issue" if is_named else "read an event by its ID"
        return await self._routes.first(operation, *routes)

    async def _oldest(self, reference: IssueReference) -> Event:
        cursors: list[str | None] = [None]
        oldest: Event | None = None
        while cursors[-1] not in cursors[:-1]:
            if len(cursors) > WALKED_PAGES:
                raise UnsupportedError(
                    f"This Sentry has no route to the oldest event, and issue {reference.id} has too many to "
                    "walk. Page through get_events instead."
                )
            page = await self._events(reference, None, 100, cursors[-1])
            oldest = page.items[-1] if page.items else oldest
            cursors.append(page.next_cursor)
        if oldest is None:
            raise NotFoundError(f"Issue {reference.id} has no events any more.")
        return oldest

    async def _event_in(self, organization: str, project: str, event: str) -> Event:
        reply = await self._get(
            *("projects", organization, project, "events", event),
            wanted=f"Event {event} of project {project}",
            kind=Kind.EVENT,
        )
        return self._one(Event, reply)

    async def _event_anywhere(self, organization: str, event: str) -> Event:
        wanted = f"Event {event}"
        not_found = NotFoundError(f"{wanted} was not found. Check the ID, and that the token may see its project.")

        async def lookup() -> Event:
            path = ("organizations", organization, "eventids", event)
            reply = await self._get(*path, wanted=wanted, kind=Kind.EVENT)
            found = one(reply.body, self.connection.host)
            issue = found.get("groupId")
            if (whole := as_object(found.get("event"))) is not None:
                return Event.model_validate({**whole, "groupID": whole.get("groupID") or issue})
            return await self._event_of(self._issue_named(issue, wanted), event)

        async def search() -> Event:
            reply = await self._get(
                *("organizations", organization, "issues"),
                params=[("query", event)],
                wanted=wanted,
                kind=Kind.ISSUE,
            )
            found = rows(reply.body, self.connection.host)
            hits = [row for row in found if row.get("matchingEventId") == event] or found
            if not hits:
                raise not_found
            if len(hits) > 1:
                raise RouteMissingError(f"{self.connection.host} does not search for an event.")
            return await self._event_of(self._issue_named(hits[0].get("id"), wanted), event)

        async def in_each_project() -> Event:
            projects = (await self._project_slugs(organization))[:MAX_PROJECTS]
            try:
                found = await of_each(projects, lambda project: self._event_in(organization, project, event))
            except (NotFoundError, ForbiddenError, RouteMissingError):
                raise not_found from None
            for whole in found.values():
                return whole
            raise not_found

        return await self._routes.first("find an event by its ID", lookup, search, in_each_project)

    def _issue_named(self, number: object, wanted: str) -> IssueReference:
        if not str(number).isdecimal():
            raise BadResponseError(f"{self.connection.host} did not say the issue of {wanted}.")
        return IssueReference(str(number))
