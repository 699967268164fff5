"""Tells of each alert that is stored while a server runs, also by another one that has the same inbox."""

from collections.abc import Awaitable, Callable, Sequence

import anyio
from anyio.abc import TaskStatus

from alerts.alert import Alert, Wanted
from alerts.inbox import Inbox, InboxError

AT_ONCE = 100
"""Alerts that are read, and told, at once."""
PAUSE = 0.1
"""Seconds between two looks: of many that come together there are few."""
LATER = 5.0
"""Seconds until it looks again at an inbox that could not be read."""


async def follow(
    inbox: Inbox,
    tell: Callable[[Sequence[Alert]], Awaitable[None]],
    later: float = LATER,
    *,
    task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Until it is cancelled; told are those that are stored after it has started, in their order."""
    last: int | None = None
    is_started = False
    while True:
        try:
            if last is None:
                newest = await inbox.get(Wanted())
                last = newest.id if newest is not None else 0
            if not is_started:
                task_status.started()
                is_started = True
            alerts = await inbox.newer(last, AT_ONCE)
            last = alerts[-1].id
            await tell(alerts)
            await anyio.sleep(PAUSE)
        except InboxError:  # who looks into it, or writes to it, says so
            if not is_started:
                task_status.started()
                is_started = True
            await anyio.sleep(later)
