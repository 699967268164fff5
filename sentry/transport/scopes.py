"""Which scope of a token a request needs. Pure, no I/O."""

_EXPLORE = frozenset(
    "events events-timeseries events-stats eventsv2 stats_v2 tags trace trace-meta trace-items events-trace logs"
    " transaction-groups n-plus-one".split()
)
"""What is searched, and traces (https://docs.sentry.io/api/explore/)."""


def scope_of(method: str, path: str) -> str:
    """In words, of a path such as `/api/0/issues/5/` (https://docs.sentry.io/api/permissions/; GlitchTip asks for
    event:read where an event is read through its project, and for project:releases where a release is; Sentry 9 for
    org:read where a short ID is looked up)."""
    match path.partition("/api/0/")[2].strip("/").split("/"):
        case ["organizations"] | ["organizations", _] | ["organizations", _, "projects" | "eventids", *_]:
            return "org:read"
        case ["organizations", _, name, *_] if name in _EXPLORE:
            return "org:read"
        case ["issues", *_] | [_, _, "issues", *_] | [_, _, _, "issues", *_]:
            return "event:read" if method == "GET" else "event:write"
        case [_, _, "shortids", *_]:
            return "event:read (Sentry 9: org:read)"
        case ["projects", _, _, "events", *_]:
            return "project:read (GlitchTip: event:read)"
        case [_, _, "releases", *_] | [_, _, _, "releases", *_]:
            return "project:releases (Sentry: or project:read)"
        case _:
            return "project:read"
