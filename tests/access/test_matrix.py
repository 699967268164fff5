"""Every thing that can be asked, by every scope, of the caller's own project, of another's and of one that is not."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import access_matrix as matrix
import pytest
import pytest_asyncio
from access_matrix import Shown, unnamed
from access_world import (
    ELSEWHERE,
    MARKS,
    OTHER,
    OWN,
    SHARED,
    Told,
    World,
    answered,
    from_elsewhere,
    issue_of,
    opened,
    told,
    uri,
)
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult
from wire import ERAS, ROOT, Era

from application import Application
from local import Embedded
from service.access.callers import Scope
from settings import load_settings
from web.calls import Calls
from web.rest.pages import PAGES

PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- the table of what may be seen -->", "<!-- the end of the table -->"
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.no_cover,  # traced, what other tests cover takes three times as long here
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    async with opened(embedded, tmp_path_factory.mktemp("callers")) as world:
        yield world


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def alerts(world: World) -> None:
    """For each test some that nobody has claimed or finished."""
    await world.tell_alerts()


async def test_a_callers_own_is_shown_and_nothing_else(world: World) -> None:
    own = world.targets[OWN]
    async with world.client("of-project") as client:
        for line in matrix.lines():
            for case in line.cases:
                found = await told(client, line, own.fill(case.arguments))
                is_shown = OWN in found.text.lower() or case.elsewhere == Shown.OF_NOBODY
                assert (found.is_error, is_shown) == (False, True), (line.name, case, found)
                assert not [mark for mark in (OTHER, ELSEWHERE) if mark in found.text.lower()], (line.name, case, found)


async def test_links_lead_through_the_callers_own_alone(world: World) -> None:
    lists = {"/issues?limit=1&query=*": 4, "/releases?limit=1": 2, f"/projects/{OWN}-org/{OWN}-shop/issues?limit=1": 2}
    async with world.http("of-project") as http:
        for path, rows in lists.items():
            url, found = path, list[str]()
            while url:
                answer = await http.get(url)
                assert (answer.status_code, OWN in answer.text) == (200, True), (path, answer.text)
                found.append(answer.text + answer.headers.get("link", ""))
                url = answer.links.get("next", {}).get("url", "")
            assert len(found) == rows, path
            assert not [mark for mark in (OTHER, ELSEWHERE) if mark in "".join(found).lower()], (path, found)


@pytest.mark.parametrize(
    ("caller", "other", "unknown"),
    [
        ("of-project", OTHER, "nowhere"),
        ("of-organization", ELSEWHERE, "nowhere at all"),
    ],
)
async def test_another_ones_is_told_as_what_is_not_there(world: World, caller: str, other: str, unknown: str) -> None:
    others = {OTHER, ELSEWHERE} if caller == "of-project" else {ELSEWHERE}
    target, nothing = both = world.targets[other], world.targets[unknown]
    sentry = world.sentries[OWN if other == OTHER else ELSEWHERE]
    before = issue_of(sentry, target.issue)
    async with world.client(caller) as client:
        for line in matrix.lines():
            for case in line.cases:
                where = line.kind, line.name, case
                of_other = await told(client, line, target.fill(case.arguments), without=both)
                assert not [mark for mark in others if mark in of_other.text.lower()], (where, of_other)
                assert _fits(of_other, case.elsewhere), (where, of_other)
                if case.elsewhere != Shown.LEFT_OUT:
                    of_unknown = await told(client, line, nothing.fill(case.arguments), without=both)
                    assert of_unknown == of_other, (where, of_unknown, of_other)
    assert issue_of(sentry, target.issue) == before


def _fits(found: Told, shown: Shown) -> bool:
    match shown:
        case Shown.NOT_FOUND:
            return found.is_error and "was not found" in found.text
        case Shown.NOTHING:
            return not found.is_error and OWN not in found.text.lower()
        case _:
            return True


@pytest.mark.parametrize(("kind", "status"), [("tool", "resolved"), ("PUT", "ignored")])
async def test_nothing_of_anothers_is_changed(world: World, kind: str, status: str) -> None:
    update = next(line for line in matrix.lines() if (line.kind, line.scope) == (kind, Scope.ISSUES_WRITE))
    own, other, elsewhere, unknown = (world.targets[name] for name in (OWN, OTHER, ELSEWHERE, "nowhere"))
    names = [own.short_id, other.short_id, other.issue, f"{ELSEWHERE}-org/{elsewhere.issue}", unknown.short_id]
    sentries = {own: world.sentries[OWN], other: world.sentries[OWN], elsewhere: world.sentries[ELSEWHERE]}
    before = {target: issue_of(sentry, target.issue) for target, sentry in sentries.items()}
    audited_before = len(world.audit.read_text().splitlines()) if world.audit.exists() else 0
    async with world.client("of-project") as client:
        found = await told(client, update, {"issue": ", ".join(names), "status": status, "comment": "Done."})
    assert not found.is_error
    answer = json.loads(found.text)
    rows = answer["structured_content" if kind == "tool" else "body"]["issues"]
    assert [(row["issue"], row["result"]) for row in rows] == [
        (name, "updated" if name is own.short_id else "failed") for name in names
    ]
    assert len({row["outcome"].replace(row["issue"].rpartition("/")[2], "it") for row in rows[1:3] + rows[4:]}) == 1
    for target, sentry in sentries.items():
        more, now = int(target is own), issue_of(sentry, target.issue)
        assert now["status"] == (status if target is own else "unresolved")
        assert now["numComments"] == before[target]["numComments"] + more

    entries = [json.loads(line) for line in world.audit.read_text().splitlines()[audited_before:]]
    assert [entry.get("action") for entry in entries] == ["update_issue", None, "add_comment", None]
    assert [entry["issue"]["id"] for entry in entries[::2]] == [own.issue, own.issue]
    assert {entry["caller"] for entry in entries[::2]} == {"of-project"}


@pytest.mark.parametrize("era", ERAS)
async def test_the_question_before_a_change_tells_nothing_of_anothers(world: World, era: Era) -> None:
    update = next(line for line in matrix.lines() if line.name == "update_issue")
    own, other, unknown = (world.targets[name] for name in (OWN, OTHER, "nowhere"))
    asked: list[str] = []

    async def decline(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="decline")

    audited_before = world.audit.read_bytes() if world.audit.exists() else b""
    async with world.client("confirmed", era, decline) as client:
        for name in ("short_id", "issue"):
            told_of: list[list[str]] = []
            for target in (other, unknown):
                both = {"issue": f"{getattr(own, name)}, {getattr(target, name)}", "status": "resolved"}
                declined = await told(client, update, both)
                alone = await told(client, update, {**both, "issue": getattr(target, name)}, without=(other, unknown))
                assert (declined.is_error, "declined" in declined.text) == (True, True)
                assert (alone.is_error, "was not found" in alone.text) == (True, True)
                told_of.append([unnamed(asked.pop(), (other, unknown)), alone.text])
                assert asked == []
            assert f"{OWN} broke" in told_of[0][0]
            assert told_of[0] == told_of[1]
            assert OTHER not in str(told_of).lower()
    assert (world.audit.read_bytes() if world.audit.exists() else b"") == audited_before


async def test_a_release_of_several_is_shown_without_what_is_of_the_others(world: World) -> None:
    release = next(line for line in matrix.lines() if line.name == "get_release")
    async with world.client("of-project") as client, world.client("of-organization") as of_all:
        own, whole = [await told(one, release, {"release": SHARED}) for one in (client, of_all)]
    assert "2 new issues" in own.text
    assert "3 new issues" in whole.text
    assert OTHER in whole.text


async def test_of_a_trace_of_several_the_callers_part_is_shown_and_the_rest_is_counted(world: World) -> None:
    trace = next(line for line in matrix.lines() if line.name == "get_trace")
    arguments = {"trace": world.targets[OWN].trace}
    async with world.client("of-project") as client, world.client("of-organization") as of_all:
        own, whole = [await told(one, trace, arguments) for one in (client, of_all)]
    assert "2 spans, 2 errors, 1 log" in own.text
    assert "3 spans and 3 errors of projects that you cannot see." in own.text
    assert own.text.count("called by 1 span that you cannot see") == 2
    assert OTHER not in own.text.lower()
    assert "5 spans, 5 errors, 2 logs" in whole.text
    assert "cannot see" not in whole.text
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
            found = await told(client, line, target.fill(line.cases[0].arguments), without=[target])
            assert not [mark for mark in MARKS if mark in found.text.lower()], (line.name, found)


@pytest.mark.parametrize("era", ERAS)
async def test_what_is_outside_of_a_callers_scopes_is_not_there(world: World, era: Era) -> None:
    """Asked of all callers at once: one alone would wait for its turn while the one before is remembered."""
    await asyncio.gather(*(_not_there(world, scope, era) for scope in (*Scope, "without")))


async def _not_there(world: World, scope: str, era: Era) -> None:
    async with world.client(scope, era) as client:
        mcp = client.mcp
        there = {
            "tool": {tool.name for tool in (await mcp.list_tools()).tools},
            "prompt": {prompt.name for prompt in (await mcp.list_prompts()).prompts},
            "resource": {one.name for one in (await mcp.list_resources()).resources}
            | {one.name for one in (await mcp.list_resource_templates()).resource_templates},
        }
        for kind, names in there.items():
            assert names == {line.name for line in matrix.of_mcp() if (line.kind, line.scope) == (kind, scope)}, scope
        missing: dict[str, str] = {}
        for line in matrix.of_mcp():
            if line.scope == scope:
                continue
            arguments = world.targets[OWN].fill(line.cases[0].arguments)
            found = await told(client, line, arguments)
            if line.kind == "completion":
                assert found == Told(False, "[]"), (scope, line.name)
                continue
            if line.kind not in missing:
                missing[line.kind] = (await told(client, line, arguments, "no_such_thing")).text
            asked = line.name if line.kind != "resource" else uri(line.name, arguments)
            expected = missing[line.kind].replace("sentry://no_such_thing", asked).replace("no_such_thing", asked)
            assert found == Told(True, expected), (scope, line.name)


async def test_a_route_outside_of_a_callers_scopes_is_refused_whatever_is_asked_for(world: World) -> None:
    others = [scope for scope in (*Scope, "without", None) if scope != Scope.ALERTS_READ]
    await asyncio.gather(*(_refused(world, scope) for scope in others))
    await _refused(world, Scope.ALERTS_READ)  # two lists of alerts are the same while nobody works on any


async def _refused(world: World, scope: str | None) -> None:
    """`scope` names the caller; None: nobody."""
    async with world.http(scope) as http:
        for line in matrix.routes():
            case = line.cases[0]
            targets = [world.targets[name] for name in (OWN, OTHER, "nowhere")]
            answers = [
                await answered(http, line, target.fill(case.arguments), **from_elsewhere()) for target in targets
            ]
            where = scope, line.kind, line.name, answers
            if scope == line.scope:
                of_other, of_unknown = [unnamed(found.text, targets[1:]) for found in answers[1:]]
                assert (answers[0].is_error, OWN in answers[0].text) == (False, True), where
                assert not [mark for mark in (OTHER, ELSEWHERE) if mark in of_other.lower()], where
                assert _fits(answers[1], case.elsewhere), where
                assert of_unknown == of_other, where
                continue
            assert answers == [answers[0]] * 3, where
            answer = json.loads(answers[0].text)
            status, error = (401, "unauthorized") if scope is None else (403, "insufficient_scope")
            assert (answer["status"], answer["body"]["error"]) == (status, error), where
            assert answer["body"]["details"].get("scope") == (line.scope if scope else None), where
            assert "www-authenticate" in answer["headers"], where


@pytest.mark.parametrize("who", [*Scope, "without", None])
async def test_what_else_is_served_is_for_those_who_may(world: World, who: str | None) -> None:
    async with world.http(who) as http:
        for path, needs in matrix.PATHS.items():
            answer = await http.get(path, headers=from_elsewhere())
            is_served = needs in (matrix.NOBODY, matrix.SIGNED) or (who is not None and needs in (matrix.TOKEN, who))
            assert (answer.status_code not in (401, 403)) == is_served, (path, answer.text)
            if not is_served:
                assert answer.status_code == (401 if who is None else 403), (path, answer.text)
            assert not [mark for mark in MARKS if mark in answer.text.lower()], (path, answer.text)


async def test_nothing_is_forgotten_in_the_table() -> None:
    lines = matrix.lines()
    lacking = [f"{line.kind} {line.name}" for line in lines if not line.cases]
    assert not lacking, f"tests/access_matrix.py has no arguments for {', '.join(lacking)}"
    named = {"tool": matrix.TOOLS, "resource": matrix.RESOURCES, "prompt": matrix.PROMPTS}
    for kind, cases in named.items():
        assert set(cases) == {line.name for line in lines if line.kind == kind}
    assert set(matrix.ROUTES) == {f"{line.kind} {line.name}" for line in matrix.routes()}


async def test_no_path_is_forgotten_in_the_table(tmp_path: Path) -> None:
    provider = {"SENTRY_MCP_IDENTITY_PROVIDER_ISSUER": "https://id.example"}
    provider |= {"SENTRY_MCP_ALERTS": "true", "SENTRY_MCP_ALERTS_PATH": str(tmp_path / "alerts.db")}
    provider |= {"SENTRY_WEBHOOK_SECRET": "a-secret-of-this-test"}
    provider |= {"SENTRY_MCP_IDENTITY_PROVIDER_AUDIENCE": "https://mcp.example/mcp"}
    settings = load_settings(environment={"SENTRY_URL": "http://127.0.0.1:9", "SENTRY_AUTH_TOKEN": "none", **provider})
    served = Application(settings).http_app(Calls()).router.routes
    paths = {getattr(route, "path", repr(route)).removesuffix("/mcp") or "/mcp" for route in served} | set(PAGES)
    assert paths == set(matrix.PATHS)


async def test_the_page_has_the_table() -> None:
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    shown, end, after = rest.partition(END)
    assert begin
    assert end
    if os.environ.get("SENTRY_MCP_GOLDEN") == "write":
        PAGE.write_text(f"{before}{begin}\n{matrix.table()}\n{end}{after}")
    else:
        assert shown.strip() == matrix.table(), "SENTRY_MCP_GOLDEN=write writes it anew"
