"""A day on call, after a week that the embedded Sentry has seen: what takes counting by hand else is one call each."""

import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from mcp.types import CallToolResult
from sending import failure, frame
from wire import Sentry, connected, data_of, text_of

HOURS = 7 * 24
SPIKE = 3
"""Full hours before this one since which one issue happens more often."""


def full_hour(ago: int) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago)


def broken(kind: str, moment: datetime, user: str, **more: Any) -> dict[str, Any]:
    return failure(
        kind,
        "It broke.",
        [frame(kind.lower(), "shop.app")],
        timestamp=moment.isoformat(),
        user={"id": user},
        **{"environment": "production", **more},
    )


def browser(name: str) -> dict[str, Any]:
    return {"contexts": {"browser": {"name": name, "version": "1"}}, "tags": {"browser.name": name}}


def spiking() -> Iterator[dict[str, Any]]:
    """Twice an hour, all week; since a while ago forty times."""
    for ago in range(1, HOURS):
        for number in range(40 if ago <= SPIKE else 2):
            yield broken("PaymentError", full_hour(ago) + timedelta(minutes=1 + number), f"customer-{number % 5}")


def loud() -> Iterator[dict[str, Any]]:
    """Ten times an hour today, of one user: a robot."""
    for ago in range(1, 20):
        for number in range(10):
            yield broken("RobotError", full_hour(ago) + timedelta(minutes=3 * number), "robot")


def wide() -> Iterator[dict[str, Any]]:
    """Once of each customer today; in staging, too."""
    for number in range(60):
        yield broken(
            "CartError",
            full_hour(1 + number % 12),
            f"customer-{number}",
            **browser(("Firefox", "Safari")[number % 3 == 0]),
        )
    for number in range(9):
        yield broken("CartError", full_hour(5), f"tester-{number}", environment="staging", **browser("Firefox"))
    for number in range(5):
        yield broken("CartError", full_hour(30 + 24 * number), f"customer-{number}", **browser("Chrome"))
    yield broken("CartError", full_hour(24 * 7 + 5), "customer-1", **browser("Chrome"))  # a week ago, and more


def tell(sentry: Sentry, events: Iterator[dict[str, Any]]) -> None:
    with httpx.Client(headers={"X-Sentry-Auth": f"Sentry sentry_key={sentry.store.dsn_key}"}) as client:
        for event in events:
            content = json.dumps({**event, "event_id": uuid.uuid4().hex})
            client.post(f"{sentry.embedded.url}/api/{sentry.project}/store/", content=content).raise_for_status()


@pytest.fixture
def week(sentry: Sentry) -> Sentry:
    """Its issues are SHOP-1, which spikes, SHOP-2, which is loud, and SHOP-3, which hurts most customers."""
    for events in (spiking(), loud(), wide()):
        tell(sentry, events)
    return sentry


async def asked(sentry: Sentry, **arguments: Any) -> CallToolResult:
    async with connected(sentry) as client:
        return await client.call_tool("search_events", arguments)


async def test_which_issue_spiked_since_which_hour_and_how_many_there_were_before(week: Sentry) -> None:
    answer = await asked(week, fields=["issue", "count()"], interval="1h", period="24h")
    found = data_of(answer)
    series = {one["group"]["issue"]: one for one in found["series"] if "group" in one}
    counts = series["SHOP-1"]["counts"]
    told = [count for count in counts[1:] if count]  # the first hour is cut off, the last may have begun meanwhile
    assert (told[-SPIKE:], set(told[:-SPIKE])) == ([40] * SPIKE, {2})
    assert len(told) > 20
    assert (series["SHOP-1"]["peak"], series["SHOP-2"]["peak"]) == (40, 10)
    began = datetime.fromisoformat(found["begins"]) + timedelta(hours=counts.index(40))
    assert re.search(
        rf"^issue=SHOP-1 \| total \d+ \| peak 40 at {began:%Y-%m-%d %H:%MZ} \|", text_of(answer), re.MULTILINE
    )


async def test_events_and_users_of_an_issue_in_production_in_a_week_by_browser(week: Sentry) -> None:
    answer = await asked(
        week,
        query="issue:SHOP-3",
        fields=["browser.name", "count()", "count_unique(user)"],
        environment="production",
        period="7d",
    )
    assert [tuple(row["values"].values()) for row in data_of(answer)["rows"]] == [
        ("Firefox", 40, 40),
        ("Safari", 20, 20),
        ("Chrome", 5, 5),
    ]
    assert "| Firefox | 40 | 40 |" in text_of(answer)


async def test_what_hurts_most_customers_today(week: Sentry) -> None:
    answer = await asked(
        week,
        fields=["issue", "count_unique(user)", "count()"],
        sort="-count_unique(user)",
        environment="production",
        period="24h",
    )
    rows = [(row["issue"], row["values"]["count_unique(user)"]) for row in data_of(answer)["rows"]]
    assert rows == [("SHOP-3", 60), ("SHOP-1", 5), ("SHOP-2", 1)]
