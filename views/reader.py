"""The one boundary between Sentry's objects and a model: every answer is cleaned, fitted to a budget, rendered."""

import hashlib
import json
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sentry.models import as_list, as_object
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
LATELY, AGED = 32, 10
"""Answers that are kept, at most some 60 kB each, and for how many seconds."""
QUOTED = 500
"""Characters of somebody's words in an error of ours."""


@dataclass(frozen=True)
class Answer:
    """What a model reads, what a program reads, and `{"untrusted": [paths]}` about the latter."""

    text: str
    data: dict[str, Any]
    meta: dict[str, Any]


class _Measuring(Markers):
    """Markers of the same length that do not look into the text: for measuring only."""

    def block(self, text: str, language: str = "") -> str:
        return f"{self.opening}\n```{language}\n{text}\n```\n{self.closing}"


@dataclass(frozen=True)
class _Cleaner:
    redaction: Redaction

    def text(self, text: str) -> str:
        return visible(self.redaction.text(text))

    def value(self, value: Any, name: str) -> Any:
        return _visible(self.redaction.value(value, name))


@dataclass(frozen=True)
class Reader:
    """How this server lets a model read. `budget` is in tokens, counted as characters / 4."""

    budget: int = USUAL
    redaction: Redaction = field(default_factory=Redaction)
    _lately: OrderedDict[bytes, Answer] = field(default_factory=OrderedDict[bytes, Answer], repr=False, compare=False)

    def read(self, result: Result, budget: int | None = None, now: datetime | None = None) -> Answer:
        """Secrets go first, while texts are whole; only then are they cut, and sections give way.

        The same again within seconds, as agents ask it, is the same answer: a nonce that an event cannot hold
        it still cannot hold.
        """
        tokens = max(budget or self.budget, LEAST)
        if now is not None or tokens > USUAL:
            return self._read(result, tokens, now)
        key = _fingerprint(result, tokens)
        answer = self._lately.pop(key, None) or self._read(result, tokens, None)
        self._lately[key] = answer
        if len(self._lately) > LATELY:
            self._lately.popitem(last=False)
        return answer

    def _read(self, result: Result, tokens: int, now: datetime | None) -> Answer:
        whole = result.within(tokens * CHARACTERS_A_TOKEN)
        shown = whole.cleaned(_Cleaner(self.redaction)).shown(tokens / USUAL)
        text, data = _fitted(shown, tokens, now)
        return Answer(text, data, {"untrusted": list(untrusted(type(result)))})

    def quote(self, text: str) -> str:
        """Words of somebody else, such as Sentry's own in an error."""
        return cut(_Cleaner(self.redaction).text(text[: QUOTED * 4]), QUOTED)


def _fingerprint(result: Result, tokens: int) -> bytes:
    """Of all that an answer is made of; ages in it ("2m ago") are good for some seconds."""
    made_of = f"{type(result).__name__} {tokens} {int(time.time() / AGED)} {result.model_dump()!r}"
    return hashlib.blake2b(made_of.encode(errors="surrogatepass"), digest_size=16).digest()


def compact_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _fitted(result: Result, tokens: int, now: datetime | None) -> tuple[str, dict[str, Any]]:
    marks = Markers.new()
    most = tokens * CHARACTERS_A_TOKEN
    text, data = result.markdown(marks, now), result.structured()
    if len(text) <= most and len(compact_json(data)) <= most * JSON_SHARE:
        return text, data
    measuring = _Measuring(marks.nonce)
    steps = result.steps()
    lengths = iter((400, 200, 100, 50, 25, 12))
    while True:
        if len(result.markdown(measuring, now)) <= most:
            data = result.structured()
            if len(compact_json(data)) <= most * JSON_SHARE:
                text = result.markdown(marks, now)
                if len(text) <= most:
                    return text, data
        smaller = result
        while smaller is result:
            if step := next(steps, None):
                smaller = step(result)
            elif length := next(lengths, None):
                smaller = _shortened(result, length)
            else:
                return result.markdown(marks, now)[:most], result.structured()
        result = smaller


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
