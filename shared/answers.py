"""Sentry's answers, kept in the store for all servers that ask with the same token.

A name there and what it holds can be made and read with Sentry's token alone: whoever reads the store learns neither
the token nor what Sentry said, and whoever writes to it can make servers ask Sentry again, no more. (And have them
take, for as long as it is true, an answer that was overwritten.)
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress

import anyio
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sentry.paths import issue_in
from sentry.transport.bodies import Sent
from sentry.transport.cache import Lifetime
from sentry.transport.shared import KEPT, MAX_SHARED, Look, Mark, SharedAnswers
from shared.store import PREFIX, WRITES, Command, LostError, Store

PURPOSE = b"sentry-mcp/answers/1"
"""What the keys are for; another number where what is kept has another form."""
NONCE, GENERATION = 12, 16
"""Bytes."""
MOST = MAX_SHARED + 50_000
"""Bytes of what is read: an answer and what is kept with it."""
GENERATION_KEPT = 7_200
"""Seconds; longer than any answer is kept that a write, or what happens in an issue, makes untrue."""


class Answers:
    """What servers share of them, in this store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, token: str, on_drop: Callable[[], None]) -> SharedAnswers:
        return _AnswersOfToken(self._store, token, on_drop)


class _AnswersOfToken:
    """An answer holds within its generation: each write begins a new one, with a name that never was before. Whoever
    asked Sentry before the write keeps the answer under the old one, which nobody takes any more. An issue's answers
    hold within one of that issue's, too, which begins anew when something happens in it."""

    def __init__(self, store: Store, token: str, on_drop: Callable[[], None]) -> None:
        keys = HKDF(SHA256(), 64, salt=None, info=PURPOSE).derive(token.encode("utf-8", "surrogatepass"))
        self._store = store
        self._naming, self._sealing = keys[:32], AESGCM(keys[32:])
        self._on_drop = on_drop
        self._whose = self._digest("")
        self._owes_drop = False
        self.close = store.listen(WRITES, self._heard)

    async def look(self, url: str, lifetime: Lifetime) -> Look:
        name = self._name(url, lifetime)
        if self._owes_drop:
            await self.drop()
        if self._owes_drop:
            return Look()
        try:
            *generations, sealed, now = await self._store.ask(
                *(("GETRANGE", generation, 0, GENERATION - 1) for generation in self._generations(url, lifetime)),
                ("GETRANGE", name, 0, MOST),
                ("TIME",),
            )
        except LostError:
            return Look()
        mark = Mark(now[0] + now[1] / 1_000_000, b"".join(generation or b"" for generation in generations))
        try:
            asked, sent = self._opened(name, sealed or b"")
        except (InvalidTag, ValueError, KeyError, TypeError):
            return Look(mark=mark)
        if asked.generation != mark.generation:
            return Look(mark=mark)
        return Look(sent, max(0.0, mark.time - asked.time), mark)

    async def keep(self, url: str, lifetime: Lifetime, sent: Sent, mark: Mark, seconds: float) -> None:
        name = self._name(url, lifetime)
        with suppress(LostError):
            await self._store.ask(("SET", name, self._sealed(name, mark, sent), "PX", max(1, int(seconds * 1_000))))

    async def drop(self) -> None:
        self._owes_drop = False
        await self._tell(_begun(self._generation), ("PUBLISH", WRITES, self._whose))

    async def forget(self, issues: Iterable[str]) -> None:
        await self._tell(*(_begun(self._generation_of(issue)) for issue in issues))

    async def _tell(self, *commands: Command) -> None:
        """What the store does not hear of now is made up for by a drop, before it is asked again."""
        with anyio.CancelScope(shield=True):
            try:
                await self._store.ask(*commands)
            except LostError:
                self._owes_drop = True

    def _heard(self, whose: bytes | None) -> None:
        if whose is None or whose == self._whose.encode():
            self._on_drop()

    @property
    def _generation(self) -> str:
        return f"{PREFIX}generation:{self._whose}"

    def _generation_of(self, issue: str) -> str:
        return f"{PREFIX}generation:{self._digest(f'issue {issue}')}"

    def _generations(self, url: str, lifetime: Lifetime) -> list[str]:
        """The names of those that an answer holds within."""
        issue = issue_in(url)
        of_writes = [self._generation] if lifetime is Lifetime.ISSUE else []
        return [*of_writes, self._generation_of(issue)] if issue else of_writes

    def _name(self, url: str, lifetime: Lifetime) -> str:
        return f"{PREFIX}answer:{self._digest(f'{lifetime.value} {url}')}"

    def _digest(self, text: str) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._naming, text.encode(), hashlib.sha256)).decode().rstrip("=")

    def _sealed(self, name: str, mark: Mark, sent: Sent) -> bytes:
        about = {"time": mark.time, "generation": mark.generation.hex(), "headers": dict(sent.headers)}
        nonce = os.urandom(NONCE)
        return nonce + self._sealing.encrypt(nonce, json.dumps(about).encode() + b"\n" + sent.content, name.encode())

    def _opened(self, name: str, sealed: bytes) -> tuple[Mark, Sent]:
        """What was sealed under this name; raises InvalidTag for what was not, and what a wrong form leads to."""
        about, _, content = self._sealing.decrypt(sealed[:NONCE], sealed[NONCE:], name.encode()).partition(b"\n")
        found = json.loads(about)
        headers = {key: str(found["headers"][key]) for key in KEPT if key in found["headers"]}
        return Mark(float(found["time"]), bytes.fromhex(found["generation"])), Sent(headers, content)


def _begun(generation: str) -> Command:
    return "SET", generation, os.urandom(GENERATION), "EX", GENERATION_KEPT
