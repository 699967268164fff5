"""What a caller without the scopes of issues gets of an alert."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
import pytest
from alerting import SECRET, issue_body, post
from broken import divide
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from wire import Sentry, connected, data_of, served_http, text_of

TOKEN = "smcp_of_one_who_works_off_alerts"


def environment_of(sentry: Sentry, folder: Path, more: str) -> dict[str, str]:
    """Of a server whose one caller is `more`."""
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    callers = folder / "callers.toml"
    callers.write_text(f'[[callers]]\nname = "engine"\ntoken_sha256 = "{digest}"\n{more}\n')
    return sentry.environment(
        SENTRY_MCP_ALERTS="true",
        SENTRY_MCP_ALERTS_PATH=str(folder / "alerts.db"),
        SENTRY_MCP_ALERTS_INTERVAL="0",
        SENTRY_MCP_CALLERS_FILE=str(callers),
        SENTRY_WEBHOOK_SECRET=SECRET,
    )


@asynccontextmanager
async def engine_at(url: str) -> AsyncGenerator[Client]:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("more", "is_shown"),
    [
        ('scopes = ["alerts:write", "issues:read"]', True),
        ('scopes = ["alerts:write"]', False),
        ('scopes = ["alerts:write", "issues:read"]\nexclude_tools = ["get_issue"]', False),
    ],
)
async def test_who_may_not_read_issues_claims_an_alert_without_its_issue(
    sentry: Sentry, tmp_path: Path, more: str, is_shown: bool
) -> None:
    sentry.capture(divide)
    async with connected(sentry) as client:
        number = int(data_of(await client.call_tool("list_issues"))["issues"][0]["id"])
    async with served_http(environment_of(sentry, tmp_path, more)) as url, engine_at(url) as client:
        await post(url, issue_body(number, title="as the webhook has it"))
        claimed = text_of(await client.call_tool("claim_alert", {}))
        assert "Alert 1.1: created" in claimed
        assert ("return 1 / by" in claimed) is is_shown
        assert ("this caller may not read issues" in claimed) is not is_shown


async def test_a_waiting_claim_hears_of_the_first_alert_of_a_project_that_its_caller_may_see(
    sentry: Sentry, tmp_path: Path
) -> None:
    more = 'scopes = ["alerts:write"]\nprojects = ["acme/shop"]'
    claimed: list[str] = []
    async with served_http(environment_of(sentry, tmp_path, more)) as url, engine_at(url) as client:

        async def wait() -> None:
            claimed.append(text_of(await client.call_tool("claim_alert", {"wait_seconds": 30})))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.sleep(0.3)
            other = issue_body(1, project_url="https://sentry.io/api/0/projects/acme/checkout/", project="checkout")
            await post(url, other)
            await post(url, issue_body(2))
    assert claimed[0].startswith("Alert 2.1: created, SHOP-2 in shop")


async def test_what_cannot_be_claimed_is_told_at_once_however_long_it_would_be_waited_for(
    sentry: Sentry, tmp_path: Path
) -> None:
    everything = 'scopes = ["alerts:write"]'
    with anyio.fail_after(50):
        async with served_http(environment_of(sentry, tmp_path, everything)) as url, engine_at(url) as client:
            await post(url, issue_body())
            await client.call_tool("claim_alert", {})
            await client.call_tool("finish_alert", {"alert": "1.1"})
            again = await client.call_tool("claim_alert", {"alert": "1", "wait_seconds": 60})
    assert (again.is_error, text_of(again)) == (True, "not_claimed: Alert 1 is done with already.")
