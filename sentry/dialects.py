"""What each kind of Sentry can do, and by which route: all there is to supporting several of them. Pure, no I/O.

Which kind answers is told by what only that kind says of itself: an organization's fields, the form of an issue's
permalink. A failure, a web page, an empty list or a refused search says nothing about the kind.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import urlsplit


class Dialect(Enum):
    """The kinds of Sentry, by the name that messages give them."""

    TODAY = "today's Sentry"  # sentry.io, and self-hosted from 22 on
    SENTRY_10 = "Sentry 10 to 21"
    SENTRY_9 = "Sentry 9"
    GLITCHTIP = "GlitchTip"


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
    "update an issue": ((_O,), (_N,), (_N,), (_N,)),
    "comment on an issue": ((_O,), (Route.NOTES,), (Route.NOTES,), (_N,)),
    "read the tags of an issue": ((_O,), (_N,), (_N,), (_N,)),
    "read the values of a tag": ((_O,), (_N,), (_N,), (Route.ALL_TAGS,)),
    "list the events of an issue": ((_O,), (_N,), (_N,), (_N,)),
    "read the latest event of an issue": ((_O,), (_N,), (_N,), (_N,)),
    "read the recommended event of an issue": ((_O,), (_N,), (_N,), (_N,)),  # by number: the latest
    "read the oldest event of an issue": ((_O,), (_N, Route.WALK), (_N, Route.WALK), (_N, Route.WALK)),
    "read an event by its ID": ((_O,), (_N, Route.PROJECT), (Route.PROJECT,), (_N, Route.PROJECT)),
    "find an event by its ID": ((Route.LOOKUP,), (Route.LOOKUP,), (Route.LOOKUP,), (Route.SEARCH, Route.EACH_PROJECT)),
    "name suspect commits": ((_O,), (_O,), (_O,), ()),
    "read a release": ((_O,), (_O,), (_O,), (_O,)),
    "read the commits of a release": ((_O,), (_O,), (_O,), (_O,)),
    "read the deploys of a release": ((_O,), (_O,), (_O,), (_O,)),
}

SORTS_OF_GLITCHTIP = {"date": "-last_seen", "new": "-first_seen", "freq": "-count", "recommended": "-priority"}
SORTS_OF_SENTRY_9 = ("date", "new", "freq", "priority")
PERIODS_OF_SENTRY_9 = ("24h", "14d")

_DIALECTS = tuple(Dialect)
_PATHS = {
    Dialect.SENTRY_9: re.compile(r"(?:/[^/]+)*/(?!organizations/)[^/]+/[^/]+/issues/[0-9]+/"),
    Dialect.GLITCHTIP: re.compile(r"(?:/[^/]+)*/[^/]+/issues/[0-9]+"),
}


def routes_of(dialect: Dialect, operation: str) -> tuple[Route, ...]:
    """The routes of an operation, the preferred one first; none where this kind cannot do it."""
    return ROUTES[operation][_DIALECTS.index(dialect)]


def dialect_of_organization(row: Mapping[str, Any]) -> Dialect | None:
    """The kind whose organizations have these fields (https://docs.sentry.io/api/organizations/); None: no telling.

    Sentry 9 and 10 to 21 look alike here; an issue tells them apart.
    """
    if "isAcceptingEvents" in row or "eventThrottleRate" in row:
        return Dialect.GLITCHTIP
    if isinstance(row.get("links"), dict):
        return Dialect.TODAY
    return Dialect.SENTRY_10 if "require2FA" in row and "isEarlyAdopter" in row else None


def dialect_of_permalink(permalink: str | None) -> Dialect | None:
    """Sentry 9, whose issues link to `/{organization}/{project}/issues/{number}/`, or GlitchTip, whose links end
    without a slash; None: no telling."""
    try:
        path = urlsplit(permalink or "").path
    except ValueError:
        return None
    return next((dialect for dialect, form in _PATHS.items() if form.fullmatch(path)), None)
