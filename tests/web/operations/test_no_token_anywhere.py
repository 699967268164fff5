"""Whatever goes wrong, no token is in a log, an answer, a figure, a span or an audit line: Sentry's, a caller's, the
Sentry token that a caller brings."""

import base64
import hashlib
import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from services import ADMINS, CALLERS, ENGINES, SENTRYS, Service, service
from standins.collector import Collector
from standins.sockets import Request, Wire, listening
from wire import ERAS, text_of

OWN = "sntryu_" + "0b1c2d3e" * 8
PLAIN = "made by hand, without a form".replace(" ", "-").replace(",", "")
"""A caller's token that no pattern knows: only its digest is known."""
TOKENS = {"Sentry's": SENTRYS, "a caller's": ENGINES, "an admin's": ADMINS, "their own": OWN, "of no form": PLAIN}
MORE = f"""
[[callers]]
name = "plain"
token_sha256 = "{hashlib.sha256(PLAIN.encode()).hexdigest()}"
scopes = ["issues:read", "issues:write"]
"""
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28"}
META: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Hostile:
    """A Sentry that fails in one way after another, and echoes all that it is sent."""

    def __init__(self) -> None:
        self.turn = 0

    async def __call__(self, request: Request, wire: Wire) -> None:
        if request.method == "GET" and request.path.endswith("/issues/5/"):  # there is something to change
            await wire.answer(body=b'{"id": "5", "shortId": "SHOP-1", "status": "unresolved"}')
            return
        self.turn += 1
        everything = json.dumps({"detail": f"{request.token} {request.headers} {request.target} {request.body!r}"})
        match self.turn % 6:
            case 0:
                await wire.answer(401, everything.encode(), x_echo=request.token)
            case 1:
                await wire.answer(500, everything.encode(), x_echo=f"Bearer {request.token}")
            case 2:
                await wire.answer(302, b"", location=f"http://evil.example/?token={request.token}")
            case 3:
                await wire.answer(200, f"<html>{request.token}</html>".encode(), content_type="text/html")
            case 4:
                wire.close()
            case _:
                await wire.answer(400, everything.encode(), x_echo=request.token)


async def wrong_places(server: Service, token: str, bearer: str) -> list[httpx.Response]:
    """What is answered where a token stands where none belongs; by whom it is let in, and not."""
    url, http = server.url, server.http
    basic = base64.b64encode(f"user:{token}".encode()).decode()
    asked: list[httpx.Response] = []
    for headers in (
        {},
        {"Authorization": token},
        {"Authorization": f"Basic {basic}"},
        {"Authorization": f"Bearer {token} {token}"},
        {f"X-{token.replace('_', '-')}": "1"},
        {"Cookie": f"token={token}"},
        {"X-Request-ID": token},
        {"Host": f"{token}.example"},
        {"Origin": f"https://{token}.example"},
        {"Authorization": f"Bearer {bearer}", "Mcp-Session-Id": token},
        {"Authorization": f"Bearer {bearer}", "X-Sentry-Token": token, "X-Forwarded-For": token, "traceparent": token},
        {"Authorization": f"Bearer {bearer}", "MCP-Protocol-Version": token, "Mcp-Method": token},
    ):
        message = {"jsonrpc": "2.0", "id": 1, "method": token, "params": {"name": token, "_meta": META}}
        asked.append(await http.post(f"{url}/mcp?token={token}", json=message, headers={**HEADERS, **headers}))
        asked.append(await http.get(f"{url}/{token}/x?token={token}", headers=headers))
    let_in = {**HEADERS, "Authorization": f"Bearer {bearer}"}
    for body in (token, f'{{"{token}": ', f'["{token}"]', json.dumps({"jsonrpc": "2.0", token: token})):
        asked.append(await http.post(f"{url}/mcp", content=body, headers=let_in))
    with_own = {**let_in, "X-Sentry-Token": OWN}
    for path in ("issues", "events", "projects/acme", f"projects/{token}", "issues/5/tags", "releases/acme"):
        asked.append(await http.get(f"{url}/{path}/{token}", headers=with_own))
    asked.append(await http.get(f"{url}/issues?{token}=1&query={token}", headers=with_own))
    for change in ({token: token}, {"status": token}, {"comment": f"see {token}"}):
        asked.append(await http.put(f"{url}/issues/5,{token}", json=change, headers=with_own))
    return asked


async def failing_calls(server: Service, token: str, bearer: str) -> list[str]:
    told: list[str] = []
    for era in ERAS:
        async with server.client(era, bearer, **{"X-Sentry-Token": OWN}) as client:

            async def tell(name: str, **arguments: Any) -> None:
                told.append(text_of(await client.call_tool(name, arguments)))

            await tell("list_issues", query=f"message:{token}")
            await tell("get_issue", issue=token)
            await tell("update_issue", issue="5", comment=f"see {token}", **{token: token})
            await tell("update_issue", issue="5", comment=f"see {token}")
            await tell("list_projects")
            await tell(token)
            for ask in (
                client.read_resource(f"sentry://issues/{token}"),
                client.read_resource(f"sentry://{token}/5"),
                client.get_prompt(token, {}),
                client.get_prompt("triage_issue", {"issue": token}),
                client.get_prompt("triage_issue", {token: token}),
            ):
                try:
                    told.append(repr(await ask))
                except Exception as error:  # noqa: BLE001 - whatever it is, its words are looked at
                    told.append(f"{error!r} {getattr(error, 'error', '')}")
    return told


def holds(text: str) -> list[str]:
    found = [whose for whose, token in TOKENS.items() if token.lower() in text.lower()]
    forms = {whose: base64.b64encode(f"user:{token}".encode()).decode() for whose, token in TOKENS.items()}
    return found + [whose for whose, form in forms.items() if form in text]


@pytest.mark.parametrize(
    ("log_format", "misplaced"),
    [("json", ["Sentry's", "a caller's", "an admin's"]), ("console", ["their own", "of no form"])],
)
async def test_no_token_is_anywhere(tmp_path: Path, log_format: str, misplaced: list[str]) -> None:
    audit, collector = tmp_path / "audit.jsonl", Collector()
    settings = {
        "SENTRY_MCP_LOG_FORMAT": log_format,
        "SENTRY_MCP_LOG_LEVEL": "DEBUG",
        "SENTRY_MCP_AUDIT_FILE": str(audit),
        "SENTRY_MCP_ACCEPT_SENTRY_TOKENS": "true",
        "SENTRY_MCP_TIMEOUT": "2",
    }
    async with (
        listening(Hostile()) as sentry,
        listening(collector) as collecting,
        service(
            tmp_path, sentry.url, callers=CALLERS + MORE, OTEL_EXPORTER_OTLP_ENDPOINT=collecting.url, **settings
        ) as server,
    ):
        for token in map(TOKENS.__getitem__, misplaced):
            for answer in await wrong_places(server, token, PLAIN):
                said = f"{answer.status_code} {answer.headers} {answer.text}"
                assert not holds(said), f"{answer.request.method} {answer.request.headers}: {said}"
            for words in await failing_calls(server, token, ENGINES if token == PLAIN else PLAIN):
                assert not holds(words), words
        figures = (await server.get("/metrics", ADMINS)).text
        server.process.send_signal(signal.SIGTERM)
        await server.process.wait()

    spans = b"".join(collector.bodies).decode(errors="replace")
    written = {"metrics": figures, "audit": audit.read_text(), "log": server.log.read_text(), "spans": spans}
    for name, text in written.items():
        assert len(text) > 1_000, name
        for line in text.splitlines():
            assert not holds(line), f"{name}: {line[:2000]}"
