"""What each thing that can be asked gives to whom: one table, of which `docs/security.md` has a copy.

It is made from the catalogues: what is new in one of them has no line here, and the tests of the table name it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from prompts import catalogue as prompts
from resources import catalogue as resources
from service.access.callers import Scope
from tools import catalogue as tools
from web.rest import catalogue as rest


class Shown(StrEnum):
    """What becomes of the data of one project, in what is told to a caller."""

    OWN = "shown"
    NOT_FOUND = "not found"  # in the words that are said of what is not there
    NOTHING = "finds nothing"  # an empty list, as for what is not there
    LEFT_OUT = "left out"  # of an answer that has the caller's own
    OF_NOBODY = "-"  # no project's data is in it


@dataclass(frozen=True)
class Target:
    """A project and what is in it, by the names that a caller may know. `mark` stands in all of its data."""

    mark: str
    organization: str
    project: str
    number: str
    issue: str
    short_id: str
    event: str
    release: str
    url: str
    trace: str = "e" * 32
    alert: str = "888888"
    second_alert: str = "777777"
    """For REST: what was finished by a tool is not to be claimed again."""

    def fill(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {name: self.words(value) if isinstance(value, str) else value for name, value in arguments.items()}

    def words(self, text: str) -> str:
        return text.format(**vars(self))


def unnamed(text: str, targets: Iterable[Target]) -> str:
    """A text in which the names of these projects' things are replaced by what they name. What is compared is without
    the names of both: an issue's number can be any other number of a text."""
    for target in targets:
        for what, name in sorted(vars(target).items(), key=lambda one: -len(one[1])):
            shown = "number" if name.isdecimal() else what  # an issue's may be a project's, too
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", f"<{shown}>", text, flags=re.IGNORECASE)
    return text


class Case(NamedTuple):
    arguments: dict[str, Any]
    elsewhere: Shown = Shown.NOT_FOUND


class Line(NamedTuple):
    """`kind` is how it is asked: tool, resource, prompt, completion, or the method of the REST route that is named."""

    kind: str
    name: str
    scope: Scope
    cases: list[Case]


BY_URL = "{url}/organizations/{organization}/issues/{issue}/"
EVENT_BY_URL = BY_URL + "events/{event}/"
TRACE_BY_URL = "{url}/organizations/{organization}/explore/traces/trace/{trace}/"
IN_PROJECT = "{url}/organizations/{organization}/projects/{project}/events/{event}/"
NAMES = ["{short_id}", "{issue}", "{organization}/{short_id}", "{organization}/{issue}", BY_URL, EVENT_BY_URL]
FEW_NAMES = ["{short_id}", BY_URL]
EVENTS = ["{event}", "{organization}/{event}", EVENT_BY_URL, IN_PROJECT]
PROJECTS = ["{project}", "{organization}/{project}", "{number}"]
ALL = Case({}, Shown.LEFT_OUT)

TOOLS: dict[str, list[Case]] = {
    "list_issues": [
        ALL,
        *(Case({"project": name, "query": "*"}) for name in PROJECTS),
        Case({"query": "{event}"}, Shown.NOTHING),
        Case({"query": "release:{release}"}, Shown.NOTHING),
    ],
    "get_issue": [
        *(Case({"issue": name}) for name in NAMES),
        Case({"issue": IN_PROJECT, "include": ["tags", "commits", "activity", "flags"]}),
        Case({"issue": "{short_id}", "event": "{event}"}),
    ],
    "get_events": [Case({"issue": name}) for name in FEW_NAMES],
    "get_event": [
        *(Case({"event": name}) for name in EVENTS),
        Case({"event": "{event}", "project": "{project}"}),
        *(Case({"event": "latest", "issue": name}) for name in FEW_NAMES),
        Case({"event": "{event}", "issue": "{issue}"}),
    ],
    "get_stacktrace": [
        *(Case({"event": name}) for name in EVENTS),
        *(Case({"issue": name}) for name in FEW_NAMES),
        Case({"event": "{event}", "issue": "{issue}"}),
    ],
    "get_tag_values": [Case({"issue": name, "tag": "marked"}) for name in FEW_NAMES],
    "update_issue": [
        Case({"issue": "{short_id}", "status": "resolved"}),
        Case({"issue": "{issue}", "comment": "{mark}"}),
        Case({"issue": EVENT_BY_URL, "status": "unresolved", "comment": "{mark}"}),
    ],
    "list_projects": [ALL],
    "get_project": [Case({"project": name}) for name in PROJECTS],
    "list_releases": [
        ALL,
        *(Case({"project": name}) for name in PROJECTS),
        Case({"query": "{release}"}, Shown.NOTHING),
    ],
    "get_release": [Case({"release": "{release}"})],
    "get_trace": [
        *(Case({"trace": name}) for name in ("{trace}", "{organization}/{trace}", TRACE_BY_URL)),
        *(Case({"event": name}) for name in EVENTS),
        *(Case({"issue": name}) for name in FEW_NAMES),
        Case({"event": "{event}", "issue": "{issue}"}),
    ],
    "search_events": [
        ALL,
        Case({"fields": ["release", "count()"]}, Shown.LEFT_OUT),
        Case({"fields": ["release", "count()"], "interval": "1h"}, Shown.LEFT_OUT),
        *(Case({"project": name}) for name in PROJECTS),
        *(Case({"project": name, "fields": ["release", "count()"], "interval": "1h"}) for name in PROJECTS[:1]),
        Case({"query": "project:{project}"}),
        Case({"query": "release:{release}"}, Shown.NOTHING),
        Case({"query": "id:{event} OR issue:{short_id}", "fields": ["title", "count()"]}, Shown.NOTHING),
    ],
    "list_alerts": [
        ALL,
        *(Case({"project": name}, Shown.NOTHING) for name in ("{project}", "{organization}/{project}")),
    ],
    "claim_alert": [Case({"alert": "{alert}"})],
    "finish_alert": [Case({"alert": "{alert}.1", "outcome": "given_back", "note": "{mark}"})],
}
RESOURCES: dict[str, list[Case]] = {
    "issues": [ALL],
    "issue": [Case({"issue": "{issue}"}), Case({"issue": "{short_id}"})],
    "issue_events": [Case({"issue": "{issue}"}), Case({"issue": "{short_id}"})],
    "project_list": [ALL],
    "project": [Case({"organization": "{organization}", "project": "{project}"})],
    "project_issues": [Case({"organization": "{organization}", "project": "{project}"})],
    "release": [Case({"organization": "{organization}", "version": "{release}"})],
    "event": [Case({"event": "{event}"})],
    "event_stacktrace": [Case({"event": "{event}"})],
    "trace": [Case({"organization": "{organization}", "trace": "{trace}"})],
    "alerts": [ALL],
    "alert": [Case({"alert": "{alert}"})],
    "search_syntax": [Case({}, Shown.OF_NOBODY)],
}
PROMPTS: dict[str, list[Case]] = {
    "triage_issue": [Case({"issue": name}) for name in FEW_NAMES],
    "fix_issue": [Case({"issue": EVENT_BY_URL})],
    "review_release": [Case({"release": "{release}"}), Case({"release": "{release}", "project": "{project}"})],
}
COMPLETIONS: dict[str, list[Case]] = {
    name: [Case({}, Shown.LEFT_OUT), Case({"organization": "{organization}"}, Shown.LEFT_OUT)]
    for name in ("organization", "project", "issue", "version", "release")
} | {name: [Case({}, Shown.OF_NOBODY)] for name in ("event", "trace", "alert")}
"""By the argument that is completed; what was chosen before it may be another's."""

OWN_PROJECT = {"organization": "{organization}", "project": "{project}"}
PAGE = {"limit": 1}
"""A row of several, with a link to what follows."""
ROUTES: dict[str, list[Case]] = {
    "GET /issues": [*TOOLS["list_issues"], Case({**PAGE, "query": "*"}, Shown.LEFT_OUT)],
    "GET /issues/{issue}": TOOLS["get_issue"],
    "PUT /issues/{issue}": TOOLS["update_issue"],
    "GET /issues/{issue}/events": [*TOOLS["get_events"], Case({**PAGE, "issue": "{issue}"})],
    "GET /issues/{issue}/stacktrace": [case for case in TOOLS["get_stacktrace"] if "issue" in case.arguments],
    "GET /issues/{issue}/tags/{tag}": TOOLS["get_tag_values"],
    "GET /projects": [ALL],
    "GET /projects/{organization}/{project}": [Case(OWN_PROJECT), Case({**OWN_PROJECT, "project": "{number}"})],
    "GET /projects/{organization}/{project}/issues": [Case({**OWN_PROJECT, **PAGE, "query": "*"})],
    "GET /releases": [*TOOLS["list_releases"], Case(PAGE, Shown.LEFT_OUT)],
    "GET /releases/{organization}/{release}": [Case({"organization": "{organization}", "release": "{release}"})],
    "GET /events": [*TOOLS["search_events"], Case(PAGE, Shown.LEFT_OUT)],
    "GET /events/{event}": TOOLS["get_event"],
    "GET /events/{event}/stacktrace": [case for case in TOOLS["get_stacktrace"] if "event" in case.arguments],
    "GET /issues/{issue}/trace": [case for case in TOOLS["get_trace"] if "issue" in case.arguments],
    "GET /events/{event}/trace": [case for case in TOOLS["get_trace"] if "event" in case.arguments],
    "GET /traces/{trace}": [case for case in TOOLS["get_trace"] if "trace" in case.arguments],
    "GET /alerts": [*TOOLS["list_alerts"], Case(PAGE, Shown.LEFT_OUT)],
    "POST /alerts/claim": [Case({"alert": "{second_alert}"})],
    "GET /alerts/{alert}": [Case({"alert": "{second_alert}"})],
    "PUT /alerts/{alert}": [Case({"alert": "{second_alert}.1", "note": "{mark}"})],
}
"""By the method and the path, which has some of the arguments."""

NOBODY, TOKEN, SIGNED = "nothing", "a token", "a signature, or a secret"
PATHS: dict[str, str] = {
    "/mcp": TOKEN,
    "/openapi.json": NOBODY,
    "/docs": NOBODY,
    "/health": NOBODY,
    "/ready": NOBODY,
    "/metrics": Scope.ADMIN,
    "/.well-known/oauth-protected-resource": NOBODY,
    "/webhooks/sentry": SIGNED,
    "/webhooks/glitchtip/{secret:path}": SIGNED,
}
"""All else that is served, and what is needed for it."""

UNNAMED = {"search_syntax": resources.SEARCH_SYNTAX}
"""The resources beside the catalogue of those that are read from Sentry."""


def lines() -> list[Line]:
    """All that may have a project's data in it."""
    return [*of_mcp(), *routes()]


def routes() -> list[Line]:
    return [
        Line(route.method, route.path, route.scope, ROUTES.get(f"{route.method} {route.path}", []))
        for route in rest.ROUTES
    ]


def of_mcp() -> list[Line]:
    return [
        *(
            Line("tool", entry.call.__name__, entry.scope, TOOLS.get(entry.call.__name__, []))
            for entry in tools.CATALOGUE
        ),
        *(Line("resource", name, scope, RESOURCES.get(name, [])) for name, scope in _resources()),
        *(
            Line("prompt", entry.render.__name__, entry.scope, PROMPTS.get(entry.render.__name__, []))
            for entry in prompts.CATALOGUE
        ),
        *(Line("completion", name, Scope.ISSUES_READ, COMPLETIONS.get(name, [])) for name in sorted(completed())),
    ]


def uri_of(resource: str) -> str:
    return {entry.name: entry.uri for entry in resources.CATALOGUE}.get(resource) or UNNAMED[resource]


def completed() -> dict[str, tuple[str, str]]:
    """What can be completed, each by one reference that takes it: a template's variable, a prompt's argument."""
    of_templates = {
        name: ("ref/resource", entry.uri)
        for entry in resources.CATALOGUE
        for name in re.findall(r"\{(\w+)\}", entry.uri)
    }
    of_prompts = {
        name: ("ref/prompt", entry.render.__name__)
        for entry in prompts.CATALOGUE
        for name in list(entry.render.__annotations__)
        if name not in ("answers", "return")
    }
    return of_templates | of_prompts


def table() -> str:
    """In Markdown."""
    rows = [
        "| | needs | of the caller's project | of another's, or none | without what it needs |",
        "|---|---|---|---|---|",
    ]
    for line in lines():
        elsewhere = ", ".join(dict.fromkeys(case.elsewhere for case in line.cases))
        own = "no project's data" if elsewhere == Shown.OF_NOBODY else Shown.OWN
        hidden = _HIDDEN.get(line.kind, "not there")
        rows.append(f"| {line.kind} `{line.name}` | `{line.scope}` | {own} | {elsewhere} | {hidden} |")
    for path, needs in PATHS.items():
        needed = f"`{needs}`" if isinstance(needs, Scope) else needs
        own = "tools, resources, prompts, completions" if needs == TOKEN else "no project's data"
        rows.append(f"| `{path}` | {needed} | {own} | - | {_REFUSED.get(needs, '-')} |")
    return "\n".join(rows)


_HIDDEN = {"completion": "offers nothing", **dict.fromkeys(("GET", "POST", "PUT"), "refused: 403")}
_REFUSED = {TOKEN: "refused: 401", Scope.ADMIN: "refused: 403"}


def _resources() -> Iterator[tuple[str, Scope]]:
    for entry in resources.CATALOGUE:
        yield entry.name, entry.scope
    for name, uri in UNNAMED.items():
        scope = resources.scope_of_uri(uri)
        assert scope is not None
        yield name, scope
