"""What can be set: config.toml, a file of one's own, the environment; the later wins.

Read without a settings library, so that a mistake is told with the file or variable it stands in.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from loopback import is_address, is_loopback
from service.access.callers import ANYBODY, Caller
from service.access.configured import CallersError, ConfiguredCaller, callers_in
from service.access.switches import Switches

DEFAULTS = Path(__file__).with_name("config.toml")
TOKEN_VARIABLES = ("SENTRY_AUTH_TOKEN", "SENTRY_ACCESS_TOKEN")
TOKEN_FILE_VARIABLE = "SENTRY_AUTH_TOKEN_FILE"
STATE_KEYS_VARIABLE = "SENTRY_MCP_STATE_KEYS"
SECRETS = ("token", "state_keys")
"""Of the settings, those that are in the environment alone."""
CONFIG_VARIABLE = "SENTRY_MCP_CONFIG"
PREFIX = "SENTRY_MCP_"
TABLES = frozenset(("identity_provider", "limits", "shared"))
"""Of settings that belong together: `url` of `[shared]` is the setting shared_url."""
LISTS = frozenset(
    "redact_keys tools exclude_tools allowed_hosts allowed_origins trusted_proxies identity_provider_algorithms".split()
)
"""What stands in a variable with commas between."""
WITHOUT_PREFIX = ("sentry_url", "sentry_org")
ON_THIS_MACHINE = (
    "must be a loopback address, such as 127.0.0.1, unless callers are configured: whoever reaches this server acts "
    "with its token"
)
LIVE_TESTS = "SENTRY_MCP_LIVE_"
"""Variables that only tests/live/ reads."""

KUBERNETES_VARIABLE = re.compile(r"(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)")
"""What Kubernetes puts into each pod beside a Service whose name begins with `sentry-mcp`, without PREFIX. Its
`..._PORT` is told from a setting by its value."""
KUBERNETES_PORT = re.compile(r"(?:tcp|udp|sctp)://")

PAGE = re.compile(r"/(?:organizations|issues|projects|settings|auth)(?:/|$)")
LIKE_A_SECRET = re.compile(r"sntry|://.*@|[0-9a-fA-F]{32}|[A-Za-z0-9_+=-]{40}")


class SettingsError(Exception):
    """One line for stderr: what is wrong, and where it stands. Never the token's text."""


class _RefusedError(ValueError):
    """Why a value cannot be, where there is more to say than what it must be."""


def _web_address(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    url = value.strip()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError
    _ = parts.port  # raises ValueError for one that cannot be
    if parts.username or parts.password:
        raise _RefusedError(
            "holds a user name or password, as a DSN does; give the address of Sentry alone, and a token"
        )
    if parts.query or parts.fragment or PAGE.search(parts.path):
        raise _RefusedError("is the address of a page, or holds a query or fragment; give the address of Sentry alone")
    return url.rstrip("/").removesuffix("/api/0")


def _number(value: Any) -> Any:
    if isinstance(value, bool):  # to Python it is one
        raise ValueError  # noqa: TRY004 - what pydantic takes for "not this value"
    return value


def _callers(value: Any) -> Any:
    try:
        return callers_in(value, _unknown_tool)
    except CallersError as error:
        raise _RefusedError(f"must be a list of callers, [[callers]]: {error}") from None


def _unknown_tool(names: Iterable[str]) -> tuple[str, str] | None:
    """Loads the tools only where some are named: they take most of the time at the start."""
    if not (given := tuple(names)):
        return None
    from tools.catalogue import unknown_tool

    return unknown_tool(given)


def _tools(names: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := _unknown_tool(names):
        raise _RefusedError(f"must be a list of names of tools: there is no tool {_shown(unknown[0])}{unknown[1]}")
    return names


def _confirm(value: Any) -> Any:
    if isinstance(value, str) and value.strip() not in ("never", "always"):
        return listed(value)
    return value


def _store(value: Any) -> Any:
    """Of Valkey or Redis, by the names that redis-py takes."""
    if not isinstance(value, str) or not value.strip():
        return value
    parts = urlsplit(value.strip())
    if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.scheme == "unix"):
        raise ValueError
    return value


def _networks(value: Any) -> Any:
    """Each as a network, and an IPv4 one as a socket of IPv6 tells its addresses, too. uvicorn takes what it cannot
    read for a name that nobody has."""
    if not isinstance(value, list | tuple):
        return value
    found = [ipaddress.ip_network(str(text).strip(), strict=False) for text in cast("list[object]", value)]
    mapped = [f"::ffff:{one.network_address}/{one.prefixlen + 96}" for one in found if one.version == 4]
    return [*map(str, found), *mapped]


def _prefix(value: Any) -> Any:
    return f"/{value.strip().strip('/')}".rstrip("/") if isinstance(value, str) else value


def _in_capitals(value: Any) -> Any:
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
Claim = Annotated[str, Field(pattern=r"^[^\s]{0,200}$", description="the name of a claim, or empty")]


class Settings(BaseModel):
    """All settings; `config.toml` says what each is for, the description here what it must be."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    sentry_url: Annotated[
        str,
        BeforeValidator(_web_address),
        Field(description="the address of a Sentry, such as https://sentry.example.com"),
    ]
    sentry_org: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_.-]*$", description="the slug of an organization, such as acme")
    ]
    ca_file: Annotated[str, Field(description="the path of a PEM file")]
    timeout: Seconds
    connect_timeout: Seconds
    read_timeout: Seconds
    max_concurrent_requests: Annotated[
        int, IsNumber, Field(ge=1, le=256, description="a whole number of requests, 1 to 256")
    ]
    max_answer_size: Annotated[int, IsNumber, Field(ge=1_000, description="a whole number of bytes, at least 1000")]
    cache_ttl: Annotated[
        float, IsNumber, Field(ge=0, le=3_600, allow_inf_nan=False, description="a number of seconds, 0 to 3600")
    ]
    cache_size: Annotated[int, IsNumber, Field(ge=0, description="a whole number of bytes, 0 or more")]
    token_budget: Annotated[
        int, IsNumber, Field(ge=500, le=100_000, description="a whole number of tokens, 500 to 100000")
    ]
    structured_content: Switch
    redact_pii: Switch
    redact_keys: Annotated[tuple[str, ...], Field(description='a list of names, such as ["tax_id", "iban"]')]
    read_only: Switch
    tools: Tools
    exclude_tools: Tools
    confirm_writes: Annotated[
        Literal["never", "always"] | tuple[str, ...],
        BeforeValidator(_confirm),
        Field(description="a word, never or always, or a list of callers' names"),
    ]
    http_host: Annotated[str, Field(description="an address of this machine, such as 127.0.0.1")]
    http_port: Port
    public_url: Annotated[
        str,
        Field(
            pattern=r"^(?:https?://[^\s/?#]+(?:/[^\s?#]*)?)?$",
            description="an address, such as https://mcp.example.com",
        ),
    ]
    path_prefix: Annotated[
        str,
        BeforeValidator(_prefix),
        Field(pattern=r"^(?:/[A-Za-z0-9._~-]+)*$", description="the beginning of a path, such as /sentry"),
    ]
    allowed_hosts: Names
    allowed_origins: Names
    trusted_proxies: Annotated[
        tuple[str, ...],
        BeforeValidator(_networks),
        Field(description='a list of addresses or networks, such as ["10.0.0.0/8"]'),
    ]
    callers: Annotated[
        tuple[ConfiguredCaller, ...], BeforeValidator(_callers), Field(description="tables, [[callers]]")
    ]
    callers_file: Annotated[str, Field(description="the path of a TOML file with [[callers]]")]
    accept_sentry_tokens: Switch
    identity_provider_issuer: Annotated[str, Field(description="the issuer of an identity provider's tokens, a URL")]
    identity_provider_audience: Annotated[str, Field(description="the audience of the tokens, which stands in aud")]
    identity_provider_jwks_url: Annotated[str, Field(description="the URL of a JSON Web Key Set")]
    identity_provider_algorithms: Names
    identity_provider_name_claim: Claim
    identity_provider_scope_claim: Claim
    identity_provider_organizations_claim: Claim
    identity_provider_projects_claim: Claim
    limits_calls_per_minute: Annotated[
        int, IsNumber, Field(ge=0, le=1_000_000, description="a whole number of calls, 0 for no limit")
    ]
    limits_calls_at_once: Annotated[
        int, IsNumber, Field(ge=0, le=100_000, description="a whole number of calls, 0 for no limit")
    ]
    limits_request_size: Annotated[
        int, IsNumber, Field(ge=10_000, le=100_000_000, description="a whole number of bytes, at least 10000")
    ]
    limits_sessions: Annotated[
        int, IsNumber, Field(ge=1, le=100_000, description="a whole number of sessions, 1 or more")
    ]
    limits_sessions_per_caller: Annotated[
        int, IsNumber, Field(ge=1, le=100_000, description="a whole number of sessions, 1 or more")
    ]
    shared_url: Annotated[
        SecretStr,
        BeforeValidator(_store),
        Field(description="the address of a Valkey or Redis, such as redis://valkey:6379/0"),
    ]
    audit_file: Annotated[str, Field(description="the path of a file to append to")]
    log_format: Annotated[Literal["console", "json"], Field(description="a word, console or json")]
    ingest_port: Port
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(_in_capitals),
        Field(description="DEBUG, INFO, WARNING or ERROR"),
    ]
    token: SecretStr | None = None
    state_keys: tuple[SecretStr, ...] = ()
    """Not in config.toml either: they are secrets."""

    @property
    def is_shared(self) -> bool:
        """Whether this is one of several servers, with a store in common."""
        return bool(self.shared_url.get_secret_value())

    @property
    def knows_callers(self) -> bool:
        """Whether HTTP is served to those alone who show a token."""
        return bool(self.callers or self.callers_file or self.identity_provider_issuer)

    @property
    def switches(self) -> Switches:
        """What is switched for everybody."""
        asked = self.confirm_writes
        return Switches(
            read_only=self.read_only,
            tools=frozenset(self.tools) or None,
            exclude_tools=frozenset(self.exclude_tools),
            structured_content=self.structured_content,
            confirm_writes=asked == "always" if isinstance(asked, str) else frozenset(asked),
        )


def load_settings(
    config: str | None = None,
    environment: Mapping[str, str] | None = None,
    options: Iterable[tuple[str, Any, str]] = (),
) -> Settings:
    """The settings in force; raises SettingsError. `config` is the file named on the command line, `options` what is
    set there: the setting, its value, and the option's name.

    A variable that is empty or blank is not set.
    """
    given = os.environ if environment is None else environment
    variables = {variable: text.strip() for variable, text in given.items() if text.strip()}
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for name, value, place in [
        *_from_file(DEFAULTS),
        *_from_file(_named_file(config, variables)),
        *_from_environment(variables),
        *options,
    ]:
        if name not in Settings.model_fields or name in SECRETS:
            raise SettingsError(_unknown(name, place))
        values[name], places[name] = value, place
    try:
        settings = Settings(**values, token=_token(variables), state_keys=_state_keys(variables))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        reason = first.get("ctx", {}).get("error")
        words = str(reason) if isinstance(reason, _RefusedError) else _expected(name, values.get(name))
        raise SettingsError(f"{places.get(name, name)} {words}") from None
    if not settings.knows_callers and not is_loopback(settings.http_host):
        raise SettingsError(f"{places['http_host']} {ON_THIS_MACHINE}")
    if not is_address(settings.http_host):
        raise SettingsError(f"{places['http_host']} {_expected('http_host', settings.http_host)}")
    if not (settings.callers_file or settings.identity_provider_issuer):  # who may know others
        check_confirmed(settings, settings.callers, places["confirm_writes"])
    return settings


def check_confirmed(settings: Settings, callers: Iterable[Caller], place: str = "confirm_writes") -> None:
    """Raises SettingsError for a name whose writes are to be confirmed, and which nobody has."""
    known = {ANYBODY.name, *(caller.name for caller in callers)}
    asked = () if isinstance(settings.confirm_writes, str) else settings.confirm_writes
    if unknown := next((name for name in asked if name not in known), None):
        words = Settings.model_fields["confirm_writes"].description
        raise SettingsError(f"{place} must be {words}: there is no caller {_shown(unknown)}{_near(unknown, known)}")


def _near(name: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _expected(name: str, given: Any) -> str:
    return f"must be {Settings.model_fields[name].description}, not {_shown(given)}"


def _shown(given: Any) -> str:
    """What was given, unless a secret may have come to the wrong place."""
    text = repr(given)
    if LIKE_A_SECRET.search(text):
        return "what was given (not shown: it may be a token)"
    return text if len(text) <= 80 else f"{text[:80]}..."


def _named_file(config: str | None, variables: Mapping[str, str]) -> Path | None:
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
    raise SettingsError(f"{place}: {_shown(str(path))} cannot be read ({reason})")


def _from_file(path: Path | None) -> list[tuple[str, Any, str]]:
    """Each setting that a file holds: its name, its value, and its place as a mistake would be told with."""
    if path is None:
        return []
    try:
        content = tomllib.loads(_read(path, "The file of settings"))
    except tomllib.TOMLDecodeError as error:
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


def _from_environment(variables: Mapping[str, str]) -> list[tuple[str, Any, str]]:
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
    return text if text.isidentifier() else _shown(text)


def _token(variables: Mapping[str, str]) -> SecretStr | None:
    for variable in TOKEN_VARIABLES:
        if token := variables.get(variable):
            return _plausible(token, variable)
    if named := variables.get(TOKEN_FILE_VARIABLE):
        token = _read(Path(named), TOKEN_FILE_VARIABLE).strip()
        if not token:
            raise SettingsError(f"{TOKEN_FILE_VARIABLE}: {_shown(named)} is empty")
        return _plausible(token, TOKEN_FILE_VARIABLE)
    return None


def _state_keys(variables: Mapping[str, str]) -> tuple[SecretStr, ...]:
    keys = [key.strip() for key in variables.get(STATE_KEYS_VARIABLE, "").split(",") if key.strip()]
    if any(len(key) < 32 for key in keys) or len(set(keys)) < len(keys):
        raise SettingsError(
            f"{STATE_KEYS_VARIABLE} must be keys of 32 characters or more, each another, with commas between (their "
            "text is not shown); `openssl rand -hex 32` makes one"
        )
    return tuple(map(SecretStr, keys))


def _plausible(token: str, place: str) -> SecretStr:
    """A header's value must be visible ASCII (RFC 9110, 5.5): caught here, where it can be named."""
    if not all("!" <= character <= "~" for character in token) or token[0] in "\"'":
        raise SettingsError(
            f"{place}: the token holds characters that no token has, such as blanks or quotes (its text is not shown)"
        )
    return SecretStr(token)


def _unknown(name: str, place: str) -> str:
    import difflib

    if name == "state_keys":
        return f"{place}: keys are not set here but in the environment, as {STATE_KEYS_VARIABLE}"
    if "token" in name and "budget" not in name:
        return f"{place}: a token is not set here but in the environment, as SENTRY_AUTH_TOKEN"
    known = {setting: setting for setting in Settings.model_fields if setting not in SECRETS}
    known |= {setting.removeprefix("sentry_"): setting for setting in WITHOUT_PREFIX}
    near = difflib.get_close_matches(name, known, n=1)
    if not near:
        return f"{place} is not a setting; config.toml has them all"
    setting = known[near[0]]
    if place.startswith(PREFIX):
        setting = setting.upper() if setting in WITHOUT_PREFIX else f"{PREFIX}{setting.upper()}"
    return f"{place} is not a setting; did you mean {setting}?"
