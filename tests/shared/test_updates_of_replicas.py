"""Two servers and one Valkey: what changes at one is told to who listens at the other, and to nobody of another
organization."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from alerting import SECRET, issue_body, post
from broken import divide
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp.types import METHOD_NOT_FOUND
from standins.replicas import replicas
from standins.stores import Valkey
from subscribing import subscribe, subscribed
from wire import Sentry, text_of

URIS = ("sentry://alerts", "sentry://issues")


async def test_what_changes_at_one_is_told_at_the_other_and_to_nobody_of_another_organization(
    sentry: Sentry, valkey: Valkey, tmp_path: Path
) -> None:
    sentry.capture(divide)
    another = Sentry(sentry.embedded, f"{sentry.organization}-b", "", 0)
    another.token = sentry.store.create_organization(another.organization)
    sentry.store.create_project(another.organization, "shop", platform="python")
    settings = {
        "SENTRY_MCP_ALERTS": "true",
        "SENTRY_MCP_ALERTS_INTERVAL": "0",
        "SENTRY_MCP_SHARED_URL": valkey.url,
        "SENTRY_WEBHOOK_SECRET": SECRET,
    }
    async with AsyncExitStack() as stack:
        one, other = await stack.enter_async_context(replicas(2, sentry.environment(**settings)))
        (foreign,) = await stack.enter_async_context(replicas(1, another.environment(**settings)))
        here, there, elsewhere = [
            await stack.enter_async_context(subscribed(server.url, "auto", *URIS)) for server in (one, other, foreign)
        ]
        assert (await post(one.url, issue_body())).status_code == 200
        for listener in (here, there):
            await listener.heard.until(*URIS)
            assert sorted(listener.heard) == list(URIS)
            listener.heard.clear()

        updated = await here.client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})
        assert not updated.is_error, text_of(updated)
        for listener in (here, there):
            await listener.heard.until("sentry://issues")
            assert listener.heard == ["sentry://issues"]

        assert elsewhere.heard == []
        assert (await post(foreign.url, issue_body())).status_code == 200
        await elsewhere.heard.until(*URIS)
        assert sorted(elsewhere.heard) == list(URIS)
        assert here.heard == ["sentry://issues"]

        # A client up to 2025-11-25 has no session that could be told: it is not promised anything.
        client = await stack.enter_async_context(Client(other.url, mode="legacy"))
        announced = client.server_capabilities.resources
        assert announced
        assert announced.subscribe is False
        with pytest.raises(MCPError, match="has no sessions") as caught:
            await subscribe(client, "sentry://alerts")
        assert caught.value.code == METHOD_NOT_FOUND
        current = there.client.server_capabilities.resources
        assert current
        assert current.subscribe is True
