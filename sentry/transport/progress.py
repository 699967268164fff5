"""Word for the one who waits: why an answer takes longer."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

on_progress: ContextVar[Callable[[str], Awaitable[None]] | None] = ContextVar("on_progress", default=None)
"""Set by the one who asks, called with a sentence whenever a request must wait."""
