"""What every call to Sentry shares: the deadline, the organization, the routes, and the one way to ask."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import anyio

from sentry.answers import Reply, one, rows
from sentry.cache import Kind, Statistics
from sentry.connection import Connection
from sentry.errors import DeadlineError
from sentry.models import Json
from sentry.pages import Page
from sentry.paths import api_path
from sentry.references import IssueReference, issue_reference, slug
from sentry.routes import Routes

if TYPE_CHECKING:
    from sentry.models import SentryModel
    from sentry.organizations import Organizations
    from sentry.transport import Transport

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound="Calls")
M = TypeVar("M", bound="SentryModel")


class Calls:
    """The private half of the client."""

    connection: Connection
    _routes: Routes

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
        return await self._transport.get(path, params or (), wanted=wanted, kind=kind, base=home, fresh=fresh)

    async def _send(self, method: str, *segments: str, json: Json, wanted: str) -> Reply:
        path = api_path(*segments)
        home = await self._home(segments)
        return await self._transport.send(method, path, json=json, wanted=wanted, base=home)

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


def within_deadline(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[C, P], Coroutine[Any, Any, T]]:
    """The call as a whole ends within the connection's timeout, however many requests it takes."""

    @wraps(method)
    async def call(self: C, /, *args: P.args, **kwargs: P.kwargs) -> T:
        timeout = self.connection.timeout
        try:
            with anyio.fail_after(timeout):
                return await method(self, *args, **kwargs)
        except TimeoutError:
            raise DeadlineError(
                f"{self.connection.host} did not answer within {timeout:.0f} s (setting `timeout`). "
                "Try again, or ask for less.",
                deadline=timeout,
            ) from None

    return call
