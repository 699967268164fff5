"""Where it is told what is written in Sentry: to a file, or else to the log."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

Entry = dict[str, Any]


class Audit(Protocol):
    """Where entries go; each is one JSON object."""

    async def write(self, entry: Entry) -> None:
        """Returns when the entry survives a crash; raises OSError when it does not."""
        ...


_audit: ContextVar[Audit | None] = ContextVar("audit", default=None)


def current_audit() -> Audit | None:
    """None: the log alone is told."""
    return _audit.get()


@contextmanager
def auditing(audit: Audit | None) -> Generator[None]:
    """What is written in this block is told there; None: to the log alone."""
    token = _audit.set(audit)
    try:
        yield
    finally:
        _audit.reset(token)
