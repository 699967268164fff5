"""Each caller is told of what they may read, as long as they may read it."""

import hashlib
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import pytest
import pytest_asyncio
from alerting import SECRET, issue_body, post
from calling import bearing, calling
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS
from subscribing import Listener, subscribe, subscribed
from wire import Era, Sentry, served_http

from local import Embedded

ORGANIZATION = "org-subscriptions"
SCOPES = {
    "everything": 'scopes = ["issues:read", "alerts:read"]',
    "shop": f'scopes = ["issues:read", "alerts:read"]\nprojects = ["{ORGANIZATION}/shop"]',
    "issues": 'scopes = ["issues:read"]',
    "alerts": 'scopes = ["alerts:read"]',
    "lists": 'scopes = ["issues:read", "alerts:read"]\nexclude_tools = ["get_issue"]',
}
ALL = ("sentry://alerts", "sentry://issues")

pytestmark = pytest.mark.asyncio(loop_scope="module")


def token_of(name: str) -> str:
    return f"smcp_of_{name}_{'0' * 24}"


def table(name: str, scopes: str) -> str:
    digest = hashlib.sha256(token_of(name).encode()).hexdigest()
    return f'[[callers]]\nname = "{name}"\ntoken_sha256 = "{digest}"\n{scopes}\n'


@dataclass
class Served:
    sentry: Sentry
    url: str
    file: Path

    async def alert(self, number: int, project: str = "shop", organization: str = ORGANIZATION) -> None:
        body = issue_body(
            number,
            project={"id": "2", "slug": project, "name": project, "platform": "python"},
            project_url=f"https://sentry.io/api/0/projects/{organization}/{project}/",
        )
        assert (await post(self.url, body)).status_code == 200

    async def list(self, **more: str) -> None:
        """Those who call from now on, beside the usual ones; returns when the server has read it."""
        sentinel = f"sentinel-{hashlib.sha256(repr(more).encode()).hexdigest()[:8]}"
        listed = {**SCOPES, **more, sentinel: SCOPES["everything"]}
        await anyio.Path(self.file).write_text("\n".join(table(*row) for row in listed.items()))
        with anyio.fail_after(20):
            while True:
                try:
                    async with calling(self.url, "auto", bearing(token_of(sentinel))) as client:
                        await client.list_tools()
                except* Exception:  # noqa: BLE001 - not known yet
                    await anyio.sleep(0.05)
                else:
                    return


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory, embedded: Embedded) -> AsyncGenerator[Served]:
    token = embedded.store.create_organization(ORGANIZATION)
    project = embedded.store.create_project(ORGANIZATION, "shop", platform="python")
    sentry = Sentry(embedded, ORGANIZATION, token, project)
    folder = tmp_path_factory.mktemp("subscriptions")
    file = folder / "callers.toml"
    file.write_text("\n".join(table(*row) for row in SCOPES.items()))
    settings = sentry.environment(
        SENTRY_MCP_ALERTS="true",
        SENTRY_MCP_ALERTS_PATH=str(folder / "alerts.db"),
        SENTRY_MCP_ALERTS_INTERVAL="0",
        SENTRY_MCP_CALLERS_FILE=str(file),
        SENTRY_MCP_ACCEPT_SENTRY_TOKENS="true",
        SENTRY_WEBHOOK_SECRET=SECRET,
    )
    async with served_http(settings) as url:
        yield Served(sentry, url, file)


async def test_who_is_bounded_to_a_project_is_told_of_that_one_alone(served: Served, era: Era) -> None:
    number = 100 if era == "auto" else 200
    uris = [*ALL, f"sentry://projects/{ORGANIZATION}/web/issues", f"sentry://projects/{ORGANIZATION}/shop/issues"]
    uris += [f"sentry://issues/{number + more}" for more in range(4)]
    async with (
        subscribed(served.url, era, *uris, **bearing(token_of("shop"))) as bounded,
        subscribed(served.url, era, *uris, **bearing(token_of("everything"))) as unbounded,
    ):
        await served.alert(number, "web")
        await served.alert(number + 1, "shop", "another")
        await unbounded.heard.until(uris[4], uris[5])
        await bounded.client.list_tools()
        assert bounded.heard == []
        await served.alert(number + 2)
        await bounded.heard.until(*ALL, uris[3], uris[6])
        assert set(bounded.heard) == {*ALL, uris[3], uris[6]}


async def test_each_is_told_of_what_they_may_read(served: Served, era: Era) -> None:
    number = 300 if era == "auto" else 400
    issue = f"sentry://issues/{number}"
    readable = {
        "everything": {*ALL, issue},
        "issues": {"sentry://issues", issue},
        "alerts": {"sentry://alerts"},
        "lists": {*ALL},
    }
    listeners: dict[str, Listener] = {}
    async with AsyncExitStack() as stack:
        for name, uris in readable.items():
            asked = [*ALL, issue] if era == "auto" else sorted(uris)
            listening = subscribed(served.url, era, *asked, **bearing(token_of(name)))
            listeners[name] = await stack.enter_async_context(listening)
            if era == "legacy":
                for uri in {*ALL, issue} - uris:
                    with pytest.raises(MCPError, match=f"Unknown resource: {uri}"):
                        await subscribe(listeners[name].client, uri)
        await served.alert(number)
        for name, uris in readable.items():
            await listeners[name].heard.until(*uris)
            await listeners[name].client.list_tools()
            assert set(listeners[name].heard) == uris, name


async def test_who_brings_a_sentry_token_is_told_so_and_nothing_else(served: Served, era: Era) -> None:
    own = {**bearing(token_of("everything")), "X-Sentry-Token": served.sentry.token}
    async with (
        calling(served.url, era, own) as client,
        subscribed(served.url, era, *ALL, **bearing(token_of("everything"))) as other,
    ):
        announced = client.server_capabilities.resources
        assert announced
        assert announced.subscribe is False
        if era == "auto":
            async with client.listen(resource_subscriptions=ALL) as subscription:
                assert subscription.honored.model_dump(exclude_none=True) == {}
        else:
            with pytest.raises(MCPError, match="a Sentry token of their own is told of no updates") as caught:
                await subscribe(client, ALL[0])
            assert caught.value.code == INVALID_PARAMS
        await served.alert(500 if era == "auto" else 600)
        await other.heard.until(*ALL)


async def test_a_stream_ends_when_its_caller_is_taken_out_or_changed(served: Served) -> None:
    await served.list(leaving=SCOPES["everything"], changing=SCOPES["everything"])
    async with (
        subscribed(served.url, "auto", *ALL, **bearing(token_of("leaving"))) as leaving,
        subscribed(served.url, "auto", *ALL, **bearing(token_of("changing"))) as changing,
        subscribed(served.url, "auto", *ALL, **bearing(token_of("everything"))) as staying,
    ):
        await served.alert(700)
        for listener in (leaving, changing, staying):
            await listener.heard.until(*ALL)
            listener.heard.clear()
        await served.list(changing=SCOPES["shop"])
        with anyio.fail_after(20):
            await leaving.heard.ended.wait()
            await changing.heard.ended.wait()
        await served.alert(701)
        await staying.heard.until(*ALL)
        assert (leaving.heard, changing.heard, staying.heard.ended.is_set()) == ([], [], False)


async def test_a_session_is_told_nothing_more_after_its_caller_was_changed_until_they_subscribe_again(
    served: Served,
) -> None:
    await served.list(coming=SCOPES["everything"])
    headers = {"Accept": "application/json, text/event-stream", **bearing(token_of("coming"))}
    about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    async with (
        httpx.AsyncClient(headers=headers, timeout=30) as http,
        subscribed(served.url, "auto", *ALL, **bearing(token_of("everything"))) as staying,
    ):

        async def ask(method: str, **parameters: object) -> httpx.Response:
            answer = await http.post(
                served.url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
            )
            assert answer.status_code == 200
            return answer

        begun = await ask("initialize", **about)
        session = {"Mcp-Session-Id": begun.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        http.headers.update(session)
        await http.post(served.url, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
        for uri in ALL:
            await ask("resources/subscribe", uri=uri)
        await served.list()
        await served.list(coming=SCOPES["alerts"])
        async with http.stream("GET", served.url) as stream:
            assert stream.status_code == 200
            await served.alert(800)
            await staying.heard.until(*ALL)
            staying.heard.clear()
            await ask("resources/subscribe", uri="sentry://alerts")
            await served.alert(801)
            await staying.heard.until(*ALL)
            await served.alert(802)
            told: list[str] = []
            with anyio.fail_after(20):
                async for line in stream.aiter_lines():
                    told += re.findall(r"sentry://\w+", line)
                    if len(told) == 2:
                        break
            assert told == ["sentry://alerts"] * 2
        await http.delete(served.url)
