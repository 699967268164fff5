"""Requests as nobody should send them, to every route: `python benchmarks/fuzz_http.py`.

10,000 of them (`--requests 220000`: to each route) over sockets of their own, to a server of its own over an embedded
Sentry: REST, MCP in both eras, webhooks, pages and probes; paths, queries, headers and bodies made of what breaks
servers; two in three with a caller's token, the others with none or a wrong one; two in five webhooks with a signature
that is not that of their body. Ends with 1 when one is answered with 5xx or not at all, when one without the token is
not refused that opens more than a page or a probe, or a webhook without its signature, or when the server has grown by
more than 10 MB since the first 2,000. A session that a request has opened is ended, as its client would: one that is
left open takes some 60 kB until it has been idle for half an hour, and a caller may have `limits.sessions_per_caller`.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import httpx
import psutil
from alerting import issue_body, signed
from calling import LIST_TOOLS, address_of
from standins.rest import rest_served, token_of

from sentry.values import as_object
from web.rest.arguments import arguments_of
from web.rest.catalogue import ROUTES, Route
from web.rest.routing import path_of
from web.rest.words import EXAMPLES

AT_ONCE = 8
WARM = 2_000
GROWTH = 10
"""Megabytes."""
METHODS = ("GET", "PUT", "HEAD", "OPTIONS", "POST", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW")
TEXTS = (
    *("", " ", "0", "-1", "1e999", "9" * 400, "null", "true", "[]", "{}", "NaN", "..", "../..", "..%2f..", "%", "%00"),
    *("\0", "\x1b[31m", "\u202e", "\ud7ff", "\U0001f600", "é" * 200, "x" * 9_000, "x" * 20_000, "a,b,,c", "latest"),
    *("' OR 1=1 --", "<script>", "${jndi:ldap://x}", "{{7*7}}", "SHOP-1", "acme/SHOP-1", "5, SHOP-2", "*", "!", '"'),
    *("https://evil.example/issues/5/", "http://127.0.0.1:1/organizations/acme/issues/1/", "firstRelease:", "a" * 32),
)
VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 1, 10**30, 1.5, [], {}, ["resolved"], {"a": {"b": []}}, *TEXTS)
TOKENS = ("Bearer nonsense", "Bearer", "Basic YWRtaW46YWRtaW4=", f"Bearer {'x' * 9_000}", "Bearer \xff", "")
WEBHOOK = "/webhooks/sentry"
MCP, PUBLIC = "/mcp", ("/health", "/ready", "/openapi.json", "/docs")
OTHERS = (
    *(("POST", MCP),) * 4,
    ("GET", MCP),
    ("DELETE", MCP),
    ("GET", "/metrics"),
    ("GET", "/.well-known/oauth-protected-resource"),
    *(("POST", WEBHOOK),) * 2,
    *(("GET", path) for path in PUBLIC),
)
"""What is no REST route."""
CALLS = ("tools/call", "tools/list", "resources/read", "prompts/get", "completion/complete", "server/discover")
OLD_CALLS = ("initialize", "ping", "notifications/initialized", "logging/setLevel", "resources/subscribe", "no/such")
OLD_ERA = "2025-11-25"
ERAS = ("2026-07-28", OLD_ERA, "2024-11-05", "1", "")
KINDS = ("application/json", "application/json; charset=utf-16", "text/plain", "", "multipart/form-data; boundary=x")
BODIES = (b"", b"{", b"[" * 50_000, b'{"a":' * 5_000, b"\xff\xfe", b"null", b'"\\ud800"', b'{"comment":"\\u0000"}')


class Fuzz:
    """Requests of one seed."""

    def __init__(self, seed: int, host: str) -> None:
        self._random = random.Random(seed)
        self._host = host

    def request(self) -> tuple[bytes, bool, str]:
        """Its bytes, whether it shows a caller's token, and the route that it is meant for."""
        choose, maybe = self._random.choice, self._random.random
        if maybe() < len(OTHERS) / (len(ROUTES) + len(OTHERS)):
            return self._other(*choose(OTHERS))
        route = choose(ROUTES)
        method = route.method if maybe() < 0.7 else choose(METHODS)
        query = "&".join(f"{self._name(route)}={self._encoded(choose(TEXTS))}" for _ in range(int(maybe() * 4)))
        target = (
            f"{self._path(route)}?{query}".rstrip("?") if maybe() < 0.97 else choose(("*", "//", "/%", "/a" * 4_000))
        )
        body = self._body(route) if method in ("POST", "PUT") or maybe() < 0.1 else b""
        return *self._sent(method, target, body, {}), f"{route.method} {route.path}"

    def _other(self, method: str, path: str) -> tuple[bytes, bool, str]:
        choose, maybe = self._random.choice, self._random.random
        body, more = b"", {}
        if path == MCP:
            called = choose(CALLS if maybe() < 0.7 else OLD_CALLS)
            body = json.dumps(self._message(called)).encode() if maybe() < 0.9 else choose(BODIES)
            more = {
                "Accept": "application/json, text/event-stream" if maybe() < 0.9 else choose(KINDS),
                "MCP-Protocol-Version": choose(ERAS) if maybe() < 0.4 else ERAS[0],
                "MCP-Method": called if maybe() < 0.9 else choose(TEXTS[:18]),
                "Mcp-Session-Id": "" if maybe() < 0.8 else choose(TEXTS[:18]),
            }
        used = method if maybe() < 0.9 else choose(METHODS)
        if path == WEBHOOK:
            body = self._webhook()
            more, is_signed = self._signed(body)
            return self._sent(used, path, body, more)[0], is_signed, f"{method} {path}"
        target = f"{path}?{self._encoded(choose(TEXTS))}" if maybe() < 0.2 else path
        return *self._sent(used, target, body, more), f"{method} {path}"

    def _webhook(self) -> bytes:
        """As Sentry sends it, with some of it changed; or none."""
        if self._random.random() < 0.2:
            return self._random.choice(BODIES)
        sent = json.loads(
            issue_body(self._random.randrange(1, 500), self._random.choice(("created", "unresolved", "x")))
        )
        for _ in range(int(self._random.random() * 4)):
            data = as_object(sent["data"]) or {}
            part = as_object(self._random.choice((sent, data, data.get("issue"))))
            if part is not None:  # what is put into it may be changed next
                part[self._random.choice([*part, "x"])] = deepcopy(self._random.choice(VALUES))
        return json.dumps(sent).encode()

    def _signed(self, body: bytes) -> tuple[dict[str, str], bool]:
        """Headers, and whether the signature in them is that of the body."""
        good = signed(body, self._random.choice(("issue", "error", "event_alert", "seer", "x" * 900)))
        signature = good["Sentry-Hook-Signature"]
        if self._random.random() < 0.6:
            return good, True
        wrong = (
            *TEXTS[:18],
            signature[:-1],
            f"{signature}0",
            signature[::-1],
            signed(body, secret="x")["Sentry-Hook-Signature"],
        )
        return {**good, "Sentry-Hook-Signature": self._random.choice(wrong)}, False

    def _message(self, called: str) -> Any:
        maybe = self._random.random
        names = ("name", "arguments", "uri", "ref", "argument", "cursor", "protocolVersion", "requestState", "level")
        params = {self._random.choice(names): self._value() for _ in range(int(maybe() * 4))}
        if maybe() < 0.8:
            meta = cast("dict[str, Any]", LIST_TOOLS["params"])["_meta"]
            params["_meta"] = meta if maybe() < 0.8 else {**meta, self._random.choice(list(meta)): self._value()}
        message = {"jsonrpc": "2.0", "id": 1, "method": called, "params": params}
        if maybe() < 0.2:
            message[self._random.choice(list(message))] = self._value()
        return message if maybe() < 0.95 else [message] * 3

    def _value(self) -> Any:
        tools = ("get_issue", "update_issue", "list_issues", "sentry://projects", "sentry://issue/SHOP-1")
        return self._random.choice(VALUES if self._random.random() < 0.6 else tools)

    def _sent(self, method: str, target: str, body: bytes, more: dict[str, str]) -> tuple[bytes, bool]:
        choose, maybe = self._random.choice, self._random.random
        is_known = maybe() < 0.67
        headers = {
            "Host": self._host if maybe() < 0.97 else choose(("evil.example", "a b", "")),
            "Authorization": f"Bearer {token_of('engine')}" if is_known else choose(TOKENS),
            "Content-Type": choose(KINDS) if maybe() < 0.3 else KINDS[0],
            "Content-Length": str(len(body)),
            "Connection": "close",
            **more,
            **(
                {choose(("X-Forwarded-For", "Cookie", "Accept", "If-None-Match")): choose(TEXTS[:18])}
                if maybe() < 0.2
                else {}
            ),
        }
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value)]
        return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body, is_known

    def _name(self, route: Route) -> str:
        names = [*arguments_of(route.call, strict=route.changes).model_fields, "limt", "", "issue[]"]
        return self._encoded(self._random.choice(names))

    def _path(self, route: Route) -> str:
        used = {**EXAMPLES, "issue": f"SHOP-{self._random.choice('123456789A')}"}
        wrong = {name: self._random.choice(TEXTS) or "x" for name in used if self._random.random() < 0.4}
        return path_of(route, {**used, **wrong})

    def _encoded(self, text: str) -> str:
        return quote(text, safe="") if self._random.random() < 0.95 else quote(text, safe="%/&=;+")

    def _body(self, route: Route) -> bytes:
        if self._random.random() < 0.2:
            return self._random.choice(BODIES)
        names = [*arguments_of(route.call, strict=route.changes).model_fields, "staus"]
        found = {self._random.choice(names): self._random.choice(VALUES) for _ in range(int(self._random.random() * 5))}
        return json.dumps(found).encode()


async def status_of(request: bytes, port: int, number: int) -> int | None:
    """None where no answer came. A session that it opened is ended."""
    answer = await answer_to(request, port, number)
    opened = re.search(rb"^mcp-session-id: (\w+)\r$", answer, re.MULTILINE | re.IGNORECASE)
    if opened is not None:
        await answer_to(ending(opened[1].decode(), port), port, number)
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


async def answer_to(request: bytes, port: int, number: int) -> bytes:
    """From another address each time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=address_of(number))
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 30)
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        writer.close()


def ending(session: str, port: int) -> bytes:
    lines = (
        *(f"DELETE {MCP} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {token_of('engine')}"),
        *(f"Mcp-Session-Id: {session}", f"MCP-Protocol-Version: {OLD_ERA}", "Connection: close"),
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def fuzz(url: str, server: psutil.Process, count: int, seed: int) -> list[str]:
    """What went wrong."""
    port = httpx.URL(url).port or 0
    requests = Fuzz(seed, f"127.0.0.1:{port}")
    statuses: Counter[tuple[str, int | None]] = Counter()
    wrong: list[str] = []
    left = count
    warm = 0.0

    async def ask() -> None:
        nonlocal left, warm
        while left > 0:
            left -= 1
            if count - left == min(WARM, count):
                warm = server.memory_info().rss / 1e6
            request, is_known, route = requests.request()
            status = await status_of(request, port, left)
            statuses["with the token" if is_known else "without", status] += 1
            is_open = is_known or route.endswith(PUBLIC)
            if status is None or status >= 500 or (status < 400 and not is_open):
                wrong.append(f"{status} of {route}: {request[:300]!r}")

    started = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    taken = time.perf_counter() - started
    grown = server.memory_info().rss / 1e6 - warm
    for whose in ("with the token", "without"):
        told = (f"{status} {n:,}x" for (who, status), n in sorted(statuses.items(), key=str) if who == whose)
        print(f"{whose:>15}: {', '.join(told)}")
    print(f"{count:,} requests in {taken:.0f} s; the server grew by {grown:.1f} MB after the first {WARM:,}")
    return wrong + [f"it grew by {grown:.1f} MB"] * (grown > GROWTH)


async def main() -> int:
    parser = argparse.ArgumentParser(description="Requests as nobody should send them.")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=12)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with rest_served(Path(folder)) as rest:
            (server,) = psutil.Process().children()
            wrong = await fuzz(rest.url, server, given.requests, given.seed)
    for line in wrong[:20]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
