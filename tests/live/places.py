"""The servers that the live tests run against, and how what they changed there is put back."""

import os
import tomllib
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from mcp.client.client import Client
from pydantic import SecretStr
from wire import connected_to

from sentry.client import SentryClient
from sentry.connection import Connection
from sentry.values import as_object, objects

SERVERS = "SENTRY_MCP_LIVE_SERVERS"
EMBEDDED = "embedded"
NO_TOKEN = "0" * 64
COMMIT = "9d3c" * 10
"""Which of the servers only the embedded one has heard of."""


@dataclass(frozen=True)
class Place:
    """One server: a token that may do everything, and where it has them one that may only read and one that may not
    read events; somebody an issue can be assigned to."""

    name: str
    url: str
    token: str
    organization: str
    read_only_token: str | None = None
    weak_token: str | None = None
    assignee: str | None = None

    @asynccontextmanager
    async def client(self, token: str | None = None) -> AsyncGenerator[SentryClient]:
        connection = Connection(self.url, SecretStr(token or self.token), self.organization)
        async with SentryClient(connection) as client:
            yield client

    @asynccontextmanager
    async def host(self, token: str | None = None, **settings: str) -> AsyncGenerator[Client]:
        """An MCP client of the server, in front of this Sentry."""
        environment = {"SENTRY_ORG": self.organization, "SENTRY_AUTH_TOKEN": token or self.token, **settings}
        async with connected_to(self.url, "auto", SENTRY_MCP_CACHE_TTL="0", **environment) as client:
            yield client

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of Sentry's own answer, None where it has none; each over a connection of its own."""
        headers = {"Authorization": f"Bearer {self.token}"}
        response = httpx.request(method, f"{self.url}/api/0/{path}/", json=body, headers=headers, timeout=30)
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return response.json() if response.is_success and is_json and response.content else None

    def issue(self, number: str) -> dict[str, Any]:
        """As Sentry has it now."""
        return as_object(self.ask("GET", self._path(number))) or {}

    def comments(self, number: str) -> dict[str, str]:
        """The texts of an issue's comments, by their IDs."""
        rows = objects(self.ask("GET", f"{self._path(number)}/comments"))
        return {str(row.get("id")): str((as_object(row.get("data")) or {}).get("text")) for row in rows}

    @contextmanager
    def put_back(self, number: str) -> Generator[dict[str, Any]]:
        """The issue; afterwards it has its status, assignee and priority again, no comment more, and who was not
        subscribed to it is not, as the change of a status subscribes on Sentry 9. Its activity grows."""
        before, comments = self.issue(number), self.comments(number)
        assert before, f"{self.name} has no issue {number}"
        try:
            yield before
        finally:
            path, after = self._path(number), self.issue(number)
            self.ask("PUT", path, {"status": before["status"]})
            if after.get("assignedTo") != before.get("assignedTo"):
                self.ask("PUT", path, {"assignedTo": _actor(before.get("assignedTo"))})
            if after.get("priority") != before.get("priority"):
                self.ask("PUT", path, {"priority": before["priority"]})
            if before.get("isSubscribed") is False:
                self.ask("PUT", path, {"isSubscribed": False})
            for comment in self.comments(number).keys() - comments.keys():
                self.ask("DELETE", f"{path}/comments/{comment}")

    def _path(self, number: str) -> str:
        inside = f"organizations/{self.organization}/issues/{number}"
        return inside if as_object(self.ask("GET", inside)) else f"issues/{number}"


def named_servers() -> list[Place]:
    """Those of the TOML file that SENTRY_MCP_LIVE_SERVERS names; none without it."""
    file = os.environ.get(SERVERS)
    tables = tomllib.loads(Path(file).read_text("utf-8")) if file else {}
    return [Place(name=name, **{**table, "url": table["url"].rstrip("/")}) for name, table in tables.items()]


def _actor(assigned: Any) -> str:
    actor = as_object(assigned)
    return f"{actor.get('type', 'user')}:{actor.get('id')}" if actor else ""
