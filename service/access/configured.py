"""Callers as a configuration lists them, each with the digest of a token: read, and checked."""

import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError

from service.access.callers import NAME, Caller, Scope

DIGEST = r"^[0-9a-f]{64}$"
MAX_CALLERS = 10_000
_MUST_BE = {
    "name": "a name, such as triage-engine: letters, digits, and _ . @ -",
    "token_sha256": "what `sentry-mcp token NAME` printed: 64 hexadecimal digits",
    "scopes": f"a list of {', '.join(Scope)}",
    "organizations": 'a list of slugs, such as ["acme"]',
    "projects": 'a list of slugs, such as ["shop", "acme/checkout"]',
    "tools": 'a list of names of tools, such as ["get_issue"]',
    "exclude_tools": 'a list of names of tools, such as ["update_issue"]',
    "read_only": "true or false",
    "confirm_writes": "true or false",
    "structured_content": "true or false",
    "calls_per_minute": "a whole number of calls, at least 1",
    "calls_at_once": "a whole number of calls, at least 1",
}


FindUnknown = Callable[[Iterable[str]], tuple[str, str] | None]
"""Finds a name that is no tool's: the name, and which is near."""


class ConfiguredCaller(Caller):
    """A caller, and which token is theirs."""

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
    token_sha256: Annotated[str, Field(pattern=DIGEST, repr=False)]


class CallersError(ValueError):
    """What is wrong with a list of callers, in words that hold no token."""


def callers_in(rows: Any, unknown_tool: FindUnknown) -> tuple[ConfiguredCaller, ...]:
    """The callers of `[[callers]]`; raises CallersError."""
    if not isinstance(rows, list | tuple):
        raise CallersError("they are no tables")
    given = cast("Sequence[Any]", rows)
    if len(given) > MAX_CALLERS:
        raise CallersError(f"there are more than {MAX_CALLERS}")
    found = tuple(_caller(number, row) for number, row in enumerate(given, 1))
    _must_differ("name", (caller.name for caller in found))
    _must_differ("token_sha256", (caller.token_sha256 for caller in found))
    for number, caller in enumerate(found, 1):
        for field, names in (("tools", caller.tools or ()), ("exclude_tools", caller.exclude_tools)):
            if unknown := unknown_tool(names):
                raise CallersError(f"{field} of number {number}: there is no tool {unknown[0]}{unknown[1]}")
    return found


def callers_in_file(
    path: Path, unknown_tool: FindUnknown, *, may_be_empty: bool = True
) -> tuple[ConfiguredCaller, ...]:
    """The callers of a TOML file that has nothing else; raises CallersError, also for a file without any text where it
    may not be empty, as one is that is being saved."""
    try:
        text = path.expanduser().read_text("utf-8-sig")
        content = tomllib.loads(text)
    except OSError as error:
        raise CallersError(f"cannot be read ({error.strerror})") from None
    except (ValueError, RuntimeError):  # a number of too many digits, or a depth, of which tomllib says no more
        raise CallersError("is not TOML") from None  # whose words may quote a line with a token in the wrong place
    if not may_be_empty and not text.strip():
        raise CallersError("is empty; where nobody is to be let in, it has a comment that says so")
    if others := sorted(content.keys() - {"callers"}):
        raise CallersError(f"holds {others[0][:80]!a}; a file of callers has [[callers]] and nothing else")
    return callers_in(content.get("callers", []), unknown_tool)


def _caller(number: int, row: Any) -> ConfiguredCaller:
    if not isinstance(row, dict):
        raise CallersError(f"number {number} is no table")
    try:
        return ConfiguredCaller.model_validate(row)
    except ValidationError as error:
        field = str(error.errors(include_url=False)[0]["loc"][0])[:80]
    named = f"number {number}"
    if field not in _MUST_BE:
        raise CallersError(f"{named} has {field!a}, which no caller has")
    missing = "" if field in row else " is missing:"
    raise CallersError(f"{field} of {named}{missing} must be {_MUST_BE[field]}")


def _must_differ(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for number, value in enumerate(values, 1):
        if value in seen:
            raise CallersError(f"number {number} has the same {what} as one before it")
        seen.add(value)
