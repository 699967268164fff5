"""What each kind of Sentry can do, and by which route: all there is to supporting several of them. Pure, no I/O.

Which kind answers is told by what only that kind says of itself: an organization's fields, the form of an issue's
permalink. A failure, a web page, an empty list or a refused search says nothing about the kind.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit


class Dialect(Enum):
    """The kinds of Sentry, by the name that messages give them."""

    TODAY = "today's Sentry"  # sentry.io, and self-hosted from 22 on
    SENTRY_10 = "Sentry 10 to 21"
    SENTRY_9 = "Sentry 9"
    GLITCHTIP = "GlitchTip"  # to 5
    GLITCHTIP_6 = "GlitchTip 6"

    @property
    def is_glitchtip(self) -> bool:
        return self in (Dialect.GLITCHTIP, Dialect.GLITCHTIP_6)


class Route(Enum):
    """The ways to one answer. Issues are named inside their organization, or by their number alone."""

    ORGANIZATION = "/organizations/{organization}/..."
    PROJECT_NUMBER = "/organizations/{organization}/issues/?project={number}"
    EACH_PROJECT = "/projects/{organization}/{each project}/..."
    GLITCHTIP = "/organizations or /projects/.../issues/, with GlitchTip's names of sorts"
    NUMBER = "/issues/{number}/..."
    NOTES = "/issues/{number}/notes/"
    PROJECT = "/projects/{organization}/{the issue's project}/events/{event}/"
    LOOKUP = "/organizations/{organization}/shortids/ or eventids/"
    SEARCH = "/organizations/{organization}/issues/?query={what is looked for}"
    WALK = "/issues/{number}/events/, page by page"
    ALL_TAGS = "/issues/{number}/tags/"
    EVENTS_TRACE = "/organizations/{organization}/events-trace/{trace}/"
    EVENTS_V2 = "/organizations/{organization}/eventsv2/"
    EVENTS_STATS = "/organizations/{organization}/events-stats/"
    LOGS = "/organizations/{organization}/logs/"
    TRANSACTIONS = "/organizations/{organization}/transaction-groups/, and n-plus-one/"


_O, _N = Route.ORGANIZATION, Route.NUMBER

ROUTES: dict[str, tuple[tuple[Route, ...], ...]] = {
    # operation: in order of preference for      TODAY, SENTRY_10, SENTRY_9, GLITCHTIP
    "list issues": ((_O,), (_O, Route.EACH_PROJECT), (Route.EACH_PROJECT,), (Route.GLITCHTIP,)),
    "list issues of a project": (
        (_O, Route.PROJECT_NUMBER),
        (_O, Route.PROJECT_NUMBER, Route.EACH_PROJECT),
        (Route.EACH_PROJECT,),
        (Route.GLITCHTIP,),
    ),
    "read an issue": ((_O,), (_N,), (_N,), (_N,)),
    "find an issue by its short ID": ((Route.LOOKUP,), (Route.LOOKUP,), (Route.LOOKUP,), (Route.SEARCH,)),
    "read a shared issue": ((_O, _N), (_N,), (_N,), ()),
    "update an issue": ((_O,), (_N,), (_N,), (_N,)),
    "comment on an issue": ((_O,), (Route.NOTES,), (Route.NOTES,), (_N,)),
    "read the history of an issue": ((_O,), (Route.NOTES,), (Route.NOTES,), (_N,)),  # all but the first: comments alone
    "read the tags of an issue": ((_O,), (_N,), (_N,), (_N,)),
    "read the values of a tag": ((_O,), (_N,), (_N,), (Route.ALL_TAGS,)),
    "list the events of an issue": ((_O,), (_N,), (_N,), (_N,)),
    "read the latest event of an issue": ((_O,), (_N,), (_N,), (_N,)),
    "read the recommended event of an issue": ((_O,), (_N,), (_N,), (_N,)),  # by number: the latest
    "read the oldest event of an issue": ((_O,), (_N, Route.WALK), (_N, Route.WALK), (_N, Route.WALK)),
    "read an event by its ID": ((_O,), (_N, Route.PROJECT), (Route.PROJECT,), (_N, Route.PROJECT)),
    "find an event by its ID": ((Route.LOOKUP,), (Route.LOOKUP,), (Route.LOOKUP,), (Route.SEARCH, Route.EACH_PROJECT)),
    "name suspect commits": ((_O,), (_O,), (_O,), ()),
    "name suspect flags": ((_O,), (), (), ()),
    "read code mappings": ((_O,), (), (), ()),
    "list releases": ((_O,), (_O,), (_O,), (_O,)),
    "list releases of a project": (
        (_O, Route.PROJECT_NUMBER),
        (_O, Route.PROJECT_NUMBER),
        (Route.EACH_PROJECT,),
        (Route.EACH_PROJECT,),
    ),
    "read a release": ((_O,), (_O,), (_O,), (_O,)),
    "read the commits of a release": ((_O,), (_O,), (_O,), (_O,)),
    "read the deploys of a release": ((_O,), (_O,), (_O,), (_O,)),
    "read a trace": ((_O, Route.EVENTS_TRACE), (Route.EVENTS_TRACE,), (), ()),
    "count what is in a trace": ((_O,), (), (), ()),
    "read the logs of a trace": ((_O,), (), (), (Route.LOGS,)),
    "search errors": ((_O,), (_O, Route.EVENTS_V2), (), ()),
    "search logs": ((_O,), (_O,), (), (Route.LOGS,)),
    "search spans": ((_O,), (_O,), (), (Route.TRANSACTIONS,)),
    "count errors over time": ((_O, Route.EVENTS_STATS), (Route.EVENTS_STATS,), (), ()),
    "count logs over time": ((_O, Route.EVENTS_STATS), (), (), ()),
    "count spans over time": ((_O, Route.EVENTS_STATS), (), (), ()),
    "list attributes": ((_O,), (_O,), (), ()),
    "count dropped events": ((_O,), (), (), ()),
}

_INSTEAD_OF_ERRORS = (
    "list_issues searches issues; get_events lists an issue's events, get_tag_values counts them by a tag."
)
_INSTEAD_OF_TELEMETRY = "get_issue has the breadcrumbs of an error's request, which say what led to it."
INSTEAD = {
    "search errors": _INSTEAD_OF_ERRORS,
    "search logs": _INSTEAD_OF_TELEMETRY,
    "search spans": _INSTEAD_OF_TELEMETRY,
    "count errors over time": _INSTEAD_OF_ERRORS,
    "count logs over time": "Without interval they are listed where there are any.",
    "count spans over time": "Without interval transactions are listed where there are any.",
}
"""What to do where a kind of server cannot."""

SORTS_OF_GLITCHTIP = {"date": "-last_seen", "new": "-first_seen", "freq": "-count", "recommended": "-priority"}
SORTS_OF_SENTRY_9 = ("date", "new", "freq", "priority")
SORTS = ("date", "new", "freq", "user", "trends", "recommended")
"""Those of today's Sentry, which are the ones that callers choose from."""

OLD = (Dialect.SENTRY_10, Dialect.SENTRY_9)
_ANY_GLITCHTIP = (Dialect.GLITCHTIP, Dialect.GLITCHTIP_6)
_BREADCRUMBS = "get_issue has the breadcrumbs of the same request."
INSTEAD_OF_TRACES = {
    Dialect.TODAY: f"Self-hosted for errors alone, or from before 24, it stores no spans. {_BREADCRUMBS}",
    Dialect.SENTRY_10: _BREADCRUMBS,
    Dialect.SENTRY_9: _BREADCRUMBS,
    Dialect.GLITCHTIP: _BREADCRUMBS,
    Dialect.GLITCHTIP_6: "search_events finds what was logged in it, with dataset=logs and the query trace:ID, and "
    "with dataset=spans the groups of its transactions.",
}
"""What to do where a kind has no traces."""
NOT_TAKEN: tuple[tuple[str, tuple[Dialect, ...], str], ...] = (
    # part of a change, who takes it and does nothing, or fails   what to do instead
    ("priority", (*OLD, *_ANY_GLITCHTIP), "Issues have no priority there: leave it out."),
    ("ignore_until=escalating", (*OLD, *_ANY_GLITCHTIP), "Ignore for ever instead."),
    ("ignore_minutes", _ANY_GLITCHTIP, "Ignore for ever instead."),
    ("ignore_events", _ANY_GLITCHTIP, "Ignore for ever instead."),
    ("ignore_users", _ANY_GLITCHTIP, "Ignore for ever instead."),
    ("in_commit", _ANY_GLITCHTIP, "Resolve without it, and name the commit in a comment."),
    ("in_release", (Dialect.GLITCHTIP,), "Resolve without it, and name the release in a comment."),
    ("status=resolvedInNextRelease", (Dialect.GLITCHTIP,), "Resolve at once instead."),
    ("assigned_to", (Dialect.GLITCHTIP,), "Name whom it concerns in a comment."),
)


@dataclass(frozen=True)
class Search:
    """A search of issues that does not know all of Sentry's syntax: what it does not know it takes for the name of a
    tag, and finds nothing, in silence."""

    kind: Dialect
    unknown: tuple[str, ...]  # keys, `stack.` for all that begin so, or whole terms
    states: tuple[str, ...]  # those of `is:` that it knows
    knows: str


_OF_EVENTS = ("message", "title", "error.", "stack.", "event.type", "platform", "timestamp")
_OF_TODAY = ("issue.", "assigned_or_suggested", "project")
_OF_DATES = ("age", "firstSeen", "lastSeen", "event.timestamp", "timesSeen", "userCount")
_OF_ISSUES = (*_OF_DATES, "firstRelease", "lastRelease", "assigned", "bookmarks", "subscribed")
SEARCH_OF_SENTRY_9 = Search(
    Dialect.SENTRY_9,
    (*_OF_EVENTS, *_OF_TODAY, "assigned:none"),
    ("unresolved", "resolved", "ignored", "archived", "assigned", "unassigned"),
    "is: level: release: firstRelease: environment: assigned: age: lastSeen: timesSeen: has:, any tag, and free text",
)
SEARCH_OF_GLITCHTIP = Search(
    Dialect.GLITCHTIP,
    (*_OF_EVENTS, *_OF_TODAY, *_OF_ISSUES, "transaction", "release:latest"),
    ("unresolved", "resolved", "ignored", "archived"),
    "is:unresolved is:resolved is:ignored level: has:, any tag, such as release: or environment:, and free text",
)
SEARCHES = (SEARCH_OF_SENTRY_9, SEARCH_OF_GLITCHTIP)

NOT_HEEDED_OF_EVENTS = ("is", *_OF_ISSUES, "last_seen", "first_seen", "event.timestamp")
"""Keys of issues, which Sentry 9 takes in a search of one issue's events, and lists them all."""
EVENTS_OF_SENTRY_9 = Search(
    Dialect.SENTRY_9,
    (*NOT_HEEDED_OF_EVENTS, *_OF_EVENTS, *_OF_TODAY, "has", "release:latest"),
    (),
    "environment: release: level: transaction: user.id:, any tag, and free text",
)

_COLUMNS = (Dialect.TODAY, Dialect.SENTRY_10, Dialect.SENTRY_9, Dialect.GLITCHTIP)
_PATHS = {
    Dialect.SENTRY_9: re.compile(r"(?:/[^/]+)*/(?!organizations/)[^/]+/[^/]+/issues/[0-9]+/"),
    Dialect.GLITCHTIP: re.compile(r"(?:/[^/]+)*/[^/]+/issues/[0-9]+"),
}


def routes_of(dialect: Dialect, operation: str) -> tuple[Route, ...]:
    """The routes of an operation, the preferred one first; none where this kind cannot do it."""
    column = Dialect.GLITCHTIP if dialect.is_glitchtip else dialect
    return ROUTES[operation][_COLUMNS.index(column)]


def search_of(dialect: Dialect | None) -> Search | None:
    """The search of this kind, where it does not know all of Sentry's syntax."""
    if dialect is None:
        return None
    if dialect.is_glitchtip:
        return SEARCH_OF_GLITCHTIP
    return SEARCH_OF_SENTRY_9 if dialect is Dialect.SENTRY_9 else None


def not_taken(dialect: Dialect | None, parts: Collection[str]) -> dict[str, str]:
    """Of a change's parts those that this kind does not make, each with what to do instead."""
    return {part: instead for part, kinds, instead in NOT_TAKEN if dialect in kinds and part in parts}


def dialect_of_organization(row: Mapping[str, Any]) -> Dialect | None:
    """The kind whose organizations have these fields (https://docs.sentry.io/api/organizations/); None: no telling.

    Sentry 9 and 10 to 21 look alike here; an issue tells them apart.
    """
    if "isAcceptingEvents" in row or "eventThrottleRate" in row:
        return Dialect.GLITCHTIP
    if isinstance(row.get("links"), dict):
        return Dialect.TODAY
    return Dialect.SENTRY_10 if "require2FA" in row and "isEarlyAdopter" in row else None


def dialect_of_settings(settings: Mapping[str, Any]) -> Dialect | None:
    """GlitchTip, whose settings for its own pages ask whether it was paid for; None: no telling."""
    if "iPaidForGlitchTip" not in settings:
        return None
    major = str(settings.get("version")).partition(".")[0]
    return Dialect.GLITCHTIP_6 if major.isdecimal() and int(major) >= 6 else Dialect.GLITCHTIP


def dialect_of_issue(permalink: str | None, fields: Collection[str]) -> Dialect | None:
    """Sentry 9, whose issues link to `/{organization}/{project}/issues/{number}/`, or GlitchTip, whose links end
    without a slash and which from 6 on says to whom an issue is assigned; None: no telling."""
    try:
        path = urlsplit(permalink or "").path
    except ValueError:
        return None
    dialect = next((dialect for dialect, form in _PATHS.items() if form.fullmatch(path)), None)
    return Dialect.GLITCHTIP_6 if dialect is Dialect.GLITCHTIP and "assigned_to" in fields else dialect
