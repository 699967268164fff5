"""A small HTTP/1.1 server on a real socket, whose every byte a test decides."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass
class Wire:
    """What a handler writes to."""

    writer: asyncio.StreamWriter

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def answer(
        self,
        status: int = 200,
        body: bytes = b"{}",
        content_type: str = "application/json",
        **headers: str,
    ) -> None:
        """A whole answer; `retry_after="1"` is the header `Retry-After: 1`."""
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Ends the connection as a crash does: with a reset, not a farewell."""
        connected: socket.socket = self.writer.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Handler = Callable[[Request, Wire], Awaitable[None]]
ACCEPTING = 5
"""Turns of the event loop within which a connection that was just made is accepted and begins to be served: asyncio
closes nothing that comes to a server between its end and that."""


@dataclass
class Server:
    """`requests` is the log; `abandoned` counts requests whose client hung up before the answer's end.

    `connections` are open now, `accepted` were ever.
    """

    port: int
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list[Request])
    abandoned: int = 0
    connections: int = 0
    accepted: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def log(self) -> list[str]:
        """`GET /api/0/issues/5/`, one for each request."""
        return [f"{request.method} {request.target}" for request in self.requests]

    async def until(self, happened: Callable[[], bool]) -> None:
        """Waits for something to be seen here, 10 s at most."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(happened)

    async def changes(self) -> None:
        async with self.changed:
            self.changed.notify_all()


@asynccontextmanager
async def listening(handler: Handler, port: int = 0, secure: ssl.SSLContext | None = None) -> AsyncGenerator[Server]:
    """Serves on 127.0.0.1 until the block ends; then every connection is cut."""
    connected: set[asyncio.Task[None]] = set()
    served: Server

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connected.add(task)
        served.connections += 1
        served.accepted += 1
        try:
            while (request := await _read(reader)) is not None:
                served.requests.append(request)
                await served.changes()
                if not await _handled(handler(request, Wire(writer)), reader):
                    served.abandoned += 1
                    break
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            served.abandoned += 1
        except asyncio.CancelledError:
            pass
        finally:
            connected.discard(task)
            served.connections -= 1
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await served.changes()

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1_000_000, ssl=secure)
    served = Server(server.sockets[0].getsockname()[1], "https" if secure else "http")
    try:
        yield served
    finally:
        for _ in range(ACCEPTING):
            await asyncio.sleep(0)
        server.close()
        for task in list(connected):
            task.cancel()
        await asyncio.gather(*connected, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)


async def _handled(answering: Awaitable[None], reader: asyncio.StreamReader) -> bool:
    """Whether the answer was given before the client hung up."""
    answer = asyncio.ensure_future(answering)
    hang_up = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait({answer, hang_up}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            answer.result()
            return True
        return False
    finally:
        answer.cancel()
        hang_up.cancel()
        await asyncio.gather(answer, hang_up, return_exceptions=True)


@asynccontextmanager
async def nobody_listening() -> AsyncGenerator[int]:
    """A port of 127.0.0.1 that refuses connections: bound, but not listened on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
