"""The keys with which an identity provider signs: fetched from it, kept, looked at again when they may have changed.

https://www.rfc-editor.org/rfc/rfc7517 says what a set of keys is; where it lies, the provider's metadata say:
https://openid.net/specs/openid-connect-discovery-1_0.html and https://www.rfc-editor.org/rfc/rfc8414.
"""

import json
import logging
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager, suppress
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlsplit

import anyio
import httpx
from anyio.abc import TaskGroup
from jwt import PyJWK, PyJWTError

from loopback import is_loopback

FRESH = 600.0
"""Seconds after which keys are looked at again: one that the provider takes out is refused after so long."""
USABLE = 4 * 3600.0
"""Seconds for which keys are used while the provider cannot be asked."""
AGAIN = 15.0
"""Seconds between two looks, whatever is asked for: tokens with keys that nobody has cost the provider no more."""
DEADLINE = 10.0
"""Seconds that one look may take as a whole."""
MAX_SIZE = 256_000
"""Bytes of an answer; those of the large providers have 2 to 20 kB."""
MAX_KEYS = 100
ASYMMETRIC = frozenset("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA".split())
"""Algorithms (RFC 7518) of which the public key can only verify: whoever reads it cannot sign with it."""

_logger = logging.getLogger(__name__)


class KeysUnavailableError(Exception):
    """Why the provider's keys cannot be had, in words without anything of its answer."""


class SigningKeys:
    """One provider's. Whoever asks for a key that is known never waits for the provider."""

    def __init__(
        self, issuer: str, jwks_url: str, algorithms: Iterable[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`jwks_url` empty: where the issuer's metadata say. `algorithms` are those for which keys are kept."""
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._algorithms = tuple(algorithms)
        self._clock = clock
        self._rows: list[Any] = []
        self._keys: dict[tuple[str | None, str], PyJWK] = {}
        self._fetched = self._looked = float("-inf")
        self._looking: anyio.Event | None = None
        self._tasks: TaskGroup | None = None
        self._generation = 0
        self.problem: str | None = None
        """Why the last look brought nothing; None where it did."""

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """Keys can be asked for as long as the block lasts; a first look is under way."""
        async with anyio.create_task_group() as self._tasks:
            self._look()
            try:
                yield
            finally:
                self._tasks.cancel_scope.cancel()

    async def key(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        """The key of that name, for that algorithm alone; without a name the only one for it. None: there is none.

        Raises KeysUnavailableError where the provider has to be asked and cannot be.
        """
        known = self._find(key_id, algorithm)
        self._look_where_it_is_time(is_wanted=known is None)
        if known is not None:
            return known
        if self._looking is not None:
            await self._looking.wait()
            known = self._find(key_id, algorithm)
        if known is None and self.problem is not None:
            raise KeysUnavailableError(self.problem)
        return known

    def generation(self) -> int | None:
        """Names the keys as they are, so that what they verified holds as long as this is the same; None: they are too
        old to be used."""
        self._look_where_it_is_time()
        return self._generation if self._age < USABLE else None

    def _look_where_it_is_time(self, *, is_wanted: bool = False) -> None:
        if (is_wanted or self._age >= FRESH) and self._clock() - self._looked >= AGAIN:
            self._look()

    @property
    def _age(self) -> float:
        return self._clock() - self._fetched

    def _find(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        if self._age >= USABLE:
            return None
        if key_id is not None:
            return self._keys.get((key_id, algorithm))
        found = [key for (_, of), key in self._keys.items() if of == algorithm]
        return found[0] if len(found) == 1 else None

    def _look(self) -> None:
        """One look at a time."""
        if self._looking is not None:
            return
        if self._tasks is None:
            raise RuntimeError("SigningKeys is asked outside of `watching`")
        self._looking = anyio.Event()
        self._tasks.start_soon(self._looked_at, self._looking)

    async def _looked_at(self, done: anyio.Event) -> None:
        try:
            self._looked = self._clock()
            try:
                with anyio.fail_after(DEADLINE):
                    rows = await self._fetch()
                keys = self._usable(rows)
            except TimeoutError:
                self._failed(f"it did not answer within {DEADLINE:g} s")
            except KeysUnavailableError as error:
                self._failed(str(error))
            else:
                if rows != self._rows:
                    self._generation += 1
                    _logger.info("The identity provider's keys were read: %d that can be used", len(keys))
                self._rows, self._keys, self._fetched, self.problem = rows, keys, self._clock(), None
        finally:
            self._looking = None
            done.set()

    def _failed(self, words: str) -> None:
        before, self.problem = self.problem, f"the identity provider's keys cannot be had: {words}"
        if self.problem != before:
            _logger.warning("%s", self.problem)

    async def _fetch(self) -> list[Any]:
        """The rows of the provider's set."""
        async with httpx.AsyncClient(
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "sentry-mcp"},
            follow_redirects=False,  # what is trusted is this address, and no other that it names
            timeout=DEADLINE,
            verify=await anyio.to_thread.run_sync(lambda: self._certificates) if self._needs_certificates else False,
            trust_env=not is_loopback(urlsplit(self._issuer).hostname or ""),  # it names proxies
        ) as http:
            url = self._jwks_url or await self._jwks_url_of_metadata(http)
            status, found = await _json(http, url)
            if not isinstance(found.get("keys"), list):
                raise KeysUnavailableError(f"{_host(url)} answered {status} without a set of keys")
            return cast("list[Any]", found["keys"])

    async def _jwks_url_of_metadata(self, http: httpx.AsyncClient) -> str:
        parts = urlsplit(self._issuer)
        origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        statuses: list[str] = []
        for url in (
            f"{origin}{path}/.well-known/openid-configuration",
            f"{origin}/.well-known/oauth-authorization-server{path}",
        ):
            status, found = await _json(http, url)
            if not found:
                statuses.append(str(status))
                continue
            named = found.get("jwks_uri")
            if found.get("issuer") != self._issuer:  # RFC 8414, 3.3: else another's keys could be passed off as its own
                raise KeysUnavailableError("its metadata name another issuer than the setting identity_provider_issuer")
            if not isinstance(named, str) or not is_safe(named, self._issuer):
                raise KeysUnavailableError("its metadata name no https address of its keys")
            return named
        raise KeysUnavailableError(f"{_host(self._issuer)} answered {' and '.join(statuses)} without metadata")

    def _usable(self, rows: list[Any]) -> dict[tuple[str | None, str], PyJWK]:
        """Of each key what verifies signatures by an algorithm that is allowed."""
        found: dict[tuple[str | None, str], PyJWK] = {}
        for row in filter(_verifies_signatures, rows[:MAX_KEYS]):
            for algorithm in self._algorithms:
                if row.get("alg", algorithm) == algorithm:
                    with suppress(PyJWTError, ValueError, TypeError):  # of another kind than the algorithm's
                        found[row.get("kid"), algorithm] = PyJWK(row, algorithm)
        if not found:
            raise KeysUnavailableError(
                "its set has none for the algorithms of the setting identity_provider_algorithms"
            )
        return found

    @property
    def _needs_certificates(self) -> bool:
        return not all(url.startswith("http://") for url in (self._issuer, self._jwks_url) if url)

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        """Takes tens of milliseconds."""
        return httpx.create_ssl_context()


def is_safe(url: str, than: str = "") -> bool:
    """Whether what comes from there comes from there: over TLS, or from this machine if `than` is there, too."""
    try:
        parts, other = urlsplit(url), urlsplit(than or url)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
        return False
    is_here = is_loopback(parts.hostname) and is_loopback(other.hostname or "")
    return parts.scheme == "https" or (parts.scheme == "http" and is_here)


async def _json(http: httpx.AsyncClient, url: str) -> tuple[int, dict[str, Any]]:
    """The status, and the object that was said, empty for whatever else; raises KeysUnavailableError."""
    body = bytearray()
    try:
        async with http.stream("GET", url) as response:
            if response.status_code != 200 or "content-encoding" in response.headers:
                return response.status_code, {}
            async with aclosing(cast("AsyncGenerator[bytes]", response.aiter_raw())) as pieces:
                async for piece in pieces:
                    body += piece
                    if len(body) > MAX_SIZE:
                        raise KeysUnavailableError(f"{_host(url)} answered with more than {MAX_SIZE} bytes")
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeError) as error:
        raise KeysUnavailableError(f"{_host(url)} cannot be reached ({type(error).__name__})") from None
    try:
        said: object = json.loads(body)
    except (ValueError, RecursionError):
        return 200, {}
    return 200, cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _verifies_signatures(row: Any) -> bool:
    """Whether a row is a key that is meant for signatures."""
    if not isinstance(row, dict):
        return False
    said = cast("dict[str, Any]", row)
    operations = said.get("key_ops", ["verify"])
    return (
        said.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and isinstance(said.get("kid"), str | None)
    )
