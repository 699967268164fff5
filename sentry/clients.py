"""Clients of one Sentry, one for each token that callers bring: what one reads, keeps or waits for is no other's."""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup
from pydantic import SecretStr

from sentry.connection import Connection
from sentry.site import hidden_while
from sentry.transport.cache import Statistics

if TYPE_CHECKING:
    from sentry.client import SentryClient

MOST = 100
"""Clients at once. Those that are not in use make room, the least recently used first."""
MOST_OF_ONE = 25
"""Clients that one caller may have in use at once: others find room."""
IDLE = 300.0
"""Seconds for which a client that is not in use is kept."""


class TooManyTokensError(Exception):
    """There is no room for another client now."""


@dataclass(eq=False)
class _Kept:
    client: "SentryClient"
    users: Counter[str] = field(default_factory=Counter[str])
    """How often each caller has it in use."""
    is_ready: anyio.Event = field(default_factory=anyio.Event)
    changed: anyio.Event = field(default_factory=anyio.Event)
    """Set when nobody uses it any more, or when it is to go."""
    must_go: bool = False


class Clients:
    """A client is known by the digest of its token; the token stands in the client alone."""

    def __init__(
        self,
        connect: Callable[[SecretStr], Connection],
        *,
        most: int = MOST,
        most_of_one: int = MOST_OF_ONE,
        idle: float = IDLE,
    ) -> None:
        self._connect = connect
        self._most, self._most_of_one, self._idle = most, most_of_one, idle
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        """The least recently used first."""
        self._tasks: TaskGroup | None = None
        self.statistics = Statistics()
        """Of all of them, those that are closed, too."""

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """Clients can be had as long as the block lasts; then all are closed."""
        async with anyio.create_task_group() as self._tasks:
            try:
                yield
            finally:
                self._tasks.cancel_scope.cancel()

    def forget(self, *names: str) -> None:
        """What any of them remembers of the issue with this number and short ID is asked of Sentry again."""
        for kept in self._kept.values():
            kept.client.forget(*names)

    @asynccontextmanager
    async def using(self, token: SecretStr, caller: str) -> "AsyncGenerator[tuple[str, SentryClient]]":
        """The digest of the token, and its client, which stays open for as long as the block lasts.

        Raises TooManyTokensError.
        """
        digest = hashlib.sha256(token.get_secret_value().encode()).hexdigest()
        kept = self._found(digest, token, caller)
        kept.users[caller] += 1
        try:
            await kept.is_ready.wait()
            yield digest, kept.client
        finally:
            kept.users[caller] -= 1
            kept.users += Counter()  # without those who use it no more
            if not kept.users:
                kept.changed.set()

    def _found(self, digest: str, token: SecretStr, caller: str) -> _Kept:
        kept = self._kept.get(digest)
        is_another = kept is None or caller not in kept.users
        if is_another and sum(caller in other.users for other in self._kept.values()) >= self._most_of_one:
            raise TooManyTokensError
        if kept is None:
            from sentry.client import SentryClient  # by the first token: a server is ready before it

            self._make_room()
            if self._tasks is None:
                raise RuntimeError("Clients are used outside of `opened`")
            kept = self._kept[digest] = _Kept(SentryClient(self._connect(token), statistics=self.statistics))
            self._tasks.start_soon(self._keep, digest, kept)
        self._kept.move_to_end(digest)
        return kept

    def _make_room(self) -> None:
        if len(self._kept) < self._most:
            return
        for digest, kept in self._kept.items():
            if not kept.users:
                del self._kept[digest]
                kept.must_go = True
                kept.changed.set()
                return
        raise TooManyTokensError

    async def _keep(self, digest: str, kept: _Kept) -> None:
        """Until it was not used for long enough."""
        with hidden_while(kept.client.site):
            async with kept.client:
                kept.is_ready.set()
                while not kept.must_go:
                    kept.changed = anyio.Event()
                    with anyio.move_on_after(self._idle) as waiting:
                        await kept.changed.wait()
                    if waiting.cancelled_caught and not kept.users and not kept.must_go:
                        del self._kept[digest]
                        return
