"""The arguments that tools share, described once for the model."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field


def _number_as_text(value: Any) -> Any:
    """Models write an ID as a number as often as not."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Identifier = Annotated[str, BeforeValidator(_number_as_text)]

IssueId = Annotated[Identifier, Field(description="ID (5), short ID (SHOP-12) or Sentry URL of the issue")]
EventId = Annotated[Identifier, Field(description="Event ID (32 hex digits)")]
EventOfIssue = Annotated[Identifier, Field(description="Event ID, latest, oldest or recommended")]
Project = Annotated[str, Field(description="Project slug")]
Organization = Annotated[str, Field(description="Organization slug, if not the server's")]
Release = Annotated[str, Field(description="Version, e.g. shop@1.5.0")]
Limit = Annotated[int, Field(ge=1, le=100, description="Rows")]
Cursor = Annotated[str, Field(description="next_cursor of the page before")]
Query = Annotated[str, Field(description="Sentry search, e.g. is:unresolved level:error release:1.2 TimeoutError")]
MaxTokens = Annotated[int, Field(ge=500, le=50_000, description="Size of the answer")]
Frames = Annotated[Literal["app", "all"], Field(description="app: our code, library frames folded; all: every frame")]
Sort = Literal["date", "new", "freq", "user", "trends", "recommended"]
