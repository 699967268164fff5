"""JSON values of which nothing can be taken for granted."""

from typing import Any, cast

Json = Any
"""What json.loads gives: the untyped edge."""


def as_object(value: Json) -> dict[str, Any] | None:
    """The value if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: Json) -> list[Any] | None:
    """The value if it is a JSON array."""
    return cast("list[Any]", cast("object", value)) if isinstance(value, list) else None


def objects(value: Json) -> list[dict[str, Any]]:
    """The objects in a JSON array; its other items are skipped."""
    return [row for row in as_list(value) or [] if isinstance(row, dict)]
