"""What all answers share: a small typed result that renders to Markdown and knows how to give way to a budget."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import is_not
from types import NoneType
from typing import Annotated, Any, Protocol, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from sentry.values import Json, as_list
from views.provenance import Markers

T = TypeVar("T")


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


class Cleaner(Protocol):
    """Takes secrets out of texts, and makes hidden characters visible."""

    def text(self, text: str) -> str: ...

    def value(self, value: Json, name: str) -> Json: ...


class Part(BaseModel):
    """A piece of a result. Fields at their default are left out of the JSON: a required one is always there."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    def cleaned(self, cleaner: Cleaner) -> Self:
        """With every text clean but those that Sentry made."""
        return self.with_changes(**self.clean_fields(cleaner))

    def clean_fields(self, cleaner: Cleaner, apart: frozenset[str] = frozenset()) -> dict[str, Any]:
        """The fields that hold texts, cleaned, but for those `apart`."""
        return {
            name: _clean(value, name, cleaner)
            for name in to_clean(type(self))
            if name not in apart and (value := getattr(self, name))
        }

    def with_texts(self, shorten: Callable[[str, float], str], **lengths: float) -> Self:
        """With these text fields shortened."""
        changes = {
            name: short
            for name, most in lengths.items()
            if (text := getattr(self, name)) and (short := shorten(text, most)) != text
        }
        return self.with_changes(**changes)

    def with_changes(self, **changes: Any) -> Self:
        """A copy with these fields; itself where it has them: to copy a row takes half as long as to render it."""
        new = {name: value for name, value in changes.items() if value is not getattr(self, name)}
        return self.model_copy(update=new) if new else self


class Detail(Part):
    """A piece whose fields stand in no output schema: listing them would cost every user tokens."""

    model_config = ConfigDict(json_schema_extra={"x-detail": True})


class Result(Part):
    """One answer. Builders bound what they put in; the Reader cleans it, cuts it for reading, fits it to the budget."""

    omitted: list[str] = []

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        raise NotImplementedError

    def within(self, characters: int) -> Self:
        """Without the pieces that cannot fit in that many characters: what is never shown needs no cleaning."""
        return self

    def shown(self, scale: float) -> Self:
        """Texts cut to what is worth reading; a larger budget (`scale` > 1) allows longer ones."""
        return self

    def steps(self) -> Iterator["Step"]:
        """What gives way when the answer is over its budget, the least useful first."""
        yield from ()

    def without(self, what: str, call: str, **changes: Any) -> Self:
        """A copy with these fields changed, and a line that says what was left out and which call fetches it."""
        return self.model_copy(update={**changes, "omitted": left_out(self.omitted, what, call)})

    def structured(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)


Step = Callable[[Any], Any]
"""A result to a smaller one; the same one when it has nothing to give."""


def left_out(omitted: list[str], what: str, call: str) -> list[str]:
    """One line for each call: `Left out extra, breadcrumbs: get_event(event="...")`."""
    start, end = "Left out ", f": {call}"
    lines = list(omitted)
    for number, line in enumerate(lines):
        if line.startswith(start) and line.endswith(end):
            said = line.removeprefix(start).removesuffix(end).split(", ")
            lines[number] = f"{start}{', '.join(dict.fromkeys([*said, what]))}{end}"
            return lines
    return [*lines, f"{start}{what}{end}"]


def each(items: list[T], change: Callable[[T], T]) -> list[T]:
    """The items changed; the same list where none of them was."""
    changed = [change(item) for item in items]
    return changed if any(map(is_not, changed, items)) else items


def _clean(value: Any, name: str, cleaner: Cleaner) -> Any:
    """Clean; the same object where it was."""
    if isinstance(value, str):
        return cleaner.text(value)
    if isinstance(value, Part):
        return value.cleaned(cleaner)
    if isinstance(value, dict):
        return cleaner.value(value, name)
    if isinstance(value, list):
        return each(as_list(value) or [], lambda item: _clean(item, name, cleaner))
    return value


@lru_cache
def untrusted(result: type[BaseModel]) -> tuple[str, ...]:
    """JSON paths of the fields whose text an outsider may have written."""
    return tuple(dict.fromkeys(_paths(result, "", OUTSIDER)))


@lru_cache
def to_clean(part: type[BaseModel]) -> tuple[str, ...]:
    """The fields of this model that may hold somebody's text: neither Sentry's own words nor but numbers."""
    return tuple(
        name
        for name, field in part.model_fields.items()
        if name not in known(part)
        and not {*(get_args(field.annotation) or [field.annotation])} <= {int, float, bool, NoneType}
    )


@lru_cache
def known(part: type[BaseModel]) -> frozenset[str]:
    """The fields of this model that hold Sentry's own identifiers and words."""
    return frozenset(
        name
        for name, field in part.model_fields.items()
        if SENTRY in field.metadata or any(SENTRY in getattr(a, "__metadata__", ()) for a in get_args(field.annotation))
    )


def _model(annotation: object) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _paths(annotation: Any, path: str, origin: Origin) -> Iterator[str]:
    if get_origin(annotation) is Annotated:
        if origin in annotation.__metadata__:
            yield path
        else:
            yield from _paths(get_args(annotation)[0], path, origin)
    elif get_origin(annotation) is list:
        yield from _paths(get_args(annotation)[0], path + "[]", origin)
    elif model := _model(annotation):
        for name, field in model.model_fields.items():
            here = f"{path}.{name}" if path else name
            if origin in field.metadata:
                yield here
            else:
                yield from _paths(field.annotation, here, origin)
    elif get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        for choice in get_args(annotation):
            yield from _paths(choice, path, origin)
