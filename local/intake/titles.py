"""What an event is called: title, culprit and the metadata they are made of. Pure."""

from local.intake.grouping import Event, frames_of, only_in_app, other_stacktrace
from local.values import Json, mapping, rows, text

LONGEST_TITLE = 250

UNLABELED = "<unlabeled event>"


def metadata(event: Event) -> dict[str, Json]:
    """`{type, value, filename, function}` of the exception raised last, else `{title}`."""
    exceptions = rows(event.get("exception"))
    if not exceptions:
        return {"title": _first_line(message(event)) or UNLABELED}
    exception = exceptions[-1]
    place = _place(frames_of(exception.get("stacktrace")))
    found = {
        "type": text(exception.get("type")),
        "value": text(exception.get("value")),
        **{name: place.get(name) for name in ("filename", "function")},
    }
    return {name: value for name, value in found.items() if value is not None}


def title(found: dict[str, Json]) -> str:
    """`Type: first line of the value`, as Sentry titles an exception."""
    if "title" in found:
        return str(found["title"])
    kind, value = found.get("type"), _first_line(found.get("value") or "")
    if kind and value:
        return _shortened(f"{kind}: {value}")
    return _shortened(kind or value or "<unknown>")


def culprit(event: Event) -> str:
    """Where it happened: the transaction, else the module and function of the last call of the
    application."""
    transaction = text(event.get("transaction"))
    if transaction:
        return transaction[:200]
    place = _place(frames_of(_last_stacktrace(event)))
    where, function = place.get("module") or place.get("filename"), place.get("function")
    if where and function:
        return f"{where} in {function}"[:200]
    return (where or function or "")[:200]


def message(event: Event) -> str:
    """The message a program logged or captured; empty for an exception without one."""
    entry = mapping(event.get("logentry")) or mapping(event.get("message"))
    return text(entry.get("formatted")) or text(entry.get("message")) or text(event.get("message")) or ""


def is_unhandled(event: Event) -> bool:
    """Whether any exception of the chain reached the top of the program."""
    mechanisms = (mapping(exception.get("mechanism")) for exception in rows(event.get("exception")))
    return any(mechanism.get("handled") is False for mechanism in mechanisms)


def _last_stacktrace(event: Event) -> dict[str, Json]:
    for exception in reversed(rows(event.get("exception"))):
        if frames_of(exception.get("stacktrace")):
            return mapping(exception.get("stacktrace"))
    return other_stacktrace(event)


def _place(frames: list[dict[str, Json]]) -> dict[str, str]:
    if not frames:
        return {}
    last = only_in_app(frames)[-1]
    found = {
        "filename": text(last.get("filename")) or text(last.get("abs_path")),
        "function": text(last.get("function")),
        "module": text(last.get("module")),
    }
    return {name: value for name, value in found.items() if value}


def _first_line(value: str) -> str:
    return _shortened(next((line for line in value.splitlines() if line.strip()), "").strip())


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST_TITLE else value[: LONGEST_TITLE - 3] + "..."
