"""Failures as HTTP says them: `{"error", "message", "status_code", "details"}`, with the same status."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from alerts.inbox import InboxError, NotClaimedError
from sentry.errors import (
    BadResponseError,
    DeadlineError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    SentryError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
    UnsupportedError,
)
from service.audited import AuditUnavailableError

STATUSES: Mapping[type[SentryError], int] = {
    NotClaimedError: 409,  # before what it is a kind of: asked again after a claim, it may be answered
    InvalidRequestError: 400,
    UnsupportedError: 400,  # by this kind of Sentry: another question would be answered
    ForbiddenError: 403,
    NotFoundError: 404,
    RateLimitedError: 429,
    UnauthorizedError: 502,  # it is the server's token that is refused: 401 would send the caller to change theirs
    UnavailableError: 502,
    UnreachableError: 502,
    BadResponseError: 502,
    DeadlineError: 504,
    AuditUnavailableError: 503,  # of this server, and not of Sentry
    InboxError: 503,
}
SOON = 1
"""Seconds after which an inbox may answer again that did not: another process may have had it."""


class RefusedError(Exception):
    """What is refused before Sentry is asked, in words of ours alone."""

    def __init__(
        self, status: int, error: str, message: str, *, headers: Mapping[str, str] | None = None, **details: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = {"error": error, "message": message, "status_code": status, "details": details}


class Told(NamedTuple):
    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


def told(error: SentryError, data: dict[str, Any]) -> Told:
    """A failure of which `data` was cleaned. What Sentry's own status was stands in the details, where it differs."""
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 502)
    details = dict(data["details"])
    if error.status_code not in (None, status):
        details["sentry_status"] = error.status_code
    after = details.get("retry_after", SOON if isinstance(error, InboxError) else None)
    headers = {"Retry-After": str(max(1, round(after)))} if isinstance(after, int | float) else {}
    return Told(status, {**data, "status_code": status, "details": details}, headers)
