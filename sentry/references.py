"""How an issue, an event or a project is named: by ID, short ID, slug, or the URL a person copied from Sentry.

Each may stand behind its organization: `acme/SHOP-1`, `acme/shop`.
"""

from sentry.errors import InvalidRequestError
from sentry.identifiers import (
    EVENT_ID,
    LATEST,
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
from sentry.pages import named_by_url, trace_named_by_url
from sentry.paths import quoted

MAX_REFERENCE = 2_000
"""Characters; more is no reference."""


def issue_reference(text: str, sentry_url: str) -> Reference:
    """Read `5`, `#5`, `SHOP-BACKEND-1`, `acme/SHOP-BACKEND-1` or a URL of our Sentry; anything else raises
    InvalidRequestError. A URL may name an issue by one of its events, or by what it is shared with."""
    text = text.strip()
    if len(text) <= MAX_REFERENCE:
        if "://" in text:
            return named_by_url(text, sentry_url)
        organization, name = _behind_organization(text)
        if NUMERIC.fullmatch(name.removeprefix("#")):
            return IssueReference(name.removeprefix("#"), organization)
        if EVENT_ID.fullmatch(name):
            raise InvalidRequestError(f"{text} is an event, not an issue. get_event has it, and names its issue.")
        if SHORT_ID.fullmatch(name):
            return IssueReference(name.upper(), organization)
    raise InvalidRequestError(
        f"{quoted(text)} is not an issue. Give its ID (5), its short ID (SHOP-BACKEND-1) or its Sentry URL."
    )


def event_reference(text: str, sentry_url: str) -> tuple[str, Reference]:
    """Read an event: 32 hex digits with or without dashes, also behind an organization, latest, oldest,
    recommended, or a URL of one.

    Gives the event in Sentry's spelling (no dashes, lower case), and what it was named by.
    """
    text = text.strip()
    if len(text) <= MAX_REFERENCE:
        if "://" in text:
            named = named_by_url(text, sentry_url)
            return (named.event if not isinstance(named, SharedIssue) else None) or LATEST, named
        organization, name = _behind_organization(text)
        if (event := event_name(name)) is not None:
            return event, EventReference(event, organization)
        if NUMERIC.fullmatch(name.removeprefix("#")) or SHORT_ID.fullmatch(name):
            raise InvalidRequestError(
                f"{quoted(text)} is an issue, not an event. Give it as issue; the event may then be latest, oldest "
                "or recommended."
            )
    raise InvalidRequestError(
        f"{quoted(text)} is not an event. Give its ID (32 hex digits), or latest, oldest or recommended "
        "together with the issue."
    )


def trace_reference(text: str, sentry_url: str) -> tuple[str, str | None]:
    """Read a trace: 32 hex digits with or without dashes, also behind an organization, or the URL of its page.

    Gives the trace in Sentry's spelling (no dashes, lower case), and its organization.
    """
    text = text.strip()
    if len(text) <= MAX_REFERENCE:
        if "://" in text:
            return trace_named_by_url(text, sentry_url)
        organization, name = _behind_organization(text)
        if EVENT_ID.fullmatch(name):
            return name.replace("-", "").lower(), organization
    raise InvalidRequestError(
        f"{quoted(text)} is not a trace. Give its ID (32 hex digits) or its Sentry URL; or the event or issue whose "
        "trace it is."
    )


def project_reference(text: str, organization: str | None = None) -> tuple[str | None, str]:
    """Read `shop`, or `acme/shop`, which names its organization too. Gives the organization and the project."""
    owner, name = _behind_organization(text.strip())
    project = slug(name, "a project")
    if owner is None:
        return organization, project
    if organization and organization.strip().lower() != owner.lower():
        raise InvalidRequestError(f"{quoted(text)} is a project of {owner}, not of {quoted(organization)}.")
    return owner, project


def organization_in(text: str, sentry_url: str) -> str | None:
    """The organization that stands in the reference of an issue, an event or a project."""
    return named_by_url(text, sentry_url).organization if "://" in text else _behind_organization(text.strip())[0]


def spelled(named: Reference, organization: str, sentry_url: str) -> str:
    """What is named, as it is to be looked for in this organization and in no other."""
    within = f"{sentry_url.rstrip('/')}/organizations/{organization}"
    match named:
        case IssueReference(event=None):
            return f"{organization}/{named.id}"
        case IssueReference():
            return f"{within}/issues/{named.id}/events/{named.event}/"
        case SharedIssue():
            return f"{within}/share/issue/{named.share}/"
        case EventReference(project=None):
            return f"{organization}/{named.event}"
        case EventReference():
            return f"{within}/projects/{named.project}/events/{named.event}/"


def _behind_organization(text: str) -> tuple[str | None, str]:
    owner, slash, name = text.partition("/")
    return (owner, name) if slash and SLUG.fullmatch(owner) else (None, text)
