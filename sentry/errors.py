"""What can go wrong between us and Sentry, named for what happened.

SentryError
├── NotFoundError        not_found           the object is not there, or the token does not see it
├── UnauthorizedError    unauthorized        the token is invalid or missing
├── ForbiddenError       forbidden           a scope or the access to a project is missing
├── RateLimitedError     rate_limited        too many requests; `details.retry_after` in seconds
├── InvalidRequestError  invalid_request     refused by us before any request, or by Sentry (400, 422)
├── UnsupportedError     unsupported         this kind of Sentry has no such operation
├── UnavailableError     sentry_unavailable  Sentry answered 5xx
├── DeadlineError        timeout             no answer in time
├── UnreachableError     unreachable         no connection
│   └── MisconfiguredError                   nor will there be one until a setting is changed
└── BadResponseError     bad_response        an answer that is not what the API promises

Messages are ours and say what to try. Sentry's own words stand apart, in `details.sentry`: whoever
writes there is not us. Neither ever holds a token or a header.
"""

from typing import Any, ClassVar, Self

UNSURE = "Whether Sentry made the change is not known: look at the issue before trying again."
NOT_SENT = "Nothing was changed: the request was not sent yet."
AGAIN = "Try again, or ask for less."
LATER = "Try again later."


class SentryError(Exception):
    """One failure, as every face of the server shows it: error, message, status_code, details."""

    error: ClassVar[str] = "sentry_error"

    def __init__(
        self, message: str, *, status_code: int | None = None, sentry: str | None = None, **details: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.sentry = sentry
        self.details = details

    def __str__(self) -> str:
        return self.message

    @property
    def is_outcome_unknown(self) -> bool:
        """Of a failed write: whether Sentry may have made the change all the same."""
        return self.details.get("outcome") == "unknown"

    def with_outcome_unknown(self) -> Self:
        self.message = f"{self.message.removesuffix(LATER).removesuffix(AGAIN).rstrip()} {UNSURE}"
        self.details["outcome"] = "unknown"
        return self

    def as_dict(self) -> dict[str, Any]:
        details = {**self.details, "sentry": self.sentry} if self.sentry else self.details
        return {
            "error": self.error,
            "message": self.message,
            "status_code": self.status_code,
            "details": details,
        }


class NotFoundError(SentryError):
    error = "not_found"


class UnauthorizedError(SentryError):
    error = "unauthorized"


class ForbiddenError(SentryError):
    error = "forbidden"


class RateLimitedError(SentryError):
    error = "rate_limited"


class InvalidRequestError(SentryError):
    error = "invalid_request"


class UnsupportedError(SentryError):
    error = "unsupported"


class UnavailableError(SentryError):
    error = "sentry_unavailable"


class DeadlineError(SentryError):
    error = "timeout"


class UnreachableError(SentryError):
    error = "unreachable"


class MisconfiguredError(UnreachableError):
    pass


class BadResponseError(SentryError):
    error = "bad_response"
