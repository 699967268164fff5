"""What every endpoint shares: whose Sentry it is, by which routes it answers, and the one way to ask it."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from sentry.connection import Connection
from sentry.dialects import Dialect, Route, dialect_of_issue
from sentry.endpoints.organizations import Organizations
from sentry.endpoints.routes import Ask, Routes
from sentry.endpoints.short_ids import ShortIds
from sentry.errors import UnavailableError
from sentry.models import Issue
from sentry.paths import api_path
from sentry.references import IssueReference, issue_reference, slug
from sentry.transport.answers import Reply
from sentry.transport.cache import Lifetime
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

    def reference(self, issue: str) -> IssueReference:
        return issue_reference(issue, self.connection.url)

    async def first(self, operation: str, routes: Mapping[Route, Ask[T]], *, instead: str = "") -> T:
        """The answer by the first of these routes that this kind of Sentry has (sentry.dialects)."""
        return await self._routes.first(operation, routes, instead=instead)

    async def get(
        self,
        *segments: str,
        wanted: str,
        lifetime: Lifetime,
        read: Callable[[Reply], T],
        params: list[tuple[str, str]] | None = None,
        fresh: bool = False,
    ) -> T:
        """What `read` makes of the answer, which is kept in that form and shared: not to be changed."""
        path = api_path(*segments)
        home = await self._home(segments)
        params = params or []
        try:
            return await self._transport().get(
                path, params, wanted=wanted, lifetime=lifetime, read=read, base=home, fresh=fresh
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
