"""The callers that are known: of the settings, of a file that is read again, of an identity provider."""

import hashlib
import hmac
import logging
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

import anyio

from service.access.callers import Caller, ExpiringCaller
from service.access.configured import CallersError, ConfiguredCaller, callers_in_file
from tools.catalogue import unknown_tool

LOOK_AGAIN = 0.4
"""Seconds between two looks at the file: who is taken out of it is out within a second."""
GRACE = 60
"""Seconds that a call may last beyond its caller's token."""
MOST_NAMED = 20
"""Callers that one line of the log names."""
WRITTEN = 0.1
"""Seconds in which a file must not change to be read: one that is just being written is cut off, and lets nobody in."""
MAX_TOKEN = 8_192
"""Characters of a token that are looked at; more than any JWT that a server takes."""

_logger = logging.getLogger(__name__)


class CannotTellError(Exception):
    """Why it cannot be told whose a token is; `retry_after` seconds it may be."""

    def __init__(self, words: str, retry_after: float) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class FindsCallers(Protocol):
    """Whoever else may know a token, such as an identity provider."""

    @property
    def problem(self) -> str | None:
        """Why not all are known that should be; None where they are."""
        ...

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Callers can be asked for as long as the block lasts."""
        ...

    async def caller_of(self, token: str) -> Caller | None:
        """The caller whose token this is; None for none. Raises CannotTellError."""
        ...


class KnownCallers:
    """Found by the digest of their token, so that no time tells how much of a guess was right."""

    def __init__(
        self,
        configured: Iterable[ConfiguredCaller] = (),
        file: Path | None = None,
        provider: FindsCallers | None = None,
    ) -> None:
        """Raises CallersError for a file that cannot be used."""
        self._configured = tuple(configured)
        self._file = file
        self._provider = provider
        self._stamp = _stamp(file)
        self._by_digest = self._read()
        self._under_way: dict[str, set[anyio.CancelScope]] = {}
        self.on_change: Callable[[str], None] = lambda _: None
        """Told the name of each caller who is taken out or changed, when what is under way of theirs has been ended."""
        self._problem: str | None = None
        self.file_unheeded_since: float | None = None
        """Since when the file, as it is now, is not heeded, in seconds of Unix time; None where it is."""
        if not self._by_digest and provider is None:
            _logger.warning("No callers are listed: nobody is let in")

    @property
    def problem(self) -> str | None:
        """Why the file, as it is now, is not heeded (the callers are those that it had before), or why the provider
        cannot be asked."""
        return self._problem or (self._provider.problem if self._provider is not None else None)

    @property
    def listed(self) -> Iterable[ConfiguredCaller]:
        """Those of the settings and of the file as it is now."""
        return self._by_digest.values()

    async def caller_of(self, token: str) -> Caller | None:
        """None: nobody's. Raises CannotTellError."""
        if len(token) > MAX_TOKEN:
            return None
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        found = self._by_digest.get(digest)
        if found is not None and hmac.compare_digest(found.token_sha256, digest):
            return found
        return await self._provider.caller_of(token) if self._provider is not None else None

    def knows(self, digest: str) -> bool:
        """Whether a caller's token has this digest."""
        return digest in self._by_digest

    @contextmanager
    def serving(self, caller: Caller) -> Generator[None]:
        """The block ends when the caller is taken out or changed, or their token expired long enough ago that what is
        under way is no call, but a stream."""
        lasts = caller.expires - time.time() + GRACE if isinstance(caller, ExpiringCaller) else float("inf")
        with anyio.move_on_after(lasts) as scope:
            scopes = self._under_way.setdefault(caller.name, set())
            scopes.add(scope)
            try:
                yield
            finally:
                scopes.discard(scope)
                if not scopes and self._under_way.get(caller.name) is scopes:
                    del self._under_way[caller.name]

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """The file is looked at for as long as the block lasts."""
        async with anyio.create_task_group() as tasks:
            if self._file is not None:
                tasks.start_soon(self._watch)
            try:
                async with self._provider.watching() if self._provider is not None else nullcontext():
                    yield
            finally:
                tasks.cancel_scope.cancel()

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(LOOK_AGAIN)
            stamp = await anyio.to_thread.run_sync(_stamp, self._file)
            if stamp == self._stamp:
                continue
            await anyio.sleep(WRITTEN)
            if stamp == await anyio.to_thread.run_sync(_stamp, self._file):
                self._stamp = stamp
                await self._look_again()

    async def _look_again(self) -> None:
        try:
            now = await anyio.to_thread.run_sync(self._read, False)
        except CallersError as error:
            self._problem = str(error)
            self.file_unheeded_since = self.file_unheeded_since or time.time()
            _logger.warning("The file of callers is not heeded, those that it had before still are: %s", error)
            return
        self._problem = self.file_unheeded_since = None
        before, self._by_digest = self._by_digest, now
        gone = [caller for digest, caller in before.items() if now.get(digest) != caller]
        for caller in gone:
            for scope in self._under_way.pop(caller.name, set()):
                scope.cancel()
            self.on_change(caller.name)
        known = {caller.name for caller in before.values()}
        added = [caller for caller in now.values() if caller.name not in known]
        words = "The file of callers was read again: %d callers, %d added (%s), %d gone or changed (%s)"
        _logger.warning(  # who may call is no small thing
            words, len(now), len(added), _names(added), len(gone), _names(gone)
        )

    def _read(self, may_be_empty: bool = True) -> dict[str, ConfiguredCaller]:
        found = {caller.token_sha256: caller for caller in self._configured}
        names = {caller.name for caller in self._configured}
        in_file = callers_in_file(self._file, unknown_tool, may_be_empty=may_be_empty) if self._file else ()
        for caller in in_file:
            if caller.name in names or caller.token_sha256 in found:
                raise CallersError(f"names {caller.name}, as the settings do")
            found[caller.token_sha256] = caller
        return found


def _names(callers: Iterable[ConfiguredCaller]) -> str:
    return ", ".join(sorted(caller.name for caller in callers)[:MOST_NAMED]) or "none"


def _stamp(file: Path | None) -> tuple[float, int, int] | None:
    """What changes with a file; None for one that is not there."""
    try:
        status = file.expanduser().stat() if file is not None else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino) if status is not None else None
