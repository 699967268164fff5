"""What changed, told to whoever listens, at whichever server."""

import json
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import anyio.lowlevel

from sentry.values import as_object
from service.changes import Changed

if TYPE_CHECKING:
    from shared.store import Store

LONGEST = 20_000
"""Bytes of a message that is heeded; all that it holds is names."""
_NAMES = tuple(field.name for field in fields(Changed))
_logger = logging.getLogger(__name__)
Listener = Callable[[Sequence[Changed]], None]


class Events:
    """Of this server alone, until there is a store that others have, too.

    An event says that something changed, and to look again; none is kept, and with the store lost none reaches others.
    """

    def __init__(self) -> None:
        self._listeners: dict[object, Listener] = {}
        self._share: Callable[[bytes], Any] | None = None
        self._myself = secrets.token_hex(8)
        self._whose = ""

    def span(self, store: "Store", whose: str) -> None:
        """From now on events of all servers with this store that are of the same Sentry, which `whose` names, are heard
        here, and these there."""
        from shared.store import EVENTS, LostError

        async def share(message: bytes) -> None:
            with suppress(LostError):
                await store.ask(("PUBLISH", EVENTS, message))

        self._share, self._whose = share, whose
        store.listen(EVENTS, self._heard)

    async def publish(self, changed: Changed) -> None:
        """To all servers."""
        self.tell([changed])
        if self._share is not None:
            await self._share(json.dumps({**asdict(changed), "of": self._whose, "from": self._myself}).encode())
        await anyio.lowlevel.checkpoint()  # between two events those who listen write the first

    def tell(self, changes: Sequence[Changed]) -> None:
        """Here alone: what every server learns by itself."""
        for listener in tuple(self._listeners.values()):
            try:
                listener(changes)
            except Exception:  # of one who listens: the others hear of it, and what was changed is changed
                _logger.exception("A change could not be told")

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        name = object()
        self._listeners[name] = listener
        return lambda: self._listeners.pop(name, None) and None

    def _heard(self, message: bytes | None) -> None:
        """What another server published; what is no event is not heeded."""
        if message is None or len(message) > LONGEST:
            return
        try:
            told = as_object(json.loads(message)) or {}
        except (ValueError, RecursionError):
            return
        names = {name: told.get(name) for name in _NAMES}
        texts = {name: value for name, value in names.items() if isinstance(value, str)}
        if len(texts) == len(names) and told.get("of") == self._whose and told.get("from") != self._myself:
            self.tell([Changed(**texts)])
