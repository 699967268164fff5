"""A server that knows callers, whose tokens are their names, as raw and real clients meet it."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from wire import Era

SETTINGS = {"SENTRY_ORG": "acme", "SENTRY_AUTH_TOKEN": "none", "SENTRY_MCP_CACHE_TTL": "0"}
ACCEPT = {"Accept": "application/json, text/event-stream"}
META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
MODERN = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "get_project"}
BEGIN: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


@dataclass
class Service:
    """A server, and the Sentry behind it, which answers on the slow project when it is let."""

    url: str
    asked: asyncio.Event
    let: asyncio.Event

    def http(self, caller: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers={**ACCEPT, "Authorization": f"Bearer {caller}"}, timeout=30)

    @asynccontextmanager
    async def client(self, caller: str, era: Era) -> AsyncGenerator[Client]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {caller}"}) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=era) as client,
        ):
            yield client

    async def call(self, http: httpx.AsyncClient, project: str = "shop", /, **members: Any) -> httpx.Response:
        """Of a client of today, with these members of its message."""
        params = {"name": "get_project", "arguments": {"project": project}, "_meta": META}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params, **members}
        return await http.post(self.url, json=message, headers=MODERN)

    async def begin(self, http: httpx.AsyncClient) -> httpx.Response:
        """A session of a client up to 2025-11-25."""
        return await http.post(self.url, json=BEGIN)


def callers_file(folder: Path, limits: dict[str, str]) -> str:
    """Of callers whose tokens are their names."""
    file = folder / "callers.toml"
    file.write_text(
        "".join(
            f'[[callers]]\nname = "{name}"\ntoken_sha256 = "{hashlib.sha256(name.encode()).hexdigest()}"\n'
            f'scopes = ["issues:read"]\n{limit}\n'
            for name, limit in limits.items()
        )
    )
    return str(file)
