"""All the ways in which a Sentry, or what stands before it, can fail: each a handler for standins.sockets."""

import asyncio
import email.utils
import gzip
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from standins.sockets import Handler, Request, Wire, listening, nobody_listening

MEGABYTE = 1_000_000
_ISSUE = b'{"id": "5", "title": "whole"}'
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def reset_before_headers(_: Request, wire: Wire) -> None:
    wire.reset()


async def closed_before_headers(_: Request, wire: Wire) -> None:
    wire.close()


async def reset_amid_the_body(_: Request, wire: Wire) -> None:
    await wire.send(_HEAD + b"Content-Length: 100\r\n\r\n" + _ISSUE)
    wire.reset()


async def hang_before_headers(_: Request, wire: Wire) -> None:
    await asyncio.Event().wait()


async def hang_amid_the_headers(_: Request, wire: Wire) -> None:
    await wire.send(_HEAD)
    await asyncio.Event().wait()


async def hang_amid_the_body(_: Request, wire: Wire) -> None:
    await wire.send(_HEAD + b"Content-Length: 100\r\n\r\n" + _ISSUE)
    await asyncio.Event().wait()


async def slow_drip(_: Request, wire: Wire) -> None:
    """A byte now and then: no wait for a byte is long, the whole never ends."""
    await wire.send(_HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        await wire.send(b" ")
        await asyncio.sleep(0.05)


async def announced_100_megabytes(_: Request, wire: Wire) -> None:
    await wire.send(_HEAD + b"Content-Length: 100000000\r\n\r\n")
    for _piece in range(100):
        await wire.send(b" " * MEGABYTE)


async def unannounced_100_megabytes(_: Request, wire: Wire) -> None:
    await wire.send(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _piece in range(100):
        await wire.send(b"f4240\r\n" + b" " * MEGABYTE + b"\r\n")
    await wire.send(b"0\r\n\r\n")


_BOMB = gzip.compress(b" " * MEGABYTE) * 100  # members of one stream (RFC 1952, 2.2)


async def gzip_bomb(_: Request, wire: Wire) -> None:
    await wire.answer(body=_BOMB, content_encoding="gzip")


async def nested_gzip_bomb(_: Request, wire: Wire) -> None:
    await wire.answer(body=gzip.compress(_BOMB), content_encoding="gzip, gzip")


async def broken_gzip(_: Request, wire: Wire) -> None:
    await wire.answer(body=b"not gzip at all", content_encoding="gzip")


async def truncated_gzip(_: Request, wire: Wire) -> None:
    await wire.answer(body=gzip.compress(_ISSUE)[:-10], content_encoding="gzip")


async def length_too_long(_: Request, wire: Wire) -> None:
    await wire.send(_HEAD + b"Content-Length: 100\r\n\r\n" + _ISSUE)
    wire.close()


async def length_too_short(_: Request, wire: Wire) -> None:
    await wire.send(_HEAD + b"Content-Length: 10\r\n\r\n" + _ISSUE)


async def endless_headers(_: Request, wire: Wire) -> None:
    await wire.send(_HEAD + b"X-Padding: " + b"x" * 200_000)
    await asyncio.Event().wait()


async def no_http(_: Request, wire: Wire) -> None:
    await wire.send(b"220 mail.example.com ESMTP\r\n\r\n")
    wire.close()


def answering(status: int, body: bytes, content_type: str = "application/json", **headers: str) -> Handler:
    async def answer(_: Request, wire: Wire) -> None:
        await wire.answer(status, body, content_type, **headers)

    return answer


async def limited_until_a_date(_: Request, wire: Wire) -> None:
    await wire.answer(429, b"{}", retry_after=email.utils.formatdate(time.time() + 60, usegmt=True))


async def limited_until_its_reset(_: Request, wire: Wire) -> None:
    await wire.answer(429, b"{}", x_sentry_rate_limit_reset=str(int(time.time()) + 60))


@dataclass(frozen=True)
class Fault:
    """`error` is what the client must make of it; nobody listens where there is no handler."""

    name: str
    handler: Handler | None
    error: str


_LIMITED = b'{"detail": "You are attempting to use this endpoint too frequently. Limit is 1 requests in 1 seconds"}'
_PAGE = b"<!doctype html><title>Please log in</title>"

FAULTS = [
    Fault("refused", None, "unreachable"),
    Fault("reset before headers", reset_before_headers, "unreachable"),
    Fault("closed before headers", closed_before_headers, "unreachable"),
    Fault("reset amid the body", reset_amid_the_body, "unreachable"),
    Fault("no HTTP", no_http, "unreachable"),
    Fault("endless headers", endless_headers, "unreachable"),
    Fault("hang before headers", hang_before_headers, "timeout"),
    Fault("hang amid the headers", hang_amid_the_headers, "timeout"),
    Fault("hang amid the body", hang_amid_the_body, "timeout"),
    Fault("slow drip", slow_drip, "timeout"),
    Fault("429, Retry-After in seconds", answering(429, _LIMITED, retry_after="60"), "rate_limited"),
    Fault("429, Retry-After as a date", limited_until_a_date, "rate_limited"),
    Fault("429, X-Sentry-Rate-Limit-Reset", limited_until_its_reset, "rate_limited"),
    Fault("429, no word on when", answering(429, _LIMITED), "rate_limited"),
    Fault("429, a string as text/html", answering(429, b'"Slow down"', "text/html"), "rate_limited"),
    Fault("500", answering(500, b'{"detail": "Internal Error"}'), "sentry_unavailable"),
    Fault("502, a page", answering(502, _PAGE, "text/html"), "sentry_unavailable"),
    Fault("503", answering(503, b"no backend", "text/plain"), "sentry_unavailable"),
    Fault("504", answering(504, b"", "text/plain"), "sentry_unavailable"),
    Fault("503 encoded unasked", answering(503, b"\x0b\x02\x80", content_encoding="br"), "sentry_unavailable"),
    Fault("truncated JSON", answering(200, _ISSUE[:-5]), "bad_response"),
    Fault("no content", answering(200, b""), "bad_response"),
    Fault("not UTF-8", answering(200, b'{"id": "5", "title": "\xff\xfe"}'), "bad_response"),
    Fault("nested too deeply", answering(200, b"[" * 100_000 + b"]" * 100_000), "bad_response"),
    Fault("HTML with 200", answering(200, _PAGE, "text/html"), "bad_response"),
    Fault("HTML that says it is JSON", answering(200, _PAGE), "bad_response"),
    Fault("redirect elsewhere", answering(302, b"", location="http://127.0.0.1:9/login"), "bad_response"),
    Fault("100 MB, announced", announced_100_megabytes, "bad_response"),
    Fault("100 MB, unannounced", unannounced_100_megabytes, "bad_response"),
    Fault("gzip bomb", gzip_bomb, "bad_response"),
    Fault("gzip bomb in gzip", nested_gzip_bomb, "bad_response"),
    Fault("broken gzip", broken_gzip, "bad_response"),
    Fault("truncated gzip", truncated_gzip, "bad_response"),
    Fault("content length too long", length_too_long, "unreachable"),
    Fault("content length too short", length_too_short, "bad_response"),
]


@asynccontextmanager
async def happening(fault: Fault) -> AsyncGenerator[str]:
    """The URL of a Sentry that fails so."""
    if fault.handler is None:
        async with nobody_listening() as port:
            yield f"http://127.0.0.1:{port}"
    else:
        async with listening(fault.handler) as server:
            yield server.url
