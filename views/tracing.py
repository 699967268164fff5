"""What leads from an event to all else that is known of the same request: its trace, its replay, its transaction."""

import re
from typing import Any

from sentry.models import Event, TraceCounts
from sentry.values import as_object
from views.bounds import number, raw
from views.kinds.findings import Findings
from views.results import Evidence, Identifier, Part
from views.wording import counted, joined

_HEX = re.compile(r"[0-9a-f]{32}")


class Tracing(Part):
    trace_id: Identifier | None = None
    trace_spans: int | None = None  # how many there are in it, where that is cheap to tell
    trace_errors: int | None = None
    trace_logs: int | None = None
    replay_id: Identifier | None = None
    transaction: Evidence | None = None  # where the culprit does not say the same

    def tracing(self) -> str:
        """`transaction /checkout | trace 6fbd8e37f4c04a8b9dbfb57a28db5ce2 (412 spans, 2 errors: get_trace)`."""
        counts = ((self.trace_spans, "span"), (self.trace_logs, "log"), (self.trace_errors, "error"))
        has = joined([counted(number, noun) for number, noun in counts if number], ", ")
        return joined(
            [
                f"transaction {self.transaction}" if self.transaction else None,
                joined([f"trace {self.trace_id}", f"({has}: get_trace)" if has else None], " ")
                if self.trace_id
                else None,
                f"replay {self.replay_id}" if self.replay_id else None,
            ]
        )


def tracing(
    event: Event, culprit: str | None, findings: Findings | None = None, counts: TraceCounts | None = None
) -> dict[str, Any]:
    """The fields of `Tracing` (https://develop.sentry.dev/sdk/data-model/event-payloads/contexts/), but for what the
    evidence says. A replay is named by a context, and before there was one by a tag."""
    contexts = event.contexts or {}
    transaction = raw(event.tag("transaction"))
    found = {
        "trace_id": trace_of(event),
        "replay_id": _hex((as_object(contexts.get("replay")) or {}).get("replay_id") or event.tag("replayId")),
        "transaction": transaction if transaction != culprit else None,
    }
    untold = {name: value for name, value in found.items() if not (findings and findings.tells(value))}
    return {**untold, **_counted(counts)}


def _counted(counts: TraceCounts | None) -> dict[str, int | None]:
    if counts is None:
        return {}
    return {
        "trace_spans": number(counts.spans),
        "trace_errors": number(counts.errors),
        "trace_logs": number(counts.logs),
    }


def trace_of(event: Event) -> str | None:
    """The ID of the trace that an event is of."""
    return _hex((as_object((event.contexts or {}).get("trace")) or {}).get("trace_id"))


def _hex(value: Any) -> str | None:
    found = value.replace("-", "").lower() if isinstance(value, str) else ""
    return found if _HEX.fullmatch(found) and found.strip("0") else None
