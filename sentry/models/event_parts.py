"""The parts of an event: its exceptions and threads with their frames, breadcrumbs, request and tags."""

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from sentry.models.tolerance import Moment, Rows, SentryModel, Strings, first_items
from sentry.values import Json, as_list, objects


class Frame(SentryModel):
    """One call. The Web API writes camelCase, webhooks and SDKs write snake_case; both are read."""

    filename: str | None = None
    abs_path: str | None = Field(None, validation_alias=AliasChoices("absPath", "abs_path"))
    module: str | None = None
    function: str | None = None
    line_no: int | None = Field(None, validation_alias=AliasChoices("lineNo", "lineno"))
    col_no: int | None = Field(None, validation_alias=AliasChoices("colNo", "colno"))
    in_app: bool | None = Field(None, validation_alias=AliasChoices("inApp", "in_app"))
    vars: dict[str, Any] | None = None
    package: str | None = None
    symbol: str | None = None
    instruction_addr: str | None = Field(None, validation_alias=AliasChoices("instructionAddr", "instruction_addr"))
    platform: str | None = None
    numbered: list[Any] = Field([], validation_alias="context")
    context_line: str | None = None
    pre_context: Strings = []
    post_context: Strings = []

    def source(self) -> tuple[list[str], str | None, list[str]]:
        """The lines before the call, the line of the call, the lines after it."""
        pairs = [pair for pair in map(as_list, self.numbered) if pair is not None and len(pair) == 2]
        lines = [(number, str(text or "")) for number, text in pairs]
        here = [text for number, text in lines if number == self.line_no]
        if not lines or not here:
            return self.pre_context, self.context_line, self.post_context
        before = [text for number, text in lines if isinstance(number, int) and number < (self.line_no or 0)]
        after = [text for number, text in lines if isinstance(number, int) and number > (self.line_no or 0)]
        return before, here[0], after


class Stacktrace(SentryModel):
    """Frames, the oldest call first."""

    frames: Rows[Frame] = []


class Mechanism(SentryModel):
    type: str | None = None
    handled: bool | None = None


class ExceptionValue(SentryModel):
    type: str | None = None
    value: str | None = None
    module: str | None = None
    mechanism: Mechanism | None = None
    stacktrace: Stacktrace | None = None


class Thread(SentryModel):
    id: str | None = None
    name: str | None = None
    crashed: bool | None = None
    current: bool | None = None
    stacktrace: Stacktrace | None = None


class Breadcrumb(SentryModel):
    type: str | None = None
    category: str | None = None
    message: str | None = None
    level: str | None = None
    timestamp: Moment = None
    data: dict[str, Any] | None = None


class Request(SentryModel):
    """Headers, cookies and query come as pairs, a mapping or a string, by server and SDK."""

    url: str | None = None
    method: str | None = None
    query: Any = Field(None, validation_alias=AliasChoices("query", "query_string"))
    headers: Any = None
    cookies: Any = None
    data: Any = None


class Message(SentryModel):
    formatted: str | None = None
    message: str | None = None


class Entry(SentryModel):
    type: str = ""
    data: Any = None


class Tag(SentryModel):
    key: str | None = None
    value: str | None = None


def _tags(value: Json) -> list[dict[str, Any]]:
    """Objects in the Web API, pairs in webhooks and what SDKs send."""
    items = first_items(value)
    pairs = [pair for pair in map(as_list, items) if pair is not None and len(pair) == 2]
    return objects(items) + [{"key": key, "value": text} for key, text in pairs]


Tags = Annotated[list[Tag], BeforeValidator(_tags)]
