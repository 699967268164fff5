"""Sends webhooks in the background of whoever serves: nothing waits for them, and none is sent twice.

https://docs.sentry.io/integrations/integration-platform/webhooks/: an answer is waited for a second, and to what an
internal integration did not take Sentry does not come back.
"""

import asyncio
import logging
import sqlite3
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import anyio.to_thread
import httpx

from local.clock import now
from local.happening import Happening, Tell
from local.store import Store
from local.values import Json
from local.webhooks.contents import content, is_sent
from local.webhooks.rule import Counts
from local.webhooks.webhook import Webhook, signed

SECONDS = 1.0
"""For one webhook, from the connection to the status of the answer."""
LAST_SECONDS = 1.0
"""In which those that still wait are sent at the end."""
MOST_WAITING = 1_000
"""Webhooks that wait for the ones before them; further ones are not sent."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def sending(webhook: Webhook, store: Store, base_url: str) -> AsyncGenerator[Tell]:
    """What is told is sent until the block ends; `base_url` is where links lead, without a final slash."""
    connections = httpx.Limits(max_keepalive_connections=0)  # one that idles may be closed under what is sent but once
    async with httpx.AsyncClient(limits=connections, trust_env=False) as client:
        sender = _Sender(webhook, store, base_url, client)
        running = asyncio.create_task(sender.run())
        try:
            yield sender.tell
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await sender.waiting.join()
        finally:
            running.cancel()
            await asyncio.wait({running})
            if not running.cancelled():
                running.result()  # a bug: it is not to end unseen


class _Sender:
    def __init__(self, webhook: Webhook, store: Store, base_url: str, client: httpx.AsyncClient) -> None:
        self.waiting: asyncio.Queue[Happening] = asyncio.Queue(MOST_WAITING)
        self._webhook, self._store, self._base_url, self._client = webhook, store, base_url, client
        self._counts = Counts(webhook.rule)
        self._installation = uuid.uuid5(uuid.NAMESPACE_OID, store.dsn_key)  # the same for the same file
        self._loop = asyncio.get_running_loop()
        self._noted: set[str] = set()

    def tell(self, happening: Happening) -> None:
        """Any thread may: what is to be sent is read and sent later, by the event loop."""
        if not is_sent(happening):
            return
        if happening.event is None or self._counts.fires(happening.issue, time.monotonic()):
            self._loop.call_soon_threadsafe(self._wait, happening)

    def _wait(self, happening: Happening) -> None:
        try:
            self.waiting.put_nowait(happening)
        except asyncio.QueueFull:
            self._note(f"{MOST_WAITING} wait already")

    async def run(self) -> None:
        """One after the other, as they happened, for as long as the task lives."""
        while True:
            happening = await self.waiting.get()
            try:
                self._note(await self._send(happening))
            finally:
                self.waiting.task_done()

    async def _send(self, happening: Happening) -> str:
        """Why it was not taken; empty where it was."""
        try:
            resource, said = await anyio.to_thread.run_sync(self._content, happening)
            body, headers = signed(self._webhook.secret, resource, said, now())
            async with (
                asyncio.timeout(SECONDS),
                self._client.stream("POST", self._webhook.url, content=body, headers=headers) as answer,
            ):
                return "" if answer.is_success else f"answered {answer.status_code}"
        except TimeoutError:
            return f"no answer within {SECONDS:g} second"
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            return type(error).__name__
        except sqlite3.Error as error:
            return f"the store cannot be read: {error}"

    def _content(self, happening: Happening) -> tuple[str, dict[str, Json]]:
        with self._store.reading() as connection:
            return content(connection, happening, self._base_url, self._webhook.rule.label, self._installation)

    def _note(self, failure: str) -> None:
        """Each way to fail once, until one is taken again. The URL is not told: a secret may stand in it."""
        if not failure:
            self._noted.clear()
        elif failure not in self._noted:
            self._noted.add(failure)
            _log.warning("A webhook of the embedded Sentry was not taken, and is not sent again: %s", failure)
