"""Settings: three layers, and mistakes told with the place they stand in."""

from pathlib import Path

import pytest

from application import connection
from settings import DEFAULTS, Settings, SettingsError, load_settings

TOKEN = "sntryu_0123456789abcdef"


def test_every_setting_has_its_default_in_config_toml() -> None:
    settings = load_settings(environment={})

    assert set(Settings.model_fields) - {"token"} == set(settings.model_dump(exclude={"token"}))
    assert settings.sentry_url == "https://sentry.io"
    assert settings.http_port == 3004
    assert settings.token is None


def test_each_default_has_a_comment_above_it() -> None:
    blocks = DEFAULTS.read_text().split("\n\n")

    undocumented = [block for block in blocks if "=" in block and not block.lstrip().startswith("#")]
    assert undocumented == []


def test_a_file_wins_over_defaults_and_the_environment_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('sentry_url = "https://sentry.example.com/"\nsentry_org = "acme"\ntimeout = 12\n')

    settings = load_settings(str(file), {"SENTRY_ORG": "other", "SENTRY_MCP_CACHE_TTL": "0"})

    assert settings.sentry_url == "https://sentry.example.com"
    assert (settings.sentry_org, settings.timeout, settings.cache_ttl) == ("other", 12.0, 0.0)


def test_the_file_may_be_named_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("token_budget = 900\n")

    assert load_settings(environment={"SENTRY_MCP_CONFIG": str(file)}).token_budget == 900


def test_an_address_with_a_path_is_kept_and_one_of_the_api_is_cut_to_sentry_s_own() -> None:
    prefixed = load_settings(environment={"SENTRY_URL": "https://example.com/sentry/"})
    of_the_api = load_settings(environment={"SENTRY_URL": "https://example.com/api/0/"})

    assert prefixed.sentry_url == "https://example.com/sentry"
    assert of_the_api.sentry_url == "https://example.com"


@pytest.mark.parametrize("variable", ["SENTRY_AUTH_TOKEN", "SENTRY_ACCESS_TOKEN"])
def test_the_token_comes_from_the_environment(variable: str) -> None:
    settings = load_settings(environment={variable: f" {TOKEN}\n"})

    assert settings.token is not None
    assert settings.token.get_secret_value() == TOKEN
    assert TOKEN not in repr(settings)


def test_the_token_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")

    settings = load_settings(environment={"SENTRY_AUTH_TOKEN_FILE": str(file)})

    assert settings.token is not None
    assert settings.token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"SENTRY_URL": "sentry.io"},
            "SENTRY_URL: sentry_url is not a URL such as https://sentry.example.com",
        ),
        ({"SENTRY_URL": "https://"}, "SENTRY_URL: sentry_url is not a URL"),
        ({"SENTRY_URL": "http://[::1"}, "SENTRY_URL: sentry_url is not a URL"),
        ({"SENTRY_URL": "https://x:99999999"}, "SENTRY_URL: sentry_url is not a URL"),
        ({"SENTRY_URL": "https://user:secret@x.org"}, "holds a user name or password"),
        ({"SENTRY_URL": "https://x.org/?a=b"}, "holds a query or fragment"),
        ({"SENTRY_MCP_TIMOUT": "3"}, "SENTRY_MCP_TIMOUT: timout is not a setting; did you mean timeout?"),
        ({"SENTRY_MCP_TIMEOUT": "soon"}, "SENTRY_MCP_TIMEOUT: timeout input should be a valid number"),
        ({"SENTRY_MCP_TIMEOUT": "-1"}, "SENTRY_MCP_TIMEOUT: timeout input should be greater than 0"),
        ({"SENTRY_MCP_ZZZ": "1"}, "SENTRY_MCP_ZZZ: zzz is not a setting"),
        ({"SENTRY_MCP_AUTH_TOKEN": TOKEN}, "a token is not set here"),
        ({"SENTRY_MCP_TOKEN": TOKEN}, "a token is not set here"),
        ({"SENTRY_AUTH_TOKEN": f"{TOKEN}\x00"}, "SENTRY_AUTH_TOKEN: the token holds characters"),
        ({"SENTRY_AUTH_TOKEN": f"Bearer {TOKEN}"}, "SENTRY_AUTH_TOKEN: the token holds characters"),
        (
            {"SENTRY_AUTH_TOKEN_FILE": "/nonexistent"},
            "/nonexistent cannot be read (No such file or directory)",
        ),
        ({"SENTRY_MCP_CONFIG": "/nonexistent.toml"}, "/nonexistent.toml: cannot be read"),
        ({"SENTRY_MCP_LOG_LEVEL": "LOUD"}, "SENTRY_MCP_LOG_LEVEL: log_level input should be 'DEBUG', 'INFO'"),
    ],
)
def test_a_mistake_in_the_environment_is_told_with_the_variable(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environment=environment)

    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'sentry_ur = "https://x.org"', "sentry_ur is not a setting; did you mean sentry_url?"),
        (b"timeout = ", "is not TOML"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b'sentry_auth_token = "sntryu_0123456789abcdef"', "a token is not set here but in the environment"),
        (b"timeout = [1]", "timeout input should be a valid number"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_the_file(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)

    with pytest.raises(SettingsError) as caught:
        load_settings(str(file), {})

    assert str(caught.value).startswith(str(file))
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff"])
def test_an_unusable_token_file_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match="SENTRY_AUTH_TOKEN_FILE: "):
        load_settings(environment={"SENTRY_AUTH_TOKEN_FILE": str(file)})


def test_names_of_secret_fields_come_as_a_list() -> None:
    settings = load_settings(environment={"SENTRY_MCP_REDACT_KEYS": "tax_id, iban"})

    assert settings.redact_keys == ("tax_id", "iban")


def test_variables_of_the_live_tests_are_no_settings() -> None:
    load_settings(environment={"SENTRY_MCP_LIVE_SERVERS": "servers.toml"})


def test_whatever_a_setting_says_of_the_connection_the_client_is_opened_with() -> None:
    said = {
        "ca_file": "/etc/ssl/ours.pem",
        "timeout": 7.0,
        "connect_timeout": 2.0,
        "read_timeout": 3.0,
        "max_concurrent_requests": 5,
        "max_answer_size": 1_000_000,
        "cache_ttl": 60.0,
        "cache_size": 2_000_000,
    }
    environment = {f"SENTRY_MCP_{name.upper()}": str(value) for name, value in said.items()}
    environment |= {"SENTRY_URL": "https://sentry.example.com", "SENTRY_ORG": "acme", "SENTRY_AUTH_TOKEN": TOKEN}

    opened = connection(load_settings(environment=environment))

    assert {name: getattr(opened, name) for name in said} == said
    assert (opened.url, opened.organization) == ("https://sentry.example.com", "acme")
    assert opened.token.get_secret_value() == TOKEN
