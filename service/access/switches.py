"""What is switched for everybody, and what of it is left to each caller."""

from dataclasses import dataclass
from typing import Any, TypeVar

from service.access.callers import Caller, Scope

C = TypeVar("C", bound=Caller)

OF_ALERTS = frozenset((Scope.ALERTS_READ, Scope.ALERTS_WRITE))


@dataclass(frozen=True)
class Switches:
    """What the server does with all. A caller's own table can take away more, and has its own way with
    `structured_content` and `confirm_writes`."""

    read_only: bool = False
    tools: frozenset[str] | None = None
    """None: all of them."""
    exclude_tools: frozenset[str] = frozenset()
    structured_content: bool = False
    confirm_writes: bool | frozenset[str] = False
    """Whose, where it is not everybody's or nobody's: the names of callers."""
    alerts: bool = False
    """Whether there is an inbox of alerts; without it nobody may read or claim any."""

    def of(self, caller: C) -> C:
        """The caller with what is left to them; the same one again gives the same."""
        changes: dict[str, Any] = {}
        if not self.alerts and caller.scopes & OF_ALERTS:
            changes["scopes"] = caller.scopes - OF_ALERTS
        if self.read_only and not caller.read_only:
            changes["read_only"] = True
        if self.tools is not None and (caller.tools is None or not caller.tools <= self.tools):
            changes["tools"] = self.tools if caller.tools is None else caller.tools & self.tools
        if not self.exclude_tools <= caller.exclude_tools:
            changes["exclude_tools"] = caller.exclude_tools | self.exclude_tools
        if self.structured_content and caller.structured_content is None:
            changes["structured_content"] = True
        if caller.confirm_writes is None and self._asks(caller):
            changes["confirm_writes"] = True
        return caller.model_copy(update=changes) if changes else caller

    def _asks(self, caller: Caller) -> bool:
        asked = self.confirm_writes
        return asked if isinstance(asked, bool) else caller.name in asked
