"""Which events are one issue: the parts that identify an error, and their hash. Pure.

After Sentry's own rules (https://docs.sentry.io/concepts/data-management/event-grouping/): the fingerprint
the SDK sent, else the exceptions' types with their stack traces, else another stack trace, else the message.
"""

import hashlib
import json
import re

from local.values import Json, items, mapping, rows, text

Event = dict[str, Json]
"""An event as SDKs send it."""

_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")

# A word that only contains digits ("v2", "http2") is left alone.
_VARIABLE = re.compile(
    r"""
      (?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)
    | \b0x[0-9a-f]+\b | \b(?=[a-f]*[0-9])[0-9a-f]{8,}\b                   # addresses, commits, ids
    | (?<!\w)\d+(?:\.\d+)?(?=(?:ns|us|ms|s|m|h|d|b|kb|mb|gb|%|px)\b)    # with a unit
    | (?<!\w)[-+]?\d+(?:[.,:/-]\d+)*(?:e[-+]?\d+)?(?!\w)                # numbers, dates, times, IP addresses
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BUILD_HASH = re.compile(r"(?<![0-9a-z])(?=[a-z]*\d)[0-9a-f]{6,}(?![0-9a-z])", re.IGNORECASE)
_ADDRESS = re.compile(r"0x[0-9a-f]+", re.IGNORECASE)
_ORIGIN = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)


def grouping_hash(event: Event) -> str:
    """32 hexadecimal digits; events with the same ones, in one project, are one issue."""
    parts = json.dumps(fingerprint(event))
    return hashlib.md5(parts.encode(), usedforsecurity=False).hexdigest()


def fingerprint(event: Event) -> list[str]:
    """The parts that identify the error."""
    sent = [part.strip() for part in map(text, items(event.get("fingerprint"))) if part and part.strip()]
    if not sent:
        return default_parts(event)
    parts: list[str] = []
    for part in sent:
        parts += default_parts(event) if _DEFAULT.fullmatch(part) else [part]
    return parts


def default_parts(event: Event) -> list[str]:
    """What identifies the error when the SDK sent no fingerprint of its own."""
    exceptions = rows(event.get("exception"))
    stack = other_stacktrace(event)
    return (
        _exceptions(exceptions)
        or _frames(only_in_app(frames_of(stack)))
        or _message(event)
        or ["nothing to group by", text(event.get("level")) or "", text(event.get("transaction")) or ""]
    )


def frames_of(stacktrace: Json) -> list[dict[str, Json]]:
    """The frames of a stack trace, the oldest call first."""
    return rows(mapping(stacktrace).get("frames"))


def other_stacktrace(event: Event) -> dict[str, Json]:
    """The stack trace that belongs to no exception: of the thread that crashed, or attached to the event."""
    threads = rows(event.get("threads"))
    for wanted in ("crashed", "current"):
        for thread in threads:
            if thread.get(wanted) is True and frames_of(thread.get("stacktrace")):
                return mapping(thread.get("stacktrace"))
    if len(threads) == 1 and frames_of(threads[0].get("stacktrace")):
        return mapping(threads[0].get("stacktrace"))
    return mapping(event.get("stacktrace"))


def only_in_app(frames: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """The frames of the application; all of them when none is."""
    return [frame for frame in frames if frame.get("in_app") is True] or frames


def without_values(message: str) -> str:
    """The message with `<number>` for its numbers, also hexadecimal ones, and `<uuid>` for its UUIDs."""
    return _VARIABLE.sub(lambda found: f"<{found.lastgroup or 'number'}>", message)


def _exceptions(exceptions: list[dict[str, Json]]) -> list[str]:
    chains = [(exception, frames_of(exception.get("stacktrace"))) for exception in exceptions]
    ours = any(frame.get("in_app") is True for _, frames in chains for frame in frames)
    parts: list[str] = []
    previous: list[str] = []
    for exception, frames in chains:
        kept = [frame for frame in frames if frame.get("in_app") is True] if ours else frames
        kind = text(exception.get("type"))
        called = _frames(kept)
        if called or (frames and kind):
            part = [kind or "", *called]
        else:
            message = without_values(text(exception.get("value")) or "")
            part = [kind or "", message] if kind or message else []
        if part != previous:  # the same error raised again while it was handled
            parts += part
        previous = part
    return parts


def _frames(frames: list[dict[str, Json]]) -> list[str]:
    """Each call once, in the order first seen: how deep a recursion went does not matter."""
    return list(dict.fromkeys(call for call in map(_call, frames) if call))


def _call(frame: dict[str, Json]) -> str:
    place = text(frame.get("module")) or _file(text(frame.get("filename")) or text(frame.get("abs_path")) or "")
    function = _ADDRESS.sub("<address>", text(frame.get("function")) or "")
    if not function or function in ("?", "<unknown>", "<anonymous>"):
        function = (text(frame.get("context_line")) or "").strip()[:200]
    return f"{place}:{function}" if place or function else ""


def _file(name: str) -> str:
    """A file's name without the host it came from and the hash its build gave it."""
    path = _ORIGIN.sub("", name.replace("\\", "/")).split("?", 1)[0]
    return _BUILD_HASH.sub("<hash>", path)


def _message(event: Event) -> list[str]:
    entry = mapping(event.get("logentry")) or mapping(event.get("message"))
    template = text(entry.get("message")) or text(event.get("message"))
    formatted = text(entry.get("formatted")) or template
    if template is None:
        return [without_values(formatted)] if formatted else []
    if entry.get("params") or template != formatted:
        return [template]
    return [without_values(template)]
