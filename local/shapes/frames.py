"""Stack traces as the Web API shows them: SDKs write snake_case and three pieces of source, it shows
camelCase and one.

https://develop.sentry.dev/sdk/data-model/event-payloads/stacktrace/
"""

from local.intake.grouping import Event, frames_of
from local.values import Json, items, mapping, rows, text, truth, whole


def exception_entry(event: Event) -> dict[str, Json]:
    """The chain of exceptions, the oldest cause first."""
    values = [exception_shape(exception) for exception in rows(event.get("exception"))]
    system = any(mapping(value["stacktrace"]).get("hasSystemFrames") for value in values)
    return {"type": "exception", "data": {"values": values, "hasSystemFrames": system, "excOmitted": None}}


def exception_shape(exception: dict[str, Json]) -> dict[str, Json]:
    return {
        "type": text(exception.get("type")),
        "value": text(exception.get("value")) or "",
        "module": text(exception.get("module")),
        "threadId": exception.get("thread_id"),
        "mechanism": mapping(exception.get("mechanism")) or None,
        "stacktrace": stacktrace_shape(exception.get("stacktrace")),
        "rawStacktrace": stacktrace_shape(exception.get("raw_stacktrace")),
    }


def thread_shape(thread: dict[str, Json]) -> dict[str, Json]:
    return {
        "id": thread.get("id"),
        "name": text(thread.get("name")),
        "crashed": truth(thread.get("crashed")) or False,
        "current": truth(thread.get("current")) or False,
        "state": text(thread.get("state")),
        "heldLocks": mapping(thread.get("held_locks")) or None,
        "stacktrace": stacktrace_shape(thread.get("stacktrace")),
        "rawStacktrace": stacktrace_shape(thread.get("raw_stacktrace")),
    }


def stacktrace_shape(stacktrace: Json) -> dict[str, Json] | None:
    """Frames, the oldest call first; `hasSystemFrames` when some are the application's and some are not."""
    if not isinstance(stacktrace, dict):
        return None
    found = mapping(stacktrace)
    frames = [frame_shape(frame) for frame in frames_of(found)]
    return {
        "frames": frames,
        "framesOmitted": found.get("frames_omitted"),
        "registers": mapping(found.get("registers")) or None,
        "hasSystemFrames": len({frame["inApp"] for frame in frames}) == 2,
    }


def frame_shape(frame: dict[str, Json]) -> dict[str, Json]:
    line = whole(frame.get("lineno"))
    return {
        "filename": text(frame.get("filename")) or text(frame.get("abs_path")),
        "absPath": text(frame.get("abs_path")) or text(frame.get("filename")),
        "module": text(frame.get("module")),
        "package": text(frame.get("package")),
        "platform": text(frame.get("platform")),
        "instructionAddr": text(frame.get("instruction_addr")),
        "symbolAddr": text(frame.get("symbol_addr")),
        "function": text(frame.get("function")),
        "rawFunction": text(frame.get("raw_function")),
        "symbol": text(frame.get("symbol")),
        "context": _context(frame, line),
        "lineNo": line,
        "colNo": whole(frame.get("colno")),
        "trust": text(frame.get("trust")),
        "inApp": truth(frame.get("in_app")) or False,
        "errors": None,
        "lock": None,
        "sourceLink": None,
        "vars": _variables(frame.get("vars")),
    }


def _context(frame: dict[str, Json], line: int | None) -> list[Json]:
    """`[[line number, "source"], ...]` around the call."""
    here = frame.get("context_line")
    if line is None or not isinstance(here, str):
        return []
    before = [_source(source) for source in items(frame.get("pre_context"))]
    after = [_source(source) for source in items(frame.get("post_context"))]
    first = max(line - len(before), 0)
    return [[first + number, source] for number, source in enumerate([*before, here, *after])]


def _source(line: Json) -> str:
    return line if isinstance(line, str) else ""


def _variables(value: Json) -> dict[str, Json] | None:
    if isinstance(value, list):  # some SDKs send them as a list
        return {str(number): member for number, member in enumerate(items(value))}
    return mapping(value) or None
