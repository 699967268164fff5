"""Every route, and what a caller needs for it, on one screen.

A route is a tool's plain function by an address: what stands in braces are its arguments, the others come in the query
or, of a change, in the body. So arguments, checks and answers are the tools' own, and whoever may not use a tool may
not use its routes. Of two that one path fits, the first is meant: a name that is no argument stands before one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from service.access.callers import Scope
from tools import alerts, events, issues, projects, releases, searches, tags, traces, updates


class Route(NamedTuple):
    method: str
    path: str
    call: Callable[..., Any]
    scope: Scope
    title: str
    read_by: str = ""
    """The tool that shows as much, of a call that is none."""

    @property
    def tool(self) -> str:
        """Who may not use this may not use the route."""
        return self.read_by or self.call.__name__

    @property
    def changes(self) -> bool:
        """Whether it changes something, by what stands in the request's body."""
        return self.method != "GET"

    @property
    def is_paged(self) -> bool:
        """Whether it answers with a page of a list."""
        return "cursor" in self.call.__annotations__

    @property
    def waits(self) -> bool:
        """Whether it may wait for something to happen, and hold for whoever asks what did."""
        return "wait_seconds" in self.call.__annotations__


READ, WRITE = Scope.ISSUES_READ, Scope.ISSUES_WRITE
READ_ALERTS, WRITE_ALERTS = Scope.ALERTS_READ, Scope.ALERTS_WRITE

ROUTES = [
    Route("GET", "/issues", issues.list_issues, READ, "List issues"),
    Route("GET", "/issues/{issue}", issues.get_issue, READ, "Get an issue"),
    Route("PUT", "/issues/{issue}", updates.update_issue, WRITE, "Update an issue, or several"),
    Route("GET", "/issues/{issue}/events", events.get_events, READ, "List an issue's events"),
    Route("GET", "/issues/{issue}/stacktrace", events.get_stacktrace, READ, "Get an issue's stack trace"),
    Route("GET", "/issues/{issue}/tags/{tag}", tags.get_tag_values, READ, "Get a tag's distribution"),
    Route("GET", "/projects", projects.list_projects, READ, "List projects"),
    Route("GET", "/projects/{organization}/{project}", projects.get_project, READ, "Get a project"),
    Route("GET", "/projects/{organization}/{project}/issues", issues.list_issues, READ, "List a project's issues"),
    Route("GET", "/releases", releases.list_releases, READ, "List releases"),
    Route("GET", "/releases/{organization}/{release}", releases.get_release, READ, "Get a release"),
    Route("GET", "/events", searches.search_events, READ, "Search events"),
    Route("GET", "/events/{event}", events.get_event, READ, "Get an event"),
    Route("GET", "/events/{event}/stacktrace", events.get_stacktrace, READ, "Get an event's stack trace"),
    Route("GET", "/traces/{trace}", traces.get_trace, READ, "Get a trace"),
    Route("GET", "/issues/{issue}/trace", traces.get_trace, READ, "Get the trace of an issue's latest event"),
    Route("GET", "/events/{event}/trace", traces.get_trace, READ, "Get an event's trace"),
    Route("GET", "/alerts", alerts.list_alerts, READ_ALERTS, "List alerts"),
    Route("POST", "/alerts/claim", alerts.claim_alert, WRITE_ALERTS, "Claim an alert"),
    Route("GET", "/alerts/{alert}", alerts.get_alert, READ_ALERTS, "Get an alert", read_by="list_alerts"),
    Route("PUT", "/alerts/{alert}", alerts.finish_alert, WRITE_ALERTS, "Finish an alert, or give it back"),
]
