"""What all answers share: a small typed result that renders to Markdown and knows how to give way to a budget."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import is_not
from types import NoneType
from typing import Annotated, Any, Literal, Protocol, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from sentry.values import Json, as_list
from views import bounds
from views.provenance import Markers

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """Who may have written a field's text."""

    name: str


@dataclass(frozen=True)
class Form(Origin):
    """Of a word that Sentry made: what does not have this form is none, and stands in no answer."""

    pattern: re.Pattern[str]
    may_be_secret: bool = False
    """Whether a secret could have this form, too."""
    never_secret: re.Pattern[str] | None = None
    """Of words of this form that are none all the same."""


OUTSIDER = Origin("outsider")
MEMBER = Origin("member")
OURS = Origin("ours")

# A text of no declared origin is taken for an outsider's.
Evidence = Annotated[str, OUTSIDER]
"""Text an outsider may have written: anyone with the project's public DSN."""
Details = Annotated[dict[str, Any], OUTSIDER]
"""Names and values an event brought along: locals, headers, tags, contexts."""
ByMember = Annotated[str, MEMBER]
"""Text a member of the organization may have written: a name, a comment, a commit's message."""
Words = Annotated[str, OURS]
"""A sentence of our own."""

# These alone may stand outside of the markers.
Identifier = Annotated[str, Form("identifier", bounds.IDENTIFIER)]
ShortId = Annotated[str, Form("short ID", bounds.SHORT_ID, True)]
Slug = Annotated[str, Form("slug", bounds.SLUG, True)]
Word = Annotated[str, Form("word", bounds.WORD)]
Moment = Annotated[str, Form("moment", bounds.MOMENT)]
IssueName = Annotated[str, Form("issue", bounds.ISSUE_NAME, True)]
Cursor = Annotated[str, Form("cursor", bounds.CURSOR, True, bounds.PLACES)]
Link = Annotated[str, Form("link", bounds.LINK, True)]
"""Shown only where it leads to the Sentry that is asked."""


class Cleaner(Protocol):
    """Takes secrets out of texts, and makes hidden characters visible."""

    def text(self, text: str) -> str: ...

    def value(self, value: Json, name: str) -> Json: ...

    def word(self, word: str, form: Form) -> str:
        """A word of Sentry's as it is; empty where it has not its form."""
        ...


class Part(BaseModel):
    """A piece of a result. Fields at their default are left out of the JSON: a required one is always there."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    def cleaned(self, cleaner: Cleaner) -> Self:
        """With every text clean, and without words of Sentry's that are none."""
        return self.with_changes(**self.clean_fields(cleaner))

    def clean_fields(self, cleaner: Cleaner, apart: frozenset[str] = frozenset()) -> dict[str, Any]:
        """The fields that hold texts, cleaned, but for those `apart`."""
        fields = {
            name: _clean(value, name, cleaner)
            for name in texts(type(self))
            if name not in apart and (value := getattr(self, name))
        }
        for name, (form, absent) in words(type(self)).items():
            if value := getattr(self, name):
                checked = cleaner.word(value, form) if isinstance(value, str) else _checked(value, form, cleaner)
                if checked != value:
                    fields[name] = checked or absent
        return fields

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

    omitted: list[Words] = []

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


def _checked(value: list[str], form: Form, cleaner: Cleaner) -> list[str]:
    return [word for one in value if (word := cleaner.word(one, form))]


@lru_cache
def untrusted(result: type[BaseModel]) -> tuple[str, ...]:
    """JSON paths of the fields whose text somebody else may have written: an outsider or a member."""
    return tuple(dict.fromkeys(_paths(result, "")))


@lru_cache
def untrusted_parts(result: type[BaseModel]) -> tuple[str, ...]:
    """The same in fewer words: a field of the answer in which all texts are somebody else's is named alone."""
    found: list[str] = []
    for name in result.model_fields:
        paths = [path for path in untrusted(result) if path.partition(".")[0].partition("[")[0] == name]
        found += [name] if paths and not _has_words(_type_of(result, name)) else paths
    return tuple(found)


@lru_cache
def texts(part: type[BaseModel]) -> tuple[str, ...]:
    """The fields of this model that may hold somebody's text: neither Sentry's own words nor but numbers."""
    return tuple(
        name
        for name, field in part.model_fields.items()
        if name not in words(part)
        and get_origin(field.annotation) is not Literal
        and not {*(get_args(field.annotation) or [field.annotation])} <= {int, float, bool, NoneType}
    )


@lru_cache
def words(part: type[BaseModel]) -> dict[str, tuple[Form, Any]]:
    """The fields of this model that hold Sentry's own words: of which form, and what stands there without one."""
    found: dict[str, tuple[Form, Any]] = {}
    for name, field in part.model_fields.items():
        kinds = [*field.metadata, *(one for a in get_args(field.annotation) for one in getattr(a, "__metadata__", ()))]
        for form in kinds:
            if isinstance(form, Form):
                absent = "" if field.annotation is str else None
                found[name] = form, absent if field.is_required() else field.get_default(call_default_factory=True)
    return found


def _model(annotation: object) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _type_of(model: type[BaseModel], name: str) -> Any:
    field = model.model_fields[name]
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _has_words(annotation: Any) -> bool:
    """Of Sentry's or ours."""
    if any(isinstance(one, Form) or one is OURS for one in getattr(annotation, "__metadata__", ())):
        return True
    if model := _model(annotation):
        return any(_has_words(_type_of(model, name)) for name in model.model_fields)
    return any(map(_has_words, get_args(annotation)))


def _paths(annotation: Any, path: str) -> Iterator[str]:
    """Of the texts in a type, but for Sentry's words and ours."""
    origins = [one for one in getattr(annotation, "__metadata__", ()) if isinstance(one, Origin)]
    if origins:
        if origins[0] in (OUTSIDER, MEMBER):
            yield path
    elif annotation in (str, Any) or get_origin(annotation) is dict:
        yield path
    elif model := _model(annotation):
        for name in model.model_fields:
            yield from _paths(_type_of(model, name), f"{path}.{name}" if path else name)
    elif get_origin(annotation) is list:
        yield from _paths(get_args(annotation)[0], path + "[]")
    else:
        for choice in get_args(annotation):
            yield from _paths(choice, path)
