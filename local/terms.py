"""What an event has of tags and fields, in a form that a search of many events reads quickly. Pure.

Of each tag but OF_COLUMNS, and of each of the FIELDS, a digest of 6 bytes stands in one of the columns `terms_0` to
`terms_7` of the event; in which one, its last bits say. To look for it there takes a fiftieth of what reading the
event's JSON does.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache

from local.values import Json, items

FIELDS = (
    "user.id",
    "user.email",
    "user.username",
    "user.ip",
    "error.type",
    "error.mechanism",
    "error.unhandled",
    "http.method",
    "http.url",
    "platform",
    "sdk.name",
)
"""Those of an event's fields that have terms."""

OF_ISSUES = ("error.type", "error.mechanism", "error.unhandled", "http.method", "platform", "sdk.name")
"""Those that are alike in most events of an issue: each of their values there has a row in `issue_fields`."""

OF_COLUMNS = ("environment", "release")
"""Tags that have columns of their own, and no terms."""

IN_TEXT = ("title", "error.value")
"""Those whose values stand in what free text is searched in, too: there they are found without reading an event."""

MOST_TEXT = 2048
"""Characters of what free text is searched in: one of so many may lack the end of it."""

SIZE = 6
"""Bytes of a digest: two of a hundred thousand events are confused once in some ten million searches."""

COLUMNS = tuple(f"terms_{number}" for number in range(8))


def terms(tags: Mapping[str, str], fields: Mapping[str, Json]) -> list[bytes]:
    """The terms of an event, for each of the columns."""
    columns = [bytearray() for _ in COLUMNS]
    for key, value in tags.items():
        if key in OF_COLUMNS:
            continue
        _add(columns, _digest(f"tag {key} {value}"))
    for key, value in field_values(fields):
        _add(columns, _digest(f"field {key} {value}"))
    return [bytes(column) for column in columns]


def term_of(key: str, value: str, *, is_field: bool) -> tuple[str, bytes]:
    """The column of a term, and what to look for in it."""
    digest = _digest(f"{'field' if is_field else 'tag'} {key} {value}")
    return COLUMNS[digest[-1] % len(COLUMNS)], digest


def field_values(fields: Mapping[str, Json], keys: tuple[str, ...] = FIELDS) -> Iterator[tuple[str, str]]:
    """Each value of some fields, once."""
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, list):
            yield from ((key, one) for one in dict.fromkeys(items(value)) if isinstance(one, str))


def text_with(text: str, fields: Mapping[str, Json]) -> str:
    """What free text is searched in, with what it lacks of IN_TEXT."""
    missing = [value for _, value in field_values(fields, IN_TEXT) if value not in text]
    return " ".join([text, *missing])[:MOST_TEXT]


def _add(columns: list[bytearray], digest: bytes) -> None:
    columns[digest[-1] % len(COLUMNS)] += digest


@lru_cache(maxsize=8192)
def _digest(named: str) -> bytes:
    return hashlib.blake2b(named.encode(), digest_size=SIZE).digest()
