"""How a caller is refused: in JSON, and with what to show next time (RFC 6750, 3)."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from starlette.responses import JSONResponse

UNNAMED = {400: "invalid_request", 401: "unauthorized", 503: "unavailable"}


class Refusal(NamedTuple):
    """As an answer says it: `error` is one of RFC 6750, 3.1, or None where none of them fits; `retry_after` seconds it
    may be otherwise."""

    status: int
    error: str | None
    words: str
    retry_after: float | None = None


def refused(refusal: Refusal, scopes: Iterable[str] = (), metadata_url: str | None = None) -> JSONResponse:
    """`scopes` are those that a token should grant, `metadata_url` where a client finds who issues them."""
    said = {
        "realm": "sentry-mcp",
        "error": refusal.error,
        "error_description": refusal.words if refusal.error else None,
        "scope": " ".join(scopes),
        "resource_metadata": metadata_url,
    }
    headers = {"Cache-Control": "no-store"}
    if refusal.status in (401, 403) or refusal.error:
        headers["WWW-Authenticate"] = "Bearer " + ", ".join(
            f'{name}="{value}"' for name, value in said.items() if value
        )
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    body: dict[str, object] = {
        "error": refusal.error or UNNAMED[refusal.status],
        "message": refusal.words,
        "status_code": refusal.status,
        "details": {},
    }
    return JSONResponse(body, refusal.status, headers)
