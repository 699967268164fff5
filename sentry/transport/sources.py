"""Which answers of Sentry's something was made of: so that it can be used again for as long as they hold."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from sentry.transport.cache import CacheEntry, Lifetime, Source

Sources = list[Source | None]
"""One for each read; None where the answer was not kept."""

_sources: ContextVar[Sources | None] = ContextVar("sources", default=None)


@contextmanager
def noting_sources() -> Generator[Sources]:
    """The answers that are read in this block, by whichever task of it."""
    sources: Sources = []
    token = _sources.set(sources)
    try:
        yield sources
    finally:
        _sources.reset(token)


def note_source(entry: CacheEntry | None, within: Lifetime) -> None:
    """This answer was read, as one that holds for so long."""
    if (sources := _sources.get()) is not None:
        sources.append(Source(entry.key, entry.number, within, entry.read) if entry is not None else None)
