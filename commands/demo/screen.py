"""What the demo says, to a person at a terminal or to a file."""

import os
import sys
from typing import Any

from mcp.client.client import Client
from mcp.types import TextContent


class DemoError(Exception):
    """What was to be shown did not happen; the words are for a person."""


def title(text: str) -> None:
    say(f"\n{_coloured(text, '1;36')}\n")


def note(text: str) -> None:
    say(_coloured(text, "32"))


def say(text: str) -> None:
    print(text, flush=True)


async def call(client: Client, tool: str, *, quiet: bool = False, **arguments: Any) -> dict[str, Any]:
    """Calls a tool, prints what the model reads, and gives what a program reads. Raises DemoError when it fails."""
    result = await client.call_tool(tool, arguments)
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    if not quiet:
        say(text)
    if result.is_error:
        raise DemoError(f"{tool} failed")
    return result.structured_content or {}


def _coloured(text: str, code: str) -> str:
    """In colour on a terminal, unless https://no-color.org/ asks for none."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{code}m{text}\x1b[0m"
