"""Tells which part of JSON names another: {"Name": .., "Value": ..}, {"loc": [.., ..], "input": ..}, flat lists."""

from collections.abc import Sequence
from typing import Any, cast

from views.secrets.names import Secret, is_symbolic, looks_like_credential, secrecy, words_of

_NAMING = ("key", "name", "field", "param", "parameter", "path", "property", "loc")
_NAMED = ("value", "input", "rejectedvalue", "content", "val")
_HEADERS = frozenset("authorization cookie".split())


def naming(held: dict[Any, Any]) -> tuple[str, str, str] | None:
    """Under which key the name stands, under which the value, and the name itself.

    So do tags and headers, environment variables of Kubernetes, and what frameworks say of a field that is wrong.
    """
    if not 1 < len(held) < 20:
        return None
    keys = {key.lower(): key for key in held if isinstance(key, str)}
    value = next((keys[key] for key in _NAMED if key in keys), None)
    for key in _NAMING if value is not None else ():
        name = held.get(keys.get(key))
        if key == "loc" and isinstance(name, list | tuple) and name:
            name = cast("Sequence[Any]", name)[-1]
        if value is not None and isinstance(name, str) and keys[key] != value:
            return keys[key], value, name
    return None


def names_next(item: Any, following: Any) -> str:
    """The name, if an item of a flat list names the one after it: ["Authorization", "Bearer .."], ["--token", ".."]."""
    if not isinstance(item, str) or not isinstance(following, str) or len(item) > 64:
        return ""
    if item.startswith("-"):
        return item if secrecy(item) is Secret.YES and not following.startswith("-") else ""
    words = words_of(item)
    if not words or not (words[-1] in _HEADERS or (words[0] == "x" and secrecy(item) is Secret.YES)):
        return ""
    return item if " " in following or looks_like_credential(following) or is_symbolic(following) else ""
