"""Responses as all routes give them."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from views.reader import compact_json
from web.rest.failures import RefusedError

HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def responded(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """JSON, whose media type has no charset (RFC 8259, 11)."""
    return Response(compact_json(body), status, {**HEADERS, **headers}, "application/json")


def refused(refusal: RefusedError) -> Response:
    return responded(refusal.status, refusal.body, refusal.headers)


async def failed(_: Request, __: Exception) -> Response:
    """For a bug of ours, of which nothing is told: in an exception's words may stand somebody else's."""
    return refused(RefusedError(500, "internal_error", "The server failed. Its log says where."))
