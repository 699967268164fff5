"""Paths of the Web API: the only way a value enters one, confined to its segment."""

import re
from urllib.parse import quote, unquote

from sentry.errors import InvalidRequestError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SEPARATOR = re.compile(r"[/\\]")
_OF_ISSUE = re.compile(r"/api/0/(?:organizations/[^/?]+/)?issues/([^/?]+)/")
_LIST_OF_ISSUES = re.compile(r"/api/0/(?:organizations/[^/?]+|projects/[^/?]+/[^/?]+)/issues/(?:\?|\Z)")
LISTS = "*"
"""Stands for the lists of issues: any issue may be in them."""

MAX_SEGMENT = 250
"""Characters; the longest name Sentry has is a release version of at most 250."""


def api_path(*segments: str) -> str:
    """`api_path("issues", "5")` is `/api/0/issues/5/`, whatever a segment holds.

    Every path of Sentry's API ends with a slash. A segment is percent-encoded whole (RFC 3986, 2.1), so
    that a slash in it, plain or already encoded, stays inside. One that could leave its place after all, as
    servers and proxies may decode it more than once, raises InvalidRequestError: empty, `.` or `..` between
    slashes of any kind, control characters, lone surrogates, longer than MAX_SEGMENT.
    """
    return "/api/0/" + "".join(f"{_confined(segment)}/" for segment in segments)


def _confined(segment: str) -> str:
    if not segment or len(segment) > MAX_SEGMENT or not _is_harmless(segment):
        raise InvalidRequestError(f"{quoted(segment)} is not a name or an ID that Sentry can have.")
    try:
        return quote(segment, safe="")
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{quoted(segment)} is not valid text.") from None


def _is_harmless(segment: str) -> bool:
    """However often it is decoded."""
    while True:
        parts = _SEPARATOR.split(segment)
        if _CONTROL.search(segment) or any(part in (".", "..") for part in parts):
            return False
        decoded = unquote(segment)
        if decoded == segment:
            return True
        segment = decoded


def issue_in(url: str) -> str | None:
    """The issue, by its number or short ID, that a URL made with `api_path` is of: it, or a part of it; LISTS for a
    list of issues, None for all else."""
    found = _OF_ISSUE.search(url)
    if found:
        return found[1]
    return LISTS if _LIST_OF_ISSUES.search(url) else None


def quoted(text: str, limit: int = 60) -> str:
    """A value for a message of ours: on one line, escaped, cut to `limit` characters."""
    return ascii(text if len(text) <= limit else f"{text[:limit]}...")
