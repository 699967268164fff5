"""The exceptions of an event and how they led to each other, the one raised last first."""

from typing import Any, Literal, Self

from sentry.values import as_object
from views.bounds import cut, line, number, raw
from views.results import Detail, Evidence
from views.traces.frames import Frame

CHAIN = 12
"""Exceptions of a chain that are read: the last raised."""
VALUE = 1_200
"""Characters of an exception's message."""
Relation = Literal["Caused by", "Raised while handling", "Suppressed", "In the group"]
RELATIONS: dict[str, Relation] = {"__context__": "Raised while handling", "suppressed": "Suppressed"}
BUILT_IN = ("builtins", "__main__", "exceptions", "java.lang")


class Raised(Detail):
    """One exception of the chain."""

    type: Evidence | None = None
    value: Evidence | None = None
    module: Evidence | None = None
    handled: bool | None = None
    mechanism: Evidence | None = None
    relation: Relation | None = None  # to the exception before it in the list
    frames: list[Frame] = []

    def line(self) -> str:
        """`stripe.error.CardError: declined`."""
        name = self.type or self.mechanism or "Error"
        if self.module and self.module not in BUILT_IN and not name.startswith(self.module):
            name = f"{self.module}.{name}"
        return f"{name}: {self.value}" if self.value else name

    def shown(self, scale: float) -> Self:
        texts = self.with_texts(line, type=120, module=120, mechanism=60).with_texts(cut, value=VALUE * scale)
        return texts.model_copy(update={"frames": [frame.shown(scale) for frame in self.frames]})

    def in_brief(self) -> Self:
        return self.with_texts(cut, value=VALUE / 4)


def chain(values: list[dict[str, Any]], stacks: list[list[Frame]]) -> list[Raised]:
    """From Sentry's order, the oldest cause first; the calls of the last one are told elsewhere."""
    mechanisms = [as_object(value.get("mechanism")) or {} for value in values]
    groups = {number(m.get("exception_id")) for m in mechanisms if m.get("is_exception_group") is True}
    found: list[Raised] = []
    for value, mechanism, frames in zip(values[::-1], mechanisms[::-1], stacks[::-1], strict=True):
        handled = mechanism.get("handled")
        grouped = number(mechanism.get("parent_id")) in groups - {None}
        relation: Relation = "In the group" if grouped else RELATIONS.get(str(mechanism.get("source")), "Caused by")
        found.append(
            Raised(
                type=raw(value.get("type")),
                value=raw(value.get("value")),
                module=raw(value.get("module")),
                handled=handled if isinstance(handled, bool) else None,
                mechanism=raw(mechanism.get("type")),
                relation=relation if found else None,
                frames=frames if found else [],
            )
        )
    return found
