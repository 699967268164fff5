"""Servers of one service, as processes of their own, and what spreads requests over them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx2
from wire import started_http


@dataclass(frozen=True)
class Replica:
    process: asyncio.subprocess.Process
    url: str

    def kill(self) -> None:
        """With no time to say farewell (SIGKILL)."""
        self.process.kill()


@asynccontextmanager
async def replicas(count: int, environment: dict[str, str]) -> AsyncGenerator[list[Replica]]:
    """So many servers, started at once."""
    async with AsyncExitStack() as stack:
        starting = (stack.enter_async_context(started_http(environment)) for _ in range(count))
        yield [Replica(process, url) for process, url in await asyncio.gather(*starting)]


class RoundRobin(httpx2.AsyncBaseTransport):
    """Sends each request to the next server; to another one where nobody listens."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = [httpx2.URL(url) for url in urls]
        self._inner = httpx2.AsyncHTTPTransport()
        self.answered = dict.fromkeys(urls, 0)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        for attempt in range(len(self._urls)):
            url = self._urls.pop(0)
            self._urls.append(url)
            request.url = request.url.copy_with(host=url.host, port=url.port)
            request.headers["host"] = f"{url.host}:{url.port}"
            try:
                response = await self._inner.handle_async_request(request)
            except httpx2.ConnectError:
                if attempt + 1 == len(self._urls):
                    raise
            else:
                self.answered[str(url)] += 1
                return response
        raise AssertionError("no servers")

    async def aclose(self) -> None:
        await self._inner.aclose()
