"""Every tool and resource on exactly the routes, parameters and fields of today's Sentry, and no other."""

import json
from collections.abc import Generator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from mcp.client.client import Client
from mcp.types import TextContent
from standins import todays_answers as answers
from standins import todays_explore as explore
from standins.recorded import TOKEN
from standins.today import CODE, ISSUES, RELEASES, SELF_HOSTED, SENTRY_IO, VERSION, Today, link, todays_sentry
from wire import connected_to, text_of

from sentry.datasets import KNOWN
from service.access.callers import Scope
from tools.catalogue import CATALOGUE

ISSUE, SHORT, SPARSE, EVENT = answers.ISSUE_ID, answers.SHORT_ID, answers.SPARSE_ID, answers.EVENT_ID
PROJECT = answers.PROJECT
UNRESOLVED = "query=is%3Aunresolved"
TITLE = "PriceError: no price of SKU-7 in EUR"
TRACE = "rate = RATES[currency]"


@pytest.fixture(params=[SENTRY_IO, SELF_HOSTED])
def today(request: pytest.FixtureRequest) -> Generator[Today]:
    with todays_sentry(request.param) as today:
        yield today


def connected(today: Today) -> Any:
    return connected_to(today.url, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_MCP_CACHE_TTL="0")


async def read(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return text_of(result)


COUNTS = f"trace-meta/{answers.TRACE_ID}/?project=-1&timestamp=1795550400"
LOGS = (
    "dataset=logs&field=sentry.item_id&field=timestamp&field=timestamp_precise&field=severity&field=message"
    f"&field=span_id&field=project&query=trace%3A{answers.TRACE_ID}&sort=timestamp&sort=timestamp_precise"
)
OF_TRACE = [
    f"trace/{answers.TRACE_ID}/?additional_attributes=span.status&project=-1&timestamp=1795550400&errorId={EVENT}",
    COUNTS,
    f"events/?{LOGS}&project=-1&start=2026-11-23T20%3A00%3A00&end=2026-11-25T20%3A00%3A00&per_page=100",
]


def _fields(*fields: str) -> str:
    return urlencode([("field", field) for field in fields])


READS: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("list_issues", {}, [f"issues/?{UNRESOLVED}&limit=25"], [f"{SHORT} | unresolved (regressed)", "<unlabeled event>"]),
    (
        "list_issues",
        {"project": PROJECT, "query": "*", "environment": "production", "period": "30d", "limit": 5, "cursor": "1:0:0"},
        [f"issues/?query=&project={PROJECT}&environment=production&statsPeriod=30d&limit=5&cursor=1%3A0%3A0"],
        ["1,234 events, 56 users", "assigned to team:301 (payments)"],
    ),
    (
        "get_issue",
        {"issue": ISSUE},
        [f"issues/{ISSUE}/", f"issues/{ISSUE}/events/latest/", CODE, COUNTS],
        [TITLE, TRACE, "ACME-12", f"trace {answers.TRACE_ID} (18 spans, 2 logs, 1 error: get_trace)"],
    ),
    (
        "get_issue",
        {"issue": SHORT.lower(), "include": ["tags", "commits", "flags"]},
        [
            f"issues/{SHORT}/",
            f"issues/{SHORT}/events/latest/",
            CODE,
            COUNTS,
            f"issues/{SHORT}/suspect/flags/",
            f"issues/{SHORT}/tags/",
            f"projects/acme/{PROJECT}/events/{EVENT}/committers/",
        ],
        [
            "seen in release shop@2.0.0 to shop@2.1.0+7",
            "environment: production 97%",
            "suspect commit 9d3c9d3c9d3c by Ann Lee",
            'pull request #12 "Prices in euros" https://git.acme.test/acme/shop/pull/12 | via commit in release',
            "suspect flags: new-prices=true (100% of its events, 12% of all)",
        ],
    ),
    (
        "get_issue",
        {"issue": ISSUE, "event": "recommended"},
        [f"issues/{ISSUE}/", f"issues/{ISSUE}/events/recommended/", CODE, COUNTS],
        [TRACE],
    ),
    (
        "get_events",
        {"issue": ISSUE},
        [f"issues/{ISSUE}/events/?per_page=25&limit=25"],
        [EVENT, answers.SPARSE_EVENT_ID],
    ),
    (
        "get_events",
        {"issue": SHORT, "query": "user.id:102", "limit": 3, "cursor": "1:0:0"},
        [f"issues/{SHORT}/events/?per_page=3&limit=3&query=user.id%3A102&cursor=1%3A0%3A0"],
        ["2026-11-24 20:00Z"],
    ),
    (
        "get_event",
        {"event": EVENT},
        [f"eventids/{EVENT}/", f"issues/{ISSUE}/", CODE],
        [TRACE, "production", f"of issue {SHORT}"],
    ),
    ("get_event", {"event": EVENT, "issue": SHORT}, [f"issues/{SHORT}/events/{EVENT}/", CODE], [TRACE]),
    (
        "get_event",
        {"event": "oldest", "issue": ISSUE},
        [f"issues/{ISSUE}/", f"issues/{ISSUE}/events/oldest/", CODE],
        [TRACE, "previous 7c0de"],
    ),
    (
        "get_event",
        {"event": EVENT, "project": PROJECT},
        [f"issues/{ISSUE}/", f"projects/acme/{PROJECT}/events/{EVENT}/", CODE],
        [TRACE],
    ),
    ("get_stacktrace", {"issue": ISSUE}, [f"issues/{ISSUE}/events/latest/", CODE], [TRACE]),
    ("get_stacktrace", {"event": EVENT}, [f"eventids/{EVENT}/", CODE], [TRACE]),
    (
        "get_tag_values",
        {"issue": ISSUE, "tag": "environment"},
        [f"issues/{ISSUE}/tags/environment/", f"issues/{ISSUE}/tags/level/"],
        ["1,200 of 1,234 events have this tag, over 2 values", "production | 1,200"],
    ),
    (
        "get_tag_values",
        {"issue": SHORT, "tag": "plan", "environment": "production"},
        [f"issues/{SHORT}/tags/{tag}/?environment=production" for tag in ("plan", "level")],
        ["None of the 1,234 events"],
    ),
    (
        "get_tag_values",
        {"issue": SHORT, "tag": "environment", "environment": "production", "period": "7d"},
        [f"issues/{SHORT}/tags/?environment=production&key={tag}&statsPeriod=7d" for tag in ("environment", "level")],
        ["environment: 1,200 of 1,234 events in 7d, production have this tag, over 2 values"],
    ),
    ("list_projects", {}, ["projects/"], ["shop-backend | python | Shop Backend", "new-app | New App"]),
    ("list_projects", {"cursor": "0:100:0"}, ["projects/?cursor=0%3A100%3A0"], ["shop-backend"]),
    (
        "get_project",
        {"project": PROJECT},
        [f"projects/acme/{PROJECT}/"],
        ["python | active", "payments", "shop@2.1.0+7"],
    ),
    ("list_releases", {}, ["releases/?per_page=25&limit=25"], ["shop@2.1.0+7 | created 2026-11-24", "2.1.0-rc"]),
    (
        "list_releases",
        {"project": PROJECT, "query": "2.1", "limit": 10, "cursor": "1:0:0"},
        [f"releases/?query=2.1&per_page=10&limit=10&cursor=1%3A0%3A0&project={PROJECT}"],
        ["2 new issues | 1 commit | 1 deploy"],
    ),
    (
        "get_release",
        {"release": answers.VERSION},
        [
            f"issues/?query=firstRelease%3A%22{VERSION}%22&limit=25",
            f"releases/{VERSION}/?health=1",
            f"releases/{VERSION}/commits/",
            f"releases/{VERSION}/deploys/",
        ],
        ["98.25% of 4,000 sessions", "Ask the price in euros", "(no message)", "production | canary", SHORT],
    ),
    (
        "get_trace",
        {"trace": answers.TRACE_ID},
        [
            f"trace/{answers.TRACE_ID}/?additional_attributes=span.status&project=-1",
            f"trace-meta/{answers.TRACE_ID}/?project=-1",
            f"events/?{LOGS}&project=-1&statsPeriod=30d&per_page=100",
        ],
        [
            "18 spans, 1 error, 2 logs",
            "12 x db SELECT name",
            "102 ms together, N+1",
            SHORT,
            EVENT,
            "log warn: no answer",
        ],
    ),
    (
        "get_trace",
        {"event": EVENT},
        [f"eventids/{EVENT}/", *OF_TRACE],
        ["+1.12 s error", "(this event)"],
    ),
    ("get_trace", {"issue": SHORT}, [f"issues/{SHORT}/events/latest/", *OF_TRACE], ["(this event)"]),
    (
        "search_events",
        {},
        [f"events/?dataset=errors&statsPeriod=24h&{_fields(*KNOWN['errors'].fields)}&sort=-timestamp&per_page=25"],
        ["2 rows of errors in 24h, the newest first", f"| {EVENT} | {SHORT} | PriceError: no price |", explore.TRACE],
    ),
    (
        "search_events",
        {
            "project": PROJECT,
            "query": "level:error plan:gold",
            "fields": ["issue", "count()", "count_unique(user)"],
            "sort": "-count_unique(user)",
            "environment": "production",
            "period": "7d",
            "limit": 5,
            "cursor": "0:5:0",
        },
        [
            f"projects/acme/{PROJECT}/",
            "events/?dataset=errors&statsPeriod=7d&project=4507&query=level%3Aerror+plan%3Agold&environment=production"
            f"&{_fields('issue', 'count()', 'count_unique(user)')}&sort=-count_unique%28user%29&per_page=5"
            "&cursor=0%3A5%3A0",
            "stats_v2/?groupBy=outcome&field=sum%28quantity%29&category=error&interval=1d&statsPeriod=7d&project=4507",
        ],
        [f"| {SHORT} | 1,234 | 56 |"],
    ),
    (
        "search_events",
        {"dataset": "logs"},
        [f"events/?dataset=logs&statsPeriod=24h&{_fields(*KNOWN['logs'].fields)}&sort=-timestamp&per_page=25"],
        [f"| {explore.LOG} | 2026-11-24 20:00:03Z | warn | no price of SKU-7 |"],
    ),
    (
        "search_events",
        {"dataset": "spans", "fields": "span.op,p95(span.duration),failure_rate(),epm()"},
        [
            "events/?dataset=spans&statsPeriod=24h"
            f"&{_fields('span.op', 'p95(span.duration)', 'failure_rate()', 'epm()')}"
            "&sort=-p95%28span.duration%29&per_page=25",
            "stats_v2/?groupBy=outcome&field=sum%28quantity%29&category=span&interval=1h&statsPeriod=24h",
        ],
        ["| db | 1.71 s | 1.23% | 4.25/min |"],
    ),
    (
        "search_events",
        {"interval": "1h", "fields": ["issue", "count()"], "limit": 3},
        [
            "events-timeseries/?dataset=errors&statsPeriod=24h&interval=3600&yAxis=count%28%29&groupBy=issue&topEvents=3"
            "&sort=-count%28%29",
            "stats_v2/?groupBy=outcome&field=sum%28quantity%29&category=error&interval=1h&statsPeriod=24h",
        ],
        [f"issue={SHORT} | total 359 | peak 310 at 2026-11-26 00:00Z", "11-25 22h: 4 0 310 40 5 so far"],
    ),
]


@pytest.mark.parametrize(("tool", "arguments", "asked", "words"), READS, ids=[f"{row[0]} {row[1]}" for row in READS])
async def test_a_read_asks_todays_routes_with_their_parameters_and_says_what_came(
    today: Today, tool: str, arguments: dict[str, Any], asked: list[str], words: list[str]
) -> None:
    async with connected(today) as client:
        text = await read(client, tool, **arguments)

    assert today.asked == sorted(f"GET {path}" for path in asked)
    assert [word for word in words if word not in text] == []


def test_every_tool_that_reads_is_among_them() -> None:
    tools = {entry.call.__name__ for entry in CATALOGUE if entry.scope == Scope.ISSUES_READ}
    assert tools == {row[0] for row in READS}


RESOURCES = {
    "sentry://issues": "issues",
    f"sentry://issues/{SHORT}": "title",
    f"sentry://issues/{ISSUE}/events": "events",
    "sentry://projects": "projects",
    f"sentry://projects/acme/{PROJECT}": "slug",
    f"sentry://projects/acme/{PROJECT}/issues": "issues",
    f"sentry://releases/acme/{quote(answers.VERSION, safe='')}": "version",
    f"sentry://events/{EVENT}": "event_id",
    f"sentry://events/{EVENT}/stacktrace": "stacktrace",
    f"sentry://traces/acme/{answers.TRACE_ID}": "rows",
}


@pytest.mark.parametrize(("uri", "name"), RESOURCES.items(), ids=RESOURCES)
async def test_a_resource_is_read_by_todays_routes(today: Today, uri: str, name: str) -> None:
    async with connected(today) as client:
        (content,) = (await client.read_resource(uri)).contents
    assert json.loads(content.text)[name]
    assert today.asked


async def test_every_resource_is_among_them(today: Today) -> None:
    async with connected(today) as client:
        templates = (await client.list_resource_templates()).resource_templates
        fixed = (await client.list_resources()).resources
    assert len(templates) + len(fixed) == len(RESOURCES) + 1  # and the search syntax, which asks nothing


@pytest.mark.parametrize("sort", ["date", "new", "freq", "user", "trends", "recommended"])
async def test_each_sort_is_one_of_todays(today: Today, sort: str) -> None:
    async with connected(today) as client:
        await read(client, "list_issues", sort=sort)
    assert today.asked == [f"GET issues/?{UNRESOLVED}&sort={sort}&limit=25"]


async def test_the_region_is_asked_for_once_and_everything_else_goes_there() -> None:
    with todays_sentry(SENTRY_IO) as today:
        async with connected(today) as client:
            for tool, arguments, _, _ in READS:
                await read(client, tool, **arguments)
        first, *others = today.log
    assert first == "GET https://sentry.io/organizations/acme/"
    assert {line.partition("/organizations")[0].partition("/projects")[0] for line in others} == {
        "GET https://us.sentry.io"
    }


async def test_a_sentry_of_ones_own_is_not_asked_for_a_region_or_its_kind() -> None:
    with todays_sentry(SELF_HOSTED) as today:
        async with connected(today) as client:
            for tool, arguments, _, _ in READS:
                await read(client, tool, **arguments)
    wanted = [path for _, _, asked, _ in READS for path in asked]
    assert len(today.log) == len(wanted) - wanted.count(CODE) + 1, "where the code lies is asked once an hour"
    assert not [line for line in today.log if line.endswith(("/organizations/", "/organizations/acme/"))]


@pytest.mark.parametrize(
    ("path", "tool", "arguments"),
    [
        (ISSUES, "list_issues", {}),
        (f"{ISSUES}/{ISSUE}/events", "get_events", {"issue": ISSUE}),
        ("organizations/acme/projects", "list_projects", {}),
        (RELEASES, "list_releases", {}),
        ("organizations/acme/events", "search_events", {}),
    ],
)
async def test_a_list_is_paged_by_the_links_of_its_answers(
    today: Today, path: str, tool: str, arguments: dict[str, Any]
) -> None:
    rows = {ISSUES: answers.ISSUE_ROW, RELEASES: answers.RELEASE}.get(path, answers.PROJECT_ROW)
    listed: Any = {"data": [explore.ROWS["errors"]], "meta": {}} if tool == "search_events" else [rows]
    async with connected(today) as client:
        today.answers("GET", path, 200, listed, link=link(more=True))
        assert answers.CURSOR in await read(client, tool, **arguments)

        today.answers("GET", path, 200, listed, link=link(more=False))
        last = await read(client, tool, **arguments, cursor=answers.CURSOR)

    assert "cursor" not in last
    lists = [request for request in today.requests if request.url.path.endswith(f"/{path}/")]
    assert lists[-1].url.params["cursor"] == answers.CURSOR


async def test_what_is_null_or_absent_is_left_out(today: Today) -> None:
    async with connected(today) as client:
        texts = [
            await read(client, "get_issue", issue=SPARSE),
            await read(client, "get_event", event="latest", issue=SPARSE),
            await read(client, "list_issues"),
            await read(client, "list_projects"),
            await read(client, "list_releases"),
            await read(client, "get_events", issue=SPARSE),
        ]
    assert "SHOP-BACKEND-8: unresolved | Metric issue triggered | project shop-backend" in texts[0]
    for text in texts:
        assert "None" not in text
        assert "null" not in text


async def test_who_did_something_is_told_without_the_account_that_sentry_sends_along(today: Today) -> None:
    details = {"inNextRelease": True, "actor": answers.USER}
    whole = {**answers.ISSUE_WHOLE, "status": "resolved", "statusDetails": details}
    today.answers("GET", f"{ISSUES}/{ISSUE}", 200, whole)
    async with connected(today) as client:
        text = await read(client, "get_issue", issue=ISSUE)
    assert "resolved" in text
    assert "ann@acme.test" not in text
    assert "avatars.acme.test" not in text


@pytest.mark.parametrize("name", ["triage_issue", "fix_issue", "review_release"])
async def test_a_workflow_brings_what_todays_routes_have(today: Today, name: str) -> None:
    arguments = {"release": answers.VERSION} if name == "review_release" else {"issue": SHORT}
    async with connected(today) as client:
        (message,) = (await client.get_prompt(name, arguments)).messages
    assert isinstance(message.content, TextContent)
    assert TITLE in message.content.text
    assert "could not be fetched" not in message.content.text
