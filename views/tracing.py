"""What leads from an event to all else that is known of the same request: its trace, its replay, its transaction."""

import re
from typing import Any

from sentry.models import Event
from sentry.values import as_object
from views.bounds import raw
from views.kinds.findings import Findings
from views.results import Evidence, Identifier, Part
from views.wording import joined

_HEX = re.compile(r"[0-9a-f]{32}")


class Tracing(Part):
    trace_id: Identifier | None = None
    replay_id: Identifier | None = None
    transaction: Evidence | None = None  # where the culprit does not say the same

    def tracing(self) -> str:
        """`transaction /checkout | trace 6fbd8e37f4c04a8b9dbfb57a28db5ce2`."""
        return joined(
            [
                f"transaction {self.transaction}" if self.transaction else None,
                f"trace {self.trace_id}" if self.trace_id else None,
                f"replay {self.replay_id}" if self.replay_id else None,
            ]
        )


def tracing(event: Event, culprit: str | None, findings: Findings | None = None) -> dict[str, Any]:
    """The fields of `Tracing` (https://develop.sentry.dev/sdk/data-model/event-payloads/contexts/), but for what the
    evidence says. A replay is named by a context, and before there was one by a tag."""
    contexts = event.contexts or {}
    transaction = raw(event.tag("transaction"))
    found = {
        "trace_id": _hex((as_object(contexts.get("trace")) or {}).get("trace_id")),
        "replay_id": _hex((as_object(contexts.get("replay")) or {}).get("replay_id") or event.tag("replayId")),
        "transaction": transaction if transaction != culprit else None,
    }
    return {name: value for name, value in found.items() if not (findings and findings.tells(value))}


def _hex(value: Any) -> str | None:
    found = value.replace("-", "").lower() if isinstance(value, str) else ""
    return found if _HEX.fullmatch(found) and found.strip("0") else None
