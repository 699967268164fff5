"""All I/O with Sentry: one connection pool, bounded in time, in size and in requests at once."""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import count
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

import anyio
import anyio.to_thread
import httpx
from anyio.abc import TaskGroup

from sentry.connection import MEGABYTE, Connection
from sentry.errors import BadResponseError, InvalidRequestError, MisconfiguredError, SentryError
from sentry.models.pages import rows_in
from sentry.steps import in_turns
from sentry.transport.answers import ASK_LESS, Reply, RouteMissingError, interpret, may_have_acted
from sentry.transport.bodies import MAX_ERROR_BODY, Body
from sentry.transport.cache import Cache, CacheEntry, Key, Lifetime
from sentry.transport.certificates import verification
from sentry.transport.deadlines import note_write, noted
from sentry.transport.failures import failure
from sentry.transport.flights import Flights
from sentry.transport.parsing import Content
from sentry.transport.proxies import warning_of
from sentry.transport.reaching import reach
from sentry.transport.reading import Reading, reading
from sentry.transport.retries import repeating
from sentry.transport.scopes import scope_of
from sentry.transport.shared import LONGEST, Look, SharedAnswers, replied, sent_of
from sentry.transport.sources import note_source
from sentry.values import Json

logger = logging.getLogger(__name__)
T = TypeVar("T")
Params = Sequence[tuple[str, str]]

MAX_URL = 30_000
"""Characters; httpx refuses 65,536, and most servers far fewer."""
IDLE_SECONDS = 30
"""An unused connection is kept so long; servers and balancers in between close theirs after 60 or more."""

OBJECT_SIZE = 2_000
"""Bytes of memory that an issue or event takes beside what it holds."""

MUCH = 4_000_000
"""Bytes of memory that values take; to make models of them takes some 20 ms."""


class Transport:
    """Reads are cached, shared while in flight, and repeated; writes are repeated only if surely not done."""

    def __init__(
        self,
        connection: Connection,
        cache: Cache,
        tasks: TaskGroup,
        http_transport: httpx.AsyncBaseTransport | None = None,
        shared: SharedAnswers | None = None,
    ) -> None:
        self._connection = connection
        self._token = connection.token.get_secret_value()
        self._cache = cache
        self._shared = shared
        self._flights = Flights[tuple[Any, CacheEntry | None]](tasks, cache.statistics, connection.timeout)
        self._limiter = anyio.CapacityLimiter(connection.max_concurrent_requests)
        self._http_transport = http_transport
        self._verify = verification(connection)
        try:
            self._http = self._client(keep=True)
            self._writes = self._client(keep=False)
        except (ValueError, ImportError, httpx.InvalidURL):  # whose words hold its address, which may hold a password
            raise MisconfiguredError(
                "A proxy that the environment names (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY) cannot be used: it "
                "must be the address of an HTTP proxy, such as http://proxy.example.com:3128."
            ) from None
        if (warning := warning_of(connection)) is not None:
            logger.warning(warning)

    def _client(self, *, keep: bool) -> httpx.AsyncClient:
        """A pool of connections, which are used again or not: some servers close theirs after an answer without a word,
        and what was sent over one that is closed may have arrived or not."""
        connection = self._connection
        return httpx.AsyncClient(
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is kept: the token says who we are
            headers={
                "Authorization": f"Bearer {self._token}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",  # all that Body unpacks
                "Connection": "keep-alive" if keep else "close",
                "User-Agent": "sentry-mcp",
            },
            # A redirect would take the token wherever it points.
            follow_redirects=False,
            timeout=httpx.Timeout(connection.read_timeout, connect=connection.connect_timeout, pool=None),
            limits=httpx.Limits(
                max_connections=connection.max_concurrent_requests,
                max_keepalive_connections=None if keep else 0,
                keepalive_expiry=IDLE_SECONDS,
            ),
            verify=self._verify,
            transport=self._http_transport,
            trust_env=not connection.is_on_this_machine,  # it names proxies
        )

    async def close(self) -> None:
        await self._http.aclose()
        await self._writes.aclose()

    async def reach(self) -> bool | None:
        return await reach(self._http, self._connection, self._answer)

    async def get(
        self,
        path: str,
        params: Params = (),
        *,
        wanted: str,
        lifetime: Lifetime,
        read: Callable[[Reply], T],
        base: str | None = None,
        within: Lifetime | None = None,
        fresh: bool = False,
        parsed_by: Reading = reading,
    ) -> T:
        """What `read` makes of the answer to a GET, shared with all who ask for the same: not to be changed.

        `wanted` names it in messages, `lifetime` is how long it stays true, `within` how long that of it which is
        asked for does; `fresh` asks Sentry even if the answer is remembered. `read` is one and the same function for
        the same reading, of JSON that is `parsed_by` the same. Raises SentryError.
        """
        within = within or lifetime
        url = self._url(path, params, base)
        key = self._cache.key(lifetime, url, read)
        entry = None if fresh else self._cache.get(key, within)
        newest = 0.0 if fresh else self._cache.seconds(within)
        flight = key if self._shared is None else (key, newest)  # another server may have asked long ago
        value: T
        if entry is not None:
            value = entry.value
        else:
            try:
                value, entry = await self._flights.join(
                    flight, lambda: self._read(key, url, wanted, read, newest, parsed_by)
                )
            except SentryError:
                note_source(None, within)  # what is made without it is not whole
                raise
        note_source(entry, within)
        return value

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Json,
        wanted: str,
        read: Callable[[Reply], T],
        base: str | None = None,
    ) -> T:
        """What `read` makes of the answer to a write; raises SentryError, which says if Sentry may have done it all the
        same. It goes over a connection of its own. Issues that are remembered are forgotten."""
        url = self._url(path, (), base)
        try:
            content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:
            raise InvalidRequestError(f"{wanted}: the text holds characters that cannot be sent.") from None

        attempts = count()

        async def attempt() -> T:
            try:
                return await _made(read, await self._exchange(method, url, wanted, next(attempts), content))
            except SentryError as error:
                if not may_have_acted(error):
                    note_write(may_be_made=False)
                    raise
                # What came instead of Sentry's answer, such as a proxy's page, is no reason to send it again: by
                # another route neither.
                plain = BadResponseError(error.message, status_code=error.status_code, sentry=error.sentry)
                raise (plain if isinstance(error, RouteMissingError) else error).with_outcome_unknown() from error

        try:
            return await repeating(attempt, is_write=True)
        finally:
            if self._shared is not None:
                await self._shared.drop()
            self._cache.drop(Lifetime.ISSUE)  # after that: what was read from there meanwhile is not kept

    async def _read(
        self, key: Key, url: str, wanted: str, read: Callable[[Reply], T], newest: float, parsed_by: Reading
    ) -> tuple[T, CacheEntry | None]:
        """What was read, by any server less than `newest` seconds ago, or is now."""

        async def made(reply: Reply, age: float = 0.0) -> tuple[T, CacheEntry | None]:
            value = await _made(read, reply)
            return value, self._cache.put(key, value, reply.memory + rows_in(value) * OBJECT_SIZE + len(url), age)

        shared, seconds = self._shared, min(self._cache.seconds(key[0]), LONGEST)
        look = await shared.look(url, key[0]) if shared is not None and seconds else Look()
        if look.found is not None and look.age < newest:
            with suppress(SentryError):  # what is of no use here is asked for again
                found = await made(await in_turns(replied(look.found, self._connection.host, parsed_by)), look.age)
                self._cache.statistics.shared += 1
                return found

        attempts = count()

        async def attempt() -> tuple[T, CacheEntry | None]:
            reply = await self._exchange("GET", url, wanted, next(attempts), parsed_by=parsed_by)
            found = await made(reply)
            if shared is not None and look.mark is not None and reply.sent is not None:
                await shared.keep(url, key[0], reply.sent, look.mark, seconds)
            return found

        return await repeating(attempt, is_write=False)

    async def _exchange(
        self,
        method: str,
        url: str,
        wanted: str,
        resend: int,
        content: bytes | None = None,
        parsed_by: Reading = reading,
    ) -> Reply:
        http, headers, body = self._http, {}, None
        if content is not None:
            http, body = self._writes, noted(content)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        async with self._limiter:
            with self._cache.statistics.traffic.exchange(method, url, resend) as exchange:
                try:
                    async with http.stream(method, url, content=body, headers=headers) as response:
                        exchange.status = response.status_code
                        self._heed_limits(response.headers)
                        return await self._answer(response, wanted, parsed_by)
                except (httpx.RequestError, httpx.InvalidURL, UnicodeError) as error:
                    raise failure(error, self._connection) from error

    async def _answer(self, response: httpx.Response, wanted: str, parsed_by: Reading = reading) -> Reply:
        if response.is_stream_consumed:  # read already, by what stands in for the network
            return await self._interpreted(response, response.content, wanted, parsed_by)
        raw = cast("AsyncGenerator[bytes, None]", response.aiter_raw())  # declared as less than it is
        async with aclosing(raw) as pieces:
            answer = await self._interpreted(response, await self._content(response, pieces), wanted, parsed_by)
            # Only now is the end read, without which httpx does not use the connection again: where an
            # answer is longer than its length says, the rest would be taken for the next one.
            async for _ in pieces:
                pass
        return answer

    async def _content(self, response: httpx.Response, pieces: AsyncIterator[bytes]) -> Content:
        limit = self._connection.max_answer_size
        too_large = BadResponseError(
            f"{self._connection.host} sent more than {limit / MEGABYTE:g} MB, the limit (setting "
            f"max_answer_size). {ASK_LESS}",
            status_code=response.status_code,
        )
        announced = response.headers.get("content-length", "")
        length = int(announced[:20]) if announced.isdecimal() else None
        try:
            if length is not None and length > limit:
                raise too_large
            body = Body(response.headers.get("content-encoding", ""), limit, too_large)
            # Of an error the end is read too: then its connection is used again.
            while (response.is_error or body.came != length) and (raw := await anext(pieces, None)) is not None:
                await in_turns(body.feed(raw))
                if response.is_error and len(body) > MAX_ERROR_BODY:
                    break
            return body.content(whole=not response.is_error)
        except BadResponseError:
            if response.is_error:
                return b""  # its status says enough
            raise

    def _heed_limits(self, headers: Mapping[str, str]) -> None:
        """No more requests at once than Sentry has room for (https://docs.sentry.io/api/ratelimits/).

        Without a word of it, there is room for one more than before.
        """
        try:
            remaining = int(headers.get("x-sentry-rate-limit-concurrentremaining", ""))
        except ValueError:
            room = self._limiter.total_tokens + 1
        else:
            room = self._limiter.borrowed_tokens + remaining
        self._limiter.total_tokens = max(1, min(room, self._connection.max_concurrent_requests))

    async def _interpreted(self, response: httpx.Response, content: Content, wanted: str, parsed_by: Reading) -> Reply:
        host, scope = self._connection.host, scope_of(response.request.method, response.request.url.path)
        steps = interpret(
            response.status_code,
            response.headers,
            content,
            wanted=wanted,
            host=host,
            scope=scope,
            token=self._token,
            parsed_by=parsed_by,
        )
        reply = await in_turns(steps)
        return reply if self._shared is None else replace(reply, sent=sent_of(response, content))

    def _url(self, path: str, params: Params, base: str | None) -> str:
        query = urlencode(params, errors="replace")
        url = (base or self._connection.base) + path + (f"?{query}" if query else "")
        if len(url) > MAX_URL:
            raise InvalidRequestError(f"The query is too long ({len(query)} characters as a URL).")
        return url


async def _made(read: Callable[[Reply], T], reply: Reply) -> T:
    """What `read` makes of the reply; beside the event loop where that may take long, as pydantic does not pause."""
    if reply.memory < MUCH:
        return read(reply)
    return await anyio.to_thread.run_sync(read, reply, abandon_on_cancel=True)
