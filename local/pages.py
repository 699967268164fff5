"""What an issue's permalink opens in a browser: the issue and the calls of its latest event, to be read and no more.
A webhook's link names the event.

No token guards it, as a browser has none: it is answered under loopback names only, so that no web page reads it by a
name of its own that it rebinds (DNS), and shows neither users, nor requests, nor the values of variables. What it
shows was written by whoever holds the DSN: all of it is escaped, and nothing in it may load or run.
"""

import sqlite3
from html import escape
from urllib.parse import unquote

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from local.api.events import EVENTS
from local.api.request import ApiRequest, issue_of
from local.errors import ApiError
from local.shapes.events import event_detail
from local.shapes.issues import issue_detail
from local.store import Caller, Store
from local.values import Json, items, mapping, rows
from loopback import names_loopback

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
FACTS = {
    "shortId": "Issue",
    "status": "Status",
    "level": "Level",
    "count": "Events",
    "userCount": "Users",
    "firstSeen": "First seen",
    "lastSeen": "Last seen",
}


def show_issue(request: Request) -> Response:
    """The page of the issue that the path names."""
    store: Store = request.app.state.store
    if not names_loopback(request.headers.get("host", "")):
        return HTMLResponse(_page("Not here", "<p>This page is for the machine that it is on.</p>"), 403, HEADERS)
    with store.reading() as connection:
        found = _issue(store, connection, request.path_params)
        if found is None:
            return HTMLResponse(_page("No such issue", "<p>There is no such issue here.</p>"), 404, HEADERS)
        issue, event = found
    facts = "".join(f"<dt>{words}<dd>{escape(str(issue[name]))}" for name, words in FACTS.items())
    body = f"<p>{escape(str(issue['culprit'] or ''))}<dl>{facts}</dl>{_calls(event)}"
    return HTMLResponse(_page(str(issue["title"]), body), 200, HEADERS)


def _issue(
    store: Store, connection: sqlite3.Connection, path: dict[str, str]
) -> tuple[dict[str, Json], dict[str, Json]] | None:
    """The issue and its latest event, or the one that the path names."""
    owner = connection.execute("SELECT id FROM organizations WHERE slug = ?", (path["organization"],)).fetchone()
    if owner is None:
        return None
    reader = Caller(owner["id"], 0, frozenset())
    named = {name: unquote(value) for name, value in path.items()}
    asked = ApiRequest(store, reader, named, query=QueryParams(), body=None, base_url="", url_path="")
    try:
        row = issue_of(asked, connection)
    except ApiError:
        return None
    wanted = named.get("event")
    event = connection.execute(
        f"SELECT e.*, i.hash FROM {EVENTS} WHERE e.issue_id = ?"  # noqa: S608 - our own words
        " AND e.event_id = COALESCE(?, e.event_id) ORDER BY e.timestamp DESC, e.id DESC LIMIT 1",
        (row["id"], wanted),
    ).fetchone()
    if event is None and wanted is not None:
        return None
    return issue_detail(connection, row, ""), event_detail(connection, event) if event else {}


def _calls(event: dict[str, Json]) -> str:
    """The exceptions of an event with their calls, the failing one first."""
    shown = ""
    for entry in rows(event.get("entries")):
        if entry.get("type") != "exception":
            continue
        for exception in reversed(rows(mapping(entry.get("data")).get("values"))):
            lines = [_call(frame) for frame in reversed(rows(mapping(exception.get("stacktrace")).get("frames")))]
            words = f"{exception.get('type')}: {exception.get('value')}"
            shown += f"<h2>{escape(words)}</h2><pre>{escape(chr(10).join(lines))}</pre>"
    return shown


def _call(frame: dict[str, Json]) -> str:
    number = frame.get("lineNo")
    where = f"{frame.get('filename') or frame.get('module')}:{number} in {frame.get('function')}"
    source = next((str(line[1]).strip() for line in items(frame.get("context")) if line[0] == number), "")
    return f"{where}\n    {source}" if source else where


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><h1>{escape(title)}</h1>{body}</html>"
    )
