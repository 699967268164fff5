"""How every answer becomes what a model reads: cleaned, fitted to a budget, rendered. Pure, no I/O."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sentry.values import as_list, as_object
from views.bounds import cut, short
from views.provenance import Markers, visible
from views.results import Part, Result, left_out, untrusted
from views.secrets.redaction import Redaction

CHARACTERS_A_TOKEN = 4
JSON_SHARE = 1.5
"""JSON may be that much longer than the text: its names and quotes are not the model's to read."""
USUAL = 4_000
LEAST = 500
"""Tokens: a smaller budget has no room for the announcement, the exception and what was left out."""
LEFT_FREE = 30
"""Characters of an answer's budget: whoever gives it again later adds how old it is."""
QUOTED = 500
"""Characters of somebody's words in an error of ours."""


@dataclass(frozen=True)
class Answer:
    """What a model reads; where it was asked for, what a program reads, and `{"untrusted": [paths]}` about it."""

    text: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    meta: dict[str, Any] = field(default_factory=dict[str, Any])

    def json(self) -> str:
        """The data as a program reads it; `{}` where it was not asked for."""
        return compact_json(self.data)


@dataclass(frozen=True)
class _Measuring(Markers):
    """Markers that do not look into a text too long for the answer, and count what looking made of the others."""

    most: int
    added: list[int] = field(default_factory=list[int])

    def block(self, text: str, language: str = "") -> str:
        plain = f"{self.opening}\n```{language}\n{text}\n```\n{self.closing}"
        if len(plain) > self.most:
            return plain
        block = super().block(text, language)
        self.added.append(len(block) - len(plain))
        return block


@dataclass(frozen=True)
class _Cleaner:
    redaction: Redaction

    def text(self, text: str) -> str:
        """The same object when it was clean."""
        return visible(self.redaction.text(text))

    def value(self, value: Any, name: str) -> Any:
        return _visible(self.redaction.value(value, name))


@dataclass(frozen=True)
class Reader:
    """How this server lets a model read. `budget` is in tokens, counted as characters / 4."""

    budget: int = USUAL
    redaction: Redaction = field(default_factory=Redaction)

    def read(
        self, result: Result, budget: int | None = None, now: datetime | None = None, *, as_json: bool = True
    ) -> Answer:
        """Secrets go first, while texts are whole; only then are they cut, and sections give way.

        Without `as_json` the answer is its text alone. `now` is the moment that ages are counted from.
        """
        now = now or datetime.now(UTC)
        tokens = max(budget or self.budget, LEAST)
        whole = result.within(tokens * CHARACTERS_A_TOKEN)
        shown = whole.cleaned(_Cleaner(self.redaction.of_one_answer())).shown(tokens / USUAL)
        if not as_json:
            return Answer(_fitted(shown, tokens, now, _no_data)[0])
        text, data = _fitted(shown, tokens, now, _data_within)
        return Answer(text, data, {"untrusted": list(untrusted(type(result)))})

    def quote(self, text: str) -> str:
        """Words of somebody else, such as Sentry's own in an error."""
        return cut(_Cleaner(self.redaction).text(text[: QUOTED * 4]), QUOTED)


def compact_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _data_within(result: Result, most: float) -> dict[str, Any] | None:
    data = result.structured()
    return data if len(compact_json(data)) <= most else None


def _no_data(_: Result, __: float) -> dict[str, Any] | None:
    return {}


def _fitted(
    result: Result, tokens: int, now: datetime, data_within: Callable[[Result, float], dict[str, Any] | None]
) -> tuple[str, dict[str, Any]]:
    """The text, and the data that `data_within` gives where it fits."""
    marks = Markers.new()
    most = tokens * CHARACTERS_A_TOKEN - LEFT_FREE
    text = result.markdown(marks, now)
    if len(text) <= most and (data := data_within(result, most * JSON_SHARE)) is not None:
        return text, data
    steps = result.steps()
    lengths = iter((400, 200, 100, 50, 25, 12))
    while True:
        smaller = result
        while smaller is result:
            if step := next(steps, None):
                smaller = step(result)
            elif length := next(lengths, None):
                smaller = _shortened(result, length)
            else:
                return result.markdown(marks, now)[:most], data_within(result, math.inf) or {}
        result = smaller
        measuring = _Measuring(marks.nonce, most)
        text = result.markdown(measuring, now)
        is_short = len(text) <= most and len(text) - sum(measuring.added) <= most
        if is_short and (data := data_within(result, most * JSON_SHARE)) is not None:
            return text, data


def _shortened(result: Result, length: int) -> Result:
    """When nothing else can give way, every text does: this bounds what no step thought of."""
    changes = {
        name: _short(value, length)
        for name in type(result).model_fields
        if name != "omitted" and (value := getattr(result, name))
    }
    return result.model_copy(
        update={**changes, "omitted": left_out(result.omitted, "parts of texts", "a larger max_tokens")}
    )


def _short(value: Any, length: int) -> Any:
    if isinstance(value, Part):
        changes = {name: _short(found, length) for name in type(value).model_fields if (found := getattr(value, name))}
        return value.model_copy(update=changes)
    if isinstance(value, str):
        return cut(value, max(length, 40))
    if isinstance(value, list):
        return [_short(item, length) for item in (as_list(value) or [])[-length:]]
    return short(value, length, max(2, length // 10))


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(str(key)): _visible(item) for key, item in (as_object(value) or {}).items()}
    if isinstance(value, list):
        return [_visible(item) for item in as_list(value) or []]
    return value
