"""A client that shows a caller what they may see, and no more."""

from sentry.protocol import SentryClientProtocol
from service.access.callers import Caller


def guarded(client: SentryClientProtocol, caller: Caller) -> SentryClientProtocol:
    """The client, as this caller may use it."""
    raise NotImplementedError(f"{caller.name} is bounded, which {client} does not heed yet")
