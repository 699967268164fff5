"""What is logged, by us and by libraries, is one line for each record, and gives nothing away."""

import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from standins.sockets import Request, Wire, listening
from wire import ROOT, bare_environment

from commands.logs import Lines
from settings import load_settings

TOKEN = "0123456789abcdef" * 4
STARTS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [\w.]+: |  \| ")


def line_of(message: str, *arguments: Any, error: BaseException | None = None) -> str:
    settings = load_settings(environment={"SENTRY_AUTH_TOKEN": TOKEN})
    caught = (type(error), error, None) if error else None
    return Lines(settings).format(logging.LogRecord("shop", logging.INFO, __file__, 1, message, arguments, caught))


def test_a_record_cannot_begin_a_line_of_its_own() -> None:
    forged = "2026-11-24 21:39:17,000 INFO sentry: all is well"

    assert len(line_of("title %s", f"x\n{forged}\r\n{forged}\u2028{forged}").split("\n")) == 1
    below = line_of("it failed", error=ValueError(f"x\n{forged}\r{forged}")).split("\n")
    assert len(below) == 4
    assert all(line.startswith("  | ") for line in below[1:])


@pytest.mark.parametrize(
    "hidden", ["\x1b[2J", "\x1b]8;;http://evil.example\x07", "\u202e", "\u200b", "\ud800", "\x9b31m"]
)
def test_hidden_characters_are_named(hidden: str) -> None:
    for line in (line_of("title %s", hidden), line_of("it failed", error=ValueError(hidden))):
        assert all(character.isprintable() or character == "\n" for character in line)
        assert f"<U+{ord(hidden[0]):04X}>" in line


def test_secrets_and_the_token_are_not_logged() -> None:
    for text in (
        line_of("sent %s", {"Authorization": f"Bearer {TOKEN}"}),
        line_of("sent %s %s", TOKEN.upper(), "password=hunter2hunter"),
        line_of("it failed", error=ValueError(f"{TOKEN} password=hunter2hunter")),
        line_of("100%", TOKEN),
        line_of("1 %d", TOKEN),
    ):
        assert TOKEN not in text.lower()
        assert "hunter2hunter" not in text


@pytest.mark.parametrize("failure", [RuntimeError("no words"), KeyError("name"), RecursionError()])
def test_a_record_whose_values_have_no_words_is_a_line(failure: Exception) -> None:
    """Else logging prints all that the record was given, as it is."""

    class Wordless:
        def __repr__(self) -> str:
            raise failure

    assert "a message that cannot be written" in line_of("%s %s", Wordless(), TOKEN)


async def test_a_debug_log_of_a_server_that_echoes_all_it_is_sent_holds_no_token(tmp_path: Path) -> None:
    """At DEBUG httpcore logs the headers of every answer."""

    async def echo(request: Request, wire: Wire) -> None:
        said = json.dumps({"detail": f"\x1b[31mno {request.token}"}).encode()
        head = f"HTTP/1.1 403 {request.token}\r\nX-Echo: Bearer {request.token}\r\nContent-Length: {len(said)}\r\n\r\n"
        await wire.send(head.encode() + said)

    log = tmp_path / "log"
    async with listening(echo) as server:
        environment = {
            **bare_environment(),
            "SENTRY_URL": server.url,
            "SENTRY_ORG": "acme",
            "SENTRY_AUTH_TOKEN": TOKEN,
            "SENTRY_MCP_LOG_LEVEL": "DEBUG",
        }
        parameters = StdioServerParameters(command=sys.executable, args=["-m", "sentry_mcp"], cwd=ROOT, env=environment)
        with log.open("w") as written:
            async with Client(stdio_client(parameters, errlog=written)) as client:
                await client.call_tool("get_issue", {"issue": "5"})
    lines = log.read_text().splitlines()

    assert any("httpcore" in line and "X-Echo" in line and "[token]" in line for line in lines)
    assert TOKEN not in "\n".join(lines).lower()
    assert all(STARTS.match(line) for line in lines)
