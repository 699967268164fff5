"""Keys as issuers make them, one for each start and keyword of the table, and the places where events hold them.

All made up from the form alone, so that no scanner trips over this file.
"""

import html
import json
import re
import string
from collections.abc import Callable, Iterator
from urllib.parse import quote

from views.secrets.issuers import KEYWORDS, STARTS

_EVERY = string.ascii_letters + string.digits + "_+/=.-%"
_MIXED = "a7Bq9Zc3De5fG1hJ8kLm2NpR4sTuV6wX0yzA"


def _run(alphabet: str, length: int) -> str:
    """So many characters of an alphabet, none of them twice in a row."""
    allowed = re.compile(f"[{alphabet}]")
    plain = [character for character in _MIXED if allowed.fullmatch(character)]
    rest = [character for character in _EVERY if allowed.fullmatch(character) and character.isalnum()]
    of = plain if len(plain) > 5 else rest
    return "".join(of[(7 * n + n // len(of)) % len(of)] for n in range(length))


def started() -> Iterator[tuple[str, str, str]]:
    """The issuer, the start, what follows."""
    for issuer, starts, alphabet, length in STARTS:
        for start in starts.split():
            yield issuer, start, _run(alphabet, int(length.rstrip("+")))


def _shaped(shape: str) -> str:
    """The first alternative of a shape such as `[a-z0-9]{32}` or `00[\\w=-]{40}`."""
    if shape == "UUID":
        return "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
    shape = shape.replace("(?:live|test)_(?:pub_)?", "live_").replace("(?:sq[apu]_)?", "")
    first = re.split(r"\|(?![^\[]*\])", shape)[0]
    return re.sub(
        r"\[([^\]]+)\]\{(\d+)(?:,\d+)?\}",
        lambda found: _run(found[1].replace("=", ""), int(found[2])),
        first,
    ).replace("\\", "")


def named() -> Iterator[tuple[str, str]]:
    """The issuer's word, a value that stands under it."""
    for words, shape in KEYWORDS:
        for word in words.split():
            yield word, _shaped(shape)


PLACES: dict[str, Callable[[str, str], str]] = {
    "message": lambda name, key: f"request with {name}={key} was refused",
    "quoted": lambda name, key: f"refused {name}: '{key}' of ann",
    "assigned": lambda name, key: f"{name} = {key}",
    "JSON": lambda name, key: json.dumps({"user": "ann", name: key, "n": 3}),
    "JSON in JSON": lambda name, key: json.dumps({"body": json.dumps({"user": "ann", name: key, "n": 3})}),
    "query": lambda name, key: f"GET https://shop.example.test/x?a=1&{name}={quote(key, safe='%/:')}&page=2",
    "path": lambda name, key: f"https://shop.example.test/{name}={quote(key, safe='%/:')}/send",
    "header": lambda name, key: f"Accept: */*\nX-{name}: {key}\nHost: shop.example.test",
    "environment": lambda name, key: f"DEBUG=1\n{name.upper()}={key}\nPORT=8000",
    "YAML": lambda name, key: f"settings:\n  {name}: {key}\n  port: 5432",
    "repr": lambda name, key: repr({"user": "ann", name: key, "n": 3}),
    "argument": lambda name, key: f'connect(host="db", {name}="{key}", port=1)',
    "option": lambda name, key: f"run --{name} {key} --verbose",
    "source": lambda name, key: f'    {name} = "{key}"  # to be changed',
    "XML": lambda name, key: f'<add name="x" {name}="{html.escape(key)}" /><b>1</b>',
    "prose": lambda name, key: f"what was sent as {name}: {key}",
    "SQL": lambda name, key: f"UPDATE shop SET {name} = '{key}' WHERE id = 7",
    "log": lambda name, key: f"2026-11-24 21:39:17 [worker-1] [{name}={key}] done",
}
"""Eighteen places; each makes a text of a name and a key."""
