"""What all answers share: a small typed result that renders to Markdown and knows how to give way to a budget."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from views.provenance import Markers

Json = Any


@dataclass(frozen=True)
class Origin:
    """Who may have written a field's text."""

    name: str


OUTSIDER = Origin("outsider")
SENTRY = Origin("sentry")

Evidence = Annotated[str, OUTSIDER]
"""Text an outsider may have written: anyone with the project's public DSN."""
Details = Annotated[dict[str, Any], OUTSIDER]
"""Names and values an event brought along: locals, headers, tags, contexts."""
Known = Annotated[str, SENTRY]
"""An identifier, a moment or a word that Sentry made: nothing to redact in it."""


class Part(BaseModel):
    """A piece of a result. Fields at their default are left out of the JSON: a required one is always there."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class Detail(Part):
    """A piece whose fields stand in no output schema: listing them would cost every user tokens."""

    model_config = ConfigDict(json_schema_extra={"x-detail": True})


class Result(Part):
    """One answer. Builders bound what they put in; the Reader cleans it, cuts it for reading and fits it to the budget."""

    omitted: list[str] = []

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        raise NotImplementedError

    def shown(self, scale: float) -> Self:
        """Texts cut to what is worth reading; a larger budget (`scale` > 1) allows longer ones."""
        return self

    def steps(self) -> Iterator["Step"]:
        """What gives way when the answer is over its budget, the least useful first."""
        yield from ()

    def without(self, note: str | None = None, **changes: Any) -> Self:
        """A copy with these fields changed, and a line that says what was left out."""
        if note:
            changes["omitted"] = [*(line for line in self.omitted if line != note), note]
        return self.model_copy(update=changes)

    def structured(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)


Step = Callable[[Any], Any]
"""A result to a smaller one; the same one when it has nothing to give."""


@lru_cache
def untrusted(result: type[BaseModel]) -> tuple[str, ...]:
    """JSON paths of the fields whose text an outsider may have written."""
    return tuple(dict.fromkeys(_paths(result, "", OUTSIDER)))


@lru_cache
def known(part: type[BaseModel]) -> frozenset[str]:
    """The fields of this model that hold Sentry's own identifiers and words."""
    return frozenset(
        name
        for name, field in part.model_fields.items()
        if SENTRY in field.metadata or any(SENTRY in getattr(a, "__metadata__", ()) for a in get_args(field.annotation))
    )


def _paths(annotation: Any, path: str, origin: Origin) -> Iterator[str]:
    if get_origin(annotation) is Annotated:
        if origin in annotation.__metadata__:
            yield path
        else:
            yield from _paths(get_args(annotation)[0], path, origin)
    elif get_origin(annotation) is list:
        yield from _paths(get_args(annotation)[0], path + "[]", origin)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            here = f"{path}.{name}" if path else name
            if origin in field.metadata:
                yield here
            else:
                yield from _paths(field.annotation, here, origin)
    elif get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        for choice in get_args(annotation):
            yield from _paths(choice, path, origin)
