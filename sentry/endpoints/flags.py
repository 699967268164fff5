"""Feature flags that Sentry suspects of an issue."""

from dataclasses import dataclass

from sentry.dialects import Route
from sentry.endpoints.caller import Caller
from sentry.errors import ForbiddenError, NotFoundError, UnsupportedError
from sentry.models import SuspectFlag
from sentry.transport.answers import Reply, RouteMissingError, one
from sentry.transport.cache import Lifetime
from sentry.values import objects

MOST = 100
"""Flags of one issue that are read: the most suspect come first."""


@dataclass(frozen=True)
class Flags:
    caller: Caller

    async def get_suspect_flags(self, issue: str) -> list[SuspectFlag]:
        """Flags whose values differ between an issue's events and those of its project, the most telling first.

        Sentry's own pages read this route. It is a feature: raises UnsupportedError where it is not on."""
        reference = await self.caller.reference(issue)
        owner = await self.caller.organization(reference.organization)
        path = ("organizations", owner, "issues", reference.id, "suspect", "flags")

        async def get() -> list[SuspectFlag]:
            wanted = f"The list of suspect flags of issue {reference.id}"
            try:
                return await self.caller.get(*path, wanted=wanted, lifetime=Lifetime.ISSUE, read=_flags)
            except (RouteMissingError, NotFoundError, ForbiddenError) as error:
                raise UnsupportedError(
                    "this Sentry does not compare feature flags.", status_code=error.status_code, sentry=error.sentry
                ) from error

        return await self.caller.first("name suspect flags", {Route.ORGANIZATION: get})


def _flags(reply: Reply) -> list[SuspectFlag]:
    return [SuspectFlag.model_validate(row) for row in objects(one(reply).get("data"))[:MOST]]
