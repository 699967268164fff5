"""Serves exactly what was recorded of a real server (tests/recorded/<server>/INDEX.txt), on a real socket."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from standins.sockets import Request, Server, Wire, listening

RECORDED = Path(__file__).parents[1] / "recorded"
SENTRY_9, GLITCHTIP = "sentry-9.1.2", "glitchtip"
TOKEN, READ_ONLY_TOKEN = "good-token", "read-only-token"

UNKNOWN_ROUTE = {SENTRY_9: "err_404_url", GLITCHTIP: "nf_route"}
WITHOUT_TOKEN = {SENTRY_9: "err_noauth", GLITCHTIP: "unauth_bad"}
WITH_BAD_TOKEN = {SENTRY_9: "err_badtoken", GLITCHTIP: "unauth_bad"}
WITHOUT_SCOPE = {SENTRY_9: "err_403_put_readonly", GLITCHTIP: "ro_put"}
SENT = {
    "put_resolve": {"status": "resolved"},
    "put_org_ignored": {"status": "ignored"},
    "put_badstatus": {"status": "bogus"},
    "put_resolvedInNextRelease": {"status": "resolvedInNextRelease"},
}
"""What was sent for GlitchTip's answers, whose recording leaves it out."""
_SERVED_HEADERS = ("allow", "content-type", "link", "x-sentry-direct-hit")


@dataclass(frozen=True)
class Recording:
    name: str
    status: int
    method: str
    path: str
    query: dict[str, str]
    sent: dict[str, Any] | None
    headers: dict[str, str]
    body: bytes

    def fit(self, request: Request) -> float:
        """How well it answers the request; below zero when it does not at all."""
        if (self.method, self.path) != (request.method, request.path):
            return -1
        if self.sent is not None:
            asked = json.loads(request.body or b"{}")
            if any(asked.get(key) != value for key, value in self.sent.items()):
                return -1
            return len(self.sent)
        names = {name for name in (*self.query, *request.query) if name not in ("limit", "per_page")}
        same = sum(self.query.get(name) == request.query.get(name) for name in names)
        return 1 + same / (1 + len(names)) - self._beside_the_point(request)

    def _beside_the_point(self, request: Request) -> float:
        """What failed for a parameter that was not sent says nothing."""
        if self.status < 400:
            return 0
        return 2 * any(request.query.get(name) != value for name, value in self.query.items())


def recordings(server: str) -> dict[str, Recording]:
    found: dict[str, Recording] = {}
    for line in (RECORDED / server / "INDEX.txt").read_text().splitlines():
        name, status, method, target = line.split()
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        head = (RECORDED / server / f"{name}.headers.txt").read_text().splitlines()
        sent = next((json.loads(row[2:]) for row in head if row.startswith("> {")), SENT.get(name))
        pairs = [row.partition(":") for row in head if not row.startswith(("GET", "PUT", "POST", "HTTP", ">"))]
        headers = {key.lower(): value.strip() for key, _, value in pairs if key.lower() in _SERVED_HEADERS}
        bodies = [RECORDED / server / f"{name}.{ending}" for ending in ("json", "body.txt")]
        body = next((path.read_bytes() for path in bodies if path.exists()), b"")
        found[name] = Recording(name, int(status), method, parts.path, query, sent, headers, body)
    return found


@asynccontextmanager
async def replaying(server: str) -> AsyncGenerator[Server]:
    """Answers by method, path, and what was asked or sent where several recordings share a path."""
    known = recordings(server)
    special = {of[server] for of in (WITHOUT_TOKEN, WITH_BAD_TOKEN, WITHOUT_SCOPE)}
    ordinary = [recording for name, recording in known.items() if name not in special]

    def choose(request: Request) -> Recording:
        if not request.token:
            return known[WITHOUT_TOKEN[server]]
        if request.token not in (TOKEN, READ_ONLY_TOKEN):
            return known[WITH_BAD_TOKEN[server]]
        best = max(ordinary, key=lambda recording: recording.fit(request))
        if best.fit(request) < 0:
            return known[UNKNOWN_ROUTE[server]]
        if request.method != "GET" and request.token == READ_ONLY_TOKEN:
            return known[WITHOUT_SCOPE[server]]
        return best

    async def answer(request: Request, wire: Wire) -> None:
        chosen = choose(request)
        await wire.answer(chosen.status, chosen.body, **{"content_type": "text/html", **_named(chosen.headers)})

    async with listening(answer) as served:
        yield served


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}
