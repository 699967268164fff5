"""Every thing that can be asked, by every scope, of the caller's own project, of another's and of one that is not."""

import hashlib
import json
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import access_matrix as matrix
import httpx
import httpx2
import pytest
import pytest_asyncio
from access_matrix import Line, Shown, Target
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference, ResourceTemplateReference
from standins.two_organizations import of_organizations
from wire import ERAS, ROOT, Era, Sentry, served_http

from local import Embedded
from service.access.callers import Scope

PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- the table of what may be seen -->", "<!-- the end of the table -->"
OWN, OTHER, ELSEWHERE = "zebra", "giraffe", "okapi"
AGE = re.compile(r'\\nAs of \d+ s ago\.|, "age_seconds": \d+')
"""How long ago it was that Sentry said it, which differs from one time to the next."""
MARKS = OWN, OTHER, ELSEWHERE
SHARED = "shared@7"
"""A release of projects of several callers."""
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class World:
    """A server, its callers' tokens by their names, and what there is in Sentry."""

    url: str
    tokens: dict[str, str]
    sentries: dict[str, Sentry]
    targets: dict[str, Target]

    @asynccontextmanager
    async def client(self, caller: str, era: Era = "auto") -> AsyncGenerator[Client]:
        headers = {"Authorization": f"Bearer {self.tokens[caller]}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=era) as client,
        ):
            yield client


def marked(sentry: Sentry, mark: str, slug: str, url: str) -> Target:
    """A project all of whose data has the mark."""

    def broken() -> None:
        raise KeyError(f"{mark} broke")

    project = sentry.store.create_project(sentry.organization, slug, platform="python", name=f"The {mark}")
    named: dict[str, Any] = {"project": project, "tags": {"marked": mark}, "user": {"email": f"{mark}@example.com"}}
    sentry.capture(broken, release=SHARED, environment=mark, fingerprint=["shared"], **named)
    event = sentry.capture(broken, release=f"{mark}@1", environment=mark, **named)
    issue = _issue(sentry, _asked(sentry, f"organizations/{sentry.organization}/eventids/{event}")["groupId"])
    return Target(mark, sentry.organization, slug, str(project), issue["id"], issue["shortId"], event, f"{mark}@1", url)


def _issue(sentry: Sentry, issue: str) -> dict[str, Any]:
    return _asked(sentry, f"issues/{issue}")


def _asked(sentry: Sentry, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {sentry.token}"}
    found: dict[str, Any] = httpx.get(f"{sentry.embedded.url}/api/0/{path}/", headers=headers).json()
    return found


def nowhere(organization: str, url: str) -> Target:
    return Target("nothing", organization, "nowhere", "99999", "999999", "NOWHERE-1", "f" * 32, "nothing@1", url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    sentries: dict[str, Sentry] = {}
    for mark in (OWN, ELSEWHERE):
        token = embedded.store.create_organization(f"{mark}-org")
        sentries[mark] = Sentry(embedded, f"{mark}-org", token, 0)
    async with of_organizations(sentries.values()) as server:
        targets = {
            OWN: marked(sentries[OWN], OWN, f"{OWN}-shop", server.url),
            OTHER: marked(sentries[OWN], OTHER, f"{OTHER}-shop", server.url),
            ELSEWHERE: marked(sentries[ELSEWHERE], ELSEWHERE, f"{ELSEWHERE}-shop", server.url),
            "nowhere": nowhere(f"{OWN}-org", server.url),
            "nowhere at all": nowhere("nothing-org", server.url),
        }
        marked(sentries[OWN], OWN, f"{OWN}-second", server.url)
        of_project = {"organizations": [f"{OWN}-org"], "projects": [f"{OWN}-shop", f"{OWN}-org/{OWN}-second", "gone"]}
        everything = {"scopes": list(Scope)}
        callers: dict[str, dict[str, Any]] = {
            "of-project": {**everything, **of_project},
            "of-organization": {**everything, "organizations": [f"{OWN}-org"]},
            "of-both": {**everything, "organizations": [f"{OWN}-org", f"{ELSEWHERE}-org"]},
            "of-nothing": {**everything, "projects": []},
            "without": {"scopes": [], **of_project},
            **{scope: {"scopes": [scope], **of_project} for scope in Scope},
        }
        tokens: dict[str, str] = {}
        file = tmp_path_factory.mktemp("callers") / "callers.toml"
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
        }
        async with served_http(environment) as url:
            yield World(url, tokens, sentries, targets)


@dataclass(frozen=True)
class Told:
    """All that an answer tells, as text."""

    is_error: bool
    text: str


async def told(
    client: Client,
    line: Line,
    arguments: dict[str, Any],
    name: str | None = None,
    *,
    unnamed: Target | None = None,
) -> Told:
    """What is told when it is asked, perhaps by another `name`; without the names of a target that the caller gave."""
    found = await _told(client, line, arguments, name)
    found = Told(found.is_error, AGE.sub("", found.text))
    return found if unnamed is None else Told(found.is_error, unnamed.unnamed(found.text))


async def _told(client: Client, line: Line, arguments: dict[str, Any], name: str | None) -> Told:
    try:
        match line.kind:
            case "tool":
                result = await client.call_tool(name or line.name, arguments)
                return Told(result.is_error or False, _text(result.model_dump(mode="json")))
            case "resource":
                uri = f"sentry://{name}" if name else _uri(line.name, arguments)
                return Told(False, _text((await client.read_resource(uri)).model_dump(mode="json")))
            case "prompt":
                return Told(
                    False, _text((await client.get_prompt(name or line.name, arguments)).model_dump(mode="json"))
                )
            case "completion":
                return Told(False, _text(await _completed(client, line.name, arguments)))
            case _:
                raise NotImplementedError(line.kind)
    except MCPError as error:
        return Told(True, _text([error.error.message, error.error.data]))


async def _completed(client: Client, argument: str, chosen: dict[str, Any]) -> list[str]:
    kind, name = matrix.completed()[argument]
    reference: Any = (
        PromptReference(type="ref/prompt", name=name)
        if kind == "ref/prompt"
        else ResourceTemplateReference(type="ref/resource", uri=name)
    )
    found = await client.complete(reference, {"name": argument, "value": ""}, chosen or None)
    return found.completion.values


def _uri(resource: str, arguments: dict[str, Any]) -> str:
    return matrix.uri_of(resource).format(**arguments)


def _text(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)


async def test_a_callers_own_is_shown_and_nothing_else(world: World) -> None:
    own = world.targets[OWN]
    async with world.client("of-project") as client:
        for line in matrix.lines():
            for case in line.cases:
                found = await told(client, line, own.fill(case.arguments))
                is_shown = OWN in found.text.lower() or case.elsewhere == Shown.OF_NOBODY
                assert (found.is_error, is_shown) == (False, True), (line.name, case, found)
                assert not [mark for mark in (OTHER, ELSEWHERE) if mark in found.text.lower()], (line.name, case, found)


@pytest.mark.parametrize(
    ("caller", "other", "unknown"),
    [
        ("of-project", OTHER, "nowhere"),
        ("of-organization", ELSEWHERE, "nowhere at all"),
    ],
)
async def test_another_ones_is_told_as_what_is_not_there(world: World, caller: str, other: str, unknown: str) -> None:
    others = {OTHER, ELSEWHERE} if caller == "of-project" else {ELSEWHERE}
    async with world.client(caller) as client:
        for line in matrix.lines():
            for case in line.cases:
                where = line.kind, line.name, case
                of_other, of_unknown = [
                    await told(client, line, target.fill(case.arguments), unnamed=target)
                    for target in (world.targets[other], world.targets[unknown])
                ]
                assert not [mark for mark in others if mark in of_other.text.lower()], (where, of_other)
                assert _fits(of_other, case.elsewhere), (where, of_other)
                assert case.elsewhere == Shown.LEFT_OUT or of_unknown == of_other, (where, of_unknown, of_other)


def _fits(found: Told, shown: Shown) -> bool:
    match shown:
        case Shown.NOT_FOUND:
            return found.is_error and "was not found" in found.text
        case Shown.NOTHING:
            return not found.is_error and OWN not in found.text.lower()
        case _:
            return True


async def test_nothing_of_anothers_is_changed(world: World) -> None:
    update = next(line for line in matrix.lines() if line.name == "update_issue")
    own, other, elsewhere, unknown = (world.targets[name] for name in (OWN, OTHER, ELSEWHERE, "nowhere"))
    names = [own.short_id, other.short_id, other.issue, f"{ELSEWHERE}-org/{elsewhere.issue}", unknown.short_id]
    sentries = {own: world.sentries[OWN], other: world.sentries[OWN], elsewhere: world.sentries[ELSEWHERE]}
    before = {target: _issue(sentry, target.issue) for target, sentry in sentries.items()}
    async with world.client("of-project") as client:
        found = await told(client, update, {"issue": ", ".join(names), "status": "resolved", "comment": "Done."})
    assert not found.is_error
    for target, sentry in sentries.items():
        more, now = int(target is own), _issue(sentry, target.issue)
        assert now["status"] == ("resolved" if target is own else "unresolved")
        assert now["numComments"] == before[target]["numComments"] + more


async def test_a_release_of_several_is_shown_without_what_is_of_the_others(world: World) -> None:
    release = next(line for line in matrix.lines() if line.name == "get_release")
    async with world.client("of-project") as client, world.client("of-organization") as of_all:
        own, whole = [await told(one, release, {"release": SHARED}) for one in (client, of_all)]
    assert "2 new issues" in own.text
    assert "3 new issues" in whole.text
    assert OTHER in whole.text


async def test_of_several_organizations_one_is_to_be_named(world: World) -> None:
    projects = next(line for line in matrix.lines() if line.name == "list_projects")
    async with world.client("of-both") as client:
        unnamed = await told(client, projects, {})
        named = await told(client, projects, {"organization": f"{ELSEWHERE}-org"})
    assert (unnamed.is_error, "okapi-org, zebra-org" in unnamed.text) == (True, True)
    assert (named.is_error, ELSEWHERE in named.text) == (False, True)


async def test_whoever_may_see_nothing_sees_nothing(world: World) -> None:
    target = world.targets[OWN]
    async with world.client("of-nothing") as client:
        for line in matrix.lines():
            found = await told(client, line, target.fill(line.cases[0].arguments), unnamed=target)
            assert not [mark for mark in MARKS if mark in found.text.lower()], (line.name, found)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("scope", [*Scope, "without"])
async def test_what_is_outside_of_a_callers_scopes_is_not_there(world: World, scope: str, era: Era) -> None:
    async with world.client(scope, era) as client:
        there = {
            "tool": {tool.name for tool in (await client.list_tools()).tools},
            "prompt": {prompt.name for prompt in (await client.list_prompts()).prompts},
            "resource": {one.name for one in (await client.list_resources()).resources}
            | {one.name for one in (await client.list_resource_templates()).resource_templates},
        }
        for kind, names in there.items():
            assert names == {line.name for line in matrix.lines() if (line.kind, line.scope) == (kind, scope)}
        missing: dict[str, str] = {}
        for line in matrix.lines():
            if line.scope == scope:
                continue
            arguments = world.targets[OWN].fill(line.cases[0].arguments)
            found = await told(client, line, arguments)
            if line.kind == "completion":
                assert found == Told(False, "[]"), line.name
                continue
            if line.kind not in missing:
                missing[line.kind] = (await told(client, line, arguments, "no_such_thing")).text
            asked = line.name if line.kind != "resource" else _uri(line.name, arguments)
            expected = missing[line.kind].replace("sentry://no_such_thing", asked).replace("no_such_thing", asked)
            assert found == Told(True, expected), line.name


async def test_nothing_is_forgotten_in_the_table() -> None:
    lines = matrix.lines()
    lacking = [f"{line.kind} {line.name}" for line in lines if not line.cases]
    assert not lacking, f"tests/access_matrix.py has no arguments for {', '.join(lacking)}"
    named = {"tool": matrix.TOOLS, "resource": matrix.RESOURCES, "prompt": matrix.PROMPTS}
    for kind, cases in named.items():
        assert set(cases) == {line.name for line in lines if line.kind == kind}


async def test_the_page_has_the_table() -> None:
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    shown, end, after = rest.partition(END)
    assert begin
    assert end
    if os.environ.get("SENTRY_MCP_GOLDEN") == "write":
        PAGE.write_text(f"{before}{begin}\n{matrix.table()}\n{end}{after}")
    else:
        assert shown.strip() == matrix.table(), "SENTRY_MCP_GOLDEN=write writes it anew"
