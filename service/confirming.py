"""Writes that a person must agree to first."""

import time
from collections.abc import Callable

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


class Once:
    """Lets each name through once, for as long as an answer holds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    async def lets(self, name: str) -> bool:
        now = self._clock()
        for taken, until in list(self._until.items()):  # the oldest stand first
            if until > now:
                break
            del self._until[taken]
        if name in self._until:
            return False
        self._until[name] = now + 2 * ANSWER_WITHIN
        return True
