"""How an answer becomes smaller until it fits: its own steps first, then whatever is left of its texts."""

from collections.abc import Iterator
from functools import partial
from typing import Any, TypeVar

from sentry.values import as_list
from views.bounds import cut, short
from views.results import Part, Result, Step, left_out, texts, words

ELSEWHERE = "Left out Sentry's link: it leads elsewhere than sentry_url."
LARGER = "max_tokens=20000)"
"""How a call ends that gets what was left out; these are one where there is no room for each."""
MUCH = "Left out much: ask again with max_tokens=20000."
ORDINARY = 12
"""Characters to which texts are cut at the least where they are letters; below that there is but noise."""
LONG_WORD = 100
"""Characters, or items: a word of Sentry's that is longer is left out where texts are cut."""
P = TypeVar("P", bound=Part)


def smaller(result: Result) -> Iterator[Result]:
    """The result, then the same with ever less in it, until nothing is left that could give way."""
    yield result
    shorter: list[Step] = [partial(_shortened, length=length) for length in (400, 200, 100, 50, 25, 12, 6, 3, 1)]
    for step in (*result.steps(), _omitted_in_brief, *shorter):
        if (less := step(result)) is not result:
            result = less
            yield result


def _omitted_in_brief(result: Result) -> Result:
    """Where there is room for little but the error."""
    kept = [line for line in result.omitted if line != ELSEWHERE and not _is_larger(line)]
    if len(kept) == len(result.omitted):
        return result
    return result.with_changes(omitted=[*kept, MUCH] if any(map(_is_larger, result.omitted)) else kept)


def _is_larger(line: str) -> bool:
    return line.endswith(LARGER)


def _shortened(result: Result, length: int) -> Result:
    """When nothing else can give way, every text does: this bounds what no step thought of."""
    omitted = left_out(result.omitted, "parts of texts", "a larger max_tokens")
    return _short_part(result, length, "omitted").with_changes(omitted=omitted)


def _short_part(part: P, length: int, *apart: str) -> P:
    """Sentry's words stay whole: a part of one says nothing."""
    changes: dict[str, Any] = {
        name: _short(value, length)
        for name in texts(type(part))
        if name not in apart and (value := getattr(part, name))
    }
    for name, (_, absent) in words(type(part)).items():
        if len(getattr(part, name) or "") > LONG_WORD:
            changes[name] = absent
    return part.model_copy(update=changes)


def _short(value: Any, length: int) -> Any:
    if isinstance(value, Part):
        return _short_part(value, length)
    if isinstance(value, str):
        return cut(value, max(length, 40) if length >= ORDINARY else length * 2)
    if isinstance(value, list):
        return [_short(item, length) for item in (as_list(value) or [])[-length:]]
    return short(value, length, max(2, length // 10))
