"""What a server says of itself, and of the token: asked by `sentry-mcp doctor`, needed by no call."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sentry.connection import Connection
from sentry.dialects import Dialect
from sentry.endpoints.organizations import OF_GLITCHTIP
from sentry.errors import SentryError
from sentry.transport.answers import Reply
from sentry.transport.cache import Lifetime
from sentry.values import as_list, as_object

if TYPE_CHECKING:
    from sentry.transport.pool import Transport

T = TypeVar("T")

ROOT = "/api/0/"
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9A-Za-z.+-]{1,40}")
OF_SENTRY = "/api/client-config/"
"""Where Sentry's own pages ask for its settings; anybody may."""


@dataclass(frozen=True)
class ServerDescription:
    """None: it does not say. The scopes are those of the token."""

    dialect: Dialect | None
    version: str | None
    scopes: frozenset[str] | None


@dataclass(frozen=True)
class Server:
    """`dialect` gives the server's kind, as far as its answers have told it."""

    connection: Connection
    transport: "Callable[[], Transport]"
    dialect: Callable[[], Dialect | None]

    async def describe(self) -> ServerDescription:
        """What it says; nothing where it has no such route."""
        version, scopes = await self._ask(ROOT, _root) or (None, None)
        dialect = self.dialect()
        if (dialect is None or dialect.is_glitchtip) and (found := await self._ask(OF_GLITCHTIP, _version) or version):
            major = int(found.partition(".")[0])
            return ServerDescription(Dialect.GLITCHTIP_6 if major >= 6 else Dialect.GLITCHTIP, found, scopes)
        if not self.connection.is_sentry_io:
            version = await self._ask(OF_SENTRY, _current) or version
        return ServerDescription(dialect, version, scopes)

    async def _ask(self, path: str, read: Callable[[Reply], T]) -> T | None:
        try:
            return await self.transport().get(path, wanted="what it is", lifetime=Lifetime.PROJECT, read=read)
        except SentryError:
            return None


def _root(reply: Reply) -> tuple[str | None, frozenset[str] | None]:
    """The version and the scopes; GlitchTip gives the token itself beside them."""
    auth = as_object((as_object(reply.body) or {}).get("auth")) or {}
    scopes = as_list(auth.get("scopes"))
    return _version(reply), None if scopes is None else frozenset(map(str, scopes))


def _version(reply: Reply) -> str | None:
    return _plausible((as_object(reply.body) or {}).get("version"))


def _current(reply: Reply) -> str | None:
    version = as_object((as_object(reply.body) or {}).get("version")) or {}
    return _plausible(version.get("current"))


def _plausible(version: object) -> str | None:
    """Such as 5.1.1. The root gives the API's own version, 0; of the servers only GlitchTip gives its own there."""
    return version if isinstance(version, str) and _VERSION.fullmatch(version) else None
