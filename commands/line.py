"""The command line: what is started, with which settings; one clear line and exit code 2 if it cannot."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from commands import logs
from loopback import MAX_PORT, is_address, is_loopback
from sentry_mcp import __version__
from settings import DEFAULTS, ON_THIS_MACHINE, Settings, SettingsError, listed, load_settings

EPILOG = f"""\
commands:
  (none)   serve MCP over stdio, or over streamable HTTP with --http
  demo     show the whole way on an embedded Sentry: error, stack trace, resolve, regression; alert, engine, fix
  doctor   say what kind of Sentry answers, what the token may do, and what to put where
  token    make a token for a caller over HTTP: sentry-mcp token NAME

settings:
  SENTRY_AUTH_TOKEN  the token; or SENTRY_AUTH_TOKEN_FILE, the path of a file that holds it
  SENTRY_URL         which Sentry (https://sentry.io)
  SENTRY_ORG         the slug of the organization
  SENTRY_MCP_<NAME>  any other, such as SENTRY_MCP_TIMEOUT=60; or timeout = 60 in the file that --config names

  Each one with its default, and what it is for:
  {DEFAULTS}
"""


MOST_KEPT = 1_000_000_000
"""Days, events or megabytes: more than anybody has."""


def run(arguments: Sequence[str]) -> int:
    """The exit code: 2 with one line on stderr where something given cannot be used."""
    if sys.stderr is None:  # closed by whoever started us; the next file to be opened would have its number
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives
    try:
        try:
            return _run(_parser().parse_args(arguments))
        finally:
            _flush()
    except SettingsError as error:
        return _refused(str(error))
    except BrokenPipeError:
        return _refused("nobody reads the output any more")


def _flush() -> None:
    """What was printed leaves now, where it can be said that it cannot."""
    if sys.stdout is None:  # closed by whoever started us
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try again at its end
        if isinstance(error, BrokenPipeError):
            raise
        raise SettingsError(f"the output cannot be written ({error.strerror})") from None


def _refused(words: str) -> int:
    print(f"sentry-mcp: {words}", file=sys.stderr)
    return 2


def _run(options: argparse.Namespace) -> int:
    settings = load_settings(options.config, options=_switches(options))
    _check(options, settings)
    logs.set_up(settings)
    return _start(options, settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sentry-mcp",
        description="An MCP server through which agents read and act on errors in Sentry.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=["demo", "doctor", "token"], help="see below")
    parser.add_argument("name", nargs="?", help="with token: whose it is")
    parser.add_argument("--config", metavar="FILE", help="a TOML file with settings (SENTRY_MCP_CONFIG)")
    parser.add_argument("--read-only", action="store_true", help="offer no tool that changes anything (read_only)")
    parser.add_argument("--tools", metavar="A,B", help="offer these tools only (tools)")
    parser.add_argument("--exclude-tools", metavar="A,B", help="offer all tools but these (exclude_tools)")
    parser.add_argument("--channel", action="store_true", help="alerts wake the session of Claude Code (alerts)")
    parser.add_argument("--http", action="store_true", help="streamable HTTP at /mcp instead of stdio")
    parser.add_argument("--host", help="with --http: address to listen on, without callers a loopback one (127.0.0.1)")
    parser.add_argument("--port", type=int, help="with --http: port (3004)")
    parser.add_argument("--local", action="store_true", help="over an embedded Sentry, whose DSN is printed")
    parser.add_argument("--data", metavar="PATH", help="with --local: keep its data in this file")
    parser.add_argument(
        "--keep-days", metavar="N", type=int, help="with --local: forget events after so many days (30)"
    )
    parser.add_argument("--keep-events", metavar="N", type=int, help="with --local: of each issue at most (50000)")
    parser.add_argument(
        "--keep-mb", metavar="N", type=int, help="with --local: megabytes of data (1000; in memory 200)"
    )
    parser.add_argument("--show-token", action="store_true", help="with --local: print the token of its Web API, too")
    parser.add_argument("--webhook", metavar="URL", help="with --local: send it webhooks (SENTRY_WEBHOOK_SECRET)")
    parser.add_argument("--version", action="version", version=f"sentry-mcp {__version__}")
    return parser


def _switches(options: argparse.Namespace) -> Iterator[tuple[str, Any, str]]:
    """What is switched here, as settings, each with the name of its option."""
    if options.read_only:
        yield "read_only", True, "--read-only"
    if options.channel:
        yield "alerts", True, "--channel"
    for name, given, option in (
        ("tools", options.tools, "--tools"),
        ("exclude_tools", options.exclude_tools, "--exclude-tools"),
    ):
        if given is not None:
            yield name, listed(given) or given, option


def _check(options: argparse.Namespace, settings: Settings) -> None:
    if (options.host or options.port is not None) and not options.http:
        raise SettingsError("--host and --port go with --http")
    if options.channel and (options.http or options.command):
        raise SettingsError("--channel goes with stdio, and with no command")
    if options.http and options.command:
        raise SettingsError(f"--http does not go with {options.command}")
    if options.local and options.command == "demo":
        raise SettingsError("--local does not go with demo, which has an embedded Sentry anyway")
    if options.name and options.command != "token":
        raise SettingsError(f"{options.command} takes no name")
    if options.command in ("demo", "token") and any(_switches(options)):
        raise SettingsError(f"--read-only, --tools and --exclude-tools do not go with {options.command}")
    if options.data and not options.local:
        raise SettingsError("--data goes with --local")
    for name in ("keep_days", "keep_events", "keep_mb"):
        _check_kept(options, name)
    if options.show_token and not options.local:
        raise SettingsError("--show-token goes with --local")
    if options.webhook is not None:
        _check_webhook(options, settings)
    if options.port is not None and not 0 <= options.port <= 65_535:
        raise SettingsError(f"--port: {options.port} is not a port (0 to 65535)")
    if options.host and not settings.knows_callers and not is_loopback(options.host):
        raise SettingsError(f"--host: {options.host} is not a loopback address; it {ON_THIS_MACHINE}")
    if options.host and not is_address(options.host):
        raise SettingsError(f"--host: {options.host} is no address")
    if options.local and options.http and settings.accept_sentry_tokens:
        raise SettingsError("accept_sentry_tokens does not go with --local, whose Sentry has one token")
    is_brought = options.http and settings.accept_sentry_tokens
    needs_token = not options.local and options.command not in ("demo", "token") and not is_brought
    if needs_token and settings.token is None:
        raise SettingsError(
            "SENTRY_AUTH_TOKEN is not set. Set it in the environment of this server (in the `env` of the "
            "host's JSON), or name a file that holds it in SENTRY_AUTH_TOKEN_FILE. To try without a Sentry: "
            "sentry-mcp --local, or sentry-mcp demo"
        )


def _check_kept(options: argparse.Namespace, name: str) -> None:
    number, option = getattr(options, name), "--" + name.replace("_", "-")
    if number is not None and (not options.local or options.command):
        raise SettingsError(f"{option} goes with --local, and with no command")
    if number is not None and not 1 <= number <= MOST_KEPT:
        raise SettingsError(f"{option}: {number} is not a number from 1 to {MOST_KEPT}")


def _check_webhook(options: argparse.Namespace, settings: Settings) -> None:
    if not options.local:
        raise SettingsError("--webhook goes with --local")
    if options.command:
        raise SettingsError(f"--webhook does not go with {options.command}")
    if not _is_web_url(options.webhook):
        raise SettingsError("--webhook: is no http or https address, such as http://127.0.0.1:3004/webhooks/sentry")
    if not settings.webhook_secrets:
        raise SettingsError("--webhook needs SENTRY_WEBHOOK_SECRET, with which webhooks are signed")


def _is_web_url(text: str) -> bool:
    import httpx  # where there is one to be read

    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and (url.port or 0) <= MAX_PORT


def _start(options: argparse.Namespace, settings: Settings) -> int:
    match options.command:
        case "demo":
            from commands.demo import demo

            return demo()
        case "doctor":
            from commands.doctor import doctor

            return doctor(options, settings)
        case "token":
            from commands.new_token import new_token

            return new_token(options.name)
        case _:
            from commands.serve import serve

            return serve(options, settings)
