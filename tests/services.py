"""The server as a service: a process with callers, over whatever answers as its Sentry; its log is a file."""

import asyncio
import hashlib
import json
import re
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from wire import ROOT, Era, bare_environment

SENTRYS = "sntryu_" + "5e17a90c" * 8
ENGINES = "smcp_engine-4fJ0qPz7XvYk2mB9sLw3RtN8"
ADMINS = "smcp_admins-9dGh2KqLmN5pR7sTvW1xYzA4"
SCOPES = {
    "engine": (ENGINES, '["issues:read", "issues:write"]'),
    "operator": (ADMINS, '["admin"]'),
}
CALLERS = "\n".join(
    f'[[callers]]\nname = "{name}"\ntoken_sha256 = "{hashlib.sha256(token.encode()).hexdigest()}"\nscopes = {scopes}'
    for name, (token, scopes) in SCOPES.items()
)


@dataclass
class Service:
    process: asyncio.subprocess.Process
    url: str
    log: Path
    http: httpx.AsyncClient

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    async def logged(self, logger: str = "sentry_mcp.calls") -> list[dict[str, Any]]:
        """Records of a log in JSON. A line follows its answer: by the next one it is written."""
        await self.get("/health")
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [record for record in found if record["logger"] == logger]

    async def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return await self.http.get(self.url + path, headers=headers)

    async def call(self, era: Era, name: str, *, token: str | None = ENGINES, **arguments: Any) -> CallToolResult:
        async with self.client(era, token) as client:
            return await client.call_tool(name, arguments)

    @asynccontextmanager
    async def client(
        self, era: Era, token: str | None = ENGINES, path: str = "/mcp", **headers: str
    ) -> AsyncGenerator[Client]:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with (
            httpx2.AsyncClient(headers=headers, timeout=20, verify=False) as http,
            Client(streamable_http_client(self.url + path, http_client=http), mode=era) as client,
        ):
            yield client


@asynccontextmanager
async def service(
    folder: Path, sentry: str, *, callers: str | None = CALLERS, arguments: Sequence[str] = (), **environment: str
) -> AsyncGenerator[Service]:
    """`sentry` is the URL of what answers; settings are given as variables. It is killed at the end."""
    log = folder / "log"
    if callers is not None:
        (folder / "callers.toml").write_text(callers)
        environment["SENTRY_MCP_CALLERS_FILE"] = str(folder / "callers.toml")
    variables = {
        "SENTRY_URL": sentry,
        "SENTRY_ORG": "acme",
        "SENTRY_AUTH_TOKEN": SENTRYS,
        "SENTRY_MCP_CACHE_TTL": "0",
        "SENTRY_MCP_LOG_FORMAT": "json",
        **environment,
    }
    with log.open("w") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(ROOT / "server.py"), "--http", "--port", "0", *arguments),
            env={**bare_environment(), **variables},
            stderr=written,
        )
    try:
        async with httpx.AsyncClient(timeout=20, verify=False) as http:
            url = await asyncio.to_thread(_url, log)
            await http.get(f"{url}/health")  # it listens before it serves
            yield Service(process, url, log, http)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _url(log: Path) -> str:
    until = time.monotonic() + 30
    while not (found := re.search(r"serving MCP on (\S+)/mcp[\"\n]", log.read_text())):
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.02)
    return found[1]
