"""The arguments that tools share, described once for the model."""

import json
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sentry.values import as_list

_ITEM = re.compile(r"(?:[^,(\[]|\([^)]*(?:\)|\Z)|\[[^\]]*(?:\]|\Z))+")
"""Of a list with commas between its items; those in brackets are of `count_if(level,equals,fatal)`."""


def in_items(text: str) -> list[str]:
    """The items of a list that is written as text."""
    return [item for part in _ITEM.findall(text) if (item := part.strip())]


def _number_as_text(value: Any) -> Any:
    """Models write a version as a number as often as not, and an ID, too."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _whole_number_as_text(value: Any) -> Any:
    """Of an ID or a slug: some hosts hold all numbers as floats."""
    return _number_as_text(int(value) if isinstance(value, float) and value.is_integer() else value)


def _items(value: Any) -> Any:
    """The items of a list, however it was written: some hosts write it as text, or put commas between its items."""
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        parsed = value
    items = as_list(parsed)
    return items if items is not None else in_items(str(parsed))


def _items_as_text(value: Any) -> Any:
    items = as_list(_items(value) if isinstance(value, str) and value.lstrip().startswith("[") else value)
    return ", ".join(map(str, map(_whole_number_as_text, items))) if items is not None else _whole_number_as_text(value)


Identifier = Annotated[str, BeforeValidator(_whole_number_as_text)]
Text = Annotated[str, BeforeValidator(_number_as_text)]

IssueId = Annotated[Identifier, Field(description="ID, short ID (SHOP-12) or URL")]
IssueIds = Annotated[str, BeforeValidator(_items_as_text), Field(description="Up to 50, comma-separated")]
EventId = Annotated[Identifier, Field(description="Event ID (32 hex digits)")]
EventOfIssue = Annotated[Identifier, Field(description="Event ID, latest, oldest or recommended")]
Project = Annotated[Identifier, Field(description="Slug or organization/slug")]
Organization = Annotated[Identifier, Field(description="Slug, where the token sees several")]
Release = Annotated[Text, Field(description="e.g. shop@1.5.0")]
Limit = Annotated[int, Field(ge=1, le=100, description="Up to 100")]
Cursor = Annotated[str, Field(description="Of the page before")]
Query = Annotated[
    Text, Field(description="Sentry search, e.g. is:unresolved level:error release:1.2 TimeoutError; * for all")
]
MaxTokens = Annotated[int, Field(ge=500, le=50_000, description="Size, from 500")]
Frames = Annotated[Literal["app", "all"], Field(description="app folds library frames")]
Period = Annotated[Text, Field(description="e.g. 24h, 14d")]
Sort = Literal["date", "new", "freq", "user", "trends", "recommended"]
Include = Literal["tags", "commits", "activity", "flags"]
Listed = BeforeValidator(_items)
