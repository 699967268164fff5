"""Events as the Web API shows them, from what SDKs send (https://docs.sentry.io/api/events/)."""

# ruff: noqa: S608 - values travel as parameters; only our own names and question marks are put into SQL

import json
import sqlite3

from local.clock import iso, moment
from local.intake import titles
from local.intake.grouping import Event
from local.intake.incoming import read_body
from local.shapes.frames import exception_entry, stacktrace_shape, thread_shape
from local.shapes.releases import find_release
from local.values import Json, items, mapping, rows, text

_META: dict[str, Json] = {
    "context": None,
    "contexts": None,
    "entries": {},
    "message": None,
    "packages": None,
    "sdk": None,
}


def event_summary(row: sqlite3.Row) -> dict[str, Json]:
    """An event in a list of them: without its entries."""
    return _summary(row, read_body(row["body"]))


def event_detail(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Json]:
    """One event in full."""
    event = read_body(row["body"])
    summary = _summary(row, event)
    summary.pop("event.type")
    sdk = mapping(event.get("sdk"))
    return {
        **summary,
        "type": "error" if rows(event.get("exception")) else "default",
        "dateReceived": iso(row["received"]),
        "size": row["size"],
        "dist": text(event.get("dist")),
        "contexts": _contexts(event),
        "context": mapping(event.get("extra")),
        "packages": mapping(event.get("modules")),
        "sdk": {"name": text(sdk.get("name")), "version": text(sdk.get("version"))} if sdk else None,
        "entries": _entries(event),
        "errors": items(event.get("errors")),
        "occurrence": None,
        "_meta": {**_META, "tags": {}, "user": None},
        "fingerprints": [row["hash"]],
        "groupingConfig": {"id": "local", "enhancements": ""},
    }


def neighbours(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Json]:
    """What an event has beside itself when it is asked for inside its issue: the next, the previous, the
    release."""
    return {
        "nextEventID": _neighbour(connection, row, ">", "ASC"),
        "previousEventID": _neighbour(connection, row, "<", "DESC"),
        "release": _release(connection, row),
        "userReport": None,
        "sdkUpdates": [],
        "resolvedWith": [],
    }


def _summary(row: sqlite3.Row, event: Event) -> dict[str, Json]:
    found = titles.metadata(event)
    return {
        "id": row["event_id"],
        "eventID": row["event_id"],
        "event.type": "error" if rows(event.get("exception")) else "default",
        "groupID": str(row["issue_id"]),
        "projectID": str(row["project_id"]),
        "title": titles.title(found),
        "message": titles.message(event),
        "location": found.get("filename"),
        "culprit": titles.culprit(event),
        "platform": text(event.get("platform")) or "other",
        "dateCreated": iso(row["timestamp"]),
        "crashFile": None,
        "metadata": found,
        "user": _user(event),
        "tags": [{"key": key, "value": value} for key, value in json.loads(row["tags"]).items()],
    }


def _neighbour(connection: sqlite3.Connection, row: sqlite3.Row, side: str, direction: str) -> str | None:
    found = connection.execute(
        f"SELECT event_id FROM events WHERE issue_id = ? AND (timestamp, id) {side} (?, ?)"
        f" ORDER BY timestamp {direction}, id {direction} LIMIT 1",
        (row["issue_id"], row["timestamp"], row["id"]),
    ).fetchone()
    return found["event_id"] if found else None


def _release(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Json] | None:
    found = connection.execute(
        "SELECT r.id FROM releases r JOIN projects p ON p.organization_id = r.organization_id"
        " WHERE p.id = ? AND r.version = ?",
        (row["project_id"], row["release"]),
    ).fetchone()
    return find_release(connection, found["id"]) if found else None


def _user(event: Event) -> dict[str, Json] | None:
    user = mapping(event.get("user"))
    if not user:
        return None
    known = ("id", "email", "username", "ip_address", "name", "geo")
    rest = {key: value for key, value in user.items() if key not in (*known, "data")}
    shown: dict[str, Json] = {name: text(user.get(name)) for name in known[:-1]}
    return {
        **shown,
        "geo": mapping(user.get("geo")) or None,
        "data": {**rest, **mapping(user.get("data"))} or None,
    }


def _contexts(event: Event) -> dict[str, Json]:
    contexts = mapping(event.get("contexts"))
    return {name: {"type": name, **mapping(context)} for name, context in contexts.items() if isinstance(context, dict)}


def _entries(event: Event) -> list[Json]:
    entries: list[Json] = []
    if rows(event.get("exception")):
        entries.append(exception_entry(event))
    elif isinstance(event.get("stacktrace"), dict):
        entries.append({"type": "stacktrace", "data": stacktrace_shape(event["stacktrace"])})
    threads = [thread_shape(thread) for thread in rows(event.get("threads"))]
    if threads:
        entries.append({"type": "threads", "data": {"values": threads}})
    message = titles.message(event)
    if message:
        entry = mapping(event.get("logentry"))
        template = text(entry.get("message")) or message
        shown = {"formatted": message, "message": template, "params": entry.get("params")}
        entries.append({"type": "message", "data": shown})
    crumbs = [_breadcrumb(crumb) for crumb in rows(event.get("breadcrumbs"))]
    if crumbs:
        entries.append({"type": "breadcrumbs", "data": {"values": crumbs}})
    request = mapping(event.get("request"))
    if request:
        entries.append({"type": "request", "data": _request(request)})
    images = rows(mapping(event.get("debug_meta")).get("images"))
    if images:
        entries.append({"type": "debugmeta", "data": {"images": images}})
    return entries


def _breadcrumb(crumb: dict[str, Json]) -> dict[str, Json]:
    return {
        "type": text(crumb.get("type")) or "default",
        "category": text(crumb.get("category")),
        "message": text(crumb.get("message")),
        "level": text(crumb.get("level")) or "info",
        "timestamp": iso(moment(crumb.get("timestamp"))),
        "data": mapping(crumb.get("data")) or None,
        "event_id": None,
    }


def _request(request: dict[str, Json]) -> dict[str, Json]:
    return {
        "url": text(request.get("url")),
        "method": text(request.get("method")),
        "query": _pairs(request.get("query_string")),
        "fragment": text(request.get("fragment")),
        "data": request.get("data"),
        "headers": _pairs(request.get("headers")),
        "cookies": _pairs(_cookies(request.get("cookies"))),
        "env": mapping(request.get("env")) or None,
        "inferredContentType": _content_type(request),
    }


def _pairs(value: Json) -> list[Json]:
    """Headers and the like come as an object or as pairs; the Web API shows pairs."""
    if isinstance(value, dict):
        return [[key, member] for key, member in mapping(value).items()]
    return [pair for pair in items(value) if isinstance(pair, list) and len(items(pair)) == 2]


def _cookies(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    return [list(cookie.strip().partition("=")[::2]) for cookie in value.split(";") if cookie.strip()]


def _content_type(request: dict[str, Json]) -> str | None:
    for name, value in _pairs(request.get("headers")):
        if isinstance(name, str) and name.lower() == "content-type":
            return text(value)
    return "application/json" if isinstance(request.get("data"), dict | list) else None
