"""Clients over HTTP that say who they are: headers with each request."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from wire import Era

LIST_TOOLS: dict[str, object] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/list",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    },
}
"""A whole request of 2026-07-28, with the headers that go with it."""
OF_LIST_TOOLS = {
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "MCP-Method": "tools/list",
}


@asynccontextmanager
async def calling(url: str, era: Era, headers: dict[str, str]) -> AsyncGenerator[Client]:
    """A real client that sends these with each request."""
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        yield client


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def address_of(number: int) -> tuple[str, int]:
    """One of Linux' loopback addresses to call from, for so many callers on other machines: whoever shows wrong tokens
    is answered later and later, by their address."""
    return f"127.{1 + number // 62_500 % 200}.{number // 250 % 250}.{1 + number % 250}", 0
