"""What can be set: config.toml, a file of one's own, the environment, the command line; the later wins.

Read without a settings library, so that a mistake is told with the file, variable or option it stands in.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from loopback import is_address, is_loopback
from service.access.callers import ANYBODY, Caller
from service.access.configured import ConfiguredCaller
from service.access.switches import Switches
from settings import types
from settings.sources import (
    PREFIX,
    SECRETS,
    STATE_KEYS_VARIABLE,
    WITHOUT_PREFIX,
    SettingsError,
    from_environment,
    from_file,
    listed,
    named_file,
    shown,
    state_keys_in,
    token_in,
    webhook_secrets_in,
)
from settings.types import Claim, IsNumber, Names, Port, RefusedError, Seconds, Switch, Tools

__all__ = ["DEFAULTS", "ON_THIS_MACHINE", "Settings", "SettingsError", "check_confirmed", "listed", "load_settings"]

DEFAULTS = Path(__file__).parents[1] / "config.toml"
ON_THIS_MACHINE = (
    "must be a loopback address, such as 127.0.0.1, unless callers are configured: whoever reaches this server acts "
    "with its token"
)


class Settings(BaseModel):
    """All settings; `config.toml` says what each is for, the description here what it must be."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    sentry_url: Annotated[
        str,
        BeforeValidator(types.web_address),
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
        BeforeValidator(types.confirm),
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
        BeforeValidator(types.prefix),
        Field(pattern=r"^(?:/[A-Za-z0-9._~-]+)*$", description="the beginning of a path, such as /sentry"),
    ]
    allowed_hosts: Names
    allowed_origins: Names
    trusted_proxies: Annotated[
        tuple[str, ...],
        BeforeValidator(types.networks),
        Field(description='a list of addresses or networks, such as ["10.0.0.0/8"]'),
    ]
    callers: Annotated[
        tuple[ConfiguredCaller, ...], BeforeValidator(types.callers), Field(description="tables, [[callers]]")
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
        BeforeValidator(types.store),
        Field(description="the address of a Valkey or Redis, such as redis://valkey:6379/0"),
    ]
    audit_file: Annotated[str, Field(description="the path of a file to append to")]
    log_format: Annotated[Literal["console", "json"], Field(description="a word, console or json")]
    ingest_port: Port
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(types.in_capitals),
        Field(description="DEBUG, INFO, WARNING or ERROR"),
    ]
    alerts: Switch
    alerts_path: Annotated[str, Field(description="the path of a file")]
    alerts_lease: Annotated[
        float, IsNumber, Field(ge=1, le=86_400, allow_inf_nan=False, description="a number of seconds, 1 to 86400")
    ]
    alerts_interval: Annotated[
        float,
        IsNumber,
        Field(ge=0, le=86_400, allow_inf_nan=False, description="a number of seconds, at least 10, or 0 for never"),
        AfterValidator(types.never_or_seldom),
    ]
    token: SecretStr | None = None
    state_keys: tuple[SecretStr, ...] = ()
    webhook_secrets: tuple[SecretStr, ...] = ()
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
            alerts=self.alerts,
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
        *from_file(DEFAULTS),
        *from_file(named_file(config, variables)),
        *from_environment(variables),
        *options,
    ]:
        if name not in Settings.model_fields or name in SECRETS:
            raise SettingsError(_unknown(name, place))
        values[name], places[name] = value, place
    try:
        secrets: dict[str, Any] = {
            "token": token_in(variables),
            "state_keys": state_keys_in(variables),
            "webhook_secrets": webhook_secrets_in(variables),
        }
        settings = Settings(**values, **secrets)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        reason = first.get("ctx", {}).get("error")
        words = str(reason) if isinstance(reason, RefusedError) else _expected(name, values.get(name))
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
        raise SettingsError(f"{place} must be {words}: there is no caller {shown(unknown)}{_near(unknown, known)}")


def _near(name: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _expected(name: str, given: Any) -> str:
    return f"must be {Settings.model_fields[name].description}, not {shown(given)}"


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
