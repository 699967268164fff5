"""What names things in Sentry: numbers, short IDs, event IDs, slugs, and what a reference is made of."""

import re
from dataclasses import dataclass

from sentry.errors import InvalidRequestError
from sentry.paths import quoted

_FLAGS = re.IGNORECASE | re.ASCII  # without ASCII, the Kelvin sign is a K
NUMERIC = re.compile(r"[0-9]{1,20}")
SHORT_ID = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,99}-[A-Z0-9]{1,20}", _FLAGS)
EVENT_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", _FLAGS)
SLUG = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,99}", _FLAGS)

LATEST, OLDEST, RECOMMENDED = "latest", "oldest", "recommended"
NAMED_EVENTS = (LATEST, OLDEST, RECOMMENDED)


@dataclass(frozen=True)
class IssueReference:
    """`id` is all digits or a short ID in capitals; `event` stands in a URL, in Sentry 9's also as a number."""

    id: str
    organization: str | None = None
    event: str | None = None

    @property
    def is_short(self) -> bool:
        return not self.id.isdigit()


@dataclass(frozen=True)
class EventReference:
    """An event that is named without its issue; the project is known only from a URL."""

    event: str
    organization: str | None = None
    project: str | None = None


@dataclass(frozen=True)
class SharedIssue:
    """An issue by the secret in the link by which it is shared with everybody."""

    share: str
    organization: str | None = None


Reference = IssueReference | EventReference | SharedIssue


def event_name(text: str) -> str | None:
    """In Sentry's spelling, no dashes and lower case; None for what names no event."""
    if EVENT_ID.fullmatch(text):
        return text.replace("-", "").lower()
    return text.lower() if text.lower() in NAMED_EVENTS else None


def is_slug(text: str) -> bool:
    """Of a name that Sentry gave: what is none has no place in a path, nor in words of ours."""
    return SLUG.fullmatch(text) is not None


def slug(text: str, kind: str) -> str:
    """An organization's or a project's name in URLs; anything else raises InvalidRequestError."""
    text = text.strip()
    if not SLUG.fullmatch(text):
        raise InvalidRequestError(f"{quoted(text)} is not {kind} slug, such as shop-backend.")
    return text
