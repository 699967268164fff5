"""Which route a path means. Pure.

A path is cut at its slashes before it is decoded (RFC 3986, 2.4): `/issues/acme%2FSHOP-12` names one issue.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from web.rest.catalogue import ROUTES, Route

VARIABLE = re.compile(r"\{(\w+)\}")


class Found(NamedTuple):
    routes: Sequence[Route]
    """One for each method."""
    variables: dict[str, str]
    """What stands in the path for the names in braces."""


def sent_path(scope: Mapping[str, Any]) -> str:
    """The path below the app's own (ASGI's `root_path`), as it was sent: still encoded."""
    sent = scope.get("raw_path") or quote(scope["path"]).encode()
    return sent.decode("latin-1").removeprefix(scope.get("root_path", "").rstrip("/"))


def find(path: str) -> Found | None:
    """The routes of a path; None for a path that has none. Raises UnicodeDecodeError for what is not UTF-8."""
    segments = [unquote_to_bytes(segment).decode() for segment in path.split("/")]
    for names, routes in _ROUTES.items():
        if (variables := _variables(names, segments)) is not None:
            return Found(routes, variables)
    return None


def path_of(route: Route, variables: Mapping[str, str]) -> str:
    """The path of a route, encoded."""
    return VARIABLE.sub(lambda name: quote(variables[name[1]], safe=""), route.path)


def _variables(names: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    if len(names) != len(segments):
        return None
    found: dict[str, str] = {}
    for name, segment in zip(names, segments, strict=True):
        if (variable := VARIABLE.fullmatch(name)) and segment:
            found[variable[1]] = segment
        elif name != segment:
            return None
    return found


_ROUTES: dict[tuple[str, ...], list[Route]] = {}
for _route in ROUTES:
    _ROUTES.setdefault(tuple(_route.path.split("/")), []).append(_route)
