"""A tool as MCP serves it: the one boundary between what a plain function returns and what a model reads."""

import difflib
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent
from pydantic import ValidationError

from sentry.errors import InvalidRequestError, SentryError
from sentry.paths import quoted
from sentry.transport.progress import on_progress
from views.errors import error_answer
from views.reader import Answer, Reader

MAX_TEXT = 10_000
"""Characters of one argument; nothing that Sentry takes is longer."""


class SentryTool(Tool):
    """Answers twice, as Markdown and as JSON; refuses unknown arguments; tells failures as results.

    Every SentryError becomes an `is_error` result that holds `{"error", "message", "status_code",
    "details"}`; what is not a SentryError is a bug of ours and is left to the SDK, which logs it and tells
    the model nothing.
    """

    reader: Reader = Reader()

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> CallToolResult:
        async def tell(message: str) -> None:
            await context.report_progress(0, None, message)

        telling = on_progress.set(tell)
        try:
            _refuse_unknown(arguments, self.parameters)
            result = await super().run(arguments, context)
        except SentryError as error:
            return _failed(error_answer(error, self.reader))
        except ToolError as error:
            if isinstance(error.__cause__, SentryError):
                return _failed(error_answer(error.__cause__, self.reader))
            if isinstance(error.__cause__, ValidationError):
                return _failed(error_answer(_refused(error.__cause__), self.reader))
            raise
        finally:
            on_progress.reset(telling)
        answer = self.reader.read(result, arguments.get("max_tokens"))
        return CallToolResult(
            content=[TextContent(type="text", text=answer.text)],
            structured_content=answer.data,
            _meta=answer.meta,
        )


def _failed(answer: Answer) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=answer.text)], structured_content=answer.data, is_error=True
    )


def _refuse_unknown(arguments: dict[str, Any], parameters: dict[str, Any]) -> None:
    known = list(parameters.get("properties", {}))
    for name, value in arguments.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(known)}."
            raise InvalidRequestError(f"There is no argument {quoted(name)}. {hint}")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise InvalidRequestError(f"{name} has {len(value)} characters; at most {MAX_TEXT} are taken. Give less.")


def _refused(error: ValidationError) -> InvalidRequestError:
    words: list[str] = []
    for one in error.errors(include_url=False)[:5]:
        name = ".".join(str(part) for part in one["loc"] if not str(part).startswith("function-"))
        given = "" if one["type"] == "missing" else f", not {quoted(repr(one['input']))}"
        words.append(f"{name}: {one['msg'][:1].lower()}{one['msg'][1:]}{given}")
    return InvalidRequestError(f"The arguments do not fit: {'; '.join(words)}.")
