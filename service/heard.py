"""What is undone where nobody hears of it: who is not told that an alert is theirs does not have it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar

import anyio

from sentry.errors import SentryError

Undo = Callable[[], Awaitable[None]]

_undos: ContextVar[list[Undo]] = ContextVar("undos")


def unless_heard(undo: Undo) -> None:
    """What was just done is undone so, if the one who asked for it is not told. LookupError outside of a call."""
    _undos.get().append(undo)


@asynccontextmanager
async def undone_unless_heard() -> AsyncGenerator[None]:
    """In this block somebody is answered, who hears of nothing where it is left by an exception, or broken off."""
    undos: list[Undo] = []
    token = _undos.set(undos)
    try:
        yield
    except BaseException:
        with anyio.CancelScope(shield=True):
            for undo in undos:
                with suppress(SentryError):  # then it stays: why the block is left is what matters
                    await undo()
        raise
    finally:
        _undos.reset(token)
