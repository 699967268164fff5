"""What a request asks for, as far as it is limited by that."""

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

MCP = "/mcp"
SESSION = "mcp-session-id"
CALLS = frozenset(("tools/call", "resources/read", "prompts/get", "completion/complete"))
LISTEN = "subscriptions/listen"
LOOKED_INTO = 64_000
"""Bytes of a message that is looked into; a larger one is a call."""


class Kind(Enum):
    CALL = auto()
    """What Sentry may be asked for."""
    OTHER = auto()
    """Lists of tools, the beginning and end of a session, answers to what the server asked."""
    STREAM = auto()
    """What is answered by all that happens from then on."""


@dataclass(frozen=True)
class Asked:
    kind: Kind
    is_mcp: bool
    request_id: Any = None
    """JSON-RPC's, where it was looked for."""
    opens_session: bool = False
    session: str | None = None
    """Which session it belongs to, and whether it ends it."""
    ends_session: bool = False


def asked(scope: Scope, body: bytes) -> Asked:
    if not scope["path"].endswith(MCP):
        return Asked(Kind.CALL, is_mcp=False)
    headers = Headers(scope=scope)
    method, session = scope["method"], headers.get(SESSION)
    is_older = headers.get(MCP_PROTOCOL_VERSION_HEADER, HANDSHAKE_PROTOCOL_VERSIONS[0]) in HANDSHAKE_PROTOCOL_VERSIONS
    if not is_older:
        session = None
    if method != "POST":
        kind = Kind.STREAM if method == "GET" and is_older else Kind.OTHER
        return Asked(kind, is_mcp=True, session=session, ends_session=method == "DELETE")
    kind, request_id = _message(body)
    return Asked(kind, True, request_id, opens_session=is_older and session is None, session=session)


def _message(body: bytes) -> tuple[Kind, Any]:
    if len(body) > LOOKED_INTO:
        return Kind.CALL, None
    try:
        message: object = json.loads(body)
    except (ValueError, RecursionError):
        return Kind.OTHER, None
    if not isinstance(message, dict):
        return Kind.OTHER, None
    content = cast("dict[str, Any]", message)
    name, request_id = content.get("method"), content.get("id")
    is_call = isinstance(name, str) and name in CALLS
    kind = Kind.CALL if is_call else Kind.STREAM if name == LISTEN else Kind.OTHER
    return kind, request_id if isinstance(request_id, str | int) else None


def declared_size(scope: Scope) -> int:
    """What the headers say; 0 where they say nothing."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length[:18]) if length.isascii() and length.isdigit() else 0


async def read_body(receive: Receive, most: int) -> bytes | None:
    """None for a body of more than `most` bytes, of which no more is read than that."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)  # the client has left: whoever is asked will hear so
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, and then what comes."""
    left = [body]

    async def receiving() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receiving
