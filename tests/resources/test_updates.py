"""Who subscribes to resources is told which an alert or an update changes, in both eras, over HTTP and stdio."""

import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from alerting import SECRET, issue_body, post
from broken import low_stock
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, METHOD_NOT_FOUND
from subscribing import Listener, listening_to, subscribe, subscribed, subscribed_over, unsubscribe
from wire import ROOT, Era, Sentry, bare_environment, connected, served_http, text_of

from local import Embedded

ORGANIZATION = "org-updates"
NEVER_TOLD = (
    "sentry://projects",
    "sentry://search-syntax",
    "sentry://issues/5/events",
    "sentry://nothing",
    "https://sentry.io/issues/5",
    f"sentry://issues/{'5' * 100_000}",
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Served:
    sentry: Sentry
    url: str
    settings: dict[str, str]

    async def alert(self, number: int, project: str = "shop") -> str:
        """Sentry tells of this issue; the alert's number."""
        body = issue_body(
            number,
            project={"id": "2", "slug": project, "name": project, "platform": "python"},
            project_url=f"https://sentry.io/api/0/projects/{ORGANIZATION}/{project}/",
        )
        answer = await post(self.url, body)
        assert answer.status_code == 200
        (alert,) = answer.json()["alerts"]
        return str(alert)

    async def alert_told(self, number: int) -> str:
        """The same, when whoever was to be told of it has been: nobody who subscribes now is."""
        issue = f"sentry://issues/{number}"
        async with subscribed(self.url, "auto", issue) as listener:
            alert = await self.alert(number)
            await listener.heard.until(issue)
        return alert

    async def issue(self, name: str) -> tuple[str, str]:
        """The number and the short ID of one that is there, and was told to nobody."""
        self.sentry.capture(low_stock, fingerprint=[name])
        async with connected(self.sentry) as client:
            found = await client.call_tool("list_issues", {})
        assert found.structured_content is not None
        newest = max(found.structured_content["issues"], key=lambda row: int(row["id"]))
        return str(newest["id"]), str(newest["short_id"])


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory, embedded: Embedded) -> AsyncGenerator[Served]:
    token = embedded.store.create_organization(ORGANIZATION)
    project = embedded.store.create_project(ORGANIZATION, "shop", platform="python")
    sentry = Sentry(embedded, ORGANIZATION, token, project)
    settings = sentry.environment(
        SENTRY_MCP_ALERTS="true",
        SENTRY_MCP_ALERTS_PATH=str(tmp_path_factory.mktemp("updates") / "alerts.db"),
        SENTRY_MCP_ALERTS_INTERVAL="0",
        SENTRY_WEBHOOK_SECRET=SECRET,
    )
    async with served_http(settings) as url:
        yield Served(sentry, url, settings)


def uris_of(number: str, short_id: str) -> list[str]:
    """What changes with an issue."""
    return [
        "sentry://issues",
        f"sentry://issues/{number}",
        f"sentry://issues/{short_id}",
        f"sentry://projects/{ORGANIZATION}/shop/issues",
    ]


def alerts_in(folder: Path) -> dict[str, str]:
    return {
        "SENTRY_MCP_ALERTS": "true",
        "SENTRY_MCP_ALERTS_PATH": str(folder / "alerts.db"),
        "SENTRY_MCP_ALERTS_INTERVAL": "0",
    }


async def subscribe_once(client: Client, era: Era, uris: list[str]) -> None:
    """To all of these, which the server grants or refuses."""
    if era == "legacy":
        await subscribe(client, *uris)
        return
    async with client.listen(resource_subscriptions=uris) as subscription:
        assert subscription.honored.resource_subscriptions == uris


async def test_an_alert_tells_of_itself_and_of_its_issue_and_of_nothing_else(served: Served, era: Era) -> None:
    first = int(await served.alert_told(1_000 if era == "auto" else 2_000))
    number = 1_001 if era == "auto" else 2_001
    changed = ["sentry://alerts", f"sentry://alerts/{first + 1}", *uris_of(str(number), f"SHOP-{number}")]
    last = f"sentry://issues/{number + 1}"
    others = ["sentry://issues/7", "sentry://issues/SHOP-7", f"sentry://projects/{ORGANIZATION}/web/issues"]
    async with subscribed(served.url, era, *changed, last, *others, f"sentry://alerts/{first}") as listener:
        assert await served.alert(number) == str(first + 1)
        await listener.heard.until(*changed)
        await served.alert(number + 1, project="market")
        await listener.heard.until(last)
        assert set(listener.heard) == {*changed, last}


async def test_a_claim_and_its_end_tell_of_the_alert(served: Served, era: Era) -> None:
    alert = await served.alert_told(5_001 if era == "auto" else 5_002)
    changed = ["sentry://alerts", f"sentry://alerts/{alert}"]
    async with subscribed(served.url, era, *changed, "sentry://issues") as listener:
        for tool, arguments in (("claim_alert", {"alert": alert}), ("finish_alert", {"alert": f"{alert}.1"})):
            answered = await listener.client.call_tool(tool, arguments)
            assert not answered.is_error, text_of(answered)
            await listener.heard.until(*changed)
            assert set(listener.heard) == set(changed)
            listener.heard.clear()


async def test_an_update_tells_of_its_issue(served: Served, era: Era) -> None:
    number, short_id = await served.issue(f"updated {era}")
    changed = uris_of(number, short_id)
    async with subscribed(served.url, era, *changed, "sentry://alerts") as listener:
        for change in (
            {"status": "resolved"},
            {"comment": "Looked into it."},
            {"priority": "high", "comment": "Soon."},
        ):
            listener.heard.clear()
            updated = await listener.client.call_tool("update_issue", {"issue": short_id, **change})
            assert not updated.is_error, text_of(updated)
            await listener.heard.until(*changed)
        assert set(listener.heard) == set(changed)


async def test_each_of_many_that_are_updated_at_once_is_told_and_none_that_was_refused(
    served: Served, era: Era
) -> None:
    issues = [await served.issue(f"{which} of many {era}") for which in ("one", "another", "a third")]
    uris = [f"sentry://issues/{number}" for number, _ in issues]
    async with subscribed(served.url, era, *uris, "sentry://issues/99999999") as listener:
        call = listener.client.call_tool
        refused = await call("update_issue", {"issue": issues[2][0], "assigned_to": "nobody@example.com"})
        missing = await call("update_issue", {"issue": "99999999", "status": "resolved"})
        assert (refused.is_error, missing.is_error) == (True, True)
        await call("update_issue", {"issue": f"{issues[0][1]},{issues[1][1]}", "status": "resolved"})
        await listener.heard.until(*uris[:2])
        assert set(listener.heard) == set(uris[:2])


async def test_who_unsubscribes_is_told_no_more(served: Served, era: Era) -> None:
    number = 3_000 if era == "auto" else 4_000
    last = f"sentry://issues/{number + 2}"
    async with subscribed(served.url, era, "sentry://issues", last) as listener:
        if era == "auto":
            async with listening_to(listener.client, ["sentry://alerts"]) as heard:
                await served.alert(number)
                await heard.until("sentry://alerts")
        else:
            heard = listener.heard
            await subscribe(listener.client, "sentry://alerts")
            await served.alert(number)
            await heard.until("sentry://alerts")
            await unsubscribe(listener.client, "sentry://alerts", "sentry://nothing")
        await listener.heard.until("sentry://issues")
        before = heard.count("sentry://alerts")
        listener.heard.clear()
        await served.alert(number + 1)
        await listener.heard.until("sentry://issues")
        await served.alert(number + 2)
        await listener.heard.until(last)
        assert (before, set(listener.heard)) == (1, {"sentry://issues", last})


async def test_what_is_acknowledged_is_what_will_be_told(served: Served) -> None:
    async with Client(served.url) as client:
        async with client.listen(
            tools_list_changed=True,
            prompts_list_changed=True,
            resources_list_changed=True,
            resource_subscriptions=[*NEVER_TOLD, "sentry://alerts", "sentry://issues/5"],
        ) as subscription:
            assert subscription.honored.model_dump(exclude_none=True) == {
                "resource_subscriptions": ["sentry://alerts", "sentry://issues/5"]
            }
        async with client.listen(tools_list_changed=True, resource_subscriptions=NEVER_TOLD) as subscription:
            assert subscription.honored.model_dump(exclude_none=True) == {}


async def test_a_session_cannot_subscribe_to_what_is_never_told(served: Served) -> None:
    async with Client(served.url, mode="legacy") as client:
        for uri in NEVER_TOLD:
            with pytest.raises(MCPError, match=r"^Unknown resource: ") as caught:
                await subscribe(client, uri)
            assert caught.value.code == INVALID_PARAMS
            assert len(caught.value.message) < 600


async def test_more_than_500_are_refused(sentry: Sentry, era: Era, tmp_path: Path) -> None:
    uris = [f"sentry://issues/{number}" for number in range(501)]
    async with connected(sentry, "memory", era, **alerts_in(tmp_path)) as client:
        await subscribe_once(client, era, uris[:500])
        with pytest.raises(MCPError, match="At most 500 resources") as caught:
            await subscribe_once(client, era, uris)
        if era == "legacy":
            await unsubscribe(client, uris[0])
            await subscribe(client, uris[500])
    assert caught.value.code == INVALID_PARAMS


async def test_it_is_announced_where_there_are_alerts_and_nowhere_else(
    sentry: Sentry, era: Era, tmp_path: Path
) -> None:
    async with connected(sentry, "memory", era, **alerts_in(tmp_path)) as client:
        announced = client.server_capabilities
        assert announced.resources
        assert announced.resources.subscribe is True
        kinds = (announced.tools, announced.prompts, announced.resources)
        assert [kind and kind.list_changed for kind in kinds] == [False] * 3
    async with connected(sentry, era=era) as client:
        announced = client.server_capabilities
        assert announced.resources
        assert not announced.resources.subscribe
        with pytest.raises(MCPError) as caught:
            await subscribe_once(client, era, ["sentry://issues"])
        assert caught.value.code == METHOD_NOT_FOUND


async def test_over_stdio_what_another_server_stores_is_told_and_what_it_updates_itself(
    served: Served, era: Era
) -> None:
    """Both have the same file of alerts."""
    number, short_id = await served.issue(f"over stdio {era}")
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "sentry_mcp"],
        cwd=ROOT,
        env={**bare_environment(), **served.settings},
    )
    uris = ["sentry://alerts", *uris_of(number, short_id)]
    listener: Listener
    async with subscribed_over(stdio_client(parameters), era, uris) as listener:
        alert = await served.alert(5_000 if era == "auto" else 6_000)
        await listener.heard.until("sentry://alerts", "sentry://issues")
        assert f"alert {alert} |" in text_of(await listener.client.call_tool("list_alerts", {"limit": 1}))
        listener.heard.clear()
        updated = await listener.client.call_tool("update_issue", {"issue": number, "status": "resolved"})
        assert not updated.is_error
        await listener.heard.until(*uris[1:])
        assert "sentry://alerts" not in listener.heard
