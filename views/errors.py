"""How a failure is told: what to try, in our words; what Sentry said, quoted as data."""

from sentry.errors import SentryError
from views.provenance import Markers
from views.reader import Answer, Reader


def error_answer(error: SentryError, reader: Reader) -> Answer:
    """The failure as text for a model and as `{"error", "message", "status_code", "details"}`."""
    data = error.as_dict()
    text = error.message
    if error.sentry:
        said = reader.quote(error.sentry)
        data["details"] = {**error.details, "sentry": said}
        text += f" Sentry said: {Markers.new().inline(said)}"
    return Answer(text, data, {})
