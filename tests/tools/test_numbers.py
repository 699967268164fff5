"""What the numbers of an answer are numbers of: the period, the environment, how many of how many."""

from collections.abc import Generator
from typing import Any

import pytest
from broken import checkout
from mcp.client.client import Client
from standins import todays_answers as answers
from standins.known import GLITCH, OLD_SENTRY, Known
from standins.recorded import TOKEN, replaying
from standins.today import ISSUES, SELF_HOSTED, Today, todays_sentry
from wire import Sentry, connected, connected_to, text_of

ISSUE = answers.ISSUE_ID


@pytest.fixture
def today() -> Generator[Today]:
    with todays_sentry(SELF_HOSTED) as today:
        yield today


def todays(today: Today) -> Any:
    return connected_to(today.url, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_MCP_CACHE_TTL="0")


async def read(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return text_of(result)


def seen(count: int, users: int) -> dict[str, Any]:
    return {"count": str(count), "userCount": users, "firstSeen": None, "lastSeen": None}


def row(within: dict[str, Any], ever: dict[str, Any] | None, matching: dict[str, Any] | None = None) -> dict[str, Any]:
    return {**answers.ISSUE_ROW, **within, "lifetime": ever or {}, "filtered": matching}


WEEK, EVER = seen(52, 31), seen(90, 35)


OF_WEEK = {"period": "7d", "environment": "production"}


@pytest.mark.parametrize(
    ("asked", "found", "words"),
    [
        (OF_WEEK, row(WEEK, EVER), "52 events, 31 users in 7d, production (90, 35 in all)"),
        ({"period": "7d"}, row(WEEK, EVER), "52 events, 31 users in 7d (90, 35 in all)"),
        ({"period": "7d"}, row(WEEK, WEEK), "52 events, 31 users in 7d (none before)"),
        ({"environment": "production"}, row(WEEK, WEEK), "52 events, 31 users in production"),
        ({"environment": "production"}, row(WEEK, EVER), "52 events, 31 users in 90d, production (90, 35 in all)"),
        ({}, row(WEEK, EVER), "52 events, 31 users in 90d (90, 35 in all)"),
        ({}, row(WEEK, WEEK), "52 events, 31 users"),
        ({"period": "7d"}, row(WEEK, EVER, seen(12, 9)), "52 events, 31 users in 7d (12 match; 90, 35 in all)"),
        ({"period": "7d"}, row(seen(1, 0), seen(2, 0)), "1 event in 7d (2 in all)"),
        ({"period": "7d"}, row(WEEK, None), "52 events, 31 users"),
        ({"period": "7d", "query": "7c0de" + "1" * 27}, row(WEEK, WEEK), "52 events, 31 users"),
    ],
)
async def test_how_often_this_week_and_how_often_in_all(
    today: Today, asked: dict[str, Any], found: dict[str, Any], words: str
) -> None:
    today.answers("GET", ISSUES, 200, [found])
    async with todays(today) as client:
        text = await read(client, "list_issues", **asked)
    assert f" | {words} | " in text


@pytest.mark.parametrize("known", [OLD_SENTRY, GLITCH], ids=lambda known: known.server)
async def test_counts_that_are_not_of_the_period_say_so_once(known: Known) -> None:
    async with replaying(known.server) as server, _of(known, server.url) as client:
        within = await read(client, "list_issues", query="*", period="14d")
        ever = await read(client, "list_issues", query="*")
        environment = await read(client, "list_issues", query="*", environment="production")
    if known is OLD_SENTRY:
        assert within.count("counted in all: this Sentry does not count them in 14d") == 1
    else:
        assert "No issues match" in within or within.count("does not count them in 14d") == 1
    assert "counted in all" not in ever
    assert ("does not count them in production" in environment) == (known is GLITCH), "Sentry 9 does"
    assert "in 14d |" not in within


def _of(known: Known, url: str) -> Any:
    return connected_to(url, SENTRY_ORG=known.organization, SENTRY_AUTH_TOKEN=TOKEN)


def values(tag: str, *counts: tuple[str | None, int]) -> dict[str, Any]:
    top = [{"key": tag, "name": value or "(empty)", "value": value, "count": count} for value, count in counts]
    return {
        "key": tag, "name": tag, "uniqueValues": len(top), "totalValues": sum(count for _, count in counts),
        "topValues": top,
    }  # fmt: skip


TAGS = f"{ISSUES}/{ISSUE}/tags"
PLANS = values("plan", ("pro", 3), ("free", 2))
PRO = values("plan", ("pro", 5))


@pytest.mark.parametrize(
    ("of_tag", "events", "words"),
    [
        (PLANS, 58, "5 of 58 events have this tag, over 2 values"),
        (values("plan", ("pro", 1)), 58, "1 of 58 events has this tag, over 1 value"),
        (values("plan", ("pro", 5), (None, 53)), 58, "5 of 58 events have this tag, over 2 values"),
        (PRO, 0, "5 events over 1 value"),
        (PRO, 4, "5 events over 1 value"),
    ],
)
async def test_how_many_of_the_events_have_this_tag(
    today: Today, of_tag: dict[str, Any], events: int, words: str
) -> None:
    today.answers("GET", f"{TAGS}/plan", 200, of_tag)
    today.answers("GET", f"{TAGS}/level", 200, values("level", ("error", events)))
    async with todays(today) as client:
        assert f"\nplan: {words}\n" in await read(client, "get_tag_values", issue=ISSUE, tag="plan")


async def test_an_answer_does_not_fail_for_how_many_events_there_are(today: Today) -> None:
    today.answers("GET", f"{TAGS}/level", 503, {"detail": "Service unavailable"})
    async with todays(today) as client:
        assert "environment: 1,234 events over 2" in await read(
            client, "get_tag_values", issue=ISSUE, tag="environment"
        )


async def test_what_is_the_plan_of_those_in_production_this_week(today: Today) -> None:
    today.answers("GET", TAGS, 200, [values("plan", ("pro", 5)), values("level", ("error", 58))])
    within = {"environment": "production", "period": "7d"}
    async with todays(today) as client:
        found = await read(client, "get_tag_values", issue=ISSUE, tag="plan", **within)
        none = await read(client, "get_tag_values", issue=ISSUE, tag="region", **within)
    assert "plan: 5 of 58 events in 7d, production have this tag" in found
    assert f"None of the 58 events of issue {ISSUE} that were asked for has this tag." in none


async def test_a_value_that_has_but_a_name_is_one(today: Today) -> None:
    named = values("plan", ("a", 35), ("b", 23))
    for value in named["topValues"]:
        del value["value"]
    today.answers("GET", f"{TAGS}/plan", 200, named)
    today.answers("GET", f"{TAGS}/level", 200, values("level", ("error", 58)))
    async with todays(today) as client:
        text = await read(client, "get_tag_values", issue=ISSUE, tag="plan")
    assert "plan: 58 of 58 events have this tag, over 2 values" in text
    assert "60% " in text


async def test_a_tag_of_sentrys_own_is_found_by_its_whole_name_within_a_period_too(today: Today) -> None:
    today.answers("GET", TAGS, 200, [values("level", ("error", 58)), values("release", ("shop@1", 58))])
    async with todays(today) as client:
        text = await read(client, "get_tag_values", issue=ISSUE, tag="sentry:release", period="7d")
    assert "58 of 58 events in 7d have this tag" in text
    assert "shop@1" in text


@pytest.mark.parametrize(
    ("known", "argument", "value"),
    [
        (GLITCH, "environment", "production"),
        (GLITCH, "period", "7d"),
        (OLD_SENTRY, "period", "7d"),
        (OLD_SENTRY, "environment", "production"),
    ],
    ids=lambda one: getattr(one, "server", one),
)
async def test_a_server_that_cannot_count_so_is_not_asked_to(known: Known, argument: str, value: str) -> None:
    async with replaying(known.server) as server, _of(known, server.url) as client:
        await client.call_tool("get_issue", {"issue": known.issue})
        asked = {"issue": known.issue, "tag": "release", argument: value}
        result = await client.call_tool("get_tag_values", asked)
    assert result.is_error
    assert text_of(result).startswith("unsupported: ")
    assert f"{argument}='{value}'" in text_of(result)


async def test_the_embedded_sentry_counts_as_todays_does(sentry: Sentry) -> None:
    for number in range(3):
        environment = "production" if number else "staging"
        tags = {"plan": "pro"} if number == 1 else {}
        sentry.capture(checkout, environment=environment, user={"id": str(number)}, tags=tags)
    async with connected(sentry) as client:
        listed = await read(client, "list_issues", period="7d", environment="production")
        matching = await read(client, "list_issues", period="7d", query="plan:pro")
        tag = await read(client, "get_tag_values", issue="SHOP-1", tag="plan")
        within = await read(client, "get_tag_values", issue="SHOP-1", tag="plan", environment="production", period="7d")
        events = await read(client, "get_events", issue="SHOP-1", limit=2, tags=["plan", "environment"])
    assert "2 events, 2 users in 7d, production (none before)" in listed
    assert "3 events, 3 users in 7d (1 match; none before)" in matching
    assert "plan: 1 of 3 events has this tag" in tag
    assert "plan: 1 of 2 events in 7d, production has this tag" in within
    assert events.startswith("2 of 3 events of issue SHOP-1")
    assert "plan=pro" in events


async def test_what_is_counted_in_an_environment_is_said_once(today: Today) -> None:
    """Sentry counts `lifetime` in the environment, too."""
    today.answers("GET", ISSUES, 200, [row(WEEK, EVER), row(WEEK, EVER)])
    async with todays(today) as client:
        within, anywhere = (
            await read(client, "list_issues", **OF_WEEK),
            await read(client, "list_issues", period="7d"),
        )
    assert within.count("of the environment alone") == 1
    assert "of the environment alone" not in anywhere
