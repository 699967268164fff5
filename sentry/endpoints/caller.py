"""What every endpoint shares: whose Sentry it is, by which routes it answers, and the one way to ask it."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from sentry.connection import Connection
from sentry.dialects import Dialect, Route, dialect_of_issue
from sentry.endpoints.organizations import Organizations
from sentry.endpoints.routes import Ask, Routes
from sentry.endpoints.short_ids import ShortIds
from sentry.errors import BadResponseError, UnavailableError
from sentry.identifiers import NUMERIC, EventReference, IssueReference, Reference, SharedIssue, slug
from sentry.models import Event, Issue
from sentry.paths import api_path
from sentry.references import issue_reference, project_reference
from sentry.transport.answers import OneOf, Reply, one
from sentry.transport.cache import Lifetime
from sentry.transport.reading import Reading, reading
from sentry.values import Json

if TYPE_CHECKING:
    from sentry.transport.pool import Transport

T = TypeVar("T")


class Caller:
    """`transport` gives the connection pool, which is made when it is first needed."""

    def __init__(self, connection: Connection, transport: "Callable[[], Transport]", short_ids: ShortIds) -> None:
        self.connection = connection
        self.short_ids = short_ids
        self.organizations = Organizations(connection, transport, self._notice)
        self._transport = transport
        self._routes = Routes(self.organizations.dialect, known=Dialect.TODAY if connection.is_sentry_io else None)

    def _notice(self, dialect: Dialect | None) -> None:
        self._routes.notice(dialect)

    @property
    def dialect(self) -> Dialect | None:
        """The server's kind, as far as it is known."""
        return self._routes.dialect

    async def identify(self) -> Dialect | None:
        """The server's kind; asks it where it is not known."""
        if self.dialect is None:
            self._routes.notice(await self.organizations.dialect())
        return self.dialect

    async def organization(self, named: str | None = None) -> str:
        """The slug of the organization that a call is for."""
        return await self.organizations.slug(slug(named, "an organization") if named else None)

    async def scope(self, project: str | None, organization: str | None = None) -> tuple[str, str | None]:
        """The organization that a call is for, and the project's slug: `acme/shop` names both."""
        if project:
            organization, project = project_reference(project, organization)
        return await self.organization(organization), project or None

    async def reference(self, issue: str) -> IssueReference:
        """The issue that is named; asked for where only its event or the secret it is shared with is."""
        return await self.issue_of(issue_reference(issue, self.connection.url))

    async def issue_of(self, named: Reference) -> IssueReference:
        match named:
            case IssueReference():
                return named
            case SharedIssue():
                return IssueReference(await self._shared(named), named.organization)
            case EventReference():
                event = await self.event_in_project(named)
                if not NUMERIC.fullmatch(event.group_id or ""):
                    raise BadResponseError(f"{self.connection.host} did not say the issue of event {named.event}.")
                return IssueReference(event.group_id or "", named.organization, event.id)

    async def event_in_project(self, named: EventReference, *, within: Lifetime | None = None) -> Event:
        """https://docs.sentry.io/api/events/retrieve-an-event-for-a-project/"""
        project = slug(named.project or "", "a project")
        return await self.get(
            *("projects", await self.organization(named.organization), project, "events", named.event),
            wanted=f"Event {named.event} of project {project}",
            lifetime=Lifetime.EVENT,
            within=within,
            read=OneOf(Event),
        )

    async def _shared(self, named: SharedIssue) -> str:
        """The number of an issue that is shared: Sentry tells it to whoever has the link."""

        async def get(*scope: str) -> str:
            path = (*scope, "shared", "issues", named.share)
            wanted = "The shared issue"
            return await self.get(*path, wanted=wanted, lifetime=Lifetime.PROJECT, read=_number_of_shared)

        async def inside_its_organization() -> str:
            return await (get("organizations", named.organization) if named.organization else get())

        number = await self.first(
            "read a shared issue", {Route.ORGANIZATION: inside_its_organization, Route.NUMBER: get}
        )
        if not NUMERIC.fullmatch(number):
            raise BadResponseError(f"{self.connection.host} did not say which issue is shared.")
        return number

    async def first(self, operation: str, routes: Mapping[Route, Ask[T]]) -> T:
        """The answer by the first of these routes that this kind of Sentry has (sentry.dialects)."""
        return await self._routes.first(operation, routes)

    async def get(
        self,
        *segments: str,
        wanted: str,
        lifetime: Lifetime,
        read: Callable[[Reply], T],
        params: list[tuple[str, str]] | None = None,
        within: Lifetime | None = None,
        fresh: bool = False,
        parsed_by: Reading = reading,
    ) -> T:
        """What `read` makes of the answer, which is kept in that form and shared: not to be changed. A kept one is
        used if it is no older than `within`. Its JSON is `parsed_by` what is given."""
        path = api_path(*segments)
        home = await self._home(segments)
        params = params or []
        try:
            return await self._transport().get(
                path,
                params,
                wanted=wanted,
                lifetime=lifetime,
                within=within,
                read=read,
                base=home,
                fresh=fresh,
                parsed_by=parsed_by,
            )
        except UnavailableError as error:
            if error.status_code == 500 and any(name == "cursor" for name, _ in params):
                error.message += " Older Sentry fails so on a cursor that it did not give: try without one."
            raise

    async def send(self, method: str, *segments: str, body: Json, wanted: str, read: Callable[[Reply], T]) -> T:
        """What `read` makes of the answer to a write."""
        path = api_path(*segments)
        home = await self._home(segments)
        return await self._transport().send(method, path, body=body, wanted=wanted, read=read, base=home)

    async def _home(self, segments: tuple[str, ...]) -> str | None:
        """Everything of an organization lives on its region's host."""
        match segments:
            case ("organizations" | "projects", organization, _, *_):
                return await self.organizations.home(organization)
            case _:
                return None

    def learn(self, organization: str, issues: Iterable[Issue]) -> None:
        """What issues tell besides: their numbers, and the kind of Sentry they come from."""
        issues = list(issues)
        self.short_ids.learn(organization, issues)
        if issues:
            self._routes.notice(dialect_of_issue(issues[0].permalink, issues[0].model_fields_set))


def _number_of_shared(reply: Reply) -> str:
    return str(one(reply).get("id"))
