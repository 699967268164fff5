"""A host's lines of JSON-RPC: what the server can read of them, and what the others are answered. Pure, no I/O.

The SDK drops what it cannot read, and whoever sent it waits for ever
(https://www.jsonrpc.org/specification#error_object, https://www.jsonrpc.org/specification#response_object).
"""

import json
import re
from typing import Any

from mcp.types import INVALID_REQUEST, PARSE_ERROR, JSONRPCMessage, JSONRPCNotification, jsonrpc_message_adapter
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sentry.values import as_object

MAX_LINE = 4 * 1024 * 1024
"""Bytes of one line, as the SDK's limit for a request's body over HTTP."""
ENDS = 300
"""Characters at the beginning and the end of a line in which its id is looked for when the whole cannot be read."""

_ID = r'"id"\s*:\s*(-?\d{1,15}|"[^"\\]{1,200}")'
_VERSION = r'"jsonrpc"\s*:\s*"2\.0"'
_FIRST = rf"\s*{{\s*(?:{_VERSION}\s*,\s*)?{_ID}\s*,"
_LAST = rf",\s*{_ID}\s*(?:,\s*{_VERSION}\s*)?}}\s*$"


def read(line: str) -> JSONRPCMessage | bytes:
    """The message in a line; for a line that cannot be read what is answered, empty where no answer is asked for."""
    try:
        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError as error:
        return _refusal(line, error)
    if isinstance(message, JSONRPCNotification) and '"id"' in line and "id" in json.loads(line):
        return answer_of_error(None, INVALID_REQUEST, "Invalid request: id: Input should be a string or integer")
    return message


def _refusal(line: str, error: ValidationError) -> bytes:
    try:
        found: Any = json.loads(line)
    except RecursionError:
        return answer_of_error(_id_at_an_end(line), PARSE_ERROR, "Invalid JSON: nested too deeply")
    except ValueError:
        return answer_of_error(_id_at_an_end(line), PARSE_ERROR, _words(error))
    message = as_object(found)
    if message is None:
        words = "Invalid request: a line must be one JSON-RPC message, no batch and no lone value"
        return answer_of_error(None, INVALID_REQUEST, words)
    is_notification = "method" in message and "id" not in message
    is_answer = "method" not in message and ("result" in message or "error" in message)
    if is_notification or is_answer:
        return b""
    request = message.get("id")
    is_readable = isinstance(request, str | int) and not isinstance(request, bool)
    return answer_of_error(request if is_readable else None, *_flaw(message, error))


def _flaw(message: dict[str, Any], error: ValidationError) -> tuple[int, str]:
    """The error's code and words, without what was sent."""
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except RecursionError:
        return PARSE_ERROR, "Invalid JSON: nested too deeply"
    except UnicodeEncodeError:
        return PARSE_ERROR, "Invalid JSON: a text holds half a surrogate pair (such as \\ud800), which is no character"
    return (PARSE_ERROR if _first(error)["type"] == "json_invalid" else INVALID_REQUEST), _words(error)


def too_long(line: str) -> bytes:
    """What is answered to a line of more than MAX_LINE bytes, of which only the ends are there."""
    return answer_of_error(
        _id_at_an_end(line), INVALID_REQUEST, f"Longer than {MAX_LINE} bytes, the most that is taken"
    )


def answer_of_error(request: str | int | None, code: int, words: str) -> bytes:
    answer = {"jsonrpc": "2.0", "id": request, "error": {"code": code, "message": words}}
    return json.dumps(answer).encode() + b"\n"


def _id_at_an_end(line: str) -> str | int | None:
    """Where only the message's own id can stand, directly inside its outermost braces."""
    found = re.match(_FIRST, line[:ENDS]) or re.search(_LAST, line[-ENDS:])
    request: str | int | None = json.loads(found[1]) if found else None
    return request


def _first(error: ValidationError) -> ErrorDetails:
    return error.errors(include_url=False, include_context=False, include_input=False)[0]


def _words(error: ValidationError) -> str:
    first = _first(error)
    where = ".".join(str(part) for part in first["loc"][1:])
    return f"Invalid request: {where}: {first['msg']}" if where else first["msg"]
