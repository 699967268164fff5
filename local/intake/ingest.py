"""Where SDKs send events: `/api/<project>/envelope/` and, for old ones, `/api/<project>/store/`."""

import base64
import binascii
import hmac
import zlib

import anyio.to_thread
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.clock import now
from local.happening import Tell
from local.intake.envelopes import (
    MOST_COMPRESSED,
    Envelope,
    Item,
    RejectedError,
    decompress,
    parse_envelope,
    public_key,
    too_large,
)
from local.intake.incoming import read_event
from local.intake.limits import MOST_EVENT
from local.intake.recording import record_event
from local.intake.trace_items import record_items
from local.store import Store
from local.values import Json, parse, text

SMALL = 32_768
"""Bytes of a request's body, as sent. Such are taken in one after the other: they would wait for each other's writing
anyway, and threads that wait together take a tenth of the time of all. None of them takes longer than a second."""

_ONE_BY_ONE: RunVar[CapacityLimiter] = RunVar("_ONE_BY_ONE")
"""Of each event loop, as is all that waits in one."""

# Browsers send from pages of any origin (https://develop.sentry.dev/sdk/overview/#cors).
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT = {
    **_CORS,
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer,"
    " accept, content-type, content-encoding, authentication, authorization, transfer-encoding",
    "Access-Control-Max-Age": "3600",
}


async def receive(request: Request) -> Response:
    """Take in what an SDK sent and answer `{"id": "<event id>"}`, or why it was not taken in."""
    if request.method == "OPTIONS":
        return Response(headers=_PREFLIGHT)
    store: Store = request.app.state.store
    try:
        raw = await _body(request)
        limiter = _one_by_one() if len(raw) <= SMALL else None
        event_id = await anyio.to_thread.run_sync(_take_in, store, request, raw, limiter=limiter)
    except RejectedError as rejected:
        answer: dict[str, Json] = {"detail": rejected.detail}
        if rejected.cause:
            answer["causes"] = [rejected.cause]
        return JSONResponse(answer, rejected.status, {**_CORS, "X-Sentry-Error": rejected.cause or rejected.detail})
    return JSONResponse({"id": event_id} if event_id else {}, headers=_CORS)


def _one_by_one() -> CapacityLimiter:
    try:
        return _ONE_BY_ONE.get()
    except LookupError:
        limiter = CapacityLimiter(1)
        _ONE_BY_ONE.set(limiter)
        return limiter


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_COMPRESSED:
            raise too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _take_in(store: Store, request: Request, raw: bytes) -> str | None:
    received = now()
    body = decompress(raw, request.headers.get("content-encoding", ""))
    envelope = _envelope_of_event(body) if request.scope["path"].endswith("/store/") else parse_envelope(body)
    key = public_key(request.headers.get("x-sentry-auth"), request.query_params, envelope.header)
    project = _project(store, request.path_params["project"], key)
    answered = text(envelope.header.get("event_id"))
    for item in envelope.items:
        if item.type == "event":
            answered = _record(store, project, item, envelope, received, request.app.state.tell)
    record_items(store, project, envelope, received)
    return answered


def _record(store: Store, project: int, item: Item, envelope: Envelope, received: int, tell: Tell) -> str:
    if len(item.payload) > MOST_EVENT:
        raise too_large("event")
    try:
        event = read_event(parse(item.payload), received, text(envelope.header.get("event_id")), len(item.payload))
    except ValueError as broken:
        raise RejectedError(400, "invalid event envelope", f"invalid JSON in an event: {str(broken)[:200]}") from None
    for happening in record_event(store, project, event):
        tell(happening)
    return event.event_id


def _envelope_of_event(body: bytes) -> Envelope:
    """What old SDKs post: the event alone, plain or in base64 of zlib."""
    if body[:1] not in (b"{", b" ", b"\n", b"["):
        try:
            inflater = zlib.decompressobj()
            body = inflater.decompress(base64.b64decode(body, validate=True), MOST_EVENT + 1)
        except (binascii.Error, zlib.error, ValueError):
            raise RejectedError(400, "invalid event envelope", "bad event payload") from None
    return Envelope({}, [Item("event", body)])


def _project(store: Store, named: int, key: str) -> int:
    """Raises RejectedError (403) for a wrong key and for an unknown project alike, as Sentry does."""
    known = hmac.compare_digest(store.dsn_key.encode(), key.encode("utf-8", "replace"))
    if known and named < 2**63 and store.has_project(named):
        return named
    raise RejectedError(403, "event submission rejected with_reason: ProjectId")
