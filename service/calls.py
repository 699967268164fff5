"""The call that is being answered, as those who run the server hear of it: which one, of whom, and how it ended."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Call:
    """Filled in by whoever answers it. Nothing here is a caller's own text, but for `request`, which has a safe form.

    `route` is an HTTP route's template, or a method of MCP's with its version in `protocol`; `name` that of a tool, a
    prompt or a resource, as the catalogues have it; `outcome` an error's name, None while there is none.
    """

    request: str
    route: str = "other"
    name: str = ""
    protocol: str = ""
    caller: str = ""
    is_configured: bool = False
    """Whether the caller is one of those that the server itself knows, of whom there are not too many to count each."""
    outcome: str | None = None
    limit: str = ""
    """The setting of `[limits]` by which it was refused, or `guesses`; empty where it was not."""


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)
"""None where nobody counts calls, as over a pipe."""


def note_route(route: str) -> None:
    """What the call is, as soon as it is known: the audit log tells it, too."""
    if (call := current_call.get()) is not None:
        call.route = route


def note_outcome(outcome: str) -> None:
    """The call failed so: the name of an error of ours."""
    if (call := current_call.get()) is not None:
        call.outcome = outcome


def note_limit(limit: str) -> None:
    """The call was refused by this setting of `[limits]`, or for `guesses` of tokens."""
    if (call := current_call.get()) is not None:
        call.limit = limit
