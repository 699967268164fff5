"""What a caller without the scopes of issues gets of an alert."""

import hashlib
from pathlib import Path

import httpx2
import pytest
from alerting import SECRET, issue_body, post
from broken import divide
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from wire import Sentry, connected, data_of, served_http, text_of

TOKEN = "smcp_of_one_who_works_off_alerts"


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
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    callers = tmp_path / "callers.toml"
    callers.write_text(f'[[callers]]\nname = "engine"\ntoken_sha256 = "{digest}"\n{more}\n')
    sentry.capture(divide)
    environment = sentry.environment(
        SENTRY_MCP_ALERTS="true",
        SENTRY_MCP_ALERTS_PATH=str(tmp_path / "alerts.db"),
        SENTRY_MCP_ALERTS_INTERVAL="0",
        SENTRY_MCP_CALLERS_FILE=str(callers),
        SENTRY_WEBHOOK_SECRET=SECRET,
    )
    async with connected(sentry) as client:
        number = int(data_of(await client.call_tool("list_issues"))["issues"][0]["id"])
    async with (
        served_http(environment) as url,
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        await post(url, issue_body(number, title="as the webhook has it"))
        claimed = text_of(await client.call_tool("claim_alert", {}))
        assert "Alert 1.1: created" in claimed
        assert ("return 1 / by" in claimed) is is_shown
        assert ("this caller may not read issues" in claimed) is not is_shown
