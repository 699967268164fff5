"""Events for who subscribed, at whichever server: `subscriptions/listen` of 2026-07-28."""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
from mcp.server.subscriptions import ServerEvent
from mcp.shared.subscriptions import event_from_wire, event_to_notification

from sentry.values import as_object

if TYPE_CHECKING:
    from shared.store import Store

LONGEST = 20_000
"""Bytes of an event that is heeded; all that an event holds is a URI."""


class Events:
    """The SDK's SubscriptionBus: of this server alone, until there is a store that others have, too.

    An event says that something changed, and to look again; none is kept, and with the store lost none reaches others.
    """

    def __init__(self) -> None:
        self._listeners: dict[object, Callable[[ServerEvent], None]] = {}
        self._share: Callable[[bytes], Any] | None = None
        self._myself = secrets.token_hex(8)

    def span(self, store: "Store") -> None:
        """From now on events of all servers with this store are heard here, and these there."""
        from shared.store import EVENTS, LostError

        async def share(message: bytes) -> None:
            with suppress(LostError):
                await store.ask(("PUBLISH", EVENTS, message))

        self._share = share
        store.listen(EVENTS, self._heard)

    async def publish(self, event: ServerEvent) -> None:
        self._deliver(event)
        if self._share is not None:
            told = event_to_notification(event, {}).model_dump(mode="json", by_alias=True, exclude_none=True)
            await self._share(json.dumps({**told, "from": self._myself}).encode())
        await anyio.lowlevel.checkpoint()  # between two events those who listen write the first

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        name = object()
        self._listeners[name] = listener
        return lambda: self._listeners.pop(name, None) and None

    def _heard(self, message: bytes | None) -> None:
        """What another server published; what is no event is not heeded."""
        if message is None or len(message) > LONGEST:
            return
        try:
            told = as_object(json.loads(message)) or {}
        except (ValueError, RecursionError):
            return
        method = told.get("method")
        event = event_from_wire(method, as_object(told.get("params"))) if isinstance(method, str) else None
        if event is not None and told.get("from") != self._myself:
            self._deliver(event)

    def _deliver(self, event: ServerEvent) -> None:
        for listener in tuple(self._listeners.values()):
            listener(event)
