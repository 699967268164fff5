"""What a setting may be, beyond its type: checked, and told in words where it cannot be."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from service.access.configured import CallersError, callers_in
from settings.sources import listed, shown

PAGE = re.compile(r"/(?:organizations|issues|projects|settings|auth)(?:/|$)")


class RefusedError(ValueError):
    """Why a value cannot be, where there is more to say than what it must be."""


def web_address(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    url = value.strip()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError
    _ = parts.port  # raises ValueError for one that cannot be
    if parts.username or parts.password:
        raise RefusedError(
            "holds a user name or password, as a DSN does; give the address of Sentry alone, and a token"
        )
    if parts.query or parts.fragment or PAGE.search(parts.path):
        raise RefusedError("is the address of a page, or holds a query or fragment; give the address of Sentry alone")
    return url.rstrip("/").removesuffix("/api/0")


def _number(value: Any) -> Any:
    if isinstance(value, bool):  # to Python it is one
        raise ValueError  # noqa: TRY004 - what pydantic takes for "not this value"
    return value


def callers(value: Any) -> Any:
    try:
        return callers_in(value, _unknown_tool)
    except CallersError as error:
        raise RefusedError(f"must be a list of callers, [[callers]]: {error}") from None


def _unknown_tool(names: Iterable[str]) -> tuple[str, str] | None:
    """Loads the tools only where some are named: they take most of the time at the start."""
    if not (given := tuple(names)):
        return None
    from tools.catalogue import unknown_tool

    return unknown_tool(given)


def _tools(names: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := _unknown_tool(names):
        raise RefusedError(f"must be a list of names of tools: there is no tool {shown(unknown[0])}{unknown[1]}")
    return names


def confirm(value: Any) -> Any:
    if isinstance(value, str) and value.strip() not in ("never", "always"):
        return listed(value)
    return value


def store(value: Any) -> Any:
    """Of Valkey or Redis, by the names that redis-py takes."""
    if not isinstance(value, str) or not value.strip():
        return value
    parts = urlsplit(value.strip())
    if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.scheme == "unix"):
        raise ValueError
    return value


def never_or_seldom(value: float) -> float:
    if 0 < value < 10:
        raise ValueError
    return value


def networks(value: Any) -> Any:
    """Each as a network, and an IPv4 one as a socket of IPv6 tells its addresses, too. uvicorn takes what it cannot
    read for a name that nobody has."""
    if not isinstance(value, list | tuple):
        return value
    found = [ipaddress.ip_network(str(text).strip(), strict=False) for text in cast("list[object]", value)]
    mapped = [f"::ffff:{one.network_address}/{one.prefixlen + 96}" for one in found if one.version == 4]
    return [*map(str, found), *mapped]


def prefix(value: Any) -> Any:
    return f"/{value.strip().strip('/')}".rstrip("/") if isinstance(value, str) else value


def in_capitals(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


IsNumber = BeforeValidator(_number)
Seconds = Annotated[
    float, IsNumber, Field(gt=0, le=600, allow_inf_nan=False, description="a number of seconds above 0, at most 600")
]
Port = Annotated[int, IsNumber, Field(ge=0, le=65_535, description="a port, 0 to 65535")]
Switch = Annotated[bool, Field(description="true or false")]
Names = Annotated[tuple[str, ...], Field(description='a list of texts, such as ["one", "two"]')]
Tools = Annotated[
    tuple[str, ...], AfterValidator(_tools), Field(description='a list of names of tools, such as ["get_issue"]')
]
Claim = Annotated[str, Field(pattern=r"^\S*$", max_length=200, description="the name of a claim, or empty")]
