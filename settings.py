"""What can be set: config.toml, a file of one's own, the environment; the later wins.

Read without a settings library, so that a mistake is told with the file or variable it stands in.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

DEFAULTS = Path(__file__).with_name("config.toml")
TOKEN_VARIABLES = ("SENTRY_AUTH_TOKEN", "SENTRY_ACCESS_TOKEN")
TOKEN_FILE_VARIABLE = "SENTRY_AUTH_TOKEN_FILE"
CONFIG_VARIABLE = "SENTRY_MCP_CONFIG"
PREFIX = "SENTRY_MCP_"
LIVE_TESTS = "SENTRY_MCP_LIVE_"
"""Variables that only tests/live/ reads."""


class SettingsError(Exception):
    """One line for stderr: what is wrong, and where it stands. Never the token's text."""


def _web_address(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL ({error})") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("is not a URL such as https://sentry.example.com")
    if parts.username or parts.password:
        raise ValueError("holds a user name or password, which Sentry does not take; use a token")
    if parts.query or parts.fragment:
        raise ValueError("holds a query or fragment; give the address of Sentry alone")
    return value.rstrip("/").removesuffix("/api/0")


Seconds = Annotated[float, Field(gt=0, le=600)]


class Settings(BaseModel):
    """All settings; `config.toml` says what each is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sentry_url: Annotated[str, BeforeValidator(_web_address)]
    sentry_org: str
    ca_file: str
    timeout: Seconds
    connect_timeout: Seconds
    read_timeout: Seconds
    max_concurrent_requests: Annotated[int, Field(ge=1, le=256)]
    max_answer_size: Annotated[int, Field(ge=1_000)]
    cache_ttl: Annotated[float, Field(ge=0, le=3_600)]
    cache_size: Annotated[int, Field(ge=0)]
    token_budget: Annotated[int, Field(ge=500, le=100_000)]
    structured_content: bool
    redact_pii: bool
    redact_keys: tuple[str, ...]
    http_host: str
    http_port: Annotated[int, Field(ge=0, le=65_535)]
    ingest_port: Annotated[int, Field(ge=0, le=65_535)]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    token: SecretStr | None = None


def load_settings(config: str | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force; raises SettingsError. `config` is the file named on the command line."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, value, origin in [
        *_from_file(DEFAULTS),
        *_from_file(_named_file(config, environment)),
        *_from_environment(environment),
    ]:
        if name not in Settings.model_fields or name == "token":
            raise SettingsError(_unknown(name, origin))
        values[name], origins[name] = value, origin
    try:
        return Settings(**values, token=_token(environment))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        words = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{origins.get(name, 'settings')}: {name} {_lower(words)}") from None


def _named_file(config: str | None, environment: Mapping[str, str]) -> Path | None:
    named = config or environment.get(CONFIG_VARIABLE)
    return Path(named).expanduser() if named else None


def _from_file(path: Path | None) -> list[tuple[str, Any, str]]:
    if path is None:
        return []
    origin = "config.toml" if path == DEFAULTS else str(path)
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{origin}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{origin}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{origin}: is not TOML ({error})") from None
    return [(name, value, origin) for name, value in content.items()]


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, Any, str]]:
    found: list[tuple[str, Any, str]] = []
    for variable in ("SENTRY_URL", "SENTRY_ORG"):
        if environment.get(variable):
            found.append((variable.lower(), environment[variable], variable))
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE or variable.startswith(LIVE_TESTS):
            continue
        name = variable.removeprefix(PREFIX).lower()
        value: Any = [part.strip() for part in text.split(",") if part.strip()] if name == "redact_keys" else text
        found.append((name, value, variable))
    return found


def _token(environment: Mapping[str, str]) -> SecretStr | None:
    for variable in TOKEN_VARIABLES:
        if token := environment.get(variable, "").strip():
            return _plausible(token, variable)
    if named := environment.get(TOKEN_FILE_VARIABLE):
        try:
            token = Path(named).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            raise SettingsError(f"{TOKEN_FILE_VARIABLE}: {named} cannot be read ({reason})") from None
        if not token:
            raise SettingsError(f"{TOKEN_FILE_VARIABLE}: {named} is empty")
        return _plausible(token, TOKEN_FILE_VARIABLE)
    return None


def _plausible(token: str, origin: str) -> SecretStr:
    """A header's value must be visible ASCII (RFC 9110, 5.5): caught here, where it can be named."""
    if not all("!" <= character <= "~" for character in token):
        raise SettingsError(f"{origin}: the token holds characters that no token has (its text is not shown)")
    return SecretStr(token)


def _unknown(name: str, origin: str) -> str:
    import difflib

    if "token" in name and "budget" not in name:
        return f"{origin}: {name}: a token is not set here but in the environment, as SENTRY_AUTH_TOKEN"
    near = difflib.get_close_matches(name, [known for known in Settings.model_fields if known != "token"], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{origin}: {name} is not a setting{hint}"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
