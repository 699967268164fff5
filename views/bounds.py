"""Bounds on what is taken from Sentry's objects, before anything walks or cleans it, and cuts for reading after.

Before cleaning, texts are bounded generously and not rewritten: neither escapes nor a cut may hide a secret from
redaction. After it they are cut to half of that at most.
"""

import math
import re
from typing import Any

from sentry.values import Json, as_list, as_object

RAW = 8192
"""Characters of one text that are looked at."""
SHOWN = RAW // 2
"""Characters of one text that are shown at most: a secret which the first bound cuts is far from what is shown."""
DETAIL = 2048
"""Characters of one text among many that are looked at; half of them are shown at most."""
ITEMS = 60
DEPTH = 6

# Words of Sentry's own stand outside of the markers: none of these can hold a sentence of somebody else's, nor any
# Markdown.
IDENTIFIER = re.compile(r"[0-9A-Fa-f-]{1,64}")
SHORT_ID = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,80}-[A-Z0-9]{1,12}")
SLUG = re.compile(r"(?!www\.)[a-z0-9][a-z0-9_.-]{0,63}")
WORD = re.compile(r"[A-Za-z]{1,24}(?:_[a-z]{1,16}){0,4}")
MOMENT = re.compile(r"[0-9]{1,4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z|[+-][0-9]{1,5}\.[0-9]s")
"""A point in time, or how far it is from another."""
CURSOR = re.compile(r"[A-Za-z0-9_:.=&%+/~-]{1,4000}")
_PLACE = r"[A-Za-z0-9_.-]{1,100}=[0-9]{1,6}:[0-9.:]{0,40}"
PLACES = re.compile(rf"{_PLACE}(?:&{_PLACE}){{0,100}}")
"""A cursor that tells a place in the list of each project: a project may have the name of a secret."""
LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#@%&=+,;$-]{1,400}")
AS_ASKED = "as asked"
"""For the name of an issue that is not to be repeated."""
ISSUE_NAME = re.compile(rf"(?:{SLUG.pattern}/)?(?:{SHORT_ID.pattern}|{IDENTIFIER.pattern})|{LINK.pattern}|{AS_ASKED}")
_VERSION = re.compile(r"[A-Za-z0-9](?!.*//)[A-Za-z0-9_.@+:/~^=-]{0,199}")


def raw(text: Any) -> str | None:
    """The text bounded for cleaning; None when there is none."""
    if text is None or text == "":
        return None
    return (text if isinstance(text, str) else _compact(plain(text)))[:RAW]


def plain(value: Json, room: int = RAW) -> Json:
    """Any JSON, bounded: about `room` characters in all, 6 levels, 60 items of a level. NaN becomes text."""
    return _plain(value, [room], DEPTH)


def plain_object(value: Json, room: int = RAW) -> dict[str, Any]:
    return as_object(plain(value, room)) or {}


def _plain(value: Json, room: list[int], depth: int) -> Json:
    if isinstance(value, str):
        kept = value[:DETAIL]  # not to what room is left: that could be half a secret
        room[0] -= len(kept) + 4
        return kept if len(kept) == len(value) else kept + "…"
    if isinstance(value, bool) or value is None:
        room[0] -= 4
        return value
    if isinstance(value, int | float):
        room[0] -= 8
        return _number(value)
    if (fields := as_object(value)) is not None:
        return _plain_fields(fields, room, depth - 1) if depth else f"{{… {len(fields)}}}"
    if (items := as_list(value)) is not None:
        return _plain_items(items, room, depth - 1) if depth else f"[… {len(items)}]"
    return str(value)[:DETAIL]


def _number(value: float) -> Json:
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else f"{value:.6e}" if abs(value) < 10**300 else "a huge number"
    return value if math.isfinite(value) else str(value)


def _plain_fields(fields: dict[str, Any], room: list[int], depth: int) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, item in fields.items():
        if room[0] <= 0 or len(kept) >= ITEMS:
            kept["…"] = f"{len(fields) - len(kept)} more"
            break
        name = str(key)[:200]
        room[0] -= len(name) + 4
        kept[name] = _plain(item, room, depth)
    return kept


def _plain_items(items: list[Any], room: list[int], depth: int) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if room[0] <= 0 or len(kept) >= ITEMS:
            kept.append(f"… {len(items) - len(kept)} more")
            break
        kept.append(_plain(item, room, depth))
    return kept


def rows(value: Json) -> list[dict[str, Any]]:
    """The objects of a list, the rest skipped."""
    return [row for item in as_list(value) or [] if (row := as_object(item)) is not None]


def number(value: Json) -> int | None:
    """A whole number of a sane size."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else None


def identifier(value: Any) -> str | None:
    """The ID of an issue, an event, a commit; what is no such ID counts as absent."""
    return _matching(IDENTIFIER, value)


def short_id(value: Any) -> str | None:
    """`SHOP-BACKEND-1`."""
    return _matching(SHORT_ID, value)


def slug(value: Any) -> str | None:
    """The short name of a project, an organization, a platform."""
    return _matching(SLUG, value)


def word(value: Any) -> str | None:
    """A status, a substatus, a priority."""
    return _matching(WORD, value)


def version(value: Any) -> str | None:
    """Of a release, as it may stand in a list of what to choose from."""
    return _matching(_VERSION, value)


def issue_name(value: Any) -> str:
    """How an issue was asked for: an ID, a short ID, either behind its organization, or a link."""
    organization, _, name = str(value).rpartition("/")
    if found := identifier(name) or short_id(name):
        return of_organization(slug(organization), found)
    return link(value) or AS_ASKED


def of_organization(organization: str | None, name: str) -> str:
    """The name as the next call takes it: behind its organization, where that is not the usual one."""
    return f"{organization}/{name}" if organization else name


def _matching(pattern: re.Pattern[str], value: Any) -> str | None:
    text = str(value) if isinstance(value, str) or number(value) is not None else ""
    return text if pattern.fullmatch(text) else None


def link(value: Any) -> str | None:
    return value if isinstance(value, str) and LINK.fullmatch(value) else None


def cut(text: str, length: float) -> str:
    """At most that many characters, an ellipsis when some are missing."""
    if len(text) <= length and len(text) <= SHOWN:
        return text
    most = max(1, int(min(length, SHOWN)))
    return text if len(text) <= most else text[: most - 1] + "…"


def cut_around(text: str, length: int, at: int) -> str:
    """At most that many characters, those around a position, with an ellipsis where some are missing."""
    start = max(0, min(at - length // 2, len(text) - length))
    return cut("…" + text[start + 1 :], length) if start else cut(text, length)


def line(text: Any, length: float = 200) -> str:
    """One line of at most that many characters."""
    return cut(" ".join(str(text)[: SHOWN * 2].split()), length)


def short(value: Json, length: float, items: int = 8, depth: int = 4) -> Json:
    """Any JSON with its texts cut, and its lists and objects to the first items."""
    if isinstance(value, str):
        return cut(value, min(length, DETAIL // 2))
    if (fields := as_object(value)) is not None:
        if depth == 0:
            return f"{{… {len(fields)}}}"
        name = min(80, max(8, 4 * length))
        some = {cut(key, name): short(item, length, items, depth - 1) for key, item in list(fields.items())[:items]}
        return some if len(fields) <= items else {**some, "…": f"{len(fields) - items} more"}
    if (elements := as_list(value)) is not None:
        if depth == 0:
            return f"[… {len(elements)}]"
        first = [short(item, length, items, depth - 1) for item in elements[:items]]
        return first if len(elements) <= items else [*first, f"… {len(elements) - items} more"]
    return value


def brief(value: Json, length: float, items: int = 8) -> Json:
    """Any JSON in about that many characters: structured while it fits, else one cut line."""
    if isinstance(value, str):
        return cut(value, min(length, DETAIL // 2))
    kept = short(value, length, items, 3)
    most = int(length * 1.5)
    return kept if size(kept, most) < most else compact(kept, most)


def briefs(fields: dict[str, Any], length: float, items: int) -> dict[str, Any]:
    """The first so many fields, each in brief."""
    some = {cut(name, 80): brief(value, length) for name, value in list(fields.items())[:items]}
    return some if len(fields) <= items else {**some, "…": f"{len(fields) - items} more"}


def first(texts: list[str], most: int, length: float) -> list[str]:
    """The first so many of them, each as one line, and how many more there are."""
    some = [line(text, length) for text in texts[:most]]
    return some if len(texts) <= most else [*some, f"… {len(texts) - most} more"]


def compact(value: Json, length: float = 200) -> str:
    """Any JSON as one short line: `{id: 2, lines: [a, b]}`."""
    return line(_compact(value), length)


def _compact(value: Json) -> str:
    if (fields := as_object(value)) is not None:
        return "{" + ", ".join(f"{key}: {_compact(item)}" for key, item in fields.items()) + "}"
    if (items := as_list(value)) is not None:
        return "[" + ", ".join(map(_compact, items)) + "]"
    return "null" if value is None else str(value)


def size(value: Json, most: int = 200) -> int:
    """About how many characters `compact` would take, counted no further than `most`."""
    if isinstance(value, str):
        return min(len(value), most)
    fields = as_object(value)
    items = list(fields.values()) if fields is not None else as_list(value)
    if items is None:
        return 6
    total = 2 + sum(len(name) + 2 for name in fields or {})
    for item in items:
        total += size(item, most) + 2
        if total >= most:
            return most
    return total
