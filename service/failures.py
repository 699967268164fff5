"""How a failure is told, whoever hears it: what to try, in our words; what Sentry said, quoted as data."""

from dataclasses import dataclass
from typing import Any

from sentry.errors import InvalidRequestError, NotFoundError, SentryError
from views.provenance import Markers
from views.reader import Reader

SAYS_NO_MORE = (
    "The requested resource does not exist",
    "Not Found",
    "You do not have permission to perform this action.",
    "Permission denied",
    "Invalid token",
    "Unauthorized",
)
"""Words of Sentry's that tell nothing beside the error's own."""


@dataclass(frozen=True)
class Failure:
    """`text` for a model, which starts with the error's name; `data` as `{"error", "message", "status_code",
    "details"}` for a program; `is_askers` when another question would be answered, else it is Sentry's or ours."""

    text: str
    data: dict[str, Any]
    is_askers: bool


def failure(error: SentryError, reader: Reader) -> Failure:
    data = error.as_dict()
    text = f"{error.error}: {error.message}"
    if error.sentry:
        quoted = reader.quote(error.sentry)
        data["details"] = {**error.details, "sentry": quoted}
        text += f" Sentry said: {Markers.new().inline(quoted)}" * (error.sentry not in SAYS_NO_MORE)
    return Failure(text, data, isinstance(error, NotFoundError | InvalidRequestError))
