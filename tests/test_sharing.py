"""What many callers cost Sentry, seen from Sentry's side of the socket."""

import anyio
import pytest
from broken import checkout
from standins.passing_on import passing_on
from standins.sockets import Server
from wire import Era, Sentry, connected, data_of


async def test_two_hundred_callers_of_one_issue_cost_what_one_does(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout)
    counts: list[int] = []

    async with (
        passing_on(sentry.embedded.url) as upstream,
        connected(sentry, era=era, SENTRY_URL=upstream.url, SENTRY_MCP_CACHE_TTL="10") as client,
    ):

        async def ask() -> None:
            counts.append(data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))["count"])

        async with anyio.create_task_group() as tasks:
            for _ in range(200):
                tasks.start_soon(ask)

    assert counts == [1] * 200
    assert _asked_besides(upstream) == ["code-mappings", "trace-meta"]
    assert len(upstream.requests) == 4


@pytest.mark.parametrize("by", ["short_id", "id"])
async def test_one_issue_costs_two_requests_one_each_for_its_code_and_its_trace_and_a_repeat_none(
    sentry: Sentry, by: str
) -> None:
    sentry.capture(checkout)

    async with (
        passing_on(sentry.embedded.url) as upstream,
        connected(sentry, SENTRY_URL=upstream.url, SENTRY_MCP_CACHE_TTL="10") as client,
    ):
        issue = data_of(await client.call_tool("list_issues", {}))["issues"][0][by]
        upstream.requests.clear()
        await client.call_tool("get_issue", {"issue": issue})
        await client.call_tool("get_issue", {"issue": issue})

    assert _asked_besides(upstream) == ["code-mappings", "trace-meta"]
    assert len(upstream.requests) == 4


async def test_an_update_is_seen_at_once(sentry: Sentry) -> None:
    sentry.capture(checkout)

    async with connected(sentry, SENTRY_MCP_CACHE_TTL="10") as client:
        await client.call_tool("get_issue", {"issue": "SHOP-1"})
        await client.call_tool("list_issues", {})
        await client.call_tool("update_issue", {"issue": "SHOP-1", "status": "resolved"})
        issue = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))
        listed = data_of(await client.call_tool("list_issues", {}))

    assert issue["status"] == "resolved"
    assert listed["issues"] == []


def _asked_besides(upstream: Server) -> list[str]:
    """Of what an issue's answer is made of, what is neither the issue nor its event."""
    paths = [line.split("/api/0/organizations/")[1].split("/")[1] for line in upstream.log]
    return sorted(path for path in paths if path != "issues")
