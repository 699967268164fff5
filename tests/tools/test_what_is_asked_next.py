"""What an agent asks once it has read an issue or an event, answered in that same answer."""

import asyncio
import copy
import json
from collections.abc import Generator
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from standins import todays_answers as answers
from standins.clients import connection_to
from standins.clocks import Clock
from standins.known import GLITCH, OLD_SENTRY, opened
from standins.recorded import TOKEN
from standins.sockets import Request, Wire, listening
from standins.today import CODE, ISSUES, SELF_HOSTED, Today, link, todays_sentry
from wire import connected_to, text_of

from application import build_server
from sentry.client import SentryClient
from sentry.errors import SentryError
from settings import load_settings

ISSUE, SHORT, EVENT = answers.ISSUE_ID, answers.SHORT_ID, answers.EVENT_ID
LATEST = f"{ISSUES}/{ISSUE}/events/latest"
TRACE, REPLAY = "ab" * 16, "0e" * 16


@pytest.fixture
def today() -> Generator[Today]:
    with todays_sentry(SELF_HOSTED) as today:
        yield today


def connected(today: Today, cache_seconds: int = 0) -> Any:
    return connected_to(today.url, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_MCP_CACHE_TTL=str(cache_seconds))


async def read(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return text_of(result)


def event(**fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(answers.EVENT), **fields}


def requested(headers: list[list[str]], **fields: Any) -> dict[str, Any]:
    """The event with these headers of its request."""
    found = event(**fields)
    (request,) = (entry for entry in found["entries"] if entry["type"] == "request")
    request["data"]["headers"] = headers
    return found


async def test_what_else_happened_in_the_same_request(today: Today) -> None:
    tags = [*answers.EVENT["tags"], {"key": "transaction", "value": "POST /checkout"}]
    replay = {**answers.EVENT["contexts"], "replay": {"replay_id": REPLAY}}
    async with connected(today) as client:
        ordinary = await read(client, "get_issue", issue=ISSUE)
        today.answers("GET", LATEST, 200, event(contexts=replay, tags=tags))
        of_page = await read(client, "get_issue", issue=ISSUE)
        today.answers("GET", LATEST, 200, event(tags=[*tags, {"key": "replayId", "value": REPLAY}], contexts=None))
        by_tag = await read(client, "get_issue", issue=ISSUE)
        today.answers("GET", LATEST, 200, event(contexts={"trace": {"trace_id": "see http://evil.test"}}))
        none = await read(client, "get_issue", issue=ISSUE)

    assert f"| trace {TRACE} (18 spans, 2 logs, 1 error: get_trace)\n" in ordinary
    assert "replay" not in ordinary
    assert f"| transaction POST /checkout | trace {TRACE} (18 spans, 2 logs, 1 error: get_trace) | replay" in of_page
    assert f"| transaction POST /checkout | replay {REPLAY}\n" in by_tag
    assert "evil.test" not in none, "what is no trace ID leads nowhere"


async def test_the_transaction_is_not_said_again_where_the_culprit_says_it(today: Today) -> None:
    tags = [{"key": "transaction", "value": answers.ISSUE_WHOLE["culprit"]}]
    today.answers("GET", LATEST, 200, event(tags=tags))
    async with connected(today) as client:
        text = await read(client, "get_issue", issue=ISSUE)
    assert text.count("shop.cart in checkout") == 1
    assert "transaction" not in text


async def test_which_client_and_which_version_of_the_api_was_it(today: Today) -> None:
    """What an application says of itself in the headers, and not what every proxy in between adds."""
    headers = [
        ["User-Agent", "ShopApp/4.2 (Android 15)"], ["Accept-Version", "2026-06"], ["X-Api-Version", "3"],
        ["X-Tenant", "acme-eu"], ["X-Request-Id", "r-7"], ["X-Forwarded-For", "10.0.0.9"],
        ["X-Forwarded-Proto", "https"], ["X-Real-Ip", "10.0.0.9"], ["X-Amzn-Trace-Id", "Root=1"],
        ["X-Envoy-Attempt-Count", "1"], ["Sec-Ch-Ua-Full-Version", "140"], ["Accept-Encoding", "gzip"],
    ]  # fmt: skip
    today.answers("GET", LATEST, 200, requested(headers))
    async with connected(today) as client:
        text = await read(client, "get_issue", issue=ISSUE)
    (line,) = (line for line in text.splitlines() if "ShopApp" in line)
    assert sorted(line.strip().split("; ")) == [
        "Accept-Version: 2026-06",
        "User-Agent: ShopApp/4.2 (Android 15)",
        "X-Api-Version: 3",
        "X-Forwarded-For: 10.0.0.9",
        "X-Request-Id: r-7",
        "X-Tenant: acme-eu",
    ]


async def headers_of_issue(today: Today, *names: str) -> list[str]:
    """Of these, those that an issue shows."""
    today.answers("GET", LATEST, 200, requested([[name, f"v{number}"] for number, name in enumerate(names)]))
    async with connected(today) as client:
        text = await read(client, "get_issue", issue=ISSUE)
    return [name for name in names if f"{name}: v" in text]


async def test_what_an_application_adds_is_told_however_it_begins(today: Today) -> None:
    own = [
        "X-Country", "X-Render-Mode", "X-Edge-Color", "X-Cluster-Id", "X-Original-Price", "X-Proxy-Tenant",
        "X-Arrival", "X-Viability", "X-Cloud-Shop", "X-Monkey-Count",
    ]  # fmt: skip
    assert await headers_of_issue(today, *own) == own


@pytest.mark.parametrize(
    "name",
    [
        "X-Key", "X-Ocp-Apim-Trace", "X-Refresh", "X-Refresh-Id", "X-SSO-Ticket", "X-Client-Cert", "X-Hub-Signature-1",
        "X-Acme-Signature", "X-Nonce", "X-Phone", "X-Remote-User", "X-User", "X-UserId", "X-Forwarded-User", "X-Email",
        "X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "X-Original-Url", "X-Cluster-Client-Ip", "X-Arr-Log-Id", "X-Via",
        "X-Ms-Client-Principal", "X-Edge-Location", "X-Render-Origin-Server", "X-Https", "X-B3-Traceid",
    ],
)  # fmt: skip
async def test_what_is_of_a_person_or_a_secret_or_of_what_is_in_between_is_not_told_unasked(
    today: Today, name: str
) -> None:
    assert await headers_of_issue(today, name, "X-Shop") == ["X-Shop"]


async def test_a_browser_is_told_once(today: Today) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    browser = {"browser": {"name": "Firefox", "version": "140.0", "type": "browser"}}
    async with connected(today) as client:
        today.answers("GET", LATEST, 200, requested([["User-Agent", agent]], contexts=browser))
        known = await read(client, "get_issue", issue=ISSUE)
        today.answers("GET", LATEST, 200, requested([["User-Agent", agent]], contexts={}))
        unknown = await read(client, "get_issue", issue=ISSUE)
    assert "Context: Firefox 140.0" in known
    assert agent not in known
    assert f"User-Agent: {agent}" in unknown


async def test_was_it_a_machine_of_ours(today: Today) -> None:
    """Private and loopback addresses are infrastructure; a public one is a person's."""
    found = requested([["X-Forwarded-For", "10.0.0.9, 127.0.0.1"]], user={"id": "1", "ip_address": "192.168.1.7"})
    outside = requested([["X-Forwarded-For", "203.0.113.7, 10.0.0.9"]], user={"id": "1", "ip_address": "203.0.113.7"})
    async with connected(today) as client:
        today.answers("GET", LATEST, 200, found)
        inside = await read(client, "get_issue", issue=ISSUE)
        today.answers("GET", LATEST, 200, outside)
        public = await read(client, "get_issue", issue=ISSUE)
    assert "X-Forwarded-For: 10.0.0.9, 127.0.0.1" in inside
    assert "user {id: 1, ip_address: 192.168.1.7}" in inside
    assert "10.0.0.9" in public
    assert "203.0.113.7" not in public


def without_source(**fields: Any) -> dict[str, Any]:
    found = event(**fields)
    (raised,) = next(entry["data"]["values"] for entry in found["entries"] if entry["type"] == "exception")
    for frame in raised["stacktrace"]["frames"]:
        frame.update(context=[], vars=None)
    return found


OLDER = 'The calls of this event have no source; those of the oldest have: get_issue with event="oldest".'
OLDEST = f"{ISSUES}/{ISSUE}/events/oldest"


async def test_where_is_the_source_of_these_calls(today: Today) -> None:
    async with connected(today) as client:
        today.answers("GET", LATEST, 200, without_source())
        text = await read(client, "get_issue", issue=ISSUE)
        asked = today.asked
        today.answers("GET", OLDEST, 200, without_source())
        nowhere = await read(client, "get_issue", issue=ISSUE)
        today.answers("GET", OLDEST, 500, {"detail": "Internal Error"})
        failed = await read(client, "get_issue", issue=ISSUE)
    assert OLDER in text
    assert asked == [
        f"GET {CODE}",
        *(f"GET issues/{ISSUE}/{part}" for part in ("", "events/latest/", "events/oldest/")),
        f"GET trace-meta/{TRACE}/?project=-1&timestamp=1795550400",
    ]
    assert "source" not in nowhere.partition("PriceError")[0] + nowhere.rpartition("```")[2]
    assert OLDER not in failed
    assert answers.ISSUE_WHOLE["title"] in failed, "the answer is there all the same"


async def test_no_older_event_is_looked_at_without_need(today: Today) -> None:
    """With source, of an issue of one event, and for an event that was named, in words or in a URL."""
    url = f"{SELF_HOSTED}/organizations/acme/issues/{ISSUE}/events/{EVENT}/"
    async with connected(today) as client:
        await read(client, "get_issue", issue=ISSUE)
        for kind in ("recommended", EVENT, "latest"):
            today.answers("GET", f"{ISSUES}/{ISSUE}/events/{kind}", 200, without_source())
        await read(client, "get_issue", issue=ISSUE, event="recommended")
        await read(client, "get_issue", issue=url)
        today.answers("GET", f"{ISSUES}/{ISSUE}", 200, {**answers.ISSUE_WHOLE, "count": "1"})
        await read(client, "get_issue", issue=ISSUE)
    assert not [line for line in today.asked if "oldest" in line]


async def test_the_oldest_event_is_asked_for_once_while_it_is_known(today: Today) -> None:
    today.answers("GET", LATEST, 200, without_source())
    async with connected(today, cache_seconds=60) as client:
        await read(client, "get_issue", issue=ISSUE)
        await read(client, "get_issue", issue=ISSUE, max_tokens=3000)
    assert len([line for line in today.asked if "oldest" in line]) == 1


@pytest.mark.parametrize(
    ("platform", "language", "asked"),
    [
        ("java", None, 0), ("csharp", None, 0), ("native", None, 0), ("other", None, 0), ("javascript", "java", 0),
        ("javascript", None, 1), ("node", None, 1), ("python", None, 1), ("java", "javascript", 1),
    ],
)  # fmt: skip
async def test_no_older_event_is_looked_at_where_the_language_shows_no_source(
    today: Today, platform: str, language: str | None, asked: int
) -> None:
    found = without_source(platform=platform)
    for frame in next(entry["data"]["values"] for entry in found["entries"])[0]["stacktrace"]["frames"]:
        frame["platform"] = language
    today.answers("GET", LATEST, 200, found)
    async with connected(today) as client:
        await read(client, "get_issue", issue=ISSUE)
    assert len([line for line in today.asked if "oldest" in line]) == asked


async def test_that_the_oldest_event_has_no_source_either_is_remembered_for_minutes() -> None:
    with todays_sentry(SELF_HOSTED) as today:
        for path in (LATEST, OLDEST):
            today.answers("GET", path, 200, without_source())
        clock = Clock()

        def open_client() -> SentryClient:
            return SentryClient(connection_to(today.url, organization="acme"), clock=clock)

        settings = load_settings(environment={"SENTRY_URL": today.url, "SENTRY_AUTH_TOKEN": TOKEN})
        async with Client(build_server(settings, open_client)) as client:
            for clock.now in (0, 20, 200):
                await read(client, "get_issue", issue=ISSUE)
    assert len([line for line in today.asked if "latest" in line]) == 3
    assert len([line for line in today.asked if "oldest" in line]) == 1


NEXT_PAGE = '<http://x/?cursor=0:1:0>; rel="next"; results="true"; cursor="0:1:0"'
SLOW: dict[str, tuple[dict[str, Any], str, str]] = {
    "get_issue": ({"issue": "5"}, "/events/oldest/", "Issue SHOP-5"),
    "get_event": ({"issue": "5", "event": "latest"}, "/issues/5/", f"Event {EVENT} of issue "),
    "get_events": ({"issue": "5"}, "/issues/5/", "1 event of issue 5"),
    "get_tag_values": ({"issue": "5", "tag": "plan"}, "/tags/level/", "plan: 3 events"),
}


@pytest.mark.parametrize("tool", SLOW)
async def test_no_answer_waits_long_for_what_it_can_do_without(tool: str) -> None:
    """Far less than until its deadline, and not as if it were whole: the same question asks again."""
    arguments, slow, words = SLOW[tool]
    never = asyncio.Event()
    known: dict[str, Any] = {
        "/issues/5/": {
            "id": "5",
            "shortId": "SHOP-5",
            "title": "PriceError",
            "count": "9",
            "project": {"slug": "shop"},
        },
        "/events/latest/": without_source(),
        "/events/": [answers.EVENT_ROW],
        "/organizations/": [{"slug": "acme"}],
        "/code-mappings/": [],
        "/tags/plan/": {"key": "plan", "totalValues": 3, "topValues": [{"value": "pro", "count": 3}]},
    }

    async def answer(request: Request, wire: Wire) -> None:
        path = request.path.partition("?")[0]
        if path.endswith(slow):
            await never.wait()
        body = next(body for end, body in known.items() if path.endswith(end))
        await wire.answer(body=json.dumps(body).encode(), link=NEXT_PAGE)

    with anyio.fail_after(25):
        async with listening(answer) as server, connected_to(server.url) as client:
            for _ in range(2):
                assert words in await read(client, tool, **arguments)
            assert len([line for line in server.log if line.partition("?")[0].endswith(slow)]) == 2


async def test_no_list_of_events_is_walked_to_the_oldest() -> None:
    """GlitchTip has no route to it: page after page would be read."""
    async with opened(GLITCH) as (client, server):
        await client.get_issue(GLITCH.issue)
        server.requests.clear()
        assert await client.get_oldest_event(GLITCH.issue) is None
        assert server.requests == []
    async with opened(OLD_SENTRY) as (client, server):
        await client.get_issue(OLD_SENTRY.issue)
        server.requests.clear()
        with pytest.raises(SentryError):  # it was not recorded
            await client.get_oldest_event(OLD_SENTRY.issue)
        assert not [request for request in server.requests if request.path.endswith("/events/")]


async def test_which_issue_is_this_event_of(today: Today) -> None:
    async with connected(today) as client:
        alone = await read(client, "get_event", event=EVENT)
        by_lookup = today.asked
        today.requests.clear()
        by_number = await read(client, "get_event", event="latest", issue=ISSUE)
        beside = today.asked
        today.requests.clear()
        by_name = await read(client, "get_event", event="latest", issue=SHORT.lower())
        for_nothing = today.asked
        today.answers("GET", f"{ISSUES}/{ISSUE}", 503, {"detail": "Service unavailable"})
        failed = await read(client, "get_event", event="latest", issue=ISSUE)
        result = await client.call_tool("get_event", {"event": EVENT})

    for text in (alone, by_number, by_name):
        assert text.startswith(f"Event {EVENT} of issue {SHORT} | ") or text.startswith(
            f"Event {EVENT} of issue {SHORT}\n"
        )
    assert by_lookup == [f"GET {CODE}", f"GET eventids/{EVENT}/", f"GET issues/{ISSUE}/"]
    assert beside == [f"GET issues/{ISSUE}/", f"GET issues/{ISSUE}/events/latest/"]
    assert for_nothing == [f"GET issues/{SHORT}/events/latest/"]
    assert f"of issue {ISSUE}" in failed
    assert f"of issue {ISSUE}" in text_of(result)


async def test_the_issue_of_an_event_is_not_asked_for_again_where_it_was_read(today: Today) -> None:
    async with connected(today, cache_seconds=60) as client:
        await read(client, "get_issue", issue=ISSUE)
        today.requests.clear()
        result = await client.call_tool("get_event", {"event": EVENT})
    assert f"of issue {SHORT}" in text_of(result)
    assert today.asked == [f"GET eventids/{EVENT}/"]
    assert (result.structured_content or {})["short_id"] == SHORT
    assert (result.structured_content or {})["issue_id"] == ISSUE


EVENTS = f"{ISSUES}/{ISSUE}/events"


def row(number: int, **tags: str) -> dict[str, Any]:
    named = [{"key": key, "value": value} for key, value in {"environment": "production", **tags}.items()]
    return {**answers.EVENT_ROW, "id": f"{number:032x}", "eventID": f"{number:032x}", "tags": named}


async def test_which_server_was_each_event_on(today: Today) -> None:
    rows = [row(1, server_name="web-1", region="eu"), row(2, server_name="web-2", region="eu"), row(3, region="eu")]
    today.answers("GET", EVENTS, 200, rows)
    async with connected(today) as client:
        wanted = ["server_name", "region", "plan"]
        result = await client.call_tool("get_events", {"issue": ISSUE, "tags": wanted})
        as_text = await read(client, "get_events", issue=ISSUE, tags="server_name, region, plan")
        without = await read(client, "get_events", issue=ISSUE)
        too_many = await client.call_tool("get_events", {"issue": ISSUE, "tags": [f"t{n}" for n in range(6)]})

    text = text_of(result)
    assert f"{1:032x} | 2026-11-24 20:00Z | user bob | server_name=web-1" in text
    assert "server_name=web-2" in text
    assert [line for line in text.splitlines() if "region=eu" in line] == [
        next(line for line in text.splitlines() if line.startswith("all: "))
    ], "what all rows have is said once"
    assert "None of these events has the tag 'plan'." in text
    assert (result.structured_content or {})["events"][0]["tags"] == {"server_name": "web-1", "region": "eu"}
    assert as_text.splitlines()[3:-2] == text.splitlines()[3:-2]
    assert "web-1" not in without
    assert "up to 5 tags" in text_of(too_many)
    assert too_many.is_error


async def test_what_is_redacted_is_not_said_to_be_common(today: Today) -> None:
    rows = [row(1, password="hunter2-first", region="eu"), row(2, password="hunter2-second", region="eu")]
    today.answers("GET", EVENTS, 200, rows)
    async with connected(today) as client:
        text = await read(client, "get_events", issue=ISSUE, tags=["password", "region"])
    assert "hunter2" not in text
    (common,) = (line for line in text.splitlines() if line.startswith("all: "))
    assert "region=eu" in common
    assert "password" not in common
    assert text.count("password=[redacted]") == 2


async def test_how_many_events_are_there_in_all(today: Today) -> None:
    """Of a page the issue says it, of all rows they say it themselves, of a search nobody does."""
    two = [row(1), row(2)]
    async with connected(today) as client:
        today.answers("GET", EVENTS, 200, two, link=link(more=True))
        page = await client.call_tool("get_events", {"issue": ISSUE})
        searched = await read(client, "get_events", issue=ISSUE, query="user.id:7")
        asked = today.asked
        today.answers("GET", EVENTS, 200, two, link=link(more=False))
        last = await read(client, "get_events", issue=ISSUE, cursor=answers.CURSOR)
        today.requests.clear()
        whole = await read(client, "get_events", issue=ISSUE)
        alone = today.asked
        today.answers("GET", f"{ISSUES}/{ISSUE}", 503, {"detail": "Service unavailable"})
        unknown = await read(client, "get_events", issue=ISSUE, cursor=answers.CURSOR)

    head = f"events of issue {ISSUE}, the newest first. "
    assert text_of(page).startswith(f"2 of 1,234 {head}")
    assert (page.structured_content or {})["total"] == 1234
    assert last.startswith(f"2 of 1,234 {head}")
    for text in (searched, whole, unknown):
        assert text.startswith(f"2 {head}")
    assert asked.count(f"GET issues/{ISSUE}/") == 1, "not for a search"
    assert len(alone) == 1, "nor where all rows are there"


async def test_a_list_that_says_how_many_there_are_is_believed_up_to_where_it_stops_counting(today: Today) -> None:
    async with connected(today) as client:
        today.answers("GET", EVENTS, 200, [row(1)], link=link(more=True), x_hits="58", x_max_hits="1000")
        assert (await read(client, "get_events", issue=ISSUE)).startswith("1 of 58 events")
        today.answers("GET", EVENTS, 200, [row(1)], link=link(more=True), x_hits="1000", x_max_hits="1000")
        assert (await read(client, "get_events", issue=ISSUE)).startswith("1 of 1,234 events")


async def test_whom_can_it_be_assigned_to(today: Today) -> None:
    """A team is named as assigned_to takes it."""
    async with connected(today) as client:
        listed = await read(client, "list_projects")
        one = await read(client, "get_project", project=answers.PROJECT)
        found = await read(client, "get_issue", issue=ISSUE)
        issues = await read(client, "list_issues")
    assert "shop-backend | python | Shop Backend | team:301 (payments)\n" in listed
    assert "teams: team:301 (payments)" in one
    for text in (found, issues):
        assert "assigned to team:301 (payments)" in text
