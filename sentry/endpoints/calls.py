"""What every call to Sentry shares: the organization, the routes, and the one way to ask."""

from typing import TYPE_CHECKING, TypeVar

from sentry.connection import Connection
from sentry.endpoints.routes import Routes
from sentry.endpoints.short_ids import ShortIds
from sentry.errors import UnavailableError
from sentry.models import Json
from sentry.models.pages import Page
from sentry.paths import api_path
from sentry.references import IssueReference, issue_reference, slug
from sentry.transport.answers import Reply, one, rows
from sentry.transport.cache import Kind, Statistics

if TYPE_CHECKING:
    from sentry.endpoints.organizations import Organizations
    from sentry.models import SentryModel
    from sentry.transport.pool import Transport

M = TypeVar("M", bound="SentryModel")


class Calls:
    """The private half of the client."""

    connection: Connection
    _routes: Routes
    _short_ids: ShortIds

    @property
    def _transport(self) -> "Transport":
        raise NotImplementedError

    @property
    def _organizations(self) -> "Organizations":
        raise NotImplementedError

    @property
    def statistics(self) -> Statistics:
        raise NotImplementedError

    async def _organization(self, named: str | None = None) -> str:
        return await self._organizations.slug(slug(named, "an organization") if named else None)

    async def _get(
        self,
        *segments: str,
        wanted: str,
        kind: Kind,
        params: list[tuple[str, str]] | None = None,
        fresh: bool = False,
    ) -> Reply:
        path = api_path(*segments)
        home = await self._home(segments)
        params = params or []
        try:
            return await self._transport.get(path, params, wanted=wanted, kind=kind, base=home, fresh=fresh)
        except UnavailableError as error:
            if error.status_code == 500 and any(name == "cursor" for name, _ in params):
                error.message += " Older Sentry fails so on a cursor that it did not give: try without one."
            raise

    async def _send(self, method: str, *segments: str, body: Json, wanted: str) -> Reply:
        path = api_path(*segments)
        home = await self._home(segments)
        return await self._transport.send(method, path, body=body, wanted=wanted, base=home)

    async def _home(self, segments: tuple[str, ...]) -> str | None:
        """Everything of an organization lives on its region's host."""
        match segments:
            case ("organizations" | "projects", organization, _, *_):
                return await self._organizations.home(organization)
            case _:
                return None

    def _reference(self, issue: str) -> IssueReference:
        return issue_reference(issue, self.connection.url)

    def _one(self, model: type[M], reply: Reply) -> M:
        return model.model_validate(one(reply.body, self.connection.host))

    def _page(self, model: type[M], reply: Reply) -> Page[M]:
        found = [model.model_validate(row) for row in rows(reply.body, self.connection.host)]
        return Page(found, reply.next_cursor)
