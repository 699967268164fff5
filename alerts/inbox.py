"""What an inbox does, wherever it is kept."""

from collections.abc import Sequence
from typing import Protocol

from alerts.alert import Alert, Happening, Outcome, Stored, Wanted
from sentry.errors import InvalidRequestError, SentryError

MAX_ATTEMPTS = 5
"""How often an alert is claimed before it is parked."""
LEASE = 600.0
"""Seconds for which a claimed alert is somebody's own, unless the settings say otherwise; then it comes back."""
KEPT_FOR = 30 * 86_400.0
"""Seconds for which an alert that is done with is kept."""
WAITS_FOR = 90 * 86_400.0
"""Seconds after which one that nobody took is forgotten."""
MOST_KEPT = 20_000
"""Alerts; beyond it those that are done with are forgotten, the oldest first."""
MOST_WAITING = 100_000
"""Alerts that are not done with: beyond it no more is taken."""


class InboxError(SentryError):
    """The inbox cannot be read or written: nothing of what was asked is done."""

    error = "inbox_unavailable"


class NotClaimedError(InvalidRequestError):
    """Who wants to go on with an alert has not, or no longer, claimed it; or it is not to be claimed now."""

    error = "not_claimed"


class Inbox(Protocol):
    """Alerts in the order in which they came. All times are seconds of Unix time; all methods raise InboxError."""

    async def store(self, happenings: Sequence[Happening], source: str) -> list[Stored]:
        """What becomes of each; all are kept for good when this returns, or none."""
        ...

    async def get(self, wanted: Wanted) -> Alert | None:
        """The newest that is wanted."""
        ...

    async def look(self, wanted: Wanted, limit: int, before: int | None = None) -> list[Alert]:
        """The newest first; of those before that ID."""
        ...

    async def newer(self, number: int, limit: int) -> list[Alert]:
        """The first of those that were stored after the one of that number, by whichever process, in their order; it
        waits until there is one."""
        ...

    async def places(self) -> frozenset[tuple[str, str]]:
        """The organizations and projects, as slugs, of which there are alerts."""
        ...

    async def waiting(self) -> int:
        """How many could be claimed now."""
        ...

    async def touch(self) -> None:
        """Writes, and changes nothing: raises InboxError where nothing can be written."""
        ...

    async def claim(self, who: str, wanted: Wanted, until: float = 0.0) -> Alert | None:
        """The oldest of those wanted that is nobody's is now of `who`, until its lease ends; where there is none, it
        waits for one until then. Of two who claim at once each has another."""
        ...

    async def release(self, who: str, claim: str) -> None:
        """As if it had not been claimed: who claimed it has not heard of it."""
        ...

    async def prolong(self, who: str, claim: str, wanted: Wanted) -> Alert:
        """The lease begins anew. Raises NotClaimedError, NotFoundError."""
        ...

    async def lead(self, who: str, seconds: float) -> bool:
        """Whether `who` alone is to look at Sentry for so long: of all that share the inbox, one does."""
        ...

    async def looked(self) -> float | None:
        """Up to which time of Sentry's it was looked at; None where it never was."""
        ...

    async def note_looked(self, moment: float) -> None: ...

    async def finish(self, who: str, claim: str, wanted: Wanted, outcome: Outcome, note: str) -> Alert:
        """It is done with, or given back: then somebody may claim it a little later, or it is parked after
        MAX_ATTEMPTS. Raises NotClaimedError, NotFoundError."""
        ...
