"""Each request over HTTP has an ID, and is counted and logged when it has ended; none is taken while a server stops."""

import ipaddress
import logging
import re
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.callers import ANYBODY
from service.calls import Call, current_call
from service.cleaning import Clean
from service.shown import shown
from web.calls import BROKEN_OFF, SHUTTING_DOWN, BrokenOffError, Calls
from web.operations.messages import METHODS as MESSAGES
from web.operations.metrics import ENDLESS, Metrics

HEADER = b"x-request-id"
MCP = "/mcp"
POLLED = frozenset(("/health", "/ready", "/metrics"))
"""What is asked again and again by machines: told at DEBUG alone, and answered while the server stops."""
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_OUTCOMES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "not_found",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.MISDIRECTED_REQUEST: "misdirected",
    HTTPStatus.TOO_MANY_REQUESTS: "limited",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
_logger = logging.getLogger("sentry_mcp.calls")


class Requests:
    """ASGI middleware around all others."""

    def __init__(
        self,
        app: ASGIApp,
        calls: Calls,
        metrics: Metrics,
        make_clean: Callable[[], Clean],
        *,
        knows_callers: bool,
    ) -> None:
        """`make_clean` is called for the first request that brings an ID."""
        self._anybody = "" if knows_callers else ANYBODY.name
        self._app = app
        self._calls = calls
        self._metrics = metrics
        self._make_clean = make_clean
        self._clean: Clean | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        _note_shown(headers)
        call = Call(
            self._request_id(headers), route=scope["path"] if scope["path"] == MCP else "other", caller=self._anybody
        )
        status, sent, began = 0, 0, time.monotonic()

        async def sending(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, call.request.encode())]
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        token = current_call.set(call)
        try:
            await self._answer(scope, receive, sending)
        except BrokenOffError:
            call.outcome = "cancelled"
            if status:
                raise
            await _stopping(scope, receive, sending, BROKEN_OFF)
        except Exception:
            call.outcome = "error"
            raise
        finally:
            current_call.reset(token)
            self._end(call, scope, headers, status, sent, time.monotonic() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == MCP or path in POLLED:  # of MCP it is the messages that are counted (web.calls)
            await self._app(scope, receive, send)
        elif self._calls.are_refused:
            await _stopping(scope, receive, send)
        else:
            with self._calls.one():
                await self._app(scope, receive, send)

    def _request_id(self, headers: Headers) -> str:
        """The client's, where it has a safe form and may be repeated: it could be a token in the wrong place."""
        given = headers.getlist("x-request-id")
        if len(given) != 1 or not _SAFE.fullmatch(given[0]):
            return secrets.token_hex(16)
        if self._clean is None:
            self._clean = self._make_clean()
        return given[0] if self._clean(given[0]) == given[0] else secrets.token_hex(16)

    def _end(self, call: Call, scope: Scope, headers: Headers, status: int, sent: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        if call.route in ("other", MCP):
            call.route = f"{method} {getattr(scope.get('route'), 'path', call.route)}"
        call.outcome = call.outcome or _outcome(0 if _is_broken_off(call, status) else status)
        self._metrics.count(call, seconds)
        if call.limit:
            self._metrics.count_refusal(call.limit)
        level = logging.DEBUG if scope["path"] in POLLED and call.outcome != "error" else logging.INFO
        if not _logger.isEnabledFor(level):
            return
        length = headers.get("content-length", "")
        fields = {
            "request_id": call.request,
            "caller": call.caller or None,
            "route": call.route,
            "name": call.name or None,
            "protocol": call.protocol or None,
            "outcome": call.outcome,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "bytes_in": int(length) if length.isdecimal() and len(length) < 12 else None,
            "bytes_out": sent,
            "client": _address(scope.get("client")),
        }
        words = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items() if value is not None)
        _logger.log(level, "%s", words, extra={"fields": {"message": "call", **fields}, "is_clean": True})


def _is_broken_off(call: Call, status: int) -> bool:
    """Whether a message of MCP's has begun to be answered, as a stream, and was not."""
    return status == HTTPStatus.OK and call.route in MESSAGES - ENDLESS


def _quoted(value: object) -> str:
    text = str(value)
    return f'"{text}"' if " " in text else text


def _note_shown(headers: Headers) -> None:
    for value in headers.getlist("authorization"):
        shown.note(value.partition(" ")[2].strip() or value)
    for value in headers.getlist("x-sentry-token"):
        shown.note(value.strip())


def _outcome(status: int) -> str:
    if not status:
        return "cancelled"
    if status < 400:
        return "ok"
    return _OUTCOMES.get(status, "invalid_request" if status < 500 else "error")


def _address(client: Any) -> str | None:
    """What a proxy says of its client may be anything."""
    try:
        return str(ipaddress.ip_address(client[0])) if client else None
    except ValueError:
        return None


async def _stopping(scope: Scope, receive: Receive, send: Send, words: str = SHUTTING_DOWN) -> None:
    is_unknown = words is BROKEN_OFF and scope["method"] != "GET"
    details = {"outcome": "unknown"} if is_unknown else {}
    body = {"error": "shutting_down", "message": words, "status_code": 503, "details": details}
    again = {} if words is BROKEN_OFF else {"Retry-After": "1"}
    await JSONResponse(body, 503, {**again, "Connection": "close"})(scope, receive, send)
