"""What a server notes of a request for the application, among the locals of a call: the request is told elsewhere.

https://asgi.readthedocs.io/en/latest/specs/www.html, https://peps.python.org/pep-3333/#environ-variables. Applications
put things of their own beside these: they are told.
"""

import re
from typing import Any

from sentry.values import as_object
from views.bounds import compact

NOTES = ("the ASGI request", "the ASGI websocket", "the WSGI request")
LOOKED_AT = 200
"""Names of one request: SDKs send the first ten."""
BESIDE = 6
"""Values of an application that are told beside it."""
_ASGI = re.compile(
    "type|asgi|http_version|scheme|method|path|raw_path|query_string|root_path|headers|client|server|subprotocols"
    "|extensions|app|router|endpoint|route|path_params|app_root_path|route_root_path|path_remaining|url_route"
    r"|starlette\..*|fastapi.*"
)
_WSGI = re.compile(
    "(?:REQUEST|SERVER|REMOTE|CONTENT|HTTP|SSL|SCRIPT|PATH|DOCUMENT)_[A-Z0-9_]+|QUERY_STRING|GATEWAY_INTERFACE"
    r"|AUTH_TYPE|HTTPS|RAW_URI|(?:wsgi|wsgiorg|gunicorn|werkzeug|uwsgi|mod_wsgi|waitress|flask|django)\..*|webob\._.*"
)


def without_protocol(fields: dict[str, Any]) -> dict[str, Any] | None:
    """What an application has put beside a server's notes, behind which notes these are; None where there are none.

    It stays a structure until secrets are hidden, some of which are known by their names.
    """
    some = dict(list(fields.items())[:LOOKED_AT])
    if as_object(some.get("asgi")) is not None and (note := _NOTES_OF_ASGI.get(str(some.get("type")).strip("'\""))):
        return {note: True, **_others(some, _ASGI)}
    # SDKs cut it after some names, and servers begin it with different ones.
    if "wsgi.version" in some and sum(1 for name in some if _WSGI.fullmatch(name)) > 2:
        return {NOTES[2]: True, **_others(some, _WSGI)}
    return None


def in_words(value: Any) -> Any:
    """`the WSGI request, shop.tenant=acme` of what the above has left; any other value as it is."""
    fields = as_object(value) or {}
    note = next(iter(fields), None)
    if note not in NOTES or fields[note] is not True:
        return value
    beside = [f"{name}={compact(item, 60)}" for name, item in list(fields.items())[1 : BESIDE + 1]]
    more = [f"… {len(fields) - BESIDE - 1} more"] if len(fields) > BESIDE + 1 else []
    return ", ".join([note, *beside, *more])


_NOTES_OF_ASGI = {"http": NOTES[0], "websocket": NOTES[1]}


def _others(fields: dict[str, Any], protocol: re.Pattern[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if not protocol.fullmatch(name) and value not in _EMPTY}


_EMPTY: tuple[Any, ...] = (None, "", "None", "''", {}, [])
