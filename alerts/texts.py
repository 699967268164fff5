"""Texts as they are kept: bounded, on one line, and such as a file takes. They are cleaned when they leave."""

from sentry.values import Json

MOST = 300
"""Characters of a text that is kept; the whole of it is in Sentry."""


def text_in(value: Json, most: int = MOST) -> str:
    """On one line, and without halves of characters, which no file takes; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    return " ".join(value[: 2 * most].encode("utf-8", "replace").decode().split())[:most]
