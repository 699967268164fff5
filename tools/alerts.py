"""How a model works off alerts."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

import service
from tools.arguments import Cursor, Identifier, Limit, Text

if TYPE_CHECKING:
    from views.alerts import AlertFinished, AlertList, AlertResult

LONGEST_WAIT = 60
"""Seconds that a claim waits for an alert."""
State = Literal["new", "claimed", "parked", "done"]


async def list_alerts(
    state: State | None = None,
    project: Identifier | None = None,
    kind: Text | None = None,
    since: Annotated[Text | None, Field(description="e.g. 24h")] = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> "AlertList":
    """List alerts in the inbox, the newest first."""
    return await service.alerts.list_alerts(
        state=state, project=project, kind=kind, since=since, limit=limit, cursor=cursor
    )


async def get_alert(alert: Annotated[Identifier, Field(description="Its number")]) -> "AlertResult":
    """Get an alert. No tool: a row of list_alerts says as much."""
    return await service.alerts.get_alert(alert)


async def claim_alert(
    alert: Annotated[Identifier | None, Field(description="A certain one; your own: for longer")] = None,
    project: Identifier | None = None,
    kind: Text | None = None,
    wait_seconds: Annotated[int | None, Field(ge=0, le=LONGEST_WAIT)] = None,
) -> "AlertResult":
    """Claim the oldest waiting alert, with its issue. Then finish_alert."""
    return await service.alerts.claim_alert(alert, project=project, kind=kind, wait_seconds=wait_seconds or 0)


async def finish_alert(
    alert: Annotated[Identifier, Field(description="As claimed, e.g. 17.1")],
    outcome: Literal["done", "given_back"] | None = None,
    note: Annotated[str | None, Field(description="What was found, or why it is given back")] = None,
    comment: Annotated[bool | None, Field(description="Post the note on the issue")] = None,
) -> "AlertFinished":
    """Finish an alert that you claimed, or give it back."""
    return await service.alerts.finish_alert(alert, outcome or "done", note, comment=bool(comment))
