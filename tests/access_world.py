"""A server with callers of all scopes and several bounds, over a Sentry in which all data of a project has its mark."""

import hashlib
import itertools
import json
import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import access_matrix as matrix
import httpx
import httpx2
from access_matrix import Line, Target, unnamed
from mcp.client.client import Client
from mcp.client.session import ElicitationFnT
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference, ResourceTemplateReference
from standins.traces import error, log, span
from standins.two_organizations import of_organizations
from wire import Era, Sentry, served_http

from alerts.alert import Happening, Kind
from alerts.file import FileInbox
from local import Embedded
from sentry.values import as_list
from service.access.callers import Scope
from web.rest.routing import VARIABLE

OWN, OTHER, ELSEWHERE = "zebra", "giraffe", "okapi"
MARKS = OWN, OTHER, ELSEWHERE
SHARED = "shared@7"
"""A release of projects of several callers."""
AGE = re.compile(r'\\nAs of \d+ s ago\.|, "age_seconds": \d+')
"""How long ago it was that Sentry said it, which differs from one time to the next."""
OF_ONE_ANSWER = "date", "content-length", "x-request-id"
"""Headers that are never twice the same."""
_addresses = itertools.count(1)
_rules = itertools.count(1)
"""Of which each is told of by an alert of its own."""


@dataclass(frozen=True)
class Asking:
    """A caller's clients."""

    http: httpx2.AsyncClient
    mcp: Client


@dataclass(frozen=True)
class World:
    """A server, its callers' tokens by their names, and what there is in Sentry."""

    url: str
    tokens: dict[str, str]
    sentries: dict[str, Sentry]
    targets: dict[str, Target]
    audit: Path
    """Where the server tells what it writes in Sentry."""
    inbox: Path
    """The file of its alerts."""

    async def tell_alerts(self) -> None:
        """New ones, that nobody has claimed, upon each project's issue."""
        for name, target in self.targets.items():
            self.targets[name] = await _with_alerts(target, self.inbox)

    def http(self, caller: str | None) -> httpx2.AsyncClient:
        """Of this caller, or of somebody without a token, at an address that did not guess tokens before."""
        headers = {"Authorization": f"Bearer {self.tokens[caller]}"} if caller else {}
        base = self.url.removesuffix("/mcp")
        return httpx2.AsyncClient(base_url=base, headers=headers, verify=False, timeout=20)

    @asynccontextmanager
    async def client(self, caller: str, era: Era = "auto", ask: ElicitationFnT | None = None) -> AsyncGenerator[Asking]:
        """`ask` is the user, who is asked by the client."""
        async with (
            self.http(caller) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=era, elicitation_callback=ask) as client,
        ):
            yield Asking(http, client)


@dataclass(frozen=True)
class Told:
    """All that an answer tells, as text."""

    is_error: bool
    text: str


def from_elsewhere() -> dict[str, str]:
    """Headers of a request by way of a proxy, from an address that nobody else has."""
    number = next(_addresses)
    return {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"}


def marked(sentry: Sentry, mark: str, slug: str, url: str) -> Target:
    """A project all of whose data has the mark."""

    def broken() -> None:
        raise KeyError(f"{mark} broke")

    project = sentry.store.create_project(sentry.organization, slug, platform="python", name=f"The {mark}")
    named: dict[str, Any] = {"project": project, "tags": {"marked": mark}, "user": {"email": f"{mark}@example.com"}}
    sentry.capture(broken, release=SHARED, environment=mark, fingerprint=["shared"], **named)
    event = sentry.capture(broken, release=f"{mark}@1", environment=mark, **named)
    found = _asked(sentry, f"organizations/{sentry.organization}/eventids/{event}")
    issue = issue_of(sentry, found["groupId"])
    names = (mark, sentry.organization, slug, str(project), issue["id"], issue["shortId"], event, f"{mark}@1", url)
    return Target(*names, trace=found["event"]["contexts"]["trace"]["trace_id"])


def trace_of(target: Target, *others: Target) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Spans and logs of the project's own and of others', which are around them, in them and beside them."""
    numbers = itertools.count(1)

    def of(one: Target, *within: dict[str, Any]) -> dict[str, Any]:
        raised = error(one.event, description=f"{one.mark} broke", short_id=one.short_id, project_slug=one.project)
        named: dict[str, Any] = {
            "description": f"{one.mark} was asked",
            "project_slug": one.project,
            "errors": [raised],
        }
        return span(next(numbers), *within, **named)

    own = of(target, *(of(other, of(target)) for other in others))
    for other in others:
        own = of(other, own, of(other))
    logs = [log(next(numbers), 1, f"{one.mark} said", project=one.project) for one in (target, *others)]
    return [own], logs


def issue_of(sentry: Sentry, issue: str) -> dict[str, Any]:
    """As Sentry has it."""
    return _asked(sentry, f"issues/{issue}")


def _asked(sentry: Sentry, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {sentry.token}"}
    found = httpx.get(f"{sentry.embedded.url}/api/0/{path}/", headers=headers, verify=False)
    answer: dict[str, Any] = found.json()
    return answer


async def _with_alerts(target: Target, inbox: Path) -> Target:
    """With alerts upon its issue, where it has one."""
    if target.mark == "nothing":
        return target
    told = [
        Happening(
            kind=Kind.RULE,
            about=f"issue:{target.issue}",
            rule=f"rule {number}",
            happened=1_795_557_408.0,
            organization=target.organization,
            project=target.project,
            issue=target.issue,
            short_id=target.short_id,
            title=f"{target.mark} broke",
        )
        for number in (next(_rules), next(_rules))
    ]
    async with FileInbox.opened(inbox) as opened:
        first, second = [str(one.alert.id) for one in await opened.store(told, "webhook")]
    return replace(target, alert=first, second_alert=second)


def nowhere(organization: str, url: str) -> Target:
    return Target("nothing", organization, "nowhere", "99999", "999999", "NOWHERE-1", "f" * 32, "nothing@1", url)


@asynccontextmanager
async def opened(embedded: Embedded, folder: Path) -> AsyncGenerator[World]:
    sentries: dict[str, Sentry] = {}
    for mark in (OWN, ELSEWHERE):
        token = embedded.store.create_organization(f"{mark}-org")
        sentries[mark] = Sentry(embedded, f"{mark}-org", token, 0)
    traces: dict[tuple[str, str], tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
    async with of_organizations(sentries.values(), traces) as server:
        targets = {
            OWN: marked(sentries[OWN], OWN, f"{OWN}-shop", server.url),
            OTHER: marked(sentries[OWN], OTHER, f"{OTHER}-shop", server.url),
            ELSEWHERE: marked(sentries[ELSEWHERE], ELSEWHERE, f"{ELSEWHERE}-shop", server.url),
            "nowhere": nowhere(f"{OWN}-org", server.url),
            "nowhere at all": nowhere("nothing-org", server.url),
        }
        marked(sentries[OWN], OWN, f"{OWN}-second", server.url)
        own, other, elsewhere = (targets[mark] for mark in MARKS)
        traces |= {
            (own.organization, own.trace): trace_of(own, other),
            (other.organization, other.trace): trace_of(other),
            (elsewhere.organization, elsewhere.trace): trace_of(elsewhere),
        }
        of_project = {"organizations": [f"{OWN}-org"], "projects": [f"{OWN}-shop", f"{OWN}-org/{OWN}-second", "gone"]}
        everything = {"scopes": list(Scope)}
        callers: dict[str, dict[str, Any]] = {
            "of-project": {**everything, **of_project},
            "of-organization": {**everything, "organizations": [f"{OWN}-org"]},
            "of-both": {**everything, "organizations": [f"{OWN}-org", f"{ELSEWHERE}-org"]},
            "of-nothing": {**everything, "projects": []},
            "confirmed": {**everything, **of_project, "confirm_writes": True},
            "without": {"scopes": [], **of_project},
            **{scope: {"scopes": [scope], **of_project} for scope in Scope},
        }
        tokens: dict[str, str] = {}
        file = folder / "callers.toml"
        with file.open("w") as out:
            for name, caller in callers.items():
                tokens[name] = f"token of {name}".replace(" ", "-")
                digest = hashlib.sha256(tokens[name].encode()).hexdigest()
                row = {"name": name.replace(":", "-"), "token_sha256": digest, **caller}
                row |= {"structured_content": True, "calls_per_minute": 1_000_000}
                out.writelines(["[[callers]]\n", *(f"{key} = {json.dumps(value)}\n" for key, value in row.items())])
        environment = {
            "SENTRY_URL": server.url,
            "SENTRY_AUTH_TOKEN": "of-all-organizations",
            "SENTRY_MCP_CALLERS_FILE": str(file),
            "SENTRY_MCP_STRUCTURED_CONTENT": "true",
            "SENTRY_MCP_AUDIT_FILE": str(folder / "audit.jsonl"),
            "SENTRY_MCP_TRUSTED_PROXIES": "127.0.0.1",
            "SENTRY_MCP_ALERTS": "true",
            "SENTRY_MCP_ALERTS_PATH": str(folder / "alerts.db"),
            "SENTRY_MCP_ALERTS_INTERVAL": "0",
        }
        async with served_http(environment) as url:
            yield World(url, tokens, sentries, targets, folder / "audit.jsonl", folder / "alerts.db")


async def told(
    asking: Asking,
    line: Line,
    arguments: dict[str, Any],
    name: str | None = None,
    *,
    without: Iterable[Target] = (),
) -> Told:
    """What is told when it is asked, perhaps by another `name`; without the names of some targets."""
    found = await _told(asking, line, arguments, name)
    return Told(found.is_error, unnamed(found.text, without))


async def _told(asking: Asking, line: Line, arguments: dict[str, Any], name: str | None) -> Told:
    try:
        match line.kind:
            case "tool":
                result = await asking.mcp.call_tool(name or line.name, arguments)
                return Told(result.is_error or False, _text(result.model_dump(mode="json")))
            case "resource":
                named = f"sentry://{name}" if name else uri(line.name, arguments)
                return Told(False, _text((await asking.mcp.read_resource(named)).model_dump(mode="json")))
            case "prompt":
                return Told(
                    False, _text((await asking.mcp.get_prompt(name or line.name, arguments)).model_dump(mode="json"))
                )
            case "completion":
                return Told(False, _text(await _completed(asking.mcp, line.name, arguments)))
            case _:
                return await answered(asking.http, line, arguments)
    except MCPError as error:
        return Told(True, _text([error.error.message, error.error.data]))


async def answered(http: httpx2.AsyncClient, line: Line, arguments: dict[str, Any], **headers: str) -> Told:
    """What a route answers: its status, its headers and its JSON."""
    in_path = VARIABLE.findall(line.name)
    path = VARIABLE.sub(lambda name: quote(arguments[name[1]], safe=""), line.name)
    beside = {name: value for name, value in arguments.items() if name not in in_path}
    query = {name: ",".join(items) if (items := as_list(value)) else value for name, value in beside.items()}
    given: dict[str, Any] = {"params": query} if line.kind == "GET" else {"json": beside}
    answer = await http.request(line.kind, path, headers=headers, **given)
    body = answer.json()
    assert answer.status_code == 200 or (answer.status_code < 500 and body["status_code"] == answer.status_code)
    said = {name: value for name, value in answer.headers.items() if name not in OF_ONE_ANSWER}
    return Told(answer.is_error, _text({"status": answer.status_code, "headers": said, "body": body}))


async def _completed(client: Client, argument: str, chosen: dict[str, Any]) -> list[str]:
    kind, name = matrix.completed()[argument]
    reference: Any = (
        PromptReference(type="ref/prompt", name=name)
        if kind == "ref/prompt"
        else ResourceTemplateReference(type="ref/resource", uri=name)
    )
    found = await client.complete(reference, {"name": argument, "value": ""}, chosen or None)
    return found.completion.values


def uri(resource: str, arguments: dict[str, Any]) -> str:
    return matrix.uri_of(resource).format(**arguments)


def _text(answer: Any) -> str:
    return AGE.sub("", json.dumps(answer, ensure_ascii=False))
