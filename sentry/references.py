"""How an issue or an event is named: by ID, short ID, or the URL a person copied from Sentry."""

import re
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from sentry.errors import InvalidRequestError
from sentry.paths import quoted

_NUMERIC = re.compile(r"[0-9]{1,20}")
_SHORT_ID = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,99}-[A-Z0-9]{1,20}", re.IGNORECASE)
_EVENT_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_SLUG = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,99}", re.IGNORECASE)

LATEST, OLDEST, RECOMMENDED = "latest", "oldest", "recommended"
NAMED_EVENTS = (LATEST, OLDEST, RECOMMENDED)
MAX_REFERENCE = 2_000
"""Characters; more is no reference."""


@dataclass(frozen=True)
class IssueReference:
    """`id` is all digits or a short ID in capitals; the rest is known only from a URL."""

    id: str
    organization: str | None = None
    event: str | None = None

    @property
    def is_short(self) -> bool:
        return not self.id.isdigit()


def issue_reference(text: str, sentry_url: str) -> IssueReference:
    """Read `5`, `SHOP-BACKEND-1` or a URL of our Sentry; anything else raises InvalidRequestError."""
    text = text.strip()
    if len(text) <= MAX_REFERENCE:
        if _NUMERIC.fullmatch(text):
            return IssueReference(text)
        if "://" in text:
            return _from_url(text, sentry_url)
        if _SHORT_ID.fullmatch(text):
            return IssueReference(text.upper())
    raise InvalidRequestError(
        f"{quoted(text)} is not an issue. Give its ID (5), its short ID (SHOP-BACKEND-1) or its Sentry URL."
    )


def event_reference(text: str, sentry_url: str) -> tuple[str, IssueReference | None]:
    """Read an event: 32 hex digits with or without dashes, latest, oldest, recommended, or a URL of one.

    Gives the event in Sentry's spelling (no dashes, lower case), and the issue when a URL names it.
    """
    text = text.strip()
    if len(text) <= MAX_REFERENCE:
        if text.lower() in NAMED_EVENTS:
            return text.lower(), None
        if _EVENT_ID.fullmatch(text):
            return text.replace("-", "").lower(), None
        if "://" in text:
            issue = _from_url(text, sentry_url)
            return issue.event or LATEST, issue
    raise InvalidRequestError(
        f"{quoted(text)} is not an event. Give its ID (32 hex digits), or latest, oldest or recommended "
        "together with the issue."
    )


def slug(text: str, kind: str) -> str:
    """An organization's or a project's name in URLs; anything else raises InvalidRequestError."""
    text = text.strip()
    if not _SLUG.fullmatch(text):
        raise InvalidRequestError(f"{quoted(text)} is not {kind} slug, such as shop-backend.")
    return text


def _from_url(text: str, sentry_url: str) -> IssueReference:
    ours = urlsplit(sentry_url)
    try:
        theirs = urlsplit(text)
        host, port = theirs.hostname or "", theirs.port
    except ValueError:
        _refuse_url(text, ours.netloc)
    organization = _subdomain(host, ours.hostname or "")
    same = (host, port or _default_port(theirs.scheme)) == (
        ours.hostname,
        ours.port or _default_port(ours.scheme),
    )
    if theirs.scheme not in ("http", "https") or theirs.username or not (same or organization is not None):
        _refuse_url(text, ours.netloc)
    parts = [unquote(part) for part in theirs.path.removeprefix(ours.path.rstrip("/")).split("/") if part]
    if "issues" not in parts:
        _refuse_url(text, ours.netloc)
    at = parts.index("issues")
    before, after = parts[:at], parts[at + 1 :]
    issue = after[0] if after else ""
    if not (_NUMERIC.fullmatch(issue) or _SHORT_ID.fullmatch(issue)):
        _refuse_url(text, ours.netloc)
    event = None
    if len(after) >= 3 and after[1] == "events":
        event, _ = event_reference(after[2], sentry_url)
    named = _organization_in(before) or organization or None
    return IssueReference(issue.upper(), named, event)


def _organization_in(before: list[str]) -> str | None:
    """`organizations/{org}` today; `{org}/{project}` in Sentry 9."""
    if "organizations" in before[:-1]:
        found = before[before.index("organizations") + 1]
    elif len(before) == 2:
        found = before[0]
    else:
        return None
    return slug(found, "an organization")


def _subdomain(host: str, ours: str) -> str | None:
    """The organization in `acme.sentry.io`; "" for a region's host; None for a host that is not ours."""
    if ours != "sentry.io" and not ours.endswith(".sentry.io"):
        return None
    if host == "sentry.io":
        return ""
    name, _, site = host.partition(".")
    if site != "sentry.io" or not _SLUG.fullmatch(name):
        return None
    return "" if name in ("us", "de", "www", "app") else name


def _default_port(scheme: str) -> int:
    return 80 if scheme == "http" else 443


def _refuse_url(text: str, ours: str) -> NoReturn:
    raise InvalidRequestError(
        f"{quoted(text)} is not the URL of an issue on {ours}, the Sentry this server is connected to. "
        "Give the issue's ID or short ID."
    )
