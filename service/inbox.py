"""Which inbox holds the alerts of the request that is being answered."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from sentry.errors import ForbiddenError
from service.current import brings_token

if TYPE_CHECKING:
    from alerts.inbox import Inbox

_inbox: ContextVar["Inbox | None"] = ContextVar("inbox", default=None)


def current_inbox() -> "Inbox":
    """ForbiddenError for who brings a Sentry token; LookupError where there is none: then nobody has been let through
    by the scopes of alerts."""
    inbox = _inbox.get()
    if inbox is None:
        raise LookupError("There is no inbox")
    if brings_token():  # whose rights in Sentry bound what they see, which nobody can tell of an alert
        raise ForbiddenError("Alerts are for callers who bring no Sentry token of their own.")
    return inbox


@contextmanager
def with_inbox(inbox: "Inbox | None") -> Generator[None]:
    """What is asked of alerts in this block is asked of this inbox."""
    token = _inbox.set(inbox)
    try:
        yield
    finally:
        _inbox.reset(token)
