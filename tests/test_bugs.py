"""What a client is told of a bug of ours: that there is one. In an exception's words may stand somebody else's."""

from typing import Any

import httpx
import pytest
from leaks import ORDER, TOKEN
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference
from standins.clients import connection_to
from standins.walked import URL, World
from walking import ordinary
from wire import ERAS, Era, text_of

from application import build_server
from sentry.client import SentryClient
from settings import load_settings


class Buggy(SentryClient):
    """Fails where answers are cleaned."""

    def __getattribute__(self, name: str) -> Any:
        if name == "site":
            raise ValueError(f"{ORDER} {TOKEN}")
        return super().__getattribute__(name)


@pytest.mark.parametrize("era", ERAS)
async def test_a_bug_is_told_without_its_words(era: Era) -> None:
    world = World()
    world.fill(ordinary)

    def open_client() -> SentryClient:
        return Buggy(connection_to(URL, organization="acme"), httpx.MockTransport(world.answer))

    async with Client(build_server(load_settings(environment={}), open_client), mode=era) as client:
        result = await client.call_tool("get_issue", {"issue": "5"})
        told = [text_of(result)]
        assert result.is_error
        with pytest.raises(MCPError) as resource:
            await client.read_resource("sentry://issues/5")
        with pytest.raises(MCPError) as prompt:
            await client.get_prompt("triage_issue", {"issue": "5"})
        reference = PromptReference(type="ref/prompt", name="triage_issue")
        with pytest.raises(MCPError) as completion:
            await client.complete(reference, {"name": "issue", "value": ""})
    told += [failure.value.error.message for failure in (resource, prompt, completion)]
    assert all("rror" in words for words in told)
    assert not [words for words in told if ORDER in words or TOKEN in words]
