"""What a client keeps for the server is opened by every server of the service, and by no other."""

import pytest
from mcp.server.request_state import InvalidRequestState, RequestStateCodec

from settings import load_settings
from shared.sealing import sealing

TOKEN, KEYS = "sntryu_9e107d9d372bb6826bd81d3542a419d6", [character * 32 for character in "abc"]

STORE = "redis://127.0.0.1:1"


def codec(token: str = TOKEN, *keys: str) -> RequestStateCodec:
    """Of a server with this token of Sentry's, and these keys."""
    environment = {"SENTRY_AUTH_TOKEN": token, "SENTRY_MCP_STATE_KEYS": ",".join(keys), "SENTRY_MCP_SHARED_URL": STORE}
    found = sealing(load_settings(environment=environment))
    assert found is not None
    return found.codec


def opens(sealed: str, by: RequestStateCodec) -> bool:
    try:
        return by.unseal(sealed) == b"state"
    except InvalidRequestState:
        return False


def test_servers_with_the_same_token_open_what_the_others_sealed() -> None:
    sealed = codec().seal(b"state")
    assert opens(sealed, codec())
    assert not opens(sealed, codec("sntryu_another"))
    assert not opens(sealed, codec(TOKEN, KEYS[0]))


def test_keys_are_exchanged_without_a_break() -> None:
    old, both, new = (codec("sntryu_another", *keys) for keys in ([KEYS[0]], KEYS[1::-1], [KEYS[1]]))
    assert opens(old.seal(b"state"), both)
    assert opens(both.seal(b"state"), new)
    assert not opens(old.seal(b"state"), new)
    assert opens(codec(TOKEN, *KEYS).seal(b"state"), old), "keys count, whatever the token"


@pytest.mark.parametrize("environment", [{"SENTRY_MCP_SHARED_URL": STORE}, {"SENTRY_AUTH_TOKEN": TOKEN}])
def test_without_a_token_or_a_store_there_is_no_key_in_common(environment: dict[str, str]) -> None:
    assert sealing(load_settings(environment=environment)) is None


@pytest.mark.parametrize("keys", [[], KEYS])
def test_no_secret_is_shown(keys: list[str]) -> None:
    settings = load_settings(environment={"SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_MCP_STATE_KEYS": ",".join(keys)})
    assert not [secret for secret in (TOKEN, *KEYS) if secret in f"{settings!r} {settings.model_dump_json()}"]
