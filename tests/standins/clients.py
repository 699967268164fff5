"""The client as tests open it: on a stand-in, with small timeouts and a token of their own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr
from standins.recorded import TOKEN

from sentry.client import SentryClient
from sentry.connection import Connection
from sentry.models import Event, Issue


def connection_to(url: str, **settings: Any) -> Connection:
    return Connection(url, SecretStr(settings.pop("token", TOKEN)), **settings)


@asynccontextmanager
async def client_of(url: str, **settings: Any) -> AsyncGenerator[SentryClient]:
    async with SentryClient(connection_to(url, **settings)) as client:
        yield client


async def issue_and_event(client: SentryClient, issue: str, event: str = "latest") -> tuple[Issue, Event]:
    """Both side by side, as the tool get_issue reads them."""
    example = asyncio.ensure_future(client.get_event(event, issue=issue))
    try:
        return await client.get_issue(issue), await example
    finally:
        example.cancel()
