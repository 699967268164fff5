"""Whose Sentry it is: the organization a call is for, and the host that serves it."""

from urllib.parse import urlsplit

from sentry.connection import Connection
from sentry.errors import ForbiddenError, InvalidRequestError, NotFoundError
from sentry.models import Organization
from sentry.models.pages import Page
from sentry.paths import api_path
from sentry.transport.answers import one, rows
from sentry.transport.cache import Kind
from sentry.transport.pool import Transport


class Organizations:
    """Found out once: the organization when none is set, the region's host on sentry.io."""

    def __init__(self, connection: Connection, transport: Transport) -> None:
        self._connection = connection
        self._transport = transport
        self._found: str | None = None
        self._homes: dict[str, str] = {}

    async def list(self) -> Page[Organization]:
        """https://docs.sentry.io/api/organizations/list-your-organizations/"""
        reply = await self._transport.get(
            api_path("organizations"), wanted="The list of organizations", kind=Kind.PROJECT
        )
        found = [Organization.model_validate(row) for row in rows(reply.body, self._connection.host)]
        return Page(found, reply.next_cursor)

    async def slug(self, named: str | None = None) -> str:
        """The organization named in the call, else in the settings, else the only one that the token sees."""
        known = named or self._connection.organization or self._found
        if known:
            return known
        try:
            seen = [organization for organization in (await self.list()).items if organization.slug]
        except ForbiddenError as error:
            raise ForbiddenError(
                "The token may not list its organizations. Set SENTRY_ORG in the server's environment to the "
                "organization's slug.",
                status_code=error.status_code,
                sentry=error.sentry,
            ) from error
        if len(seen) != 1:
            names = ", ".join(sorted(organization.slug for organization in seen)[:20])
            raise InvalidRequestError(
                f"The token sees {len(seen)} organizations{': ' * bool(names)}{names}. "
                "Set SENTRY_ORG in the server's environment to one of them."
            )
        self._homes[seen[0].slug] = region_of(seen[0], self._connection)
        self._found = seen[0].slug
        return self._found

    async def home(self, organization: str) -> str:
        """The base URL that serves an organization: on sentry.io the one of its region."""
        if organization not in self._homes:
            if urlsplit(self._connection.url).hostname != "sentry.io":
                return self._connection.base
            self._homes[organization] = await self._ask_region(organization)
        return self._homes[organization]

    async def _ask_region(self, organization: str) -> str:
        """https://docs.sentry.io/api/organizations/retrieve-an-organization/"""
        try:
            reply = await self._transport.get(
                api_path("organizations", organization),
                wanted=f"Organization {organization}",
                kind=Kind.PROJECT,
            )
        except (NotFoundError, ForbiddenError):
            return self._connection.base  # sentry.io itself passes requests on to the region, only slower
        found = Organization.model_validate(one(reply.body, self._connection.host))
        return region_of(found, self._connection)


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
