"""Whoever is told that a resource changed reads it as it is then, though answers are remembered; and who listens
is told when a server ends."""

import json
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from alerting import SECRET, issue_body, post
from broken import divide, low_stock
from mcp.client.client import Client
from mcp.types import TextResourceContents
from services import service
from subscribing import subscribed
from wire import Era, Sentry, connected, data_of, served_http

REMEMBERED = "600"
"""Seconds: for the whole of a test."""


@pytest.fixture
async def url(sentry: Sentry, tmp_path: Path) -> AsyncGenerator[str]:
    settings = {
        "SENTRY_MCP_ALERTS": "true",
        "SENTRY_MCP_ALERTS_PATH": str(tmp_path / "alerts.db"),
        "SENTRY_MCP_ALERTS_INTERVAL": "0",
        "SENTRY_MCP_CACHE_TTL": REMEMBERED,
        "SENTRY_WEBHOOK_SECRET": SECRET,
    }
    async with served_http(sentry.environment(**settings)) as url:
        yield url


async def read(client: Client, uri: str) -> Any:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return json.loads(content.text)


async def numbers(sentry: Sentry) -> list[str]:
    async with connected(sentry) as client:
        rows: list[dict[str, str]] = data_of(await client.call_tool("list_issues"))["issues"]
        return [row["id"] for row in rows]


async def test_an_alert_of_a_new_issue_is_told_and_the_list_has_it(sentry: Sentry, url: str, era: Era) -> None:
    listed = f"sentry://projects/{sentry.organization}/shop/issues"
    sentry.capture(divide)
    async with subscribed(url, era, listed, "sentry://issues") as listener:
        for uri in (listed, "sentry://issues"):
            assert len((await read(listener.client, uri))["issues"]) == 1
        sentry.capture(low_stock)
        number = max(await numbers(sentry), key=int)
        place = f"https://sentry.io/api/0/projects/{sentry.organization}/shop/"
        await post(url, issue_body(int(number), project_url=place))
        await listener.heard.until(listed, "sentry://issues")
        for uri in (listed, "sentry://issues"):
            assert len((await read(listener.client, uri))["issues"]) == 2


async def test_what_a_claim_comes_with_is_the_issue_as_it_is_then(sentry: Sentry, url: str, era: Era) -> None:
    sentry.capture(divide)
    (number,) = await numbers(sentry)
    async with Client(url, mode=era) as client, connected(sentry) as elsewhere:
        assert data_of(await client.call_tool("get_issue", {"issue": number}))["status"] == "unresolved"
        await elsewhere.call_tool("update_issue", {"issue": number, "status": "resolved"})
        assert data_of(await client.call_tool("get_issue", {"issue": number}))["status"] == "unresolved"
        await post(url, issue_body(int(number), "created"))
        claimed = data_of(await client.call_tool("claim_alert", {"wait_seconds": 20}))
        assert claimed["issue"]["status"] == "resolved"


async def test_who_listens_is_told_that_the_server_ends_and_it_ends_at_once(sentry: Sentry, tmp_path: Path) -> None:
    settings = sentry.environment(
        SENTRY_MCP_ALERTS="true",
        SENTRY_MCP_ALERTS_PATH=str(tmp_path / "alerts.db"),
        SENTRY_MCP_ALERTS_INTERVAL="0",
    )
    async with service(tmp_path, sentry.embedded.url, callers=None, **settings) as server:
        async with (
            server.client("auto", None) as client,
            client.listen(resource_subscriptions=["sentry://alerts"]) as first,
            client.listen(resource_subscriptions=["sentry://issues"]) as second,
        ):
            server.process.send_signal(signal.SIGTERM)
            for subscription in (first, second):  # SubscriptionLost where it is cut off
                assert [event async for event in subscription] == []
        await server.process.wait()
        assert "Traceback" not in server.log.read_text()
