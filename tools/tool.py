"""A tool as MCP serves it: a plain function's answer as a model reads it, its failure as a result."""

import difflib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, InputRequiredResult, TextContent
from pydantic import ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from sentry.errors import InvalidRequestError, SentryError
from sentry.paths import quoted
from sentry.transport.progress import on_progress
from service.answers import Answers
from service.confirming import Once, must_confirm
from service.current import current_caller
from service.heard import undone_unless_heard
from tools.confirming import ask_user, question

if TYPE_CHECKING:
    from views.results import Result

MAX_TEXT = 10_000
"""Characters of one argument; nothing that Sentry takes is longer."""


class Arguments(FuncMetadata):
    """A tool's arguments as they were given: a text that looks like JSON stays the text that it is."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        return data


class SentryTool(Tool):
    """Answers with Markdown, and with JSON to a caller who wants it; refuses unknown arguments. Where a write must be
    confirmed, nothing of it is done before the user has agreed.

    Every SentryError becomes an `is_error` result; what is not a SentryError is a bug of ours and is left to the
    SDK, which logs it. The model is told nothing of its words: somebody else's may stand in them.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    answers: Answers
    once: Once
    is_write: bool
    is_confirmed: bool
    """Whether a person is asked first, where the settings say so: it changes something in Sentry."""

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> CallToolResult | InputRequiredResult:
        async def tell(message: str) -> None:
            await context.report_progress(0, None, self.answers.own_words(message))

        async def ask() -> "Result":
            result: Result = await super(SentryTool, self).run(given, context)
            return result

        telling = on_progress.set(tell)
        try:
            given = _given(arguments, self.fn_metadata.arg_model.model_fields, self.parameters["properties"])
            asked = self.name, json.dumps(given, sort_keys=True, default=str)
            if self.is_confirmed and must_confirm() and (asking := await self._ask_user(given, context)) is not None:
                return asking
            structured = current_caller().structured_content
            async with undone_unless_heard():
                answer = await self.answers.answer(
                    None if self.is_write else asked, ask, _budget(given), wanted="both" if structured else "text"
                )
        except SentryError as error:
            return self._failed(error)
        except ToolError as error:
            if isinstance(error.__cause__, SentryError):
                return self._failed(error.__cause__)
            if isinstance(error.__cause__, ValidationError):
                return self._failed(refused_arguments(error.__cause__))
            raise
        except ValidationError as error:
            return self._failed(refused_arguments(error))
        except MCPError:
            raise
        except Exception as error:
            raise UnexpectedToolError(f"Error executing tool {self.name}") from error
        finally:
            on_progress.reset(telling)
        text = TextContent(type="text", text=answer.text)
        if not structured:
            return CallToolResult(content=[text])
        return CallToolResult(content=[text], structured_content=answer.data, _meta=answer.meta)

    async def _ask_user(self, given: dict[str, Any], context: Context[Any, Any]) -> InputRequiredResult | None:
        arguments = self.fn_metadata.validate_arguments(given)
        shown = {name: arguments[name] for name in given}
        return await ask_user(lambda: question(self.title or self.name, shown, self.answers), context, self.once)

    def _failed(self, error: SentryError) -> CallToolResult:
        failed = self.answers.failure(error)
        structured = current_caller().structured_content
        return CallToolResult(
            content=[TextContent(type="text", text=failed.text)],
            structured_content=failed.data if structured else None,
            _meta=failed.meta if structured else None,
            is_error=True,
        )


def _given(
    arguments: dict[str, Any], known: Mapping[str, FieldInfo], schemas: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The arguments that were really given: hosts fill in null, blanks or 0 for the others, as OpenAI's strict mode
    makes all of them required. Unknown ones are refused."""
    check_arguments(arguments, known)
    required = [name for name, field in known.items() if field.is_required()]
    numbers = [name for name, schema in schemas.items() if schema.get("type") == "integer"]  # each is 1 at least
    return {
        name: value
        for name, value in arguments.items()
        if name in required or not (is_blank(value) or (value == 0 and name in numbers))
    }


def check_arguments(arguments: dict[str, Any], known: Mapping[str, FieldInfo]) -> None:
    """Raises InvalidRequestError for unknown ones, and for texts that Sentry cannot take."""
    for name, value in arguments.items():
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(known)}."
            raise InvalidRequestError(f"There is no argument {quoted(name)}. {hint}")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise InvalidRequestError(f"{name} has {len(value)} characters; at most {MAX_TEXT} are taken. Give less.")
        if isinstance(value, str) and "\0" in value:  # on which GlitchTip fails, and which Sentry 9 leaves out
            raise InvalidRequestError(f"{name} holds a NUL character. Give it without.")


def _shown(value: Any) -> str:
    """What was given, for a message of ours."""
    return quoted(value) if isinstance(value, str) else ascii(value)[:60]


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _budget(given: dict[str, Any]) -> int | None:
    """Some hosts write a number as text; one that is none is refused with the other arguments."""
    try:
        return int(float(given["max_tokens"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def refused_arguments(error: ValidationError) -> InvalidRequestError:
    words: list[str] = []
    for one in error.errors(include_url=False)[:5]:
        name = ".".join(str(part) for part in one["loc"] if not str(part).startswith("function-"))
        given = "" if one["type"] == "missing" else f", not {_shown(one['input'])}"
        words.append(f"{name}: {one['msg'][:1].lower()}{one['msg'][1:]}{given}")
    return InvalidRequestError(f"The arguments do not fit: {'; '.join(words)}.")
