"""Reads one event as an SDK sent it into what is kept of it. Pure, and safe for any JSON.

https://develop.sentry.dev/sdk/data-model/event-payloads/
"""

import re
import uuid
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from pydantic_core import from_json, to_json

from local.clock import DAY, MINUTE, moment
from local.intake import titles
from local.intake.attributes import span_id_of, trace_id_of
from local.intake.cleaning import LONGEST_TEXT, clean
from local.intake.grouping import frames_of, grouping_hash
from local.terms import terms, text_with
from local.values import Json, items, mapping, parse, rows, text, truth

LEVELS = ("fatal", "error", "warning", "info", "debug", "sample")

MOST_FRAMES = 250
"""Of one stack trace: the first and the last 125 stay, as on Sentry."""

MOST_EXCEPTIONS = 50
MOST_TAGS = 100
LONGEST_TAG = 200
OLDEST = 10 * 365 * DAY

_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_FORM = re.compile(r"[^=&\s]+=[^&\s]*(&[^=&\s]+=[^&\s]*)*$")
_USER = re.compile(r"(?:id|username|email|ip):")
_TAG_KEY = re.compile(r"[a-zA-Z0-9_.:-]{1,200}")


@dataclass(frozen=True)
class Incoming:
    """An event on its way into the store. Times are milliseconds."""

    event_id: str
    timestamp: int
    received: int
    hash: str
    title: str
    culprit: str
    metadata: dict[str, Json]
    message: str
    search_text: str
    level: str
    platform: str
    logger: str | None
    type: str
    unhandled: bool
    release: str | None
    environment: str | None
    user: str | None
    tags: dict[str, str]
    fields: dict[str, Json]
    terms: list[bytes]
    size: int
    body: bytes


def read_event(raw: Json, received: int, header_id: str | None = None, size: int = 0) -> Incoming:
    """What is kept of an event. `received` is when it came (ms), `header_id` the id in its envelope's header.

    Raises ValueError when `raw` is no JSON object.
    """
    if not isinstance(raw, dict):
        raise ValueError("an event is a JSON object")  # noqa: TRY004 - wrong data, not a wrong call
    event = clean(_prepared(mapping(raw)))
    timestamp, errors = _timestamp(event.get("timestamp"), received)
    event["errors"] = errors
    found = titles.metadata(event)
    title, culprit, message = titles.title(found), titles.culprit(event), titles.message(event)
    event_id = event_id_of(event.get("event_id")) or event_id_of(header_id) or uuid.uuid4().hex
    user = _user(mapping(event.get("user")))
    tags = _tags(event, user)
    if user is None and _USER.match(tags.get("user", "")):
        user = tags["user"]  # a tag that says who it is, as we do: one who has it is counted once
    fields = _fields(event, tags, title)
    search_text = " ".join(dict.fromkeys(part for part in (title, message, culprit, found.get("value", "")) if part))
    return Incoming(
        event_id=event_id,
        timestamp=timestamp,
        received=received,
        hash=grouping_hash(event),
        title=title,
        culprit=culprit,
        metadata={name: str(value)[:1024] for name, value in found.items()},
        message=message,
        search_text=text_with(search_text, fields),
        level=tags["level"],
        platform=(text(event.get("platform")) or "other")[:64],
        logger=text(event.get("logger")),
        type="error" if rows(event.get("exception")) else "default",
        unhandled=titles.is_unhandled(event),
        release=tags.get("release"),
        environment=tags.get("environment"),
        user=user,
        tags=tags,
        fields=fields,
        terms=terms(tags, fields),
        size=size,
        body=zlib.compress(to_json(event), 1),
    )


def read_body(body: bytes) -> dict[str, Json]:
    """The cleaned event, as `read_event` packed it."""
    return mapping(from_json(zlib.decompress(body)))


def event_id_of(value: Json) -> str | None:
    cleaned = (text(value) or "").replace("-", "").lower()
    return cleaned if _EVENT_ID.fullmatch(cleaned) else None


def _prepared(event: dict[str, Json]) -> dict[str, Json]:
    """The event with what SDKs write in several ways in one way, and over-long stack traces cut in the
    middle."""
    prepared = dict(event)
    for section in ("exception", "threads"):
        sent = event.get(section)
        lone = [mapping(sent)] if isinstance(sent, dict) and sent and "values" not in sent else rows(sent)
        if lone:
            prepared[section] = {"values": [_shortened_stack(value) for value in lone[-MOST_EXCEPTIONS:]]}
    if "stacktrace" in event:
        prepared = _shortened_stack(prepared)
    for section in ("contexts", "extra"):
        prepared[section] = mapping(event.get(section))
    if "request" in event:
        prepared["request"] = _request(mapping(event.get("request")))
    return prepared


def _request(request: dict[str, Json]) -> dict[str, Json]:
    """The request with its query string and body taken apart, so that a password in them is seen as one."""
    prepared = dict(request)
    url, query, content = text(request.get("url")), request.get("query_string"), request.get("data")
    if url and "?" in url:
        prepared["url"], _, in_url = url.partition("?")
        query = query or in_url.partition("#")[0]
    if isinstance(query, str):
        prepared["query_string"] = _form(query.removeprefix("?"))
    if isinstance(content, str) and content[:1] in ("{", "["):
        with suppress(ValueError):
            prepared["data"] = parse(content.encode("utf-8", "replace"))
    elif isinstance(content, str) and _FORM.match(content):
        prepared["data"] = dict(_form(content))
    return prepared


def _form(encoded: str) -> list[list[str]]:
    return [list(pair) for pair in parse_qsl(encoded[:LONGEST_TEXT], keep_blank_values=True)]


def _shortened_stack(holder: dict[str, Json]) -> dict[str, Json]:
    shortened = dict(holder)
    for name in ("stacktrace", "raw_stacktrace"):
        frames = frames_of(holder.get(name))
        if len(frames) > MOST_FRAMES:
            half = MOST_FRAMES // 2
            omitted = [half, len(frames) - half]
            stack = {
                **mapping(holder.get(name)),
                "frames": frames[:half] + frames[-half:],
                "frames_omitted": omitted,
            }
            shortened[name] = stack
    return shortened


def _timestamp(value: Json, received: int) -> tuple[int, list[Json]]:
    """When it happened; the time it came in for what is missing, to come, or too long ago to be true."""
    sent = moment(value)
    if sent is None:
        broken = [] if value is None else [_error("invalid_data", value)]
        return received, broken
    if sent > received + MINUTE:
        return received, [_error("future_timestamp", value)]
    if sent < received - OLDEST:
        return received, [_error("past_timestamp", value)]
    return sent, []


def _error(kind: str, value: Json) -> Json:
    """As Sentry reports what it changed (https://develop.sentry.dev/sdk/data-model/event-payloads/)."""
    return {
        "type": kind,
        "message": kind.replace("_", " ").capitalize(),
        "data": {"name": "timestamp", "value": value},
    }


def _user(user: dict[str, Json]) -> str | None:
    """Who it is, by the first thing known of them; the value of the tag `user`."""
    for field, name in (("id", "id"), ("username", "username"), ("email", "email"), ("ip_address", "ip")):
        value = " ".join((text(user.get(field)) or "").split())
        if value and value != "{{auto}}":
            return f"{name}:{value}"[:LONGEST_TAG].rstrip()
    return None


def _tags(event: dict[str, Json], user: str | None) -> dict[str, str]:
    """The tags the SDK sent and those Sentry derives from the rest of the event, in the order of their
    keys."""
    tags: dict[str, str] = {}
    sent = event.get("tags")
    pairs = mapping(sent).items() if isinstance(sent, dict) else [pair for pair in items(sent) if _is_pair(pair)]
    for key, value in list(pairs)[:MOST_TAGS]:
        _add(tags, key, value)
    contexts = mapping(event.get("contexts"))
    for kind in ("browser", "os", "runtime", "client_os"):
        found = mapping(contexts.get(kind))
        name, version = text(found.get("name")), text(found.get("version"))
        if name:
            _add(tags, f"{kind}.name", name)
            _add(tags, kind, f"{name} {version}" if version else name)
    mechanism = _mechanism(event)
    handled = truth(mechanism.get("handled"))
    level = text(event.get("level"))
    derived = {
        "level": level if level in LEVELS else "error",
        "release": event.get("release"),
        "dist": event.get("dist"),
        "environment": event.get("environment"),
        "transaction": event.get("transaction"),
        "server_name": event.get("server_name"),
        "logger": event.get("logger"),
        "device": mapping(contexts.get("device")).get("model"),
        "url": mapping(event.get("request")).get("url"),
        "mechanism": mechanism.get("type"),
        "handled": None if handled is None else ("yes" if handled else "no"),
        "user": user,
    }
    for key, value in derived.items():
        _add(tags, key, value)
    return dict(sorted(tags.items()))


def _is_pair(pair: Json) -> bool:
    return isinstance(pair, list) and len(items(pair)) == 2


def _add(tags: dict[str, str], key: Json, value: Json) -> None:
    name, shown = text(key), text(value)
    if name and shown and _is_tag_key(name) and (value := " ".join(shown.split())):
        tags[name] = value[:LONGEST_TAG]


@lru_cache(maxsize=1024)
def _is_tag_key(name: str) -> bool:
    return _TAG_KEY.fullmatch(name) is not None


def _mechanism(event: dict[str, Json]) -> dict[str, Json]:
    exceptions = rows(event.get("exception"))
    return mapping(exceptions[-1].get("mechanism")) if exceptions else {}


def _fields(event: dict[str, Json], tags: dict[str, str], title: str) -> dict[str, Json]:
    """What can be searched for beside tags, by Sentry's names
    (https://docs.sentry.io/concepts/search/searchable-properties/events/)."""
    user = mapping(event.get("user"))
    trace = mapping(mapping(event.get("contexts")).get("trace"))
    exceptions = rows(event.get("exception"))
    frames = [frame for exception in exceptions for frame in frames_of(exception.get("stacktrace"))][-MOST_FRAMES:]
    fields: dict[str, Json] = {
        "user.id": text(user.get("id")),
        "user.email": text(user.get("email")),
        "user.username": text(user.get("username")),
        "user.ip": text(user.get("ip_address")),
        "error.type": [text(exception.get("type")) for exception in exceptions],
        "error.value": [(text(exception.get("value")) or "")[:LONGEST_TAG] for exception in exceptions],
        "error.mechanism": tags.get("mechanism"),
        "error.unhandled": "true" if titles.is_unhandled(event) else "false",
        "stack.filename": _distinct(frames, "filename"),
        "stack.function": _distinct(frames, "function"),
        "stack.module": _distinct(frames, "module"),
        "http.method": text(mapping(event.get("request")).get("method")),
        "http.url": text(mapping(event.get("request")).get("url")),
        "trace": trace_id_of(trace.get("trace_id")),
        "trace.span": span_id_of(trace.get("span_id")),
        "platform": text(event.get("platform")) or "other",
        "sdk.name": text(mapping(event.get("sdk")).get("name")),
        "title": title,
    }
    return {name: value for name, value in fields.items() if value}


def _distinct(frames: list[dict[str, Json]], name: str) -> list[Json]:
    return list(dict.fromkeys(value[:LONGEST_TAG] for frame in frames if (value := text(frame.get(name)))))
