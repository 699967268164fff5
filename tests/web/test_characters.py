"""Whatever a client sends over HTTP is answered, in both eras of the protocol."""

import json
from typing import Any

import httpx
import pytest
from wire import ERAS, Era, bare_environment, served_http

SETTINGS = {"SENTRY_AUTH_TOKEN": "none", "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}
META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


async def headers_of(era: Era, client: httpx.AsyncClient, url: str) -> dict[str, str]:
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    if era == "auto":
        return {**headers, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "list_issues"}
    first = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": INITIALIZE}
    session = (await client.post(url, json=first, headers=headers)).headers["mcp-session-id"]
    return {**headers, "MCP-Protocol-Version": "2025-11-25", "Mcp-Session-Id": session}


def call(request_id: object = 7, **arguments: Any) -> str:
    parameters = {"name": "list_issues", "arguments": arguments, "_meta": META}
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": parameters})


UNREADABLE = {
    "half a surrogate pair": call(query="\ud800"),
    "half a pair in a name": call(**{"\udc00": "x"}),
    "half a pair deep inside": call(query=[{"a": ["\ud800"]}]),
    "cut off": call()[:-20],
    "no JSON": "hello",
    "nested too deeply": call(query="deep").replace('"deep"', "[" * 100_000 + "]" * 100_000),
    "a batch": f"[{call()}]",
    "a batch of 100,000": "[" + ",".join(["1"] * 100_000) + "]",
    "an id that is none": call(1.5),
    "a number that is none": call(query="long").replace('"long"', "9" * 5_000),
}


@pytest.mark.parametrize("era", ERAS)
async def test_what_cannot_be_read_is_an_error(era: Era) -> None:
    async with served_http({**bare_environment(), **SETTINGS}) as url, httpx.AsyncClient(timeout=20) as client:
        headers = await headers_of(era, client, url)
        for name, body in UNREADABLE.items():
            if era == "legacy":
                body = body.replace(f', "_meta": {json.dumps(META)}', "")
                if name == "an id that is none":
                    continue  # the SDK takes it for a notification, in this era alone
            answer = await client.post(url, content=body, headers=headers)
            assert answer.status_code == 400, name
            assert answer.json()["error"]["code"] in {-32700, -32600, -32602}, name

        too_large = await client.post(url, content=call(query="x" * 5_000_000), headers=headers)
        assert too_large.status_code == 413
