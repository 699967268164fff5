"""Settings: three layers, and mistakes told with the place they stand in."""

import re
from pathlib import Path

import pytest

from opening import connection
from settings import DEFAULTS, Settings, SettingsError, load_settings
from settings.sources import SECRETS

TOKEN = "sntryu_0123456789abcdef"


def test_every_setting_has_its_default_in_config_toml() -> None:
    settings = load_settings(environment={})

    assert set(Settings.model_fields) - {*SECRETS} == set(settings.model_dump(exclude={*SECRETS}))
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
        ({"SENTRY_URL": "sentry.io"}, "SENTRY_URL must be the address of a Sentry, such as https://sentry.example.com"),
        ({"SENTRY_URL": "https://"}, "SENTRY_URL must be the address"),
        ({"SENTRY_URL": "http://[::1"}, "SENTRY_URL must be the address"),
        ({"SENTRY_URL": "https://x:99999999"}, "SENTRY_URL must be the address"),
        ({"SENTRY_URL": "https://sentry.exa\nmple.com"}, "SENTRY_URL must be the address"),
        ({"SENTRY_URL": "https://user:secret@x.org"}, "SENTRY_URL holds a user name or password"),
        ({"SENTRY_URL": "https://secret@o1.ingest.sentry.io/1"}, "as a DSN does"),
        ({"SENTRY_URL": "https://x.org/?a=b"}, "SENTRY_URL is the address of a page, or holds a query or fragment"),
        ({"SENTRY_URL": "https://sentry.io/organizations/acme/issues/"}, "SENTRY_URL is the address of a page"),
        (
            {"SENTRY_ORG": "Acme Corp."},
            "SENTRY_ORG must be the slug of an organization, such as acme, not 'Acme",
        ),
        ({"SENTRY_MCP_TIMOUT": "3"}, "SENTRY_MCP_TIMOUT is not a setting; did you mean SENTRY_MCP_TIMEOUT?"),
        ({"SENTRY_MCP_PORT": "3004"}, "SENTRY_MCP_PORT is not a setting; did you mean SENTRY_MCP_HTTP_PORT?"),
        ({"SENTRY_MCP_URL": "https://x.org"}, "SENTRY_MCP_URL is not a setting; did you mean SENTRY_URL?"),
        (
            {"SENTRY_MCP_TIMEOUT": "soon"},
            "SENTRY_MCP_TIMEOUT must be a number of seconds above 0, at most 600",
        ),
        ({"SENTRY_MCP_TIMEOUT": "-1"}, "SENTRY_MCP_TIMEOUT must be a number of seconds above 0, at most 600, not '-1'"),
        ({"SENTRY_MCP_ZZZ": "1"}, "SENTRY_MCP_ZZZ is not a setting; config.toml has them all"),
        ({"SENTRY_MCP_A\nB": "1"}, "is not a setting"),
        ({"SENTRY_MCP_AUTH_TOKEN": TOKEN}, "a token is not set here"),
        ({"SENTRY_MCP_TOKEN": TOKEN}, "a token is not set here"),
        ({"SENTRY_AUTH_TOKEN": f"{TOKEN}\x00"}, "SENTRY_AUTH_TOKEN: the token holds characters"),
        ({"SENTRY_AUTH_TOKEN": f"Bearer {TOKEN}"}, "SENTRY_AUTH_TOKEN: the token holds characters"),
        ({"SENTRY_AUTH_TOKEN": f'"{TOKEN}"'}, "such as blanks or quotes"),
        ({"SENTRY_AUTH_TOKEN_FILE": "/nonexistent"}, "'/nonexistent' cannot be read (No such file or directory)"),
        ({"SENTRY_AUTH_TOKEN_FILE": TOKEN}, "SENTRY_AUTH_TOKEN_FILE: what was given"),
        ({"SENTRY_AUTH_TOKEN_FILE": "~nobody-of-that-name/token"}, "cannot be read (there is no such home)"),
        ({"SENTRY_URL": TOKEN}, "not what was given (not shown: it may be a token)"),
        ({"SENTRY_MCP_TIMEOUT": TOKEN}, "not what was given (not shown: it may be a token)"),
        ({"SENTRY_MCP_STATE_KEYS": TOKEN}, "SENTRY_MCP_STATE_KEYS must be keys of 32 characters or more"),
        ({"SENTRY_MCP_STATE_KEYS": f"{TOKEN * 2},{TOKEN * 2}"}, "SENTRY_MCP_STATE_KEYS must be keys of 32"),
        ({"SENTRY_MCP_SHARED_URL": f"http://:{TOKEN}@valkey"}, "SENTRY_MCP_SHARED_URL must be the address of a Valkey"),
        ({"SENTRY_MCP_CONFIG": "/nonexistent.toml"}, "'/nonexistent.toml' cannot be read"),
        ({"SENTRY_MCP_LOG_LEVEL": "LOUD"}, "SENTRY_MCP_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not 'LOUD'"),
        ({"SENTRY_MCP_HTTP_HOST": "0.0.0.0"}, "SENTRY_MCP_HTTP_HOST must be a loopback address, such as 127.0.0.1"),
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
        (b'sentry_ur = "https://x.org"', ": sentry_ur is not a setting; did you mean sentry_url?"),
        (b'"sentry\\nurl" = 1', ": 'sentry\\nurl' is not a setting; did you mean sentry_url?"),
        (b'state_keys = ["sntryu_0123456789abcdef"]', "keys are not set here but in the environment"),
        (b"timeout = ", "is not TOML"),
        (b'sentry_auth_token = "sntryu_0123456789abcdef"', "a token is not set here but in the environment"),
        (b"timeout = [1]", ": timeout must be a number of seconds above 0, at most 600, not [1]"),
        (
            b'redact_keys = "tax_id"',
            ': redact_keys must be a list of names, such as ["tax_id", "iban"], not \'tax_id\'',
        ),
    ],
)
def test_a_mistake_in_a_file_is_told_with_the_file(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)

    with pytest.raises(SettingsError) as caught:
        load_settings(str(file), {})

    assert str(file) in str(caught.value)
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


ILL = ['"a b"', '"' + "x" * 500 + '"', "5", "-1", "1e99", "nan", "inf", "true", "[1]", "[[]]", "{a = 1}", "1979-05-27"]
"""Values as TOML writes them, of each kind that there is."""


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name not in SECRETS])
def test_an_ill_value_of_any_setting_is_told_in_plain_words(tmp_path: Path, name: str) -> None:
    file = tmp_path / "mine.toml"
    variable = name.upper() if name in ("sentry_url", "sentry_org") else f"SENTRY_MCP_{name.upper()}"
    told = [words for text in ("a b", "-1", "x" * 500, "\u202e\x07") if (words := refusal(None, {variable: text}))]
    for value in ILL:
        file.write_text(f"{name} = {value}\n")
        if words := refusal(str(file), {}):
            told.append(words.removeprefix(f"{file}: "))
    assert told
    for words in told:
        assert re.match(rf"({name}|{variable}) must be (a|an|the|true|DEBUG)\b", words)
        assert words.isprintable()
        assert len(words) < 200
        assert not re.search(
            r"\b([Ii]nput|valid|tuple|str|string|int|integer|float|bool|boolean|parse\w*|None)\b", words
        )


def refusal(config: str | None, environment: dict[str, str]) -> str | None:
    """What is said against these settings; None: nothing."""
    try:
        load_settings(config, environment)
    except SettingsError as error:
        return str(error)
    return None


def test_kubernetes_may_say_where_a_service_of_our_name_is() -> None:
    """https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables"""
    said: dict[str, str] = {}
    for service in ("SENTRY_MCP", "SENTRY_MCP_HTTP", "SENTRY_MCP_INGEST"):
        said |= {
            f"{service}_SERVICE_HOST": "10.0.0.11",
            f"{service}_SERVICE_PORT": "3004",
            f"{service}_SERVICE_PORT_MCP": "3004",
            f"{service}_PORT": "tcp://10.0.0.11:3004",
            f"{service}_PORT_3004_TCP": "tcp://10.0.0.11:3004",
            f"{service}_PORT_3004_TCP_PROTO": "tcp",
            f"{service}_PORT_3004_TCP_PORT": "3004",
            f"{service}_PORT_3004_TCP_ADDR": "10.0.0.11",
        }

    assert load_settings(environment=said) == load_settings(environment={})


def test_what_is_empty_or_blank_is_not_set() -> None:
    names = [f"SENTRY_MCP_{name.upper()}" for name in Settings.model_fields if name != "token"]
    names += ["SENTRY_URL", "SENTRY_ORG", "SENTRY_AUTH_TOKEN", "SENTRY_AUTH_TOKEN_FILE", "SENTRY_MCP_CONFIG"]

    for blank in ("", " \n"):
        assert load_settings(environment=dict.fromkeys(names, blank)) == load_settings(environment={})


def test_blanks_and_line_breaks_around_a_value_are_not_part_of_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_bytes(f"\ufeff{TOKEN}\r\n".encode())
    settings = load_settings(
        environment={
            "SENTRY_URL": " https://sentry.example.com/\n",
            "SENTRY_ORG": "acme\n",
            "SENTRY_MCP_TIMEOUT": "12\n",
            "SENTRY_MCP_LOG_LEVEL": "info\r\n",
            "SENTRY_MCP_HTTP_HOST": " localhost",
            "SENTRY_AUTH_TOKEN_FILE": f"{token}\n",
        }
    )

    assert (settings.sentry_url, settings.sentry_org) == ("https://sentry.example.com", "acme")
    assert (settings.timeout, settings.log_level, settings.http_host) == (12.0, "INFO", "localhost")
    assert settings.token is not None
    assert settings.token.get_secret_value() == TOKEN


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


def test_proxies_are_networks_also_as_a_socket_of_ipv6_tells_them() -> None:
    named = load_settings(environment={"SENTRY_MCP_TRUSTED_PROXIES": "10.0.0.7/8, 2001:db8::1"})
    assert named.trusted_proxies == ("10.0.0.0/8", "2001:db8::1/128", "::ffff:10.0.0.0/104")

    for wrong in ("*", "proxy.example.com", "10.0.0.0/33"):
        with pytest.raises(SettingsError, match="SENTRY_MCP_TRUSTED_PROXIES must be a list of addresses or networks"):
            load_settings(environment={"SENTRY_MCP_TRUSTED_PROXIES": wrong})
