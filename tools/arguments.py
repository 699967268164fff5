"""The arguments that tools share, described once for the model."""

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sentry.values import as_list


def _number_as_text(value: Any) -> Any:
    """Models write an ID as a number as often as not, and a version, too."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _items(value: Any) -> Any:
    """The items of a list, however it was written: some hosts write it as text, or put commas between its items."""
    if not isinstance(value, str):
        return value
    try:
        parsed = as_list(json.loads(value))
    except ValueError:
        parsed = None
    return parsed if parsed is not None else [item.strip() for item in value.split(",") if item.strip()]


def _items_as_text(value: Any) -> Any:
    items = as_list(_items(value))
    return ", ".join(map(str, items)) if items is not None else _number_as_text(value)


Identifier = Annotated[str, BeforeValidator(_number_as_text)]

IssueId = Annotated[Identifier, Field(description="ID, short ID (SHOP-12) or URL")]
IssueIds = Annotated[str, BeforeValidator(_items_as_text), Field(description="Up to 50, comma-separated")]
EventId = Annotated[Identifier, Field(description="Event ID (32 hex digits)")]
EventOfIssue = Annotated[Identifier, Field(description="Event ID, latest, oldest or recommended")]
Project = Annotated[Identifier, Field(description="Slug")]
Organization = Annotated[Identifier, Field(description="Slug, if not the server's")]
Release = Annotated[Identifier, Field(description="e.g. shop@1.5.0")]
Limit = Annotated[int, Field(ge=1, le=100, description="Up to 100 rows")]
Cursor = Annotated[str, Field(description="Of the page before")]
Query = Annotated[
    Identifier, Field(description="Sentry search, e.g. is:unresolved level:error release:1.2 TimeoutError; * for all")
]
MaxTokens = Annotated[int, Field(ge=500, le=50_000, description="Size, from 500")]
Frames = Annotated[Literal["app", "all"], Field(description="app folds library frames")]
Sort = Literal["date", "new", "freq", "user", "trends", "recommended"]
Include = Literal["tags", "commits"]
Listed = BeforeValidator(_items)
