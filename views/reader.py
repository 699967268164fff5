"""The one boundary between Sentry's objects and a model: every answer is cleaned, fitted to a budget, rendered."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from views.bounds import cut
from views.provenance import Markers, visible
from views.redaction import Redaction
from views.results import Part, Result, known, untrusted

R = TypeVar("R", bound=Result)
P = TypeVar("P", bound=Part)

CHARACTERS_A_TOKEN = 4
JSON_SHARE = 1.5
"""JSON may be that much longer than the text: its names and quotes are not the model's to read."""
QUOTED = 500
"""Characters of somebody's words in an error of ours."""


@dataclass(frozen=True)
class Answer:
    """What a model reads, what a program reads, and `{"untrusted": [paths]}` about the latter."""

    text: str
    data: dict[str, Any]
    meta: dict[str, Any]


@dataclass(frozen=True)
class Reader:
    """How this server lets a model read. `budget` is in tokens, counted as characters / 4."""

    budget: int = 4_000
    redaction: Redaction = Redaction()

    def read(self, result: Result, budget: int | None = None, now: datetime | None = None) -> Answer:
        """Secrets go first, while texts are whole; only then are they cut, and sections give way."""
        tokens = budget or self.budget
        marks = Markers.new()
        cleaned = self._part(result).shown(tokens / 4_000)
        text, data = self._fitted(cleaned, tokens, marks, now)
        return Answer(text, data, {"untrusted": list(untrusted(type(result)))})

    def quote(self, text: str) -> str:
        """Words of somebody else, such as Sentry's own in an error."""
        return cut(visible(self.redaction.text(text[: QUOTED * 4])), QUOTED)

    def _fitted(self, result: Result, tokens: int, marks: Markers, now: datetime | None) -> tuple[str, dict[str, Any]]:
        most = tokens * CHARACTERS_A_TOKEN
        steps = result.steps()
        while True:
            text, data = result.markdown(marks, now), result.structured()
            if len(text) <= most and len(compact_json(data)) <= most * JSON_SHARE:
                return text, data
            smaller = result
            while smaller is result:
                step = next(steps, None)
                if step is None:
                    return text, data
                smaller = step(result)
            result = smaller

    def _part(self, part: P) -> P:
        trusted = known(type(part))
        changes = {
            name: self._value(value, name)
            for name in type(part).model_fields
            if name not in trusted and (value := getattr(part, name)) is not None
        }
        return part.model_copy(update=changes)

    def _value(self, value: Any, name: str) -> Any:
        if isinstance(value, str):
            return visible(self.redaction.text(value))
        if isinstance(value, Part):
            return self._part(value)
        if isinstance(value, dict):
            return _visible(self.redaction.value(value, name))
        if isinstance(value, list):
            return [self._value(item, name) for item in cast("list[Any]", value)]
        return value


def compact_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {visible(key): _visible(item) for key, item in items}
    if isinstance(value, list):
        return [_visible(item) for item in cast("list[Any]", value)]
    return value
