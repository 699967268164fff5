"""Log lines, ours and those of libraries: one line for each record, without secrets and hidden characters."""

import json
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property

from settings import Settings

MOST = 20_000
"""Characters of a record that are looked at."""
CALLS = "sentry_mcp.calls", "sentry_mcp.audit"
"""Who called what, and what was changed, at INFO."""
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def set_up(settings: Settings) -> None:
    """Everything that is logged goes to stderr, through `Lines`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(settings) if settings.log_format == "json" else Lines(settings))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    if settings.knows_callers and settings.log_level == "WARNING":  # who runs a service wants to see its calls
        for name in CALLS:
            logging.getLogger(name).setLevel(logging.INFO)
    # httpx logs every URL at INFO: for debugging only.
    logging.getLogger("httpx").setLevel(logging.DEBUG if settings.log_level == "DEBUG" else logging.WARNING)


def announce(words: str) -> None:
    """What whoever starts a server is to know at any level: a plain line, or as JSON an object like all others."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, JsonLines):
            said = {"fields": {"message": words}, "is_clean": True, "levelname": "INFO", "name": "sentry_mcp"}
            handler.handle(logging.makeLogRecord(said))
            return
    print(f"sentry-mcp: {words}", file=sys.stderr)


class Lines(logging.Formatter):
    """Whoever sends an event may have written a part of a record: it can neither begin a line nor steer a terminal.

    A record that `is_clean`, as its every part has a form of its own, is taken as it is. A traceback stands below its
    record, on lines that begin as no record does.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(_FORMAT)
        self._settings = settings

    def format(self, record: logging.LogRecord) -> str:
        record.message = _message(record)
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        raised = self.formatException(record.exc_info) if record.exc_info else record.exc_text
        below = "\n".join(filter(None, (raised, record.stack_info)))
        line = self.formatMessage(record)
        lines = [line if getattr(record, "is_clean", False) else self._cleaned(line).replace("\n", "⏎")]
        return "\n".join([*lines, *(f"  | {line}" for line in self._cleaned(below).split("\n") if below)])

    def _cleaned(self, text: str) -> str:
        return self._clean(text[:MOST])

    @cached_property
    def _clean(self) -> Callable[[str], str]:
        """Made for the first record: a server is ready before there is any."""
        from service.cleaning import cleaning

        settings = self._settings
        return cleaning(settings.token, pii=settings.redact_pii, keys=settings.redact_keys)


class JsonLines(Lines):
    """One object for each record: `time`, `level`, `logger`, `message`; the `request_id` of the call that is being
    answered; `traceback`; and what a record says in `fields` of its own."""

    def format(self, record: logging.LogRecord) -> str:
        from service.calls import current_call
        from service.cleaning import cleaned

        call = current_call.get()
        raised = self.formatException(record.exc_info) if record.exc_info else record.exc_text
        fields = {
            "request_id": call.request if call else None,
            "traceback": "\n".join(filter(None, (raised, record.stack_info)))[:MOST] or None,
            **getattr(record, "fields", {}),
        }
        if not getattr(record, "is_clean", False):
            fields = cleaned({"message": _message(record)[:MOST], **fields}, self._clean, MOST)
        found = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            **{name: value for name, value in fields.items() if value is not None},
        }
        return json.dumps(found)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - of which logging would print all that it was given
        with suppress(Exception):
            return f"{record.msg} {record.args!r}"
        return "a message that cannot be written"
