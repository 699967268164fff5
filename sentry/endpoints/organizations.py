"""Whose Sentry it is: the organization a call is for, the host that serves it, the kind of server it is."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sentry.connection import Connection
from sentry.dialects import Dialect, dialect_of_organization, dialect_of_settings
from sentry.errors import ForbiddenError, InvalidRequestError, NotFoundError, SentryError, UnauthorizedError
from sentry.identifiers import is_slug
from sentry.models import Organization
from sentry.models.pages import Page
from sentry.paths import api_path
from sentry.transport.answers import OneOf, Reply, RouteMissingError, rows
from sentry.transport.cache import Lifetime
from sentry.values import as_object

if TYPE_CHECKING:
    from sentry.transport.pool import Transport


NAMING = "as organization, or in front of an issue, event or project (acme/SHOP-12, acme/shop)"
"""How a call names the organization that it is for."""

ASK_REGION_AGAIN = 60.0
"""Seconds for which an organization does without its region's host when that was not told."""
OF_GLITCHTIP = "/api/settings/"
"""Where GlitchTip's own pages ask for its settings; anybody may."""
ASK_KIND_AGAIN = 15 * 60.0
"""Seconds for which a token that may not list organizations is not tried on that list again, to tell the kind."""


class Organizations:
    """Found out once: the organization when none is set, the region's host on sentry.io.

    What a list of organizations says of the kind of server goes to `notice`.
    """

    def __init__(
        self,
        connection: Connection,
        transport: "Callable[[], Transport]",
        notice: Callable[[Dialect | None], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._transport = transport
        self._notice = notice
        self._found: str | None = None
        self._homes: dict[str, str] = {}
        self._clock = clock
        self._no_region_until: dict[str, float] = {}
        self._closed_until = 0.0

    async def list(self) -> Page[Organization]:
        """https://docs.sentry.io/api/organizations/list-your-organizations/"""
        page, dialect = await self._read()
        self._notice(dialect)
        return page

    async def dialect(self) -> Dialect | None:
        """The kind of server, as its organizations tell it; where they do not, such as to a token that may not list
        them, GlitchTip's settings do, which anybody may read. None when nothing says; where it may not be asked, not
        again for a while. A token that is none is an answer to whatever was asked: raises UnauthorizedError."""
        if self._clock() < self._closed_until:
            return None
        is_closed = False
        try:
            dialect = (await self._read())[1]
        except UnauthorizedError:
            raise
        except SentryError as error:
            dialect, is_closed = None, isinstance(error, ForbiddenError)
        dialect = dialect or await self._settings_of_glitchtip()
        if dialect is None and is_closed:
            self._closed_until = self._clock() + ASK_KIND_AGAIN
        return dialect

    async def _settings_of_glitchtip(self) -> Dialect | None:
        try:
            return await self._transport().get(
                OF_GLITCHTIP, wanted="what it is", lifetime=Lifetime.PROJECT, read=_glitchtip
            )
        except SentryError:
            return None

    async def _read(self) -> tuple[Page[Organization], Dialect | None]:
        return await self._transport().get(
            api_path("organizations"),
            wanted="The list of organizations",
            lifetime=Lifetime.PROJECT,
            read=_organizations,
        )

    async def slug(self, named: str | None = None) -> str:
        """The organization named in the call, else in the settings, else the only one that the token sees."""
        known = named or self._connection.organization or self._found
        if known:
            return known
        try:
            seen = [organization for organization in (await self.list()).items if is_slug(organization.slug)]
        except ForbiddenError as error:
            raise ForbiddenError(
                "The token may not list its organizations. Set SENTRY_ORG in the server's environment to the "
                f"organization's slug, or name it: {NAMING}.",
                status_code=error.status_code,
                sentry=error.sentry,
            ) from error
        if len(seen) != 1:
            names = ", ".join(sorted(organization.slug for organization in seen)[:20])
            raise InvalidRequestError(
                f"The token sees {len(seen)} organizations{': ' * bool(names)}{names}. "
                f"Set SENTRY_ORG in the server's environment to one of them, or name it: {NAMING}."
            )
        self._homes[seen[0].slug] = region_of(seen[0], self._connection)
        self._found = seen[0].slug
        return self._found

    def other_organization(self, named: str | None) -> str | None:
        """The organization, unless it is the one that is asked where none is named."""
        return named if named != (self._connection.organization or self._found) else None

    async def home(self, organization: str) -> str:
        """The base URL that serves an organization: on sentry.io the one of its region."""
        if organization in self._homes:
            return self._homes[organization]
        if urlsplit(self._connection.url).hostname != "sentry.io":
            return self._connection.base
        if self._clock() >= self._no_region_until.get(organization, 0.0) and (
            region := await self._region(organization)
        ):
            self._homes[organization] = region
            return region
        return self._connection.base  # sentry.io itself passes requests on to the region, only slower

    async def _region(self, organization: str) -> str | None:
        """https://docs.sentry.io/api/organizations/retrieve-an-organization/"""
        try:
            found = await self._transport().get(
                api_path("organizations", organization),
                wanted=f"Organization {organization}",
                lifetime=Lifetime.PROJECT,
                read=OneOf(Organization),
            )
        except (NotFoundError, ForbiddenError, RouteMissingError):
            now = self._clock()
            self._no_region_until = {slug: until for slug, until in self._no_region_until.items() if now < until}
            self._no_region_until[organization] = now + ASK_REGION_AGAIN
            return None
        return region_of(found, self._connection)


def _organizations(reply: Reply) -> tuple[Page[Organization], Dialect | None]:
    found = rows(reply)
    page = Page([Organization.model_validate(row) for row in found], reply.next_cursor)
    return page, next((dialect for row in found if (dialect := dialect_of_organization(row))), None)


def _glitchtip(reply: Reply) -> Dialect | None:
    return dialect_of_settings(as_object(reply.body) or {})


def region_of(organization: Organization, connection: Connection) -> str:
    """The base URL in `links.regionUrl` if the token may go there, else our own.

    It may within our own site (`us.sentry.io` for `sentry.io`) and never less securely. A self-hosted
    Sentry links to the address that it thinks it has, without the prefix, port or tunnel by which it is
    reached: that is no region.
    """
    link = organization.links.get("regionUrl")
    ours = urlsplit(connection.url)
    if not isinstance(link, str):
        return connection.base
    try:
        theirs = urlsplit(link)
        host, port = theirs.hostname or "", theirs.port
    except ValueError:
        return connection.base
    is_ours = host.endswith(".sentry.io") if connection.is_sentry_io else host.endswith(f".{ours.hostname}")
    is_secure = theirs.scheme == "https" or (theirs.scheme == ours.scheme == "http")
    is_plain = "@" not in theirs.netloc and not (theirs.query or theirs.fragment or theirs.path.strip("/"))
    has_port = port is not None and port != ours.port
    return link.rstrip("/") if is_ours and is_secure and is_plain and not has_port else connection.base
