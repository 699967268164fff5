"""Tells of each alert that is stored while a server runs, also by another one that has the same inbox."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

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
_logger = logging.getLogger(__name__)


async def follow(
    inbox: Inbox,
    tell: Callable[[Sequence[Alert]], Awaitable[None]],
    later: float = LATER,
    *,
    task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Until it is cancelled; told are those that are stored after it has started, in their order."""
    last: int | None = None
    with suppress(InboxError):
        last = await _newest(inbox)
    task_status.started()
    while True:
        wait = later
        try:
            if last is None:
                last = await _newest(inbox)
            alerts = await inbox.newer(last, AT_ONCE)
            last = alerts[-1].id
            await tell(alerts)
            wait = PAUSE
        except InboxError:  # who writes to it says so
            pass
        except Exception:  # of these alerts: the next ones are told
            _logger.exception("Alerts could not be told")
        await anyio.sleep(wait)


async def _newest(inbox: Inbox) -> int:
    newest = await inbox.get(Wanted())
    return newest.id if newest is not None else 0
