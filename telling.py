"""What happens while the server runs, where alerts are on: they come into the inbox, and whoever listens is told."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

import anyio

from alerts.alert import Alert
from alerts.following import follow
from alerts.inbox import Inbox
from opening import OpenedClient, opened_inbox
from resources.updates import Updates
from service.changes import Changed
from settings import Settings
from shared.events import Events

if TYPE_CHECKING:
    from commands.channel import Channel
    from sentry.clients import Clients
    from shared.store import Store


class Live:
    """`events` are what servers tell each other; `channel` is told of alerts, too."""

    def __init__(self, settings: Settings, events: Events, channel: "Channel | None") -> None:
        self._settings = settings
        self._events = events
        self._channel = channel
        self._client: OpenedClient | None = None
        self.clients: Clients | None = None
        """With Sentry tokens of callers' own, where they bring some."""
        events.subscribe(self._forget_here)  # before the others hear of it: whoever is told reads it anew
        self.updates = Updates(events, settings.limits_sessions)
        self.inbox: Inbox | None = None
        """While it runs."""

    @asynccontextmanager
    async def running(self, client: OpenedClient, store: "Store | None", *, has_token: bool) -> AsyncGenerator[None]:
        """`store` is the one that is open already; `has_token`: whether `client` has one to look at Sentry with."""
        async with (
            opened_inbox(self._settings, store, client, has_token=has_token) as inbox,
            self.updates.running(),
            self._channel.running() if self._channel else nullcontext(),
            anyio.create_task_group() as tasks,
        ):
            self._client, self.inbox = client, inbox
            await tasks.start(follow, inbox, self._tell)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()
                self._client = self.inbox = None

    async def publish(self, changed: Changed) -> None:
        """It was changed by this server, be it by the token of a caller's own."""
        await self.forget(changed)
        await self._events.publish(changed)

    async def forget(self, changed: Changed) -> None:
        """What is remembered of an issue, here and by what servers share, is asked of Sentry anew."""
        if changed.issue and self._client is not None:
            await self._client.forget_everywhere(changed.issue, changed.short_id)
        self._forget_here([changed])

    async def _tell(self, alerts: Sequence[Alert]) -> None:
        changes = [_changed(alert) for alert in alerts]
        for changed in {changed.issue: changed for changed in changes}.values():
            await self.forget(changed)
        self._events.tell(changes)
        if self._channel is not None:
            for alert in alerts:
                self._channel.tell(alert)

    def _forget_here(self, changes: Sequence[Changed]) -> None:
        for changed in changes:
            if self._client is not None:
                self._client.forget(changed.issue, changed.short_id)
            if self.clients is not None:
                self.clients.forget(changed.issue, changed.short_id)


def _changed(alert: Alert) -> Changed:
    told = alert.told
    return Changed(
        organization=told.organization,
        project=told.project,
        issue=told.issue,
        short_id=told.short_id,
        alert=str(alert.id),
    )
