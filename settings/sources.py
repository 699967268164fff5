"""Where settings stand: a file, the environment; each with its place, as a mistake would be told with."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr

TOKEN_VARIABLES = ("SENTRY_AUTH_TOKEN", "SENTRY_ACCESS_TOKEN")
TOKEN_FILE_VARIABLE = "SENTRY_AUTH_TOKEN_FILE"
STATE_KEYS_VARIABLE = "SENTRY_MCP_STATE_KEYS"
WEBHOOK_SECRET_VARIABLE = "SENTRY_WEBHOOK_SECRET"
WEBHOOK_SECRET_FILE_VARIABLE = "SENTRY_WEBHOOK_SECRET_FILE"
SECRETS = ("token", "state_keys", "webhook_secrets")
"""Of the settings, those that are in the environment alone."""
SHORTEST_SECRET = 16
CONFIG_VARIABLE = "SENTRY_MCP_CONFIG"
PREFIX = "SENTRY_MCP_"
TABLES = frozenset(("identity_provider", "limits", "shared"))
"""Of settings that belong together: `url` of `[shared]` is the setting shared_url."""
LISTS = frozenset(
    "redact_keys tools exclude_tools allowed_hosts allowed_origins trusted_proxies identity_provider_algorithms".split()
)
"""What stands in a variable with commas between."""
WITHOUT_PREFIX = ("sentry_url", "sentry_org")
LIVE_TESTS = "SENTRY_MCP_LIVE_"
"""Variables that only tests/live/ reads."""

KUBERNETES_VARIABLE = re.compile(r"(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)")
"""What Kubernetes puts into each pod beside a Service whose name begins with `sentry-mcp`, without PREFIX. Its
`..._PORT` is told from a setting by its value."""
KUBERNETES_PORT = re.compile(r"(?:tcp|udp|sctp)://")
LIKE_A_SECRET = re.compile(r"sntry|://.*@|[0-9a-fA-F]{32}|[A-Za-z0-9_+=-]{40}")


class SettingsError(Exception):
    """One line for stderr: what is wrong, and where it stands. Never the token's text."""


def shown(given: Any) -> str:
    """What was given, unless a secret may have come to the wrong place."""
    text = repr(given)
    if LIKE_A_SECRET.search(text):
        return "what was given (not shown: it may be a token)"
    return text if len(text) <= 80 else f"{text[:80]}..."


def named_file(config: str | None, variables: Mapping[str, str]) -> Path | None:
    named = config or variables.get(CONFIG_VARIABLE)
    return Path(named) if named else None


def _read(path: Path, place: str) -> str:
    """The file's text; `place` is what named it. Raises SettingsError."""
    try:
        return path.expanduser().read_text("utf-8-sig")
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except RuntimeError:
        reason = "there is no such home"
    raise SettingsError(f"{place}: {shown(str(path))} cannot be read ({reason})")


def from_file(path: Path | None) -> list[tuple[str, Any, str]]:
    """Each setting that a file holds: its name, its value, and its place as a mistake would be told with."""
    if path is None:
        return []
    try:
        content = tomllib.loads(_read(path, "The file of settings"))
    except ValueError as error:  # tomllib.TOMLDecodeError is one; Python's own of a number of too many digits, too
        raise SettingsError(f"{path}: is not TOML ({error})") from None
    found: list[tuple[str, Any, str]] = []
    for name, value in content.items():
        place = f"{path}: {_name(name)}"
        if name in TABLES and isinstance(value, dict):
            table = cast("dict[str, Any]", value)
            found += [(f"{name}_{key}", inner, f"{place}.{_name(key)}") for key, inner in table.items()]
        else:
            found.append((name, value, place))
    return found


def from_environment(variables: Mapping[str, str]) -> list[tuple[str, Any, str]]:
    found: list[tuple[str, Any, str]] = [
        (name, variables[name.upper()], name.upper()) for name in WITHOUT_PREFIX if name.upper() in variables
    ]
    for variable, text in variables.items():
        if (
            not variable.startswith(PREFIX)
            or variable in (CONFIG_VARIABLE, STATE_KEYS_VARIABLE)
            or variable.startswith(LIVE_TESTS)
        ):
            continue
        rest = variable.removeprefix(PREFIX)
        if KUBERNETES_VARIABLE.fullmatch(rest) or (rest.endswith("PORT") and KUBERNETES_PORT.match(text)):
            continue
        name = rest.lower()
        value: Any = listed(text) if name in LISTS else text
        found.append((name, value, _name(variable)))
    return found


def listed(text: str) -> list[str]:
    """What stands in a text with commas between."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _name(text: str) -> str:
    """In quotes where it is none that a setting could have, such as one with line breaks."""
    return text if text.isidentifier() else shown(text)


def token_in(variables: Mapping[str, str]) -> SecretStr | None:
    for variable in TOKEN_VARIABLES:
        if token := variables.get(variable):
            return _plausible(token, variable)
    if named := variables.get(TOKEN_FILE_VARIABLE):
        token = _read(Path(named), TOKEN_FILE_VARIABLE).strip()
        if not token:
            raise SettingsError(f"{TOKEN_FILE_VARIABLE}: {shown(named)} is empty")
        return _plausible(token, TOKEN_FILE_VARIABLE)
    return None


def state_keys_in(variables: Mapping[str, str]) -> tuple[SecretStr, ...]:
    keys = [key.strip() for key in variables.get(STATE_KEYS_VARIABLE, "").split(",") if key.strip()]
    if any(len(key) < 32 for key in keys) or len(set(keys)) < len(keys):
        raise SettingsError(
            f"{STATE_KEYS_VARIABLE} must be keys of 32 characters or more, each another, with commas between (their "
            "text is not shown); `openssl rand -hex 32` makes one"
        )
    return tuple(map(SecretStr, keys))


def webhook_secrets_in(variables: Mapping[str, str]) -> tuple[SecretStr, ...]:
    """Several, while one takes another's place: with commas between, in the file also each on its line."""
    text, place = variables.get(WEBHOOK_SECRET_VARIABLE, ""), WEBHOOK_SECRET_VARIABLE
    if not text and (named := variables.get(WEBHOOK_SECRET_FILE_VARIABLE)):
        place = WEBHOOK_SECRET_FILE_VARIABLE
        text = _read(Path(named), place).replace("\n", ",")
        if not listed(text):
            raise SettingsError(f"{place}: {shown(named)} is empty")
    secrets = listed(text)
    if any(len(secret) < SHORTEST_SECRET or not secret.isascii() or not secret.isprintable() for secret in secrets):
        raise SettingsError(
            f"{place} must be secrets of {SHORTEST_SECRET} characters or more, with commas between (their text is not "
            "shown): Sentry shows one as the Client Secret of an internal integration"
        )
    return tuple(map(SecretStr, secrets))


def _plausible(token: str, place: str) -> SecretStr:
    """A header's value must be visible ASCII (RFC 9110, 5.5): caught here, where it can be named."""
    if not all("!" <= character <= "~" for character in token) or token[0] in "\"'":
        raise SettingsError(
            f"{place}: the token holds characters that no token has, such as blanks or quotes (its text is not shown)"
        )
    return SecretStr(token)
