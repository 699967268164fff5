"""How a request that is one too many is refused: with a number of seconds after which it is not."""

import json
import math
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

OVER_LIMIT = -32010
"""JSON-RPC's code for all of them: of those that MCP leaves to implementations, -32000 to -32019."""


@dataclass(frozen=True)
class Refusal:
    """429 where a caller has asked for too much, 503 where the server has no room; `wait` in seconds."""

    status: int
    error: str
    message: str
    wait: float | None = None
    limit: str = ""
    """The setting of `[limits]` that it is for, or `guesses`."""

    @property
    def retry_after(self) -> int | None:
        """Whole seconds, at least 1."""
        return None if self.wait is None else max(1, math.ceil(self.wait))

    @property
    def words(self) -> str:
        return self.message + (f" Try again in {self.retry_after} s." if self.retry_after else "")

    @property
    def text(self) -> str:
        """For a model: as any other error's, it begins with the error's name."""
        return f"{self.error}: {self.words}"

    def response(self, *, is_mcp: bool, request_id: Any = None, closes: bool = False) -> Response:
        """To a client of MCP as a JSON-RPC error, too: of an error's body that is none, such clients tell the model
        nothing (mcp, fastmcp: "Server returned an error response")."""
        headers = {"Cache-Control": "no-store"}
        details: dict[str, int] = {}
        if self.retry_after is not None:
            details["retry_after"] = self.retry_after
            headers["Retry-After"] = str(self.retry_after)
        if closes:
            headers["Connection"] = "close"
        body: dict[str, Any] = {
            "error": self.error,
            "message": self.words,
            "status_code": self.status,
            "details": details,
        }
        if is_mcp:
            told = {"code": OVER_LIMIT, "message": self.text, "data": body}
            body = {"jsonrpc": "2.0", "id": request_id, "error": told}
        return Response(json.dumps(body), self.status, headers, "application/json")


def too_many_calls(calls: int, wait: float) -> Refusal:
    return Refusal(429, "rate_limited", f"This caller may make {calls} calls a minute.", wait, "calls_per_minute")


def too_many_others(requests: int, wait: float) -> Refusal:
    return Refusal(
        429,
        "rate_limited",
        f"This caller may make {requests} requests a minute, beside calls that ask Sentry.",
        wait,
        "calls_per_minute",
    )


def too_many_at_once(calls: int) -> Refusal:
    return Refusal(429, "rate_limited", f"This caller may make {calls} calls at once.", 1, "calls_at_once")


def too_many_streams(streams: int) -> Refusal:
    return Refusal(429, "rate_limited", f"This caller may keep {streams} streams open.", 1, "sessions_per_caller")


def too_many_sessions(wait: float) -> Refusal:
    return Refusal(503, "unavailable", "There is no room for another session of this caller's.", wait, "sessions")


def too_large(most: int) -> Refusal:
    return Refusal(413, "too_large", f"A request may have {most} bytes.", limit="request_size")
