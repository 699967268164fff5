"""Which inbox holds the alerts of the request that is being answered."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.inbox import Inbox

_inbox: ContextVar["Inbox | None"] = ContextVar("inbox", default=None)


def current_inbox() -> "Inbox":
    """LookupError where there is none: whoever asks has not been let through by the scopes of alerts."""
    inbox = _inbox.get()
    if inbox is None:
        raise LookupError("There is no inbox")
    return inbox


@contextmanager
def with_inbox(inbox: "Inbox | None") -> Generator[None]:
    """What is asked of alerts in this block is asked of this inbox."""
    token = _inbox.set(inbox)
    try:
        yield
    finally:
        _inbox.reset(token)
