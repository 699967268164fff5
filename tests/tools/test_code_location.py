"""Where the code of a stack trace lies: repository, path and line of each call, the link, suspect commits and flags."""

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.client.client import Client
from standins import todays_answers as answers
from standins.clients import client_of, connection_to
from standins.clocks import Clock
from standins.known import Known, both
from standins.recorded import TOKEN, replaying
from standins.sockets import Request, Wire, listening
from standins.today import ISSUES, PROJECT, SELF_HOSTED, Today, todays_sentry
from wire import connected_to, data_of, text_of

from application import build_server
from sentry.client import SentryClient
from settings import load_settings

MAPPINGS = "organizations/acme/code-mappings"
ISSUE, EVENT = answers.ISSUE_ID, answers.EVENT_ID
LATEST = f"{ISSUES}/{ISSUE}/events/latest"
FLAGS = f"{ISSUES}/{ISSUE}/suspect/flags"
COMMIT = answers.COMMIT_ID
REPOSITORY = {"id": "6", "name": "acme/shop", "url": "https://git.acme.test/acme/shop"}
GITLAB = {"key": "gitlab", "name": "GitLab"}
BITBUCKET = {"key": "bitbucket", "name": "Bitbucket"}
Row = dict[str, Any]


@pytest.fixture
def today() -> Generator[Today]:
    with todays_sentry(SELF_HOSTED) as today:
        yield today


@asynccontextmanager
async def connected(today: Today, clock: Clock | None = None, cache_ttl: float = 10) -> AsyncGenerator[Client]:
    def open_client() -> SentryClient:
        connection = connection_to(today.url, organization="acme", cache_ttl=cache_ttl)
        return SentryClient(connection, clock=clock or Clock())

    environment = {
        "SENTRY_URL": today.url,
        "SENTRY_ORG": "acme",
        "SENTRY_AUTH_TOKEN": TOKEN,
        "SENTRY_MCP_STRUCTURED_CONTENT": "true",
    }
    async with Client(build_server(load_settings(environment=environment), open_client)) as client:
        yield client


def mapping(**fields: Any) -> Row:
    return {**answers.CODE_MAPPING, **fields}


def event_of(*frames: Row, commit: Row | None = None, platform: str = "python", **fields: Any) -> Row:
    """An event of these calls, in a release of that commit."""
    value = {"type": "PriceError", "value": "no price", "stacktrace": {"frames": [*frames]}}
    release = {**answers.EVENT["release"], "lastCommit": commit}
    entries = [{"type": "exception", "data": {"values": [value]}}]
    return {**answers.EVENT, "entries": entries, "release": release, "platform": platform, **fields}


def call(filename: str | None, line: int = 12, **fields: Any) -> Row:
    return {"filename": filename, "function": "price", "lineNo": line, "inApp": True, **fields}


async def told(today: Today, event: Row, *mappings: Row, **arguments: Any) -> tuple[str, list[Row], Row]:
    """The text of a stack trace, its calls, and all else that a program reads."""
    today.answers("GET", LATEST, 200, event)
    today.answers("GET", MAPPINGS, 200, [*mappings])
    async with connected(today) as client:
        result = await client.call_tool("get_stacktrace", {"issue": ISSUE, **arguments})
    data = data_of(result)
    return text_of(result), data["stacktrace"]["frames"], data


def line_of(text: str, start: str) -> str:
    return next((line for line in text.splitlines() if line.startswith(start)), "")


# What it costs.


@pytest.mark.parametrize("cache_ttl", [0, 10])
async def test_where_the_code_lies_is_asked_once_an_hour_for_a_project(today: Today, cache_ttl: float) -> None:
    """Whatever else is kept."""
    clock = Clock()
    async with connected(today, clock, cache_ttl) as client:
        for moment, requests in ((0, 4), (20, 3), (3_590, 3), (3_601, 4)):
            clock.now = moment
            today.requests.clear()
            text = text_of(await client.call_tool("get_issue", {"issue": ISSUE}))
            assert len(today.requests) == requests, moment
            assert "backend/shop/cart.py" in text
        today.requests.clear()
        await client.call_tool("get_issue", {"issue": answers.SPARSE_ID})  # another of the project
        await client.call_tool("get_event", {"event": "oldest", "issue": ISSUE})
        await client.call_tool("get_stacktrace", {"event": EVENT})
    assert not [line for line in today.log if "code-mappings" in line]


@pytest.mark.parametrize("tool", ["get_issue", "get_event", "get_stacktrace"])
async def test_each_answer_with_a_stack_trace_says_it(today: Today, tool: str) -> None:
    arguments = {"event": EVENT} if tool == "get_event" else {"issue": ISSUE}
    async with connected(today) as client:
        result = await client.call_tool(tool, arguments)

    assert 'File "backend/shop/cart.py", line 12, in price' in text_of(result)
    (frame,) = data_of(result)["stacktrace"]["frames"]
    assert frame["filename"] == "shop/cart.py"
    assert frame["repository"] == "acme/shop"
    assert frame["path"] == "backend/shop/cart.py"
    assert frame["link"] == "https://github.com/acme/shop/blob/main/backend/shop/cart.py#L12"


@pytest.mark.parametrize("cache_ttl", [0, 10])
@pytest.mark.parametrize(("status", "seconds"), [(400, 3_600), (403, 3_600), (404, 3_600), (401, 60), (500, 60)])
async def test_without_mappings_an_answer_is_what_it_is_without_them_and_they_are_not_asked_for_again(
    today: Today, status: int, seconds: float, cache_ttl: float
) -> None:
    """For an hour where there are none; where Sentry just fails, for a minute."""
    clock = Clock()
    today.answers("GET", MAPPINGS, 200, [])
    async with connected(today, clock) as client:
        without = data_of(await client.call_tool("get_issue", {"issue": ISSUE}))
    today.answers("GET", MAPPINGS, status, {"detail": "No integration."})
    today.requests.clear()
    async with connected(today, clock, cache_ttl) as client:
        for clock.now in (0, 20, seconds - 10):
            result = await client.call_tool("get_issue", {"issue": ISSUE})
            assert data_of(result) == without
            assert "Code:" not in text_of(result)
            assert "No integration" not in text_of(result)
        assert len([line for line in today.log if "code-mappings" in line]) == 1
        today.answers("GET", MAPPINGS, 200, [answers.CODE_MAPPING])
        clock.now = seconds + 1
        assert "Code:" in text_of(await client.call_tool("get_issue", {"issue": ISSUE}))


async def test_an_answer_does_not_wait_for_them_for_long_nor_again() -> None:
    known = {
        "/api/0/organizations/acme/issues/5/": {"id": "5", "title": "PriceError", "project": {"id": "7"}},
        "/api/0/organizations/acme/issues/5/events/latest/": {"eventID": EVENT, "projectID": "7"},
    }
    never = asyncio.Event()

    async def answer(request: Request, wire: Wire) -> None:
        if "code-mappings" in request.path:
            await never.wait()
        await wire.answer(body=json.dumps(known[request.path]).encode())

    async with listening(answer) as server, connected_to(server.url, SENTRY_MCP_CACHE_TTL="0") as client:
        for _ in range(2):
            result = await client.call_tool("get_issue", {"issue": "5"})
            assert data_of(result)["title"] == "PriceError"
        assert len([line for line in server.log if "code-mappings" in line]) == 1


async def test_who_gives_up_asking_says_nothing_of_whether_there_are_any() -> None:
    """And who waited meanwhile, asks."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_: Request, wire: Wire) -> None:
        asked.set()
        await go_on.wait()
        await wire.answer(body=json.dumps([answers.CODE_MAPPING]).encode())

    async with listening(answer) as server, client_of(server.url, organization="acme") as client:
        first = asyncio.ensure_future(client.get_code_mappings("4507"))
        await asked.wait()
        second = asyncio.ensure_future(client.get_code_mappings("4507"))
        await asyncio.sleep(0)
        first.cancel()
        go_on.set()
        assert len(await second) == 1


@both
async def test_a_sentry_without_code_mappings_is_not_asked_for_them(known: Known) -> None:
    async with (
        replaying(known.server) as server,
        connected_to(server.url, SENTRY_ORG=known.organization, SENTRY_AUTH_TOKEN=TOKEN) as client,
    ):
        for tool, arguments in (
            ("get_issue", {"issue": known.issue}),
            ("get_stacktrace", {"issue": known.issue}),
            ("get_event", {"issue": known.issue, "event": known.event}),
        ):
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, text_of(result)
    assert not [line for line in server.log if "code-mappings" in line]


# Which file it is.

WINDOWS = r"C:\build\shop\src\Cart.cs"
FILES: dict[str, tuple[Row, list[Row], str | None]] = {
    "python": (call("shop/cart.py"), [mapping()], "backend/shop/cart.py"),
    "python, by the absolute path": (
        call("cart.py", absPath="/srv/app/shop/cart.py"),
        [mapping(stackRoot="/srv/app/", sourceRoot="")],
        "shop/cart.py",
    ),
    "windows": (
        call(WINDOWS),
        [mapping(stackRoot="C:\\build\\shop\\", sourceRoot="")],
        "src/Cart.cs",
    ),
    "windows, by a root with slashes": (
        call("Cart.cs", absPath=WINDOWS),
        [mapping(stackRoot="C:/build/shop/", sourceRoot="dotnet")],
        "dotnet/src/Cart.cs",
    ),
    "javascript": (
        call("./src/cart.ts", absPath="webpack:///./src/cart.ts"),
        [mapping(stackRoot="./", sourceRoot="web/")],
        "web/src/cart.ts",
    ),
    "javascript, of a bundle": (
        call("webpack:///./src/App.vue?3f1a"),
        [mapping(stackRoot="webpack:///./", sourceRoot="")],
        "src/App.vue",
    ),
    "javascript, from above": (
        call("../../packages/cart/index.js"),
        [mapping(stackRoot="../../", sourceRoot="")],
        "packages/cart/index.js",
    ),
    "node": (call("app:///dist/cart.js"), [mapping(stackRoot="app:///", sourceRoot="server/")], "server/dist/cart.js"),
    "java": (
        call("Cart.java", module="com.acme.shop.Cart"),
        [mapping(stackRoot="com/acme/", sourceRoot="app/src/main/java/com/acme/")],
        "app/src/main/java/com/acme/shop/Cart.java",
    ),
    "java, an inner class": (
        call("Cart.java", module="com.acme.shop.Cart$Line$1", absPath="Cart.java"),
        [mapping(stackRoot="com/acme/", sourceRoot="src/com/acme/")],
        "src/com/acme/shop/Cart.java",
    ),
    "kotlin": (
        call("Pricing.kt", module="com.acme.shop.PricingKt"),
        [mapping(stackRoot="com/acme", sourceRoot="src/com/acme")],
        "src/com/acme/shop/Pricing.kt",
    ),
    "the longest root": (
        call("shop/api/cart.py"),
        [mapping(stackRoot="", sourceRoot="x/"), mapping(stackRoot="shop/api/", sourceRoot="y/"), mapping()],
        "y/cart.py",
    ),
    "one made by hand before a longer one that Sentry derived": (
        call("shop/api/cart.py"),
        [mapping(stackRoot="shop/api/", sourceRoot="derived/", automaticallyGenerated=True), mapping()],
        "backend/shop/api/cart.py",
    ),
    "an absolute root before a relative one": (
        call("shop/cart.py", absPath="/srv/shop/cart.py"),
        [mapping(), mapping(stackRoot="/srv/", sourceRoot="absolute/")],
        "absolute/shop/cart.py",
    ),
    "no root at all": (call("./shop/cart.py"), [mapping(stackRoot="", sourceRoot="")], "shop/cart.py"),
    "no root at all, and an absolute path": (
        call("/usr/lib/python3/json.py"),
        [mapping(stackRoot="", sourceRoot="")],
        None,
    ),
    "a root that ends within a name": (call("shopping/cart.py"), [mapping(stackRoot="shop")], None),
    "another root": (call("lib/cart.py"), [mapping()], None),
    "no file": (call(None, function="<native>"), [mapping(stackRoot="", sourceRoot="")], None),
    "what Python runs from a text": (call("<string>"), [mapping(stackRoot="", sourceRoot="")], None),
    "the same, by an absolute path": (call("<string>", absPath="/srv/<string>"), [mapping(stackRoot="/srv/")], None),
    "what Node runs from a text": (call("[eval]"), [mapping(stackRoot="", sourceRoot="")], None),
    "what has no name": (call(None, absPath="<anonymous>"), [mapping(stackRoot="", sourceRoot="")], None),
    "a function of the engine": (call("native"), [mapping(stackRoot="", sourceRoot="")], None),
    "a library's": (call("shop/cart.py", inApp=False), [mapping()], None),
    "of another project": (call("shop/cart.py"), [mapping(projectId="9")], None),
}


@pytest.mark.parametrize(("frame", "mappings", "path"), FILES.values(), ids=FILES)
async def test_the_file_of_a_call(today: Today, frame: Row, mappings: list[Row], path: str | None) -> None:
    ours = call("main.py")  # so that one call is marked as the app's own
    text, frames, _ = await told(today, event_of(ours, frame), *mappings)
    assert frames[-1].get("path") == path
    assert frames[-1]["filename"] == frame["filename"]
    assert (path is None) or path in text


async def test_where_no_call_is_marked_as_the_applications_a_root_has_to_tell_it(today: Today) -> None:
    calls = [call("shop/cart.py", inApp=False), call("kombu/connection.py", inApp=False)]
    everything = mapping(stackRoot="", sourceRoot="")

    text, frames, _ = await told(today, event_of(*calls), everything)
    assert [frame.get("path") for frame in frames] == [None, None]
    assert "Code:" not in text
    _, frames, _ = await told(today, event_of(*calls), everything, mapping(stackRoot="./", sourceRoot=""), mapping())
    assert [frame.get("path") for frame in frames] == ["backend/shop/cart.py", None]


# The link.

LINKS: dict[str, tuple[Row, Row | None, str | None]] = {
    "github": (
        mapping(),
        {"id": COMMIT},
        f"https://github.com/acme/shop/blob/{COMMIT[:10]}/backend/shop/cart.py#L12",
    ),
    "github, of the commit's repository": (
        mapping(),
        {"id": COMMIT, "repository": REPOSITORY},
        f"https://github.com/acme/shop/blob/{COMMIT[:10]}/backend/shop/cart.py#L12",
    ),
    "github, no commit": (mapping(), None, "https://github.com/acme/shop/blob/main/backend/shop/cart.py#L12"),
    "github, a commit of another repository": (
        mapping(),
        {"id": COMMIT, "repository": {"id": "9", "name": "acme/other", "url": "https://git.acme.test/other"}},
        "https://github.com/acme/shop/blob/main/backend/shop/cart.py#L12",
    ),
    "github, a path with spaces": (
        mapping(sourceRoot="my code/#1/"),
        None,
        "https://github.com/acme/shop/blob/main/my%20code/%231/cart.py#L12",
    ),
    "bitbucket": (
        mapping(provider=BITBUCKET),
        {"id": COMMIT},
        f"https://bitbucket.org/acme/shop/src/{COMMIT[:10]}/backend/shop/cart.py#lines-12",
    ),
    "gitlab": (
        mapping(provider=GITLAB, repoName="Acme / Shop"),
        {"id": COMMIT, "repository": {**REPOSITORY, "name": "Acme / Shop"}},
        f"https://git.acme.test/acme/shop/-/blob/{COMMIT[:10]}/backend/shop/cart.py#L12",
    ),
    "github enterprise": (
        mapping(provider={"key": "github_enterprise"}),
        {"id": COMMIT, "repository": REPOSITORY},
        f"https://git.acme.test/acme/shop/blob/{COMMIT[:10]}/backend/shop/cart.py#L12",
    ),
    "github, what is no commit": (
        mapping(),
        {"id": "-" * 10},
        "https://github.com/acme/shop/blob/main/backend/shop/cart.py#L12",
    ),
    "github, too short for a commit": (
        mapping(),
        {"id": "abc"},
        "https://github.com/acme/shop/blob/main/backend/shop/cart.py#L12",
    ),
    "gitlab, whose address nothing tells": (mapping(provider=GITLAB, repoName="Acme / Shop"), None, None),
    "a provider of another form": (mapping(provider={"key": "vsts"}), {"id": COMMIT, "repository": REPOSITORY}, None),
    "no provider": (mapping(provider=None), {"id": COMMIT, "repository": REPOSITORY}, None),
    "no commit and no branch": (mapping(defaultBranch=None), None, None),
}


@pytest.mark.parametrize(("row", "commit", "link"), LINKS.values(), ids=LINKS)
async def test_the_link_leads_to_the_line_in_the_commit_of_the_release(
    today: Today, row: Row, commit: Row | None, link: str | None
) -> None:
    text, frames, data = await told(today, event_of(call("shop/cart.py"), commit=commit), row)

    assert frames[-1].get("link") == link
    where = line_of(text, "Code: ")
    if link is not None:
        assert where.startswith(f"Code: {link} (paths below are in {row['repoName']}")
    else:
        assert where.startswith(f"Code: {row['repoName']}")
    is_known = commit is not None and commit["id"] == COMMIT and "other" not in str(commit)
    assert data["code"][0].get("commit") == (commit["id"] if commit and is_known else None)
    assert ("default branch" in where) == (not is_known and row["defaultBranch"] is not None)


async def test_the_last_of_our_calls_alone_is_linked(today: Today) -> None:
    calls = [call("shop/api.py", 7), call("shop/cart.py", 12), call("json/decoder.py", 9, inApp=False)]
    text, frames, _ = await told(today, event_of(*calls), answers.CODE_MAPPING)

    assert [frame.get("link") for frame in frames[:2]] == [
        None,
        "https://github.com/acme/shop/blob/main/backend/shop/cart.py#L12",
    ]
    assert text.count("https://") == 1


async def test_calls_of_several_repositories_name_theirs(today: Today) -> None:
    library = mapping(id="72", stackRoot="prices/", sourceRoot="src/prices/", repoId="7", repoName="acme/prices")
    calls = [call("shop/api.py", 7), call("prices/rates.py", 31)]
    commit = {"id": COMMIT, "repository": {**REPOSITORY, "id": "7", "name": "acme/prices"}}
    text, _, data = await told(today, event_of(*calls, commit=commit), answers.CODE_MAPPING, library)

    assert 'File "backend/shop/api.py", line 7, in price [acme/shop]' in text
    assert 'File "src/prices/rates.py", line 31, in price [acme/prices]' in text
    assert f"Code: https://github.com/acme/prices/blob/{COMMIT[:10]}/src/prices/rates.py#L31" in text
    assert "paths below" not in text
    assert "default branch" not in text
    assert data["code"] == [
        {"repository": "acme/prices", "commit": COMMIT},
        {"repository": "acme/shop", "branch": "main"},
    ]


@pytest.mark.parametrize("is_linked_known", [True, False])
async def test_which_version_is_linked_is_said_of_the_linked_repository(today: Today, is_linked_known: bool) -> None:
    unlinked = mapping(stackRoot="prices/", repoId="7", repoName="acme/prices", provider={"key": "vsts"})
    known = {"id": "6", "name": "acme/shop"} if is_linked_known else {"id": "7", "name": "acme/prices"}
    calls = [call("shop/api.py", 7), call("prices/rates.py", 31)]
    text, _, _ = await told(
        today, event_of(*calls, commit={"id": COMMIT, "repository": known}), answers.CODE_MAPPING, unlinked
    )

    version = COMMIT[:10] if is_linked_known else "main"
    note = "" if is_linked_known else " (default branch: no commit of the release is known)"
    where = f"Code: https://github.com/acme/shop/blob/{version}/backend/shop/api.py#L7{note}"
    assert line_of(text, "Code: ") == where


async def test_the_branch_is_that_of_the_mapping_which_told_the_file(today: Today) -> None:
    other = mapping(stackRoot="zz/", defaultBranch="develop", provider=None)
    text, _, data = await told(today, event_of(call("shop/cart.py")), other, mapping(provider=None))

    assert data["code"] == [{"repository": "acme/shop", "branch": "main"}]
    assert line_of(text, "Code: ").startswith("Code: acme/shop at main (")


@pytest.mark.parametrize(
    "elsewhere",
    [call(None, absPath="/opt/vendor/q.py"), call(None, package="/usr/lib/libssl.so", instructionAddr="0x1")],
    ids=["an absolute path", "a library's name"],
)
async def test_paths_are_said_to_be_in_a_repository_where_all_are(today: Today, elsewhere: Row) -> None:
    text, _, _ = await told(today, event_of(elsewhere, call("shop/cart.py")), answers.CODE_MAPPING)

    assert "paths below" not in text
    assert 'File "backend/shop/cart.py", line 12, in price [acme/shop]' in text


async def test_beside_calls_of_no_repository_the_others_name_theirs(today: Today) -> None:
    calls = [call("elsewhere.py", 3), call("json/decoder.py", 9, inApp=False), call("shop/cart.py")]
    text, _, _ = await told(today, event_of(*calls), answers.CODE_MAPPING, frames="all")

    assert 'File "elsewhere.py", line 3, in price\n' in text
    assert 'File "json/decoder.py", line 9, in price\n' in text
    assert 'File "backend/shop/cart.py", line 12, in price [acme/shop]' in text
    assert "paths below" not in text


# What may be wrong with them.

HOSTILE: dict[str, Any] = {
    "no list": {"stackRoot": "shop/"},
    "no objects": [None, 1, "shop/", ["shop/"]],
    "wrong types": [{name: [1] for name in answers.CODE_MAPPING}],
    "numbers": [dict.fromkeys(answers.CODE_MAPPING, 1.5)],
    "nothing": [dict.fromkeys(answers.CODE_MAPPING)],
    "a way out": [mapping(sourceRoot="../../etc/")],
    "a way out, backwards": [mapping(sourceRoot="..\\..\\etc\\")],
    "a scheme": [mapping(sourceRoot="javascript:alert(1)//")],
    "a URL": [mapping(sourceRoot="https://evil.example/")],
    "line breaks": [mapping(sourceRoot='x\nFile "evil.py"\n')],
    "direction": [mapping(sourceRoot="\u202e/")],
    "no name": [mapping(repoName="")],
    "a name without end": [mapping(repoName="x" * 10_000)],
    "a root without end": [mapping(sourceRoot="x/" * 10_000)],
}


@pytest.mark.parametrize("rows", HOSTILE.values(), ids=HOSTILE)
async def test_what_is_no_mapping_changes_nothing(today: Today, rows: Any) -> None:
    event = event_of(call("shop/cart.py"))
    _, _, without = await told(today, event)
    today.answers("GET", MAPPINGS, 200, rows)
    async with connected(today) as client:
        result = await client.call_tool("get_stacktrace", {"issue": ISSUE})
    assert data_of(result) == without
    assert "Code:" not in text_of(result)


NOT_LINKED: dict[str, Row] = {
    "a name with a user": mapping(repoName="user:password@evil.example/shop"),
    "a name that is a way out": mapping(repoName="../evil"),
    "a name that is a scheme": mapping(repoName="javascript:alert(1)/x"),
    "a name with markup": mapping(repoName="acme/shop](https://evil.example)<img src=x>"),
    "a branch with markup": mapping(defaultBranch="main)[x](https://evil.example"),
    "a branch that is a way out": mapping(defaultBranch="../../../evil/blob/main"),
    "a branch with a query": mapping(defaultBranch="main?x=#L1"),
}


@pytest.mark.parametrize("row", NOT_LINKED.values(), ids=NOT_LINKED)
async def test_a_name_that_is_not_plain_is_told_as_data_and_makes_no_link(today: Today, row: Row) -> None:
    text, frames, _ = await told(today, event_of(call("shop/cart.py")), row)
    assert "link" not in frames[-1]
    assert frames[-1]["path"] == "backend/shop/cart.py"
    before, _, marked = text.partition("```")
    assert "evil" not in before
    assert "Code: " in marked


@pytest.mark.parametrize(
    "url",
    [
        "http://git.acme.test/acme/shop",
        "javascript:alert(1)",
        "https://user:secret@git.acme.test/acme/shop",
        "https://git.acme.test/../acme",
        "https://git.acme.test/acme shop",
        "https://git.acme.test/acme?x=1",
        "https://git.acme.test\\@evil.example/shop",
        "https://gít.acme.test/acme/shop",
        "//git.acme.test/acme/shop",
    ],
)
async def test_an_address_that_is_not_plain_is_no_link(today: Today, url: str) -> None:
    commit = {"id": COMMIT, "repository": {**REPOSITORY, "url": url}}
    pull_request = {**answers.PULL_REQUEST, "externalUrl": url}
    today.answers(
        "GET",
        f"{PROJECT}/events/{EVENT}/committers",
        200,
        {"committers": [{"author": answers.USER, "commits": [{**answers.COMMIT, "pullRequest": pull_request}]}]},
    )
    text, frames, _ = await told(today, event_of(call("shop/cart.py"), commit=commit), mapping(provider=GITLAB))
    async with connected(today) as client:
        issue = text_of(await client.call_tool("get_issue", {"issue": ISSUE, "include": ["commits"]}))

    assert "link" not in frames[-1]
    assert url not in text
    assert 'pull request #12 "Prices in euros"' in issue
    assert url not in issue


async def test_of_ten_thousand_mappings_the_first_hundred_are_read(today: Today) -> None:
    rows = [mapping(stackRoot=f"nowhere/{number}/") for number in range(10_000)]
    _, first, _ = await told(today, event_of(call("shop/cart.py")), *rows[:99], answers.CODE_MAPPING)
    _, last, _ = await told(today, event_of(call("shop/cart.py")), *rows, answers.CODE_MAPPING)
    assert first[-1]["path"] == "backend/shop/cart.py"
    assert "path" not in last[-1]


async def test_a_path_as_long_as_they_come_is_none(today: Today) -> None:
    _, frames, _ = await told(today, event_of(call("shop/" + "x" * 100_000)), answers.CODE_MAPPING)
    assert "path" not in frames[-1]


# Suspect commits and flags.


async def test_a_pull_request_is_told_by_its_number_alone_where_the_commit_has_its_title(today: Today) -> None:
    commit = {
        **answers.COMMIT,
        "message": "Prices in euros (#12)\n\nAt last.",
        "pullRequest": answers.PULL_REQUEST,
        "suspectCommitType": "via SCM integration",
    }
    found = {"committers": [{"author": answers.USER, "commits": [commit]}]}
    today.answers("GET", f"{PROJECT}/events/{EVENT}/committers", 200, found)
    async with connected(today) as client:
        result = await client.call_tool("get_issue", {"issue": ISSUE, "include": ["commits"]})

    line = line_of(text_of(result), "suspect commit")
    assert line.endswith(
        "Prices in euros (#12) | pull request #12 https://git.acme.test/acme/shop/pull/12 | via SCM integration"
    )
    (data,) = data_of(result)["suspect_commits"]
    assert data["pull_request_link"] == "https://git.acme.test/acme/shop/pull/12"
    assert data["found"] == "via SCM integration"


async def test_the_flags_that_an_app_reports_stand_on_one_line_the_last_first(today: Today) -> None:
    values: list[Any] = [{"flag": "new-prices", "result": False}, {"flag": "dark-mode", "result": True}]
    values += [{"flag": "new-prices", "result": True}, {"flag": "tier", "result": "gold"}, None, {"flag": None}, 7]
    today.answers("GET", LATEST, 200, {**answers.EVENT, "contexts": {"flags": {"values": values, "type": "flags"}}})
    async with connected(today) as client:
        result = await client.call_tool("get_issue", {"issue": ISSUE})

    assert line_of(text_of(result), "flags") == "flags: tier=gold, new-prices=true, dark-mode=true"
    assert data_of(result)["flags"] == {"tier": "gold", "new-prices": True, "dark-mode": True}
    assert "contexts" not in data_of(result)


@pytest.mark.parametrize("context", [[1], "on", {"values": "x"}, {"values": [1]}, {"new-prices": True}])
async def test_flags_of_another_shape_are_told_as_they_are(today: Today, context: Any) -> None:
    today.answers("GET", LATEST, 200, {**answers.EVENT, "contexts": {"flags": context}})
    async with connected(today) as client:
        data = data_of(await client.call_tool("get_issue", {"issue": ISSUE}))
    assert "flags" not in data
    assert data["contexts"]["flags"] == context


@pytest.mark.parametrize(("status", "body"), [(404, None), (404, {"detail": "x"}), (403, {"detail": "x"})])
async def test_where_flags_are_not_compared_that_is_said_when_it_is_asked_for(
    today: Today, status: int, body: Any
) -> None:
    today.answers("GET", FLAGS, status, body)
    async with connected(today) as client:
        asked = await client.call_tool("get_issue", {"issue": ISSUE, "include": ["flags"]})
        plain = await client.call_tool("get_issue", {"issue": ISSUE})
    assert "suspect flags could not be fetched: this Sentry does not compare feature flags." in text_of(asked)
    assert "suspect flags" not in text_of(plain)


@pytest.mark.parametrize("rows", [[], [{"flag": "x", "score": 0.0}], [{"flag": "x", "score": 1, "is_filtered": True}]])
async def test_where_no_flag_is_suspect_that_is_said(today: Today, rows: list[Row]) -> None:
    today.answers("GET", FLAGS, 200, {"data": rows})
    async with connected(today) as client:
        text = text_of(await client.call_tool("get_issue", {"issue": ISSUE, "include": ["flags"]}))
    assert "suspect flags: none; no flag tells its events from others" in text


async def test_the_value_of_a_suspect_flag_is_redacted_by_its_name(today: Today) -> None:
    def suspect(flag: str, value: str) -> Row:
        return {"flag": flag, "score": 1.0, "distribution": {"outliers": {value: 3}, "baseline": {value: 9}}}

    rows = [suspect("api-key", "s3cr3tvalue1"), suspect("admin_password", "hunter2"), suspect("new-auth-flow", "true")]
    today.answers("GET", FLAGS, 200, {"data": rows})
    async with connected(today) as client:
        result = await client.call_tool("get_issue", {"issue": ISSUE, "include": ["flags"]})
    for answer in (text_of(result), str(data_of(result))):
        assert "s3cr3tvalue1" not in answer
        assert "hunter2" not in answer
    assert "api-key=[redacted] (100% of its events, 100% of all)" in text_of(result)
    assert "new-auth-flow=true" in text_of(result)


async def test_flags_of_wrong_types_are_told_as_far_as_they_go(today: Today) -> None:
    rows: list[Any] = [None, {"flag": None, "score": 9}, {"flag": "a", "score": "x", "distribution": [1]}]
    rows += [{"flag": "b", "score": 2, "distribution": {"outliers": {"true": "x", "false": 3, "odd": -1}}}]
    today.answers("GET", FLAGS, 200, {"data": rows})
    async with connected(today) as client:
        text = text_of(await client.call_tool("get_issue", {"issue": ISSUE, "include": ["flags"]}))
    assert "suspect flags: b=false (100% of its events), a" in text
