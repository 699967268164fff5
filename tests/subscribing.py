"""Clients of both eras that subscribe to resources, and what they are told of."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import httpx2
from mcp.client import Transport
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ResourceUpdated, Subscription, SubscriptionLost
from mcp.types import (
    EmptyResult,
    ResourceUpdatedNotification,
    SubscribeRequest,
    SubscribeRequestParams,
    UnsubscribeRequest,
    UnsubscribeRequestParams,
)
from wire import Era


class Heard(list[str]):
    """The URIs that were told of, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self._more = anyio.Event()
        self.ended = anyio.Event()
        """No more will be told."""

    async def take(self, message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            self._add(str(message.params.uri))

    async def follow(self, subscription: Subscription) -> None:
        try:
            async for event in subscription:
                assert isinstance(event, ResourceUpdated)
                self._add(event.uri)
        except SubscriptionLost:
            pass
        self.ended.set()

    async def until(self, *uris: str) -> None:
        """All of these were told of since the last time it was waited for some."""
        with anyio.fail_after(20):
            while not set(uris) <= set(self):
                self._more = anyio.Event()
                await self._more.wait()

    def _add(self, uri: str) -> None:
        self.append(uri)
        self._more.set()


class Listener:
    """A client that has subscribed to some resources."""

    def __init__(self, client: Client, heard: Heard) -> None:
        self.client, self.heard = client, heard


async def subscribe(client: Client, *uris: str) -> None:
    """As up to 2025-11-25."""
    for uri in uris:
        request = SubscribeRequest(params=SubscribeRequestParams(uri=uri))
        await client.session.send_request(request, EmptyResult)


async def unsubscribe(client: Client, *uris: str) -> None:
    for uri in uris:
        request = UnsubscribeRequest(params=UnsubscribeRequestParams(uri=uri))
        await client.session.send_request(request, EmptyResult)


@asynccontextmanager
async def listening_to(client: Client, uris: Sequence[str]) -> AsyncGenerator[Heard]:
    """As since 2026-07-28."""
    heard = Heard()
    async with client.listen(resource_subscriptions=uris) as subscription, anyio.create_task_group() as tasks:
        tasks.start_soon(heard.follow, subscription)
        yield heard
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def subscribed_over(
    transport: Transport, era: Era, uris: Sequence[str], is_streaming: anyio.Event | None = None
) -> AsyncGenerator[Listener]:
    """`is_streaming` is set when a session's stream is open: what is told before that is lost."""
    heard = Heard()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(transport, mode=era, message_handler=heard.take))
        if era == "auto":
            heard = await stack.enter_async_context(listening_to(client, uris))
        else:
            if is_streaming is not None:
                with anyio.fail_after(20):
                    await is_streaming.wait()
            await subscribe(client, *uris)
        yield Listener(client, heard)


@asynccontextmanager
async def subscribed(url: str, era: Era, *uris: str, **headers: str) -> AsyncGenerator[Listener]:
    """Over HTTP."""
    is_streaming = anyio.Event()

    async def note(response: httpx2.Response) -> None:
        if response.request.method == "GET" and response.is_success:
            is_streaming.set()

    async with httpx2.AsyncClient(headers=headers, timeout=60, event_hooks={"response": [note]}) as http:
        transport = streamable_http_client(url, http_client=http)
        async with subscribed_over(transport, era, uris, is_streaming) as listener:
            yield listener
