"""What a Sentry that lies can answer: a handler for standins.sockets, the tool that asks, and what may come of it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standins.sockets import Handler, Request, Wire

TOKEN = "sntryu_" + "0123456789abcdef" * 4
EVENT = "0" * 32
SIZE = 150_000
"""Bytes of what is too much."""

ANSWER = "answer"
REFUSED = frozenset({"bad_response"})
EITHER = frozenset({ANSWER, "bad_response"})


def answering(body: bytes, status: int = 200, **headers: str) -> Handler:
    async def answer(_: Request, wire: Wire) -> None:
        await wire.answer(status, body, **headers)

    return answer


def many(row: str) -> str:
    """A list of the same, as long as SIZE."""
    return f"[{','.join([row] * (SIZE // (len(row) + 1)))}]"


def issue(**fields: str) -> bytes:
    """An issue, of whose fields some are JSON to be put in."""
    known = {"id": '"5"', "shortId": '"SHOP-5"', "title": '"whole"', "count": '"3"', **fields}
    return ("{" + ",".join(f'"{name}":{value}' for name, value in known.items()) + "}").encode()


def event(**fields: str) -> bytes:
    return issue(id=f'"{EVENT}"', eventID=f'"{EVENT}"', groupID='"5"', **fields)


def exception(frames: str) -> str:
    return f'[{{"type":"exception","data":{{"values":[{{"type":"E","stacktrace":{{"frames":{frames}}}}}]}}}}]'


async def cookies(request: Request, wire: Wire) -> None:
    """Answers whoever brings no cookie."""
    kept = "cookie" in request.headers
    await wire.answer(500 if kept else 200, issue(), set_cookie=f"sid={'x' * 4_000}; Path=/")


async def echo(request: Request, wire: Wire) -> None:
    said = f"You sent {request.headers['authorization']} and {request.token[:40]}"
    await wire.answer(400, json.dumps({"detail": said}).encode())


async def slowly(_: Request, wire: Wire) -> None:
    body = issue()
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
    for start in range(0, len(body), 20):
        await wire.send(body[start : start + 20])
        await asyncio.sleep(0.01)


async def until_it_closes(_: Request, wire: Wire) -> None:
    await wire.send(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + issue())
    wire.close()


async def by_the_byte(_: Request, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    body = issue(culprit=json.dumps("x" * 5_000))
    await wire.send(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")


async def endless_trailers(_: Request, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    await wire.send(b"2\r\n{}\r\n0\r\n" + b"X-More: x\r\n" * 100_000)


async def two_lengths(_: Request, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")


async def to_be_continued(_: Request, wire: Wire) -> None:
    while True:
        await wire.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        await asyncio.sleep(0.01)


async def long_headers(_: Request, wire: Wire) -> None:
    link = f'<https://sentry.example.com/>; rel="next"; results="true"; cursor="{"0:" * 20_000}"'
    await wire.answer(body=b"[]", link=link)


def region(link: Callable[[str], str]) -> Handler:
    """A Sentry that sends whoever asks to another host."""

    async def answer(request: Request, wire: Wire) -> None:
        links = {"regionUrl": link(request.headers["host"])}
        slug = {"id": "1", "slug": "acme", "links": links}
        is_list = request.path == "/api/0/organizations/"
        await wire.answer(body=json.dumps([slug]).encode() if is_list else issue())

    return answer


@dataclass(frozen=True)
class Hostile:
    """`outcomes` are what may come of it: an answer, or an error of that name."""

    name: str
    handler: Handler
    outcomes: frozenset[str] = frozenset({ANSWER})
    tool: str = "get_issue"
    arguments: dict[str, Any] = field(default_factory=lambda: {"issue": "5"})
    settings: dict[str, str] = field(default_factory=dict[str, str])


def of_event(name: str, body: bytes, outcomes: frozenset[str] = EITHER) -> Hostile:
    return Hostile(name, answering(body), outcomes, "get_event", {"event": EVENT, "issue": "5"})


def of_list(name: str, handler: Handler, tool: str = "list_issues", **arguments: Any) -> Hostile:
    return Hostile(name, handler, EITHER, tool, arguments)


NO_ORGANIZATION = {"SENTRY_ORG": ""}
NESTED = "[" * 400 + "]" * 400

HOSTILE = [
    of_list("rows of nothing", answering(many("{}").encode())),
    of_list("rows of issues", answering(many('{"id":"5","title":"x"}').encode())),
    of_list("rows that are none", answering(many("0").encode())),
    of_list("projects without end", answering(many('{"id":"1","slug":"shop"}').encode()), "list_projects"),
    of_list("releases without end", answering(many('{"version":"1"}').encode()), "list_releases"),
    of_list("events without end", answering(many('{"id":"1"}').encode()), "get_events", issue="5"),
    of_list("tag values without end", answering(many('{"value":"x"}').encode()), "get_tag_values", issue="5", tag="x"),
    of_event("entries without end", event(entries=many("{}"))),
    of_event("frames of nothing", event(entries=exception(many("{}")))),
    of_event("frames without end", event(entries=exception(many('{"function":"f","lineNo":1}')))),
    of_event("exceptions without end", event(entries=f'[{{"type":"exception","data":{{"values":{many("{}")}}}}}]')),
    of_event("breadcrumbs without end", event(entries=f'[{{"type":"breadcrumbs","data":{{"values":{many("{}")}}}}}]')),
    of_event("tags without end", event(tags=many('{"key":"a","value":"b"}'))),
    of_event("contexts nested", event(contexts=f'{{"a":{many(NESTED)}}}')),
    of_event("contexts nested too deeply", event(contexts='{"a":' + "[" * 50_000 + "]" * 50_000 + "}"), REFUSED),
    of_event("emoji", event(message=json.dumps("\N{PILE OF POO}" * (SIZE // 4), ensure_ascii=False))),
    of_event("digits of a text", event(message=json.dumps("4" * SIZE))),
    of_event("a number without end", event(size="9" * SIZE)),
    of_event("half a surrogate pair", event(message=r'"\ud800"', title=r'"\udc00"'), frozenset({ANSWER})),
    Hostile("NaN", answering(issue(count="NaN", userCount="Infinity")), EITHER),
    Hostile("the same key without end", answering(b"{" + b'"id":"5",' * (SIZE // 9) + b'"title":"x"}'), EITHER),
    Hostile("UTF-16", answering(issue().decode().encode("utf-16")), EITHER),
    Hostile("cookies", cookies),
    Hostile("an echo of the token in an error", echo, frozenset({"invalid_request"})),
    Hostile("a redirect to itself", answering(b"", 302, location="/api/0/organizations/acme/issues/5/"), REFUSED),
    Hostile("a redirect to a file", answering(b"", 307, location="file:///etc/passwd"), REFUSED),
    Hostile("a redirect that names the token", answering(b"", 302, location=f"http://x/{TOKEN}"), REFUSED),
    Hostile("slowly but whole", slowly),
    Hostile("until it closes", until_it_closes),
    Hostile("byte by byte", by_the_byte),
    Hostile("trailers without end", endless_trailers, frozenset({"unreachable"})),
    Hostile("two lengths", two_lengths, frozenset({"unreachable"})),
    Hostile("continue, without end", to_be_continued, frozenset({"timeout"})),
    of_list("a cursor without end", long_headers),
    Hostile("nothing new", answering(b"", 304), REFUSED),
    Hostile("a status that is none", answering(b"{}", 799), frozenset({"sentry_unavailable"})),
    Hostile("a region by a backslash", region(lambda host: rf"http://127.0.0.1:9\.{host}"), settings=NO_ORGANIZATION),
    Hostile("a region by %2f", region(lambda host: f"http://127.0.0.1:9%2f.{host}"), settings=NO_ORGANIZATION),
    Hostile("a region by a user", region(lambda host: f"http://x.{host}@127.0.0.1:9"), settings=NO_ORGANIZATION),
    Hostile("a region without a name", region(lambda host: f"http://.{host}"), settings=NO_ORGANIZATION),
]  # fmt: skip
