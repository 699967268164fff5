"""The connection to a Valkey or Redis: never waited for long, and while it is lost not at all."""

import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import anyio
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

TIMEOUT = 0.5
"""Seconds that one question to the store may take; it mostly takes half a millisecond."""
LOOK_AGAIN = 1.0
"""Seconds between two looks at whether the store is there, and can be written to."""
QUESTIONS = 16
"""At once, each over a connection of its own; more wait for their turn, which is no fault of the store's."""

REFUSES_ALL = (ReadOnlyError, OutOfMemoryError)
"""Answers to a write that all writes would get."""

PREFIX = "sentry-mcp:"
WRITES, EVENTS, ALERTS = f"{PREFIX}writes", f"{PREFIX}events", f"{PREFIX}alerts"
"""Channels: what was written with which token; events for who subscribed; which inbox has an alert to be claimed."""

T = TypeVar("T")
Command = tuple[str | bytes | int, ...]
Listener = Callable[[bytes | None], None]
Script = Callable[..., Awaitable[Any]]

_logger = logging.getLogger(__name__)


class LostError(Exception):
    """The store cannot be asked right now."""


class Store:
    """Where it is lost it is asked for by a task alone, once a second; all others are told so at once.

    Of its errors the name is told and no word: the words are a server's.
    """

    def __init__(self, url: str) -> None:
        """Raises ValueError, without the url, for one that cannot be used."""
        try:
            pool: Any = cast("Any", ConnectionPool).from_url(
                url,
                socket_timeout=None,  # `using` has one, for all of a question
                socket_connect_timeout=TIMEOUT,
                retry=Retry(NoBackoff(), 0),
                maint_notifications_config=MaintNotificationsConfig(enabled=False),  # would wait longer than TIMEOUT
            )
            pool.make_connection()
        except (ValueError, TypeError, RedisError):  # TypeError for a parameter that there is not
            raise ValueError("an address that cannot be used") from None
        self.pool = pool
        """For what speaks with the store by other means, by `using`."""
        self._turns = anyio.CapacityLimiter(QUESTIONS)
        self._redis: Any = Redis(connection_pool=pool)  # which declares its types by halves
        self._listeners: dict[str, set[Listener]] = {WRITES: set(), EVENTS: set(), ALERTS: set()}
        self.lost_since: float | None = None
        """Since when it cannot be read and written, in seconds of Unix time; None where it can."""

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """The store is looked after for as long as the block lasts; it begins when the first look is over."""
        looked = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._look_after, looked)
            try:
                await looked.wait()
                yield
            finally:
                tasks.cancel_scope.cancel()
                with anyio.move_on_after(TIMEOUT, shield=True):
                    await self._redis.aclose(close_connection_pool=True)

    async def ask(self, *commands: Command) -> list[Any]:
        """The answers to these commands, in one round trip; None where what is kept is of another type than asked for.
        Raises LostError."""
        return await self.using(lambda: self._ask(commands))

    async def using(self, question: Callable[[], Awaitable[T]]) -> T:
        """What a question to the store gives, by whichever means; it asks no other by `using` or `ask`.

        Raises LostError. What the store's answer refuses, such as a script that its rights do not allow, is refused to
        this question alone.
        """
        try:
            with anyio.fail_after(TIMEOUT):
                await self._turns.acquire()
        except TimeoutError:  # it is slow, but there
            raise LostError from None
        try:
            if self.lost_since is not None:
                raise LostError
            with anyio.fail_after(TIMEOUT):
                return await question()
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            if not isinstance(error, ResponseError) or isinstance(error, REFUSES_ALL):
                self._lose(error)
            raise LostError from None
        finally:
            self._turns.release()

    def script(self, text: str) -> Script:
        """What is done in the store as one, with a key and arguments; its text is sent where the store has it not.

        Nobody else is answered meanwhile: it must be short. Raises LostError.
        """
        registered = self._redis.register_script(text)

        async def run(key: str, *arguments: str | bytes | int | float) -> Any:
            return await self.using(lambda: registered((key,), arguments))

        return run

    def listen(self, channel: str, listener: Listener) -> Callable[[], None]:
        """Calls `listener` with what is published in the channel from now on, and with None where something may have
        been missed; what it gives ends that."""
        listeners = self._listeners[channel]
        listeners.add(listener)
        return lambda: listeners.discard(listener)

    async def _ask(self, commands: tuple[Command, ...]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        for place, answer in enumerate(answers):
            if isinstance(answer, ResponseError) and str(answer).startswith("WRONGTYPE"):
                answers[place] = None
            elif isinstance(answer, Exception):
                raise answer
        return answers

    async def _look_after(self, looked: anyio.Event) -> None:
        while True:
            try:
                async with self._redis.pubsub() as heard:
                    await self._hear(heard, looked)
            except (RedisError, OSError) as error:
                self._lose(error)
            looked.set()
            await anyio.sleep(LOOK_AGAIN)

    async def _hear(self, heard: Any, looked: anyio.Event) -> None:
        """What is published, until the store is lost."""
        with anyio.fail_after(TIMEOUT):
            await heard.subscribe(*self._listeners)
            for _ in self._listeners:
                await heard.get_message(timeout=TIMEOUT)
        await self._look()
        self._find()
        looked.set()
        looked_at = anyio.current_time()
        while self.lost_since is None:
            message: dict[str, Any] | None = await heard.get_message(timeout=LOOK_AGAIN)
            if message is not None and message["type"] == "message":
                self._tell(message["channel"].decode(), message["data"])
            if anyio.current_time() - looked_at >= LOOK_AGAIN:
                await self._look()
                looked_at = anyio.current_time()

    async def _look(self) -> None:
        with anyio.fail_after(TIMEOUT):
            await self._ask((("SET", f"{PREFIX}looked", "", "EX", 60),))

    def _tell(self, channel: str, message: bytes | None) -> None:
        for listener in tuple(self._listeners.get(channel, ())):
            listener(message)

    def _find(self) -> None:
        if self.lost_since is not None:
            _logger.warning("The store that servers share is there again")
        self.lost_since = None
        for channel in self._listeners:
            self._tell(channel, None)

    def _lose(self, error: Exception) -> None:
        if self.lost_since is None:
            self.lost_since = time.time()
            name = type(error).__name__
            _logger.warning("The store that servers share cannot be used (%s): each answers by itself meanwhile", name)
