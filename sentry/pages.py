"""What the URL of one of Sentry's pages names, be it of today's Sentry, of Sentry 9, of GlitchTip, or of the API."""

import re
from dataclasses import replace
from itertools import pairwise
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from sentry.errors import InvalidRequestError
from sentry.identifiers import (
    EVENT_ID,
    NUMERIC,
    SHORT_ID,
    SLUG,
    EventReference,
    IssueReference,
    Reference,
    SharedIssue,
    event_name,
    slug,
)
from sentry.paths import quoted

_WEB_SCHEMES = ("http", "https")
_REGIONS = ("us", "de", "www", "app")
_SHARE = re.compile(r"[0-9A-Za-z_-]{1,100}")
_LISTS = ("ERRORS-OUTAGES", "BREACHED-METRICS")
"""Pages of lists whose names look like short IDs."""

_FIND = "Give an issue's ID, short ID or URL; list_issues finds issues."
_OTHERS = {
    "settings": ("a page of settings", _FIND),
    "alerts": ("an alert's page", "Give the URL of the issue that it told of; list_issues finds issues."),
    "crons": ("a monitor's page", "Give the URL of the issue that it opened; list_issues finds issues."),
    "monitors": ("a monitor's page", "Give the URL of the issue that it opened; list_issues finds issues."),
    "uptime": ("a monitor's page", "Give the URL of the issue that it opened; list_issues finds issues."),
    "replays": ("a replay's page", _FIND),
    "trace": ("a trace's page", "get_trace takes it."),
    "releases": ("a release's page", "get_release takes its version; list_issues with release:VERSION finds issues."),
    "feedback": ("a list of feedback", "list_issues with the query issue.category:feedback has its issues."),
    "issues": ("a list of issues", "list_issues takes the query that is in it."),
    "projects": ("a project's page", "get_project takes its slug; list_issues with project finds issues."),
}
"""What pages that name no issue are of, and what to give instead; the first that fits."""


def named_by_url(text: str, sentry_url: str) -> Reference:
    """The issue or event that a page of our Sentry is of; raises InvalidRequestError for any other URL."""
    ours = urlsplit(sentry_url)
    try:
        place = _place(urlsplit(text), ours)
    except ValueError:  # no URL at all
        place = None
    if place is None:
        raise InvalidRequestError(
            f"{quoted(text)} is not on {ours.netloc}, the Sentry this server is connected to. "
            "Give the issue's ID or short ID."
        )
    path, query, subdomain = place
    parts = [unquote(part) for part in path.split("/") if part]
    named = _shared(parts) or _issue(parts, ours) or _event(parts) or _feedback(parts, query)
    if named is None:
        what, instead = next((words for name, words in _OTHERS.items() if name in parts), ("another page", _FIND))
        raise InvalidRequestError(f"{quoted(text)} names no issue: it is {what}. {instead}")
    return replace(named, organization=named.organization or subdomain or None)


def trace_named_by_url(text: str, sentry_url: str) -> tuple[str, str | None]:
    """The trace that a page of our Sentry is of, `.../trace/{trace}/`, and its organization; raises InvalidRequestError
    for any other URL."""
    ours = urlsplit(sentry_url)
    try:
        place = _place(urlsplit(text), ours)
    except ValueError:
        place = None
    if place is None:
        raise InvalidRequestError(
            f"{quoted(text)} is not on {ours.netloc}, the Sentry this server is connected to. Give the trace's ID."
        )
    path, _, subdomain = place
    parts = [unquote(part) for part in path.split("/") if part]
    for before, name in pairwise(parts):
        if before == "trace" and EVENT_ID.fullmatch(name):
            return name.replace("-", "").lower(), _organization_in(parts) or subdomain or None
    raise InvalidRequestError(f"{quoted(text)} names no trace. Give its ID, 32 hex digits.")


def _shared(parts: list[str]) -> SharedIssue | None:
    """`/share/issue/{secret}/`, also inside of an organization."""
    if "share" not in parts:
        return None
    match parts[parts.index("share") + 1 :]:
        case ["issue" | "group", share, *_] if _SHARE.fullmatch(share):
            return SharedIssue(share, _organization_in(parts))
        case _:
            return None


def _issue(parts: list[str], ours: SplitResult) -> IssueReference | None:
    """`.../issues/{issue}/` and whatever tab of it; the event where the URL has one."""
    for at, (before, name) in enumerate(pairwise(parts)):
        if before == "issues" and (NUMERIC.fullmatch(name) or SHORT_ID.fullmatch(name)) and name.upper() not in _LISTS:
            organization = _organization_of(parts[:at], name, ours)
            return IssueReference(name.upper(), organization, _event_in(parts[at + 2 :]))
    return None


def _event_in(tab: list[str]) -> str | None:
    match tab:
        case ["events", text, *_]:
            event = event_name(text) or (text if NUMERIC.fullmatch(text) else None)  # Sentry 9 counts them
            if event is None:
                raise InvalidRequestError(f"{quoted(text)} in the URL is not an event: 32 hex digits are.")
            return event
        case _:
            return None


def _event(parts: list[str]) -> EventReference | None:
    """`/{organization}/{project}/events/{event}/` and its like; `{project}:{event}` where events are searched."""
    for at, part in enumerate(parts):
        project, _, event = part.rpartition(":")
        if SLUG.fullmatch(project) and EVENT_ID.fullmatch(event):
            return EventReference(event_name(event) or "", _organization_in(parts[:at]), project)
    if "events" not in parts:
        return None
    at = parts.index("events")
    match parts[:at], parts[at + 1 :]:
        case [*before, project], [event, *_] if EVENT_ID.fullmatch(event) and SLUG.fullmatch(project):
            name = event_name(event) or ""
        case _:
            return None
    match before:
        case ["projects"]:
            return EventReference(name, None, project)
        case ["organizations", organization, "projects"] | ["api", "0", "projects", organization] | [organization]:
            return EventReference(name, slug(organization, "an organization"), project)
        case _:
            return None


def _feedback(parts: list[str], query: str) -> IssueReference | EventReference | None:
    """A report of a user, which is an issue of its own: `?feedbackSlug={project}:{issue}`, or named by its event."""
    if "feedback" not in parts:
        return None
    asked = dict(parse_qsl(query))
    issue = asked.get("feedbackSlug", "").rpartition(":")[2]
    if NUMERIC.fullmatch(issue):
        return IssueReference(issue, _organization_in(parts))
    event, project = asked.get("eventId", ""), asked.get("projectSlug", "")
    if EVENT_ID.fullmatch(event) and SLUG.fullmatch(project):
        return EventReference(event_name(event) or "", _organization_in(parts), project)
    return None


def _organization_of(before: list[str], issue: str, ours: SplitResult) -> str | None:
    """`organizations/{org}` today; in Sentry 9 `{org}/{project}`, and `{org}` before a short ID. Before a number
    that alone is a project or an organization in GlitchTip, which needs neither. The API's `api/0` is none."""
    if (found := _organization_in(before)) is not None or before == ["api", "0"]:
        return found
    is_alone = len(before) == 1 and (not issue.isdigit() or _is_sentry_io(ours))
    return slug(before[0], "an organization") if len(before) == 2 or is_alone else None


def _organization_in(parts: list[str]) -> str | None:
    if "organizations" not in parts[:-1]:
        return None
    return slug(parts[parts.index("organizations") + 1], "an organization")


def _place(theirs: SplitResult, ours: SplitResult) -> tuple[str, str, str | None] | None:
    """The path below our Sentry's address, the query, the organization in the host; None for a URL of elsewhere."""
    if theirs.scheme not in _WEB_SCHEMES or "@" in theirs.netloc:
        return None
    subdomain, prefix = _subdomain(theirs, ours), ours.path.rstrip("/")
    if _is_same_site(theirs, ours) and theirs.path.startswith(f"{prefix}/"):
        return theirs.path.removeprefix(prefix), theirs.query, subdomain
    return (theirs.path, theirs.query, subdomain) if subdomain is not None else None


def _is_same_site(theirs: SplitResult, ours: SplitResult) -> bool:
    """The same host and port; behind a proxy Sentry may take http for its own scheme where we use https."""
    if theirs.hostname != ours.hostname:
        return False
    return theirs.port == ours.port or (_has_usual_port(theirs) and _has_usual_port(ours))


def _subdomain(theirs: SplitResult, ours: SplitResult) -> str | None:
    """The organization in `acme.sentry.io`; "" for a region's host; None for a host that is not ours."""
    if not _is_sentry_io(ours) or not _has_usual_port(theirs):
        return None
    host = theirs.hostname or ""
    if host == "sentry.io":
        return ""
    name, _, site = host.partition(".")
    if site != "sentry.io" or not SLUG.fullmatch(name):
        return None
    return "" if name in _REGIONS else name


def _is_sentry_io(url: SplitResult) -> bool:
    return f".{url.hostname}".endswith(".sentry.io")


def _has_usual_port(url: SplitResult) -> bool:
    return url.port in (None, 80 if url.scheme == "http" else 443)
