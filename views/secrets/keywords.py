"""Finds keys without a form of their own: values of an issuer's alphabet and length under a name that says whose."""

import re
from functools import cache, lru_cache
from urllib.parse import unquote

from views.secrets.issuers import KEYWORDS
from views.secrets.replacing import Span, Work, replaced

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_VALUE = (
    r"(?=[\w./+=:%-]{12})[\w./+%-]{1,200}+(?>(?:=++[\w./+%-]{1,200}+){0,8})"
    r"(?::[\w-]{8,40}|={1,2}(?![ \t]{0,3}[\"'\w]))?"
)
# What stands between a name and its value, from the first sign that assigns; or an option of a command.
_ASSIGNED = re.compile(
    rf"[=:>|,(?%-](?:(?:(?<=[=:>|,(?])|(?<=%)3[ADad])[=:>|]{{0,4}}+[`'\"\s=\\(\[]{{0,10}}+(?P<value>{_VALUE})"
    rf"|(?<=--)(?P<option>[A-Za-z][\w.-]{{0,60}}+)[ \t]{{1,4}}['\"]?(?P<argument>{_VALUE}))",
    re.ASCII,
)
_TO_SIGN = re.compile(r"[ \t\w.-]{0,40}[\s'\"\\`\])]{0,8}\Z", re.ASCII)
_BEFORE = 100
_ENCODED = 12
"""Characters at most that a URL encodes of a key: what is read again for each issuer takes its time."""


@cache
def _rows() -> dict[str, re.Pattern[str]]:
    shapes: dict[str, list[str]] = {}
    for words, shape in KEYWORDS:
        for word in words.split():
            shapes.setdefault(_dashed(word), []).append(shape.replace("UUID", _UUID))
    return {word: re.compile("|".join(of), re.ASCII | re.IGNORECASE) for word, of in shapes.items()}


def is_issued(name: str, value: str) -> bool:
    """Whether a value under this name has the form of a key of the issuer in the name."""
    return 12 <= len(value) <= 200 and any(shape.fullmatch(value) for shape in _shapes(name[-_BEFORE:]))


@lru_cache(maxsize=1024)
def _shapes(name: str) -> tuple[re.Pattern[str], ...]:
    dashed = _dashed(name)
    return tuple(shape for word, shape in _rows().items() if word in dashed)


def hide_issued(text: str, work: Work) -> str:
    """With the values hidden that an issuer's word in a name before them explains."""
    if not _ASSIGNED.search(text):
        return text
    dashed = _dashed(text)
    present = [(word, shape) for word, shape in _rows().items() if word in dashed]
    if not present:
        return text

    def secret(match: re.Match[str], _done: int) -> Span | None:
        if match["option"]:
            begin, end = match.span("argument")
            return _issued(match["option"], text[begin:end], begin, present)
        begin, end = match.span("value")
        found = _issued(text[max(0, match.start() - _BEFORE) : match.start()], text[begin:end], begin, present)
        for sign in "=:" if not found else "":
            inner = text.rfind(sign, begin, end)
            if inner > 0 and not found:
                found = _issued(text[max(0, inner - _BEFORE) : inner], text[inner + 1 : end], inner + 1, present)
        return found

    return replaced(text, _ASSIGNED, work, secret)


def _dashed(name: str) -> str:
    """`linked_in` and `LINKED-IN` are one."""
    return name.lower().replace("_", "-")


def _issued(before: str, run: str, begin: int, present: list[tuple[str, re.Pattern[str]]]) -> Span | None:
    """Where the value lies that a run of characters begins with; a sentence or a path may go on after it."""
    before, plain = _dashed(before), run.rstrip(".:,")
    if plain.count("%") > _ENCODED:
        return None
    shapes = [
        shape for word, shape in present if (at := before.rfind(word)) >= 0 and _TO_SIGN.match(before, at + len(word))
    ]
    for value in dict.fromkeys((plain, plain.split("/")[0], plain.split(":")[0])) if shapes else ():
        decoded = unquote(value) if "%" in value else value
        if any(shape.fullmatch(decoded) for shape in shapes):
            return begin, begin + len(value)
    return None
