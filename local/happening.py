"""What happens to issues: told, once it is written, to whoever the server was opened for (local/webhooks/)."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Happening:
    """`kind` is `event` when one more was counted, else what the issue's history calls it: `first_seen`,
    `set_regression`, `set_resolved`, `assigned`, ...

    `user` is whose doing it was, None for the server's own; `event` is the event's row.
    """

    issue: int
    kind: str
    user: int | None = None
    event: int | None = None


Tell = Callable[[Happening], None]
"""Called from any thread, outside of a transaction; it neither waits nor raises."""


def tell_nobody(_: Happening) -> None:
    """For a server without webhooks."""
