"""Sentry's answers as several servers share them: what whoever keeps them must do, and what of an answer is kept."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import httpx

from sentry.steps import Steps
from sentry.transport.answers import Reply, interpret
from sentry.transport.bodies import Sent
from sentry.transport.cache import Lifetime
from sentry.transport.parsing import Content
from sentry.transport.reading import Reading

MAX_SHARED = 1_000_000
"""Bytes of an answer that is shared; a larger one is rare, and asked for by each server."""
LONGEST = 3_600.0
"""Seconds for which an answer that never changes is shared."""
KEPT = ("content-type", "link", "x-hits", "x-max-hits")
"""Headers that say something of an answer's content (sentry.transport.links)."""


class Mark(NamedTuple):
    """When a question was asked: by the store's clock, in seconds, and after which write and `forget`."""

    time: float
    generation: bytes


class Look(NamedTuple):
    """What is kept for a question, how many seconds ago it was asked of Sentry, and the mark for the answer that is
    kept next, if the store can be asked at all."""

    found: Sent | None = None
    age: float = 0.0
    mark: Mark | None = None


class SharedAnswers(Protocol):
    """The answers that one token was given. Nothing here raises: without the store nothing is found or kept."""

    async def look(self, url: str, lifetime: Lifetime) -> Look: ...

    async def keep(self, url: str, lifetime: Lifetime, sent: Sent, mark: Mark, seconds: float) -> None:
        """Keep an answer to what was asked after `mark` was given."""
        ...

    async def drop(self) -> None:
        """Something was written: issues that any server remembers are not to be used any more."""
        ...

    async def forget(self, issues: Iterable[str]) -> None:
        """Something happened in an issue: what is kept of it, by one of these numbers or short IDs, or LISTS, is not to
        be used any more. What servers remember they forget by themselves, when they hear of it."""
        ...

    def close(self) -> None: ...


class SharesAnswers(Protocol):
    def of(self, token: str, on_drop: Callable[[], None]) -> SharedAnswers:
        """The answers that this token was given; `on_drop` is called when any server has written with it."""
        ...


def sent_of(response: httpx.Response, content: Content) -> Sent | None:
    """What is kept of an answer, if it is to be shared."""
    if response.request.method != "GET" or response.status_code != 200 or len(content) > MAX_SHARED:
        return None
    return Sent({name: response.headers[name] for name in KEPT if name in response.headers}, bytes(content))


def replied(sent: Sent, host: str, parsed_by: Reading) -> Steps[Reply]:
    """What was kept, read as an answer that `host` sends now."""
    return interpret(200, sent.headers, sent.content, wanted="", host=host, scope="", token="", parsed_by=parsed_by)
