"""How an issue or an event is named: by ID, short ID, or the URL a person copied from Sentry."""

import re
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from sentry.errors import InvalidRequestError
from sentry.paths import quoted

_FLAGS = re.IGNORECASE | re.ASCII  # without ASCII, the Kelvin sign is a K
_NUMERIC = re.compile(r"[0-9]{1,20}")
_SHORT_ID = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,99}-[A-Z0-9]{1,20}", _FLAGS)
_EVENT_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", _FLAGS)
_SLUG = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,99}", _FLAGS)
_WEB_SCHEMES = ("http", "https")
_REGIONS = ("us", "de", "www", "app")

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
    """Read `5`, `#5`, `SHOP-BACKEND-1` or a URL of our Sentry; anything else raises InvalidRequestError."""
    text = text.strip()
    if len(text) <= MAX_REFERENCE:
        if _NUMERIC.fullmatch(text.removeprefix("#")):
            return IssueReference(text.removeprefix("#"))
        if "://" in text:
            return _from_url(text, sentry_url)
        if _EVENT_ID.fullmatch(text):
            raise InvalidRequestError(f"{text} is an event, not an issue. get_event has it, and names its issue.")
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
        if "://" in text:
            issue = _from_url(text, sentry_url)
            return issue.event or LATEST, issue
        if (event := _event_name(text)) is not None:
            return event, None
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


def _event_name(text: str) -> str | None:
    if _EVENT_ID.fullmatch(text):
        return text.replace("-", "").lower()
    return text.lower() if text.lower() in NAMED_EVENTS else None


def _from_url(text: str, sentry_url: str) -> IssueReference:
    ours = urlsplit(sentry_url)
    try:
        theirs = urlsplit(text)
        subdomain = _subdomain(theirs, ours)
        is_same = _is_same_site(theirs, ours)
    except ValueError:
        _refuse_url(text, ours)
    path = theirs.path
    if is_same and (prefix := ours.path.rstrip("/")):
        is_same = path.startswith(f"{prefix}/")
        path = path.removeprefix(prefix)
    if theirs.scheme not in _WEB_SCHEMES or "@" in theirs.netloc or not (is_same or subdomain is not None):
        _refuse_url(text, ours)
    before, is_issue, after = _around_issues([unquote(part) for part in path.split("/") if part])
    issue = after[0] if after else ""
    if not is_issue or not (_NUMERIC.fullmatch(issue) or _SHORT_ID.fullmatch(issue)):
        _refuse_url(text, ours)
    event = None
    if len(after) >= 3 and after[1] == "events" and (event := _event_name(after[2])) is None:
        raise InvalidRequestError(f"{quoted(after[2])} in the URL is not an event: 32 hex digits are.")
    return IssueReference(issue.upper(), _organization_in(before) or subdomain or None, event)


def _around_issues(parts: list[str]) -> tuple[list[str], bool, list[str]]:
    if "issues" not in parts:
        return parts, False, []
    at = parts.index("issues")
    return parts[:at], True, parts[at + 1 :]


def _organization_in(before: list[str]) -> str | None:
    """`organizations/{org}` today; `{org}/{project}` in Sentry 9; neither in the API's `api/0`."""
    if "organizations" in before[:-1]:
        found = before[before.index("organizations") + 1]
    elif len(before) == 2 and before != ["api", "0"]:
        found = before[0]
    else:
        return None
    return slug(found, "an organization")


def _is_same_site(theirs: SplitResult, ours: SplitResult) -> bool:
    """The same host and port; behind a proxy Sentry may take http for its own scheme where we use https."""
    if theirs.hostname != ours.hostname:
        return False
    return theirs.port == ours.port or (_has_usual_port(theirs) and _has_usual_port(ours))


def _subdomain(theirs: SplitResult, ours: SplitResult) -> str | None:
    """The organization in `acme.sentry.io`; "" for a region's host; None for a host that is not ours."""
    is_sentry_io = f".{ours.hostname}".endswith(".sentry.io")
    host = theirs.hostname or ""
    if not is_sentry_io or not _has_usual_port(theirs):
        return None
    if host == "sentry.io":
        return ""
    name, _, site = host.partition(".")
    if site != "sentry.io" or not _SLUG.fullmatch(name):
        return None
    return "" if name in _REGIONS else name


def _has_usual_port(url: SplitResult) -> bool:
    return url.port in (None, 80 if url.scheme == "http" else 443)


def _refuse_url(text: str, ours: SplitResult) -> NoReturn:
    raise InvalidRequestError(
        f"{quoted(text)} is not the URL of an issue on {ours.netloc}, the Sentry this server is connected to. "
        "Give the issue's ID or short ID."
    )
