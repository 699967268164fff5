"""All I/O with Sentry: one connection pool, bounded in time, in size and in requests at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import anyio
import httpx
from anyio.abc import TaskGroup

from sentry.answers import Reply, understand
from sentry.cache import Answered, Cache, Flights, Kind
from sentry.connection import MEGABYTE, Connection
from sentry.errors import BadResponseError, DeadlineError, UnreachableError
from sentry.models import Json
from sentry.retries import repeating

Params = Sequence[tuple[str, str]]


class Transport:
    """Reads are cached, shared while in flight, and repeated; writes are neither."""

    def __init__(
        self,
        connection: Connection,
        cache: Cache,
        tasks: TaskGroup,
        http_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._cache = cache
        self._flights = Flights[Answered](tasks, cache.statistics)
        self._limiter = anyio.CapacityLimiter(connection.max_concurrent_requests)
        self._http = httpx.AsyncClient(
            headers={
                "Authorization": f"Bearer {connection.token.get_secret_value()}",
                "Accept": "application/json",
                "User-Agent": "sentry-mcp",
            },
            # A redirect would take the token wherever it points.
            follow_redirects=False,
            timeout=httpx.Timeout(connection.read_timeout, connect=connection.connect_timeout, pool=None),
            verify=_verification(connection),
            transport=http_transport,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(
        self,
        path: str,
        params: Params = (),
        *,
        wanted: str,
        kind: Kind,
        base: str | None = None,
        fresh: bool = False,
    ) -> Reply:
        """The reply to a GET; raises SentryError. `wanted` names it in messages, `kind` is how it keeps,
        `fresh` asks Sentry even if the answer is remembered."""
        url = self._url(path, params, base)
        key = self._cache.key(kind, url)
        answered = None if fresh else self._cache.get(key)
        if answered is None:
            answered = await self._flights.join(key, lambda: self._read(url, wanted))
            self._cache.put(key, answered)
        return self._understood(answered, wanted)

    async def send(
        self, method: str, path: str, params: Params = (), *, json: Json, wanted: str, base: str | None = None
    ) -> Reply:
        """The reply to a write; raises SentryError. What was read of issues before is forgotten."""
        url = self._url(path, params, base)

        async def attempt() -> Reply:
            return self._understood(await self._exchange(method, url, json), wanted)

        try:
            return await repeating(attempt, is_write=True)
        finally:
            self._cache.drop(Kind.ISSUE)

    async def _read(self, url: str, wanted: str) -> Answered:
        """One good answer, repeated where that helps, within a deadline of its own: callers come and go."""

        async def attempt() -> Answered:
            answered = await self._exchange("GET", url)
            self._understood(answered, wanted)
            return answered

        try:
            with anyio.fail_after(self._connection.timeout):
                return await repeating(attempt, is_write=False)
        except TimeoutError:
            raise self._too_late() from None

    async def _exchange(self, method: str, url: str, json: Json = None) -> Answered:
        async with self._limiter:
            try:
                async with self._http.stream(method, url, json=json) as response:
                    self._heed_limits(response.headers)
                    content = await self._content(response)
                    return Answered(response.status_code, dict(response.headers), content)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
                raise UnreachableError(
                    f"No connection to {self._connection.host} ({type(error).__name__}). Check sentry_url, "
                    "and that Sentry is up and reachable from here.",
                    request_sent=False,
                ) from error
            except httpx.TimeoutException as error:
                raise self._too_late() from error
            except httpx.DecodingError as error:
                raise BadResponseError(
                    f"{self._connection.host} sent an answer that cannot be decoded."
                ) from error
            except httpx.TransportError as error:
                raise UnreachableError(
                    f"The connection to {self._connection.host} broke ({type(error).__name__})."
                ) from error

    async def _content(self, response: httpx.Response) -> bytes:
        limit = self._connection.max_answer_size
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > limit:
                raise BadResponseError(
                    f"{self._connection.host} sent more than {limit / MEGABYTE:.0f} MB, the limit "
                    "(max_answer_size). Ask for less: a narrower query or a smaller limit.",
                    status_code=response.status_code,
                )
        return bytes(content)

    def _heed_limits(self, headers: Mapping[str, str]) -> None:
        """No more requests at once than Sentry has room for (https://docs.sentry.io/api/ratelimits/)."""
        try:
            remaining = int(headers.get("x-sentry-rate-limit-concurrentremaining", ""))
        except ValueError:
            return
        room = self._limiter.borrowed_tokens + remaining
        self._limiter.total_tokens = max(1, min(room, self._connection.max_concurrent_requests))

    def _understood(self, answered: Answered, wanted: str) -> Reply:
        return understand(
            answered.status, answered.headers, answered.content, wanted=wanted, host=self._connection.host
        )

    def _url(self, path: str, params: Params, base: str | None) -> str:
        query = urlencode(params, errors="replace")
        return (base or self._connection.base) + path + (f"?{query}" if query else "")

    def _too_late(self) -> DeadlineError:
        return DeadlineError(
            f"{self._connection.host} did not answer in time (the limit is {self._connection.timeout:.0f} s, "
            "setting `timeout`). Try again, or ask for less.",
            deadline=self._connection.timeout,
        )


def _verification(connection: Connection) -> Any:
    """Loading a set of CA certificates takes tens of milliseconds: not for http, where it is not used."""
    if urlsplit(connection.url).scheme != "https":
        return False
    import ssl

    return ssl.create_default_context(cafile=connection.ca_file) if connection.ca_file else True
