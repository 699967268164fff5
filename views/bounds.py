"""Bounds on what is taken from Sentry's objects, before anything walks or cleans it, and cuts for reading after."""

import math
import re
from typing import Any

from views.results import Json

RAW = 8192
"""Characters of one text that are looked at. Shown texts are cut to half of it at most, so no cut meets a secret half cleaned."""
SHOWN = RAW // 2

_WORD = re.compile(r"[\w.:@+/-]{1,64}", re.ASCII)
_URL = re.compile(r"https?://[^\s<>()\[\]`\"']{1,400}", re.ASCII)


def raw(text: Any) -> str | None:
    """The text bounded for cleaning; None when there is none."""
    if text is None or text == "":
        return None
    return (text if isinstance(text, str) else str(plain(text)))[:RAW]


def plain(value: Json, room: int = RAW) -> Json:
    """Any JSON, bounded: at most `room` characters in all, 6 levels, 60 items of a level. NaN becomes text."""
    return _plain(value, [room], 6)


def _plain(value: Json, room: list[int], depth: int) -> Json:
    if isinstance(value, str):
        kept = value[: max(0, min(RAW, room[0]))]
        room[0] -= len(kept) + 4
        return kept if len(kept) == len(value) else kept + "…"
    if isinstance(value, bool) or value is None:
        room[0] -= 4
        return value
    if isinstance(value, int | float):
        room[0] -= 8
        return value if math.isfinite(value) and abs(value) < 1e18 else str(value)[:40]
    if isinstance(value, dict):
        if depth == 0:
            return f"{{… {len(value)}}}"
        kept_items: dict[str, Any] = {}
        for key, item in value.items():
            if room[0] <= 0 or len(kept_items) >= 60:
                kept_items["…"] = f"{len(value) - len(kept_items)} more"
                break
            name = str(key)[:200]
            room[0] -= len(name) + 4
            kept_items[name] = _plain(item, room, depth - 1)
        return kept_items
    if isinstance(value, list | tuple):
        if depth == 0:
            return f"[… {len(value)}]"
        kept_list: list[Any] = []
        for item in value:
            if room[0] <= 0 or len(kept_list) >= 60:
                kept_list.append(f"… {len(value) - len(kept_list)} more")
                break
            kept_list.append(_plain(item, room, depth - 1))
        return kept_list
    return raw(str(value))


def rows(value: Json) -> list[dict[str, Any]]:
    """The objects of a list, the rest skipped."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def word(value: Any) -> str | None:
    """A name of Sentry's own (status, level, ID, slug): one that is no such word counts as absent."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _WORD.fullmatch(text) else None


def link(value: Any) -> str | None:
    return value if isinstance(value, str) and _URL.fullmatch(value) else None


def cut(text: str, length: float) -> str:
    """At most that many characters, an ellipsis when some are missing."""
    most = max(1, int(min(length, SHOWN)))
    return text if len(text) <= most else text[: most - 1] + "…"


def line(text: Any, length: float = 200) -> str:
    """One line of at most that many characters."""
    return cut(" ".join(str(text)[: SHOWN * 2].split()), length)


def short(value: Json, length: float, items: int = 8, depth: int = 4) -> Json:
    """Any JSON with its texts cut, and its lists and objects to the first items."""
    if isinstance(value, str):
        return cut(value, length)
    if isinstance(value, dict):
        if depth == 0:
            return f"{{… {len(value)}}}"
        kept = {cut(key, 80): short(item, length, items, depth - 1) for key, item in list(value.items())[:items]}
        return kept if len(value) <= items else {**kept, "…": f"{len(value) - items} more"}
    if isinstance(value, list):
        if depth == 0:
            return f"[… {len(value)}]"
        some = [short(item, length, items, depth - 1) for item in value[:items]]
        return some if len(value) <= items else [*some, f"… {len(value) - items} more"]
    return value


def compact(value: Json, length: float = 200) -> str:
    """Any JSON as one short line: `{id: 2, lines: [a, b]}`."""
    return line(_compact(value), length)


def _compact(value: Json) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_compact(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_compact(item) for item in value) + "]"
    return "null" if value is None else str(value)
