"""Log lines, ours and those of libraries: one line for each record, without secrets and hidden characters."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property

from settings import Settings

MOST = 20_000
"""Characters of a record that are looked at."""
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def set_up(settings: Settings) -> None:
    """Everything that is logged goes to stderr, through `Lines`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(settings))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    # httpx logs every URL at INFO: for debugging only.
    logging.getLogger("httpx").setLevel(logging.DEBUG if settings.log_level == "DEBUG" else logging.WARNING)


class Lines(logging.Formatter):
    """Whoever sends an event may have written a part of a record: it can neither begin a line nor steer a terminal.

    A traceback stands below its record, on lines that begin as no record does.
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
        lines = [self._clean(self.formatMessage(record)).replace("\n", "⏎")]
        return "\n".join([*lines, *(f"  | {line}" for line in self._clean(below).split("\n") if below)])

    @cached_property
    def _clean(self) -> Callable[[str], str]:
        """Made for the first record: a server is ready before there is any."""
        from sentry.site import Site, without_tokens
        from views.provenance import visible
        from views.secrets.redaction import Redaction

        settings = self._settings
        site = Site(token=settings.token.get_secret_value() if settings.token else "")
        redaction = Redaction(pii=settings.redact_pii, keys=frozenset(settings.redact_keys))
        return lambda text: visible(redaction.text(without_tokens(site.without_token(text[:MOST]))))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - of which logging would print all that it was given
        with suppress(Exception):
            return f"{record.msg} {record.args!r}"
        return "a message that cannot be written"
