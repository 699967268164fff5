"""Writes that a person must agree to first."""

import time
from collections.abc import Awaitable, Callable

from sentry.errors import ForbiddenError
from service.current import current_caller

ANSWER_WITHIN = 600
"""Seconds for which an answer is waited for, or holds."""


class NotConfirmedError(ForbiddenError):
    """Nobody agreed to a write, and nothing was changed; `details.confirmation` says why: declined, cancelled,
    unanswered, or impossible where nobody can be asked."""

    error = "not_confirmed"

    def __init__(self, message: str, confirmation: str) -> None:
        super().__init__(message, status_code=403, confirmation=confirmation)


def must_confirm() -> bool:
    """Whether somebody must agree to each write of the current caller."""
    return bool(current_caller().confirm_writes)


TAKEN = 2 * ANSWER_WITHIN
"""Seconds for which it is known that a name was let through."""


class Once:
    """Lets each name through once, for as long as an answer holds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self.is_first: Callable[[str, float], Awaitable[bool]] | None = None
        """Where servers share a service: says of a name, once for so many seconds, that none of them had it before."""

    async def lets(self, name: str) -> bool:
        now = self._clock()
        for taken, until in list(self._until.items()):  # the oldest stand first
            if until > now:
                break
            del self._until[taken]
        if name in self._until:
            return False
        self._until[name] = now + TAKEN
        return self.is_first is None or await self.is_first(name, TAKEN)
