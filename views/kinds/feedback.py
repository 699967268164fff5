"""What a visitor wrote, and where."""

import re

from views.kinds.reading import Facts, Kind, Occurred, text
from views.wording import joined

TYPE = 6001
"""Of its occurrences: getsentry/sentry, src/sentry/issues/grouptype.py, FeedbackGroup."""


def _facts(occurred: Occurred) -> Facts | None:
    context = {**occurred.data, **occurred.context("feedback")}
    of_type = occurred.occurrence is not None and occurred.occurrence.type == TYPE
    if not of_type and not occurred.context("feedback"):
        return None
    replay = context.get("replay_id") or occurred.context("replay").get("replay_id")
    return {
        "Message": text(context.get("message")),
        "From": joined([text(context.get("name")), text(context.get("contact_email"))], ", "),
        "URL": text(context.get("url") or occurred.event.tag("url")),
        "Linked error": text(context.get("associated_event_id")),
        "Replay": text(replay),
        "Spam": "yes, as Sentry thinks" if context.get("is_spam") is True else None,
    }


KIND = Kind(
    _facts,
    display=frozenset("message contact_email name associated_event_id is_spam spam_detection_enabled".split()),
    data=frozenset(
        "message contact_email name associated_event_id source is_spam spam_detection_enabled summary".split()
    ),
    contexts={
        "feedback": frozenset("message name contact_email url associated_event_id replay_id source".split()),
        "replay": frozenset({"replay_id"}),
    },
    tags=re.compile(r"associated_event_id|has_linked_error|replayId|url|user\.email"),
)
