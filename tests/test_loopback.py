"""The one listener of both servers: only this machine reaches it, and no answer waits in it."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from wire import bare_environment, served_http

from local import Store, serve
from loopback import is_loopback, listener, url_of
from loopback.connection import BoundedConnection

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication, ASGIReceiveCallable, ASGISendCallable, Scope


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]"])
async def test_what_is_answered_leaves_at_once(host: str) -> None:
    """asyncio turns off Nagle's algorithm for a socket that says that it is TCP, and for no other."""
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")
    delays = asyncio.Queue[int]()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        delays.put_nowait(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listener(host, 0) as listening:
        async with await asyncio.start_server(serve, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname()[:2])
            assert await delays.get() != 0
            writer.close()


def test_a_url_is_one_that_a_client_can_open() -> None:
    with listener("localhost", 0) as listening:
        assert url_of(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"
    if socket.has_dualstack_ipv6():
        with listener("::1", 0) as listening:
            assert url_of(listening) == f"http://[::1]:{listening.getsockname()[1]}"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", "", "localhost.example.com"])
def test_what_others_could_reach_is_refused(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ValueError, match="loopback only"):
        listener(host, 0)


def test_a_port_that_is_taken_is_an_error() -> None:
    with listener("127.0.0.1", 0) as taken, pytest.raises(OSError, match="in use"):
        listener("127.0.0.1", taken.getsockname()[1])


class Hasty(BoundedConnection):
    """As both servers', but for the time it gives."""

    seconds = 0.2


@asynccontextmanager
async def serving(app: "ASGIApplication", **settings: Any) -> AsyncGenerator[int]:
    """An ASGI app served over such connections; its port."""
    with listener("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(app, http=Hasty, lifespan="off", log_config=None, **settings))
        task = asyncio.create_task(server.serve([listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await task


async def said(port: int, *pieces: bytes) -> bytes:
    """All that is answered to these pieces until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            for piece in pieces:
                writer.write(piece)
            return await reader.read()
    finally:
        writer.close()


async def read_and_greet(scope: "Scope", receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
    """Reads a request to its end, and answers."""
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    if message["type"] == "http.request":
        await greet(scope, receive, send)


async def greet(_: "Scope", __: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")], "trailers": False}
    )
    await send({"type": "http.response.body", "body": b"hello", "more_body": False})


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ([], b""),
        ([HEAD], b"HTTP/1.1 408 Request Timeout"),
        ([HEAD + b"Content-Length: 100\r\n\r\n{"], b"HTTP/1.1 408 Request Timeout"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"], b"HTTP/1.1 408 Request Timeout"),
        ([HEAD + b"X-Padding: " + b"x" * 20_000], b"HTTP/1.1 431 Request Header Fields Too Large"),
        ([b"220 mail.example.com ESMTP\r\n\r\n"], b"HTTP/1.1 400 Bad Request"),
        ([HEAD + b"Transfer-Encoding: gzip\r\n\r\n"], b"HTTP/1.1 501 Not Implemented"),
        ([HEAD + b"Host: evil.example\r\n\r\n"], b"HTTP/1.1 400 Bad Request"),
        ([HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"], b"HTTP/1.1 400 Bad Request"),
    ],
    ids="nothing head body chunk endless no-HTTP encoding hosts lengths".split(),
)
async def test_a_request_that_does_not_come_whole_is_refused(sent: list[bytes], answered: bytes) -> None:
    async with serving(read_and_greet) as port:
        assert (await said(port, *sent)).partition(b"\r\n")[0] == answered


async def test_a_body_that_comes_byte_by_byte_is_not_waited_for() -> None:
    """No wait for a byte is long, the whole never ends."""
    async with serving(read_and_greet) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
        answer = asyncio.create_task(reader.readline())
        async with asyncio.timeout(10):
            while not answer.done():
                writer.write(b"x")
                await asyncio.wait({answer}, timeout=0.01)
        assert answer.result() == b"HTTP/1.1 408 Request Timeout\r\n"
        writer.close()


async def test_an_answer_may_take_long_and_the_next_request_comes_over_the_same_connection() -> None:
    async def stream(_: "Scope", __: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": False})
        for _piece in range(10):
            await asyncio.sleep(Hasty.seconds / 4)
            await send({"type": "http.response.body", "body": b".", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with serving(stream, timeout_keep_alive=60) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(10):
            for _request in range(2):
                writer.write(HEAD + b"Content-Length: 2\r\n\r\n{}")
                assert (await reader.readuntil(b"\r\n0\r\n\r\n")).count(b"\r\n1\r\n.") == 10
            writer.write(HEAD)  # half of a third one
            assert (await reader.readline()) == b"HTTP/1.1 408 Request Timeout\r\n"
        writer.close()


async def test_after_a_request_with_two_lengths_nothing_is_answered() -> None:
    """A proxy that reads the other one takes what follows for a part of its body."""
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    both = b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(smuggled) + 5)
    async with serving(read_and_greet, timeout_keep_alive=60) as port:
        answer = await said(port, HEAD + both + smuggled)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.endswith(b"hello")


@pytest.mark.parametrize("half", [HEAD, HEAD + b"Content-Length: 100\r\n\r\n{"], ids=["head", "body"])
async def test_half_a_request_that_came_with_a_whole_one_is_refused(half: bytes) -> None:
    async with serving(read_and_greet, timeout_keep_alive=60) as port:
        answer = await said(port, HEAD + b"Content-Length: 2\r\n\r\n{}" + half)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"helloHTTP/1.1 408 Request Timeout" in answer


async def test_a_client_that_does_not_read_its_answer_is_not_waited_for() -> None:
    ended = asyncio.Event()

    async def endless(_: "Scope", receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": False})
        leaving = asyncio.create_task(until_the_client_leaves(receive))
        while not leaving.done():
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
            await asyncio.sleep(0)
        ended.set()

    async def until_the_client_leaves(receive: "ASGIReceiveCallable") -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async with serving(endless) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
            async with asyncio.timeout(10):
                await ended.wait()


async def test_both_servers_have_such_connections() -> None:
    """uvicorn's own answer 400 to headers without end."""
    endless = HEAD + b"X-Padding: " + b"x" * 20_000
    with closing(Store.open(None)) as store:
        async with serve(store) as embedded, served_http({**bare_environment(), "SENTRY_AUTH_TOKEN": "none"}) as url:
            for server in (embedded.url, url):
                port = urlsplit(server).port
                assert port is not None
                assert (await said(port, endless)).startswith(b"HTTP/1.1 431 ")
