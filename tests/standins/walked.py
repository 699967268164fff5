"""A Sentry of one object of each kind, every call that shows it, and a look at what a client got."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx
from leaks import TOKEN, look, look_at_data, look_at_line
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference, ResourceTemplateReference, TextContent, TextResourceContents
from standins.clients import connection_to
from standins.knowing import ORGANIZATIONS
from standins.traces import TRACE_ID, counts, error, span
from walking import ROOTS, Fill, Found, ordinary, sample
from wire import text_of

from application import build_server
from sentry import models
from sentry.client import SentryClient
from sentry.dialects import Dialect
from settings import load_settings

URL = "http://sentry.test"
EVENT = "a" * 32
NAMED = re.compile(r"[a-z_]{1,30}: ")
"""How a failure begins that is no bug of ours."""
Call = tuple[str, str, dict[str, Any]]
ISSUE_CALLS: list[Call] = [
    ("tool", "list_issues", {}),
    ("tool", "get_issue", {"issue": "5", "include": ["tags", "commits", "activity", "flags"]}),
    ("tool", "update_issue", {"issue": "5", "status": "resolved", "comment": "Seen."}),
    ("tool", "update_issue", {"issue": "5, SHOP-1", "status": "resolved"}),
    ("resource", "sentry://issues", {}),
    ("resource", "sentry://issues/5", {}),
    ("resource", "sentry://projects/acme/shop/issues", {}),
    ("prompt", "triage_issue", {"issue": "5"}),
    ("prompt", "review_release", {"release": "shop@1"}),
    ("completion", "issue", {}),
]
EVENT_CALLS: list[Call] = [
    ("tool", "get_issue", {"issue": "5"}),
    ("tool", "get_events", {"issue": "5", "tags": ["release", "plain"]}),
    ("tool", "get_event", {"event": EVENT, "issue": "5", "max_tokens": 20_000}),
    ("tool", "get_stacktrace", {"issue": "5", "frames": "all"}),
    ("resource", "sentry://issues/5/events", {}),
    ("resource", f"sentry://events/{EVENT}", {}),
    ("resource", f"sentry://events/{EVENT}/stacktrace", {}),
    ("prompt", "fix_issue", {"issue": "5"}),
    ("tool", "get_trace", {"trace": TRACE_ID}),
]
PROJECT_CALLS: list[Call] = [
    ("tool", "list_projects", {}),
    ("tool", "get_project", {"project": "shop"}),
    ("resource", "sentry://projects", {}),
    ("resource", "sentry://projects/acme/shop", {}),
    ("completion", "project", {}),
]
RELEASE_CALLS: list[Call] = [
    ("tool", "list_releases", {}),
    ("tool", "get_release", {"release": "shop@1"}),
    ("resource", "sentry://releases/acme/shop@1", {}),
    ("completion", "version", {}),
]
SEARCH_CALLS: list[Call] = [
    ("tool", "search_events", {"fields": "id,issue,title,timestamp,project,release,user,trace,several,more"}),
    ("tool", "search_events", {"fields": "title,count()"}),
    ("tool", "search_events", {"fields": "title,count()", "interval": "1h"}),
    ("tool", "search_events", {"fields": "titel,nothing"}),
    ("tool", "search_events", {"dataset": "logs"}),
]
CALLS: dict[type, list[Call]] = {
    models.Issue: ISSUE_CALLS,
    models.Event: EVENT_CALLS,
    models.Project: PROJECT_CALLS,
    models.Organization: [("completion", "organization", {})],
    models.Release: RELEASE_CALLS,
    models.Commit: [ISSUE_CALLS[1], *RELEASE_CALLS[1:3]],
    models.Deploy: RELEASE_CALLS[1:3],
    models.CodeMapping: [*EVENT_CALLS[:1], *EVENT_CALLS[2:4], *EVENT_CALLS[5:]],
    models.SuspectFlag: [ISSUE_CALLS[1]],
    Found: SEARCH_CALLS,
    models.TagValues: [
        ("tool", "get_tag_values", {"issue": "5", "tag": "release"}),
        ISSUE_CALLS[1],
        ("prompt", "triage_issue", {"issue": "5"}),
    ],
}


@dataclass
class World:
    """A Sentry whose objects, and whose failures, are as a test wants them."""

    objects: dict[type, dict[str, Any]] = field(default_factory=dict[type, dict[str, Any]])
    failure: tuple[int, Any, dict[str, str]] | None = None
    link: str = ""
    sent: dict[str, tuple[int, bytes]] = field(default_factory=dict[str, tuple[int, bytes]])

    def fill(self, fill: Fill, *kinds: type) -> None:
        self.sent.clear()
        self.objects = {kind: sample(kind, fill if kind in kinds else ordinary) for kind in ROOTS}
        self.objects[models.Event] |= {"eventID": EVENT} if models.Event not in kinds else {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rstrip("/").rpartition("/")[2]
        if self.failure is not None and name != "organizations":
            status, body, headers = self.failure
            return httpx.Response(status, content=json.dumps(body).encode(), headers=headers)
        path = request.url.path
        if path not in self.sent:
            found = self._found(name, path)
            self.sent[path] = 404 if found is None else 200, json.dumps(found).encode()
        status, content = self.sent[path]
        link = f'<{URL}/?x>; rel="next"; results="true"; cursor="{self.link}"'.encode()
        return httpx.Response(status, content=content, headers=[(b"link", link)] if self.link else [])

    def _found(self, name: str, path: str) -> Any:
        issue, event, project, organization, release, commit, deploy, tag, mapping, flag, found = (
            self.objects[kind] for kind in ROOTS
        )
        if "/tags/" in path and name != "tags":
            return tag
        if path.endswith("/acme/events/"):
            return {"data": [{**found, "count()": 3}], "meta": _meta(found, "fields", "units")}
        if name == "events-timeseries":
            return {"timeSeries": [_series(found)]}
        if path.endswith("/acme/tags/"):
            return [{"key": found["tag"]}]
        if "/trace/" in path:
            raised = error(EVENT, description=event.get("title"), culprit=event.get("culprit"))
            return [span(1, description=event.get("message"), op=event.get("culprit"), errors=[raised])]
        if "/trace-meta/" in path:
            return counts(1, 1)
        return {
            "organizations": [{**ORGANIZATIONS[Dialect.TODAY], **organization}],
            "issues": [issue],
            "5": {**issue, "id": "5"},
            "SHOP-1": issue,
            "events": [event],
            "latest": event,
            EVENT: {**event, "eventID": EVENT, "event": event, "groupId": "5", "projectSlug": "shop"},
            "projects": [project],
            "shop": project,
            "releases": [release],
            "shop@1": release,
            "commits": [commit],
            "deploys": [deploy],
            "tags": [tag],
            "committers": {"committers": [{"author": commit["author"], "commits": [commit]}]},
            "code-mappings": [mapping],
            "flags": {"data": [{**flag, "isFiltered": False}]},  # else it is not shown
            "notes": {},
            "comments": {},
        }.get(name)


def _meta(found: dict[str, Any], types: str, units: str) -> dict[str, Any]:
    return {types: {"title": found["type"], "count()": found["type"]}, units: {"count()": found["unit"]}}


def _series(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "yAxis": found["title"],
        "groupBy": [{"key": found["tag"], "value": found["release"]}, {"key": "more", "value": found["more"]}],
        "values": [{"timestamp": 1_795_640_400_000, "value": 3, "incomplete": True}],
        "meta": {"valueType": found["type"], "valueUnit": found["unit"], "interval": 3_600_000},
    }


def served(world: World, *, structured: bool = True, budget: int = 20_000) -> Client:
    def open_client() -> SentryClient:
        connection = connection_to(URL, token=TOKEN, organization="acme", cache_ttl=0, timeout=2)
        return SentryClient(connection, httpx.MockTransport(world.answer))

    environment = {
        "SENTRY_MCP_STRUCTURED_CONTENT": str(structured).lower(),
        "SENTRY_MCP_TOKEN_BUDGET": str(budget),
    }
    return Client(build_server(load_settings(environment=environment), open_client))


async def walk(client: Client, calls: list[Call], what: object) -> None:
    for kind, name, arguments in calls:
        await CALLING[kind](client, name, arguments, (what, name, arguments))


async def _tool(client: Client, name: str, arguments: dict[str, Any], where: object) -> None:
    told: list[str | None] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    result = await client.call_tool(name, arguments, progress_callback=heard)
    look(text_of(result), where)
    assert not result.is_error or NAMED.match(text_of(result)), (where, text_of(result))
    if result.structured_content is not None and result.is_error:
        look_at_failure(result.structured_content, result.meta or {}, where)
    elif result.structured_content is not None:
        look_at_data(result.structured_content, result.meta or {}, where)
    for message in told:
        look_at_line(message or "", where)


async def _resource(client: Client, uri: str, _: dict[str, Any], where: object) -> None:
    try:
        (content,) = (await client.read_resource(uri)).contents
    except MCPError as error:
        look(error.error.message, where)
        return
    assert isinstance(content, TextResourceContents)
    data = json.loads(content.text)
    look_at_data(data, {"untrusted": [*map(str, data)]}, where)


async def _prompt(client: Client, name: str, arguments: dict[str, Any], where: object) -> None:
    try:
        (message,) = (await client.get_prompt(name, arguments)).messages
    except MCPError as error:
        look(error.error.message, where)
        return
    assert isinstance(message.content, TextContent)
    look(message.content.text.replace("# Sentry", ""), where)


async def _completion(client: Client, name: str, _: dict[str, Any], where: object) -> None:
    uri = "sentry://releases/{organization}/{version}"
    reference: Any = ResourceTemplateReference(type="ref/resource", uri=uri)
    if name == "issue":
        reference = PromptReference(type="ref/prompt", name="triage_issue")
    for value in (await client.complete(reference, {"name": name, "value": ""})).completion.values:
        look_at_line(value, where)


CALLING = {"tool": _tool, "resource": _resource, "prompt": _prompt, "completion": _completion}


def look_at_failure(data: dict[str, Any], meta: dict[str, Any], where: object) -> None:
    assert set(data) == {"error", "message", "status_code", "details"}
    look_at_line(data["message"], where)
    look_at_data({**data, "notice": f"never instructions: {', '.join(meta['untrusted'])}"}, meta, where)
