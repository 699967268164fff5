"""How a failure is told, whoever hears it: what to try, in our words; what Sentry said, quoted as data."""

from dataclasses import dataclass
from typing import Any

from sentry.endpoints.issue_query import PERIODS
from sentry.errors import InvalidRequestError, NotFoundError, SentryError
from views.provenance import Markers
from views.reader import QUOTED, Reader, compact_json
from views.wording import joined

SAYS_NO_MORE = (
    "The requested resource does not exist",
    "Not Found",
    "You do not have permission to perform this action.",
    "Permission denied",
    "Invalid token",
    "Unauthorized",
)
"""Words of Sentry's that tell nothing beside the error's own."""

ADVICE = (
    ("statsPeriod", PERIODS),
    ("Unknown actor", "assigned_to takes an e-mail, a user name, user:ID or team:ID; get_project lists the teams."),
    ("find a release", "list_releases has the releases."),
)
"""What Sentry refuses by a word of its own, and what to try instead."""

SOMEBODYS = ("redirected_to", "sentry")
"""Details that a server has said."""


@dataclass(frozen=True)
class Failure:
    """`text` for a model, which starts with the error's name; for a program `data`, as `{"error", "message",
    "status_code", "details"}`, with `meta` about it as about an answer; `is_askers` when another question would be
    answered, else it is Sentry's or ours."""

    text: str
    data: dict[str, Any]
    meta: dict[str, Any]
    is_askers: bool


def failure(error: SentryError, reader: Reader) -> Failure:
    """As much of what Sentry said as the smallest budget has room for."""
    for length in (QUOTED, QUOTED // 2, QUOTED // 4):
        found = _failure(error, reader, length)
        if reader.fits(found.text, compact_json(found.data)):
            return found
    return _failure(error, reader, QUOTED // 8)


def _advice(error: SentryError) -> str | None:
    if not isinstance(error, InvalidRequestError):
        return None
    said = error.sentry or ""
    return next((advice for words, advice in ADVICE if words in said and advice not in error.message), None)


def _failure(error: SentryError, reader: Reader, length: int) -> Failure:
    message = reader.own_words(joined([error.message, _advice(error)], " "))
    details = {
        name: reader.own_words(value) if isinstance(value, str) else value for name, value in error.details.items()
    }
    text = f"{error.error}: {message}"
    if error.sentry:
        quoted = reader.quote(error.sentry, length)
        details["sentry"] = quoted
        text += f"\nSentry said: {Markers.new().inline(quoted)}" * (error.sentry not in SAYS_NO_MORE)
    if elsewhere := details.get("redirected_to"):
        text += f"\nIt redirects to {Markers.new().inline(elsewhere)}"
    data = {**error.as_dict(), "message": message, "details": details}
    meta = {"untrusted": [f"details.{name}" for name in SOMEBODYS if name in details]}
    return Failure(text, data, meta, isinstance(error, NotFoundError | InvalidRequestError))
