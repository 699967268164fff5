"""Whom an identity provider's tokens let in, and what they may; what the provider is asked, and when."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from standins.clocks import Clock
from standins.forged import forged
from standins.identity_provider import AUDIENCE, KEYS, METADATA, Answer, Provider, providing, public_row
from standins.sockets import Wire

from service.access.callers import Caller, ExpiringCaller, Scope
from service.access.configured import CallersError, callers_in
from settings import Settings, SettingsError, load_settings
from web.callers.identity_provider import LEEWAY, IdentityProvider, provider_of
from web.callers.known import GRACE, CannotTellError, KnownCallers
from web.callers.signing_keys import AGAIN, FRESH, MAX_SIZE, USABLE, SigningKeys

PREFIX = "SENTRY_MCP_IDENTITY_PROVIDER_"


def settings_of(issuer: str, **more: str) -> Settings:
    named = {"issuer": issuer, "audience": AUDIENCE, **more}
    return load_settings(environment={f"{PREFIX}{name.upper()}": value for name, value in named.items()})


@asynccontextmanager
async def knowing(
    provider: Provider, named: dict[str, str] | None = None, *, clock: Clock | None = None
) -> AsyncGenerator[IdentityProvider]:
    """What the server asks whose tokens are; for as long as the block lasts."""
    settings = settings_of(provider.issuer, **(named or {}))
    keys = SigningKeys(
        settings.identity_provider_issuer,
        settings.identity_provider_jwks_url,
        settings.identity_provider_algorithms,
        clock or Clock(),
    )
    known = IdentityProvider(settings, keys)
    async with known.watching():
        yield known


async def caller_of(provider: Provider, token: str, **more: str) -> Caller | None:
    async with knowing(provider, more) as known:
        return await KnownCallers(provider=known).caller_of(token)


@pytest.mark.parametrize(("key_id", "algorithm"), [("first", "RS256"), ("curve", "ES256"), ("edwards", "EdDSA")])
async def test_a_token_that_the_provider_signed_for_this_server_lets_in(key_id: str, algorithm: str) -> None:
    async with providing() as provider:
        found = await caller_of(provider, provider.token(key_id=key_id, algorithm=algorithm, aud=["other", AUDIENCE]))

    assert found is not None
    assert found.name == "jwt:ann"
    assert found.scopes == frozenset((Scope.ISSUES_READ,))
    assert found.organizations is None
    assert found.projects is None


async def test_no_forged_token_lets_in() -> None:
    async with providing() as provider, knowing(provider) as known:
        callers = KnownCallers(provider=known)
        let_in = [kind for kind, token in forged(provider).items() if await callers.caller_of(token)]
        good = await callers.caller_of(provider.token())

    assert let_in == []
    assert good is not None


async def test_clocks_may_differ_a_little() -> None:
    now = int(time.time())

    async with providing() as provider, knowing(provider) as known:
        assert await known.caller_of(provider.token(exp=now - 10, iat=now - 100))
        assert await known.caller_of(provider.token(nbf=now + 10, iat=now + 10))


SCOPES: list[tuple[Any, set[str]]] = [
    ("issues:read issues:write", {"issues:read", "issues:write"}),
    (["issues:read", "openid", "admin"], {"issues:read", "admin"}),
    ("openid profile issues:everything ISSUES:READ", set()),
    ("", set()),
    (None, set()),
    ({"issues:read": True}, set()),
    (["issues:read", 7], set()),
    (7, set()),
]


@pytest.mark.parametrize(("said", "granted"), SCOPES)
async def test_scopes_are_those_of_the_claim_that_this_server_has(said: Any, granted: set[str]) -> None:
    async with providing() as provider:
        found = await caller_of(provider, provider.token(scp=said), scope_claim="scp")

    assert found is not None
    assert found.scopes == granted


PROJECTS: list[tuple[Any, set[str]]] = [
    (["shop", "acme/checkout"], {"shop", "acme/checkout"}),
    ("shop acme/checkout", {"shop", "acme/checkout"}),
    (None, set()),
    ([], set()),
    (["shop", None], set()),
    (["shop", "../checkout"], set()),
    ({"shop": 1}, set()),
    ("*", set()),
]


@pytest.mark.parametrize(("said", "allowed"), PROJECTS)
async def test_a_claim_of_projects_bounds_and_one_that_is_missing_or_malformed_allows_nothing(
    said: Any, allowed: set[str]
) -> None:
    async with providing() as provider:
        token = provider.token(projects=said, organizations="acme")
        found = await caller_of(provider, token, projects_claim="projects", organizations_claim="organizations")

    assert found is not None
    assert set(found.projects or ()) == allowed
    assert found.projects is not None
    assert found.organizations is not None
    assert found.is_bounded


async def test_a_name_is_shown_clean_is_nobody_elses_and_none_that_could_be_configured() -> None:
    said = [
        "ann",
        "auth0|ann",
        "auth0_ann",
        "auth0/ann",
        "x\n2026-11-24 ERROR all is lost",
        "a" * 64,
        "a" * 65,
        "\ud800",
    ]

    async with providing() as provider, knowing(provider) as known:
        found = [await known.caller_of(provider.token(sub=name)) for name in said]
        names = [caller.name for caller in found if caller is not None]

    assert len(set(names)) == len(said)
    assert names[:3] == ["jwt:ann", names[1], "jwt:auth0_ann"]
    assert names[1].startswith("jwt:auth0_ann~")
    for name in names:
        assert name.isascii()
        assert name.isprintable()
        assert len(name) <= 70
        with pytest.raises(CallersError):
            callers_in([{"name": name, "token_sha256": "0" * 64, "scopes": []}], lambda _: None)


async def test_a_new_key_is_looked_for_and_unknown_ones_cost_the_provider_no_more() -> None:
    clock = Clock()

    async with providing() as provider, knowing(provider, clock=clock) as known:
        assert await known.caller_of(provider.token())
        provider.rows = [public_row("second")]
        for number in range(100):
            assert await known.caller_of(provider.token(headers={"kid": f"guess {number}"})) is None
        assert await known.caller_of(provider.token(key_id="second")) is None
        assert provider.looks == 1

        clock.now += AGAIN
        assert await known.caller_of(provider.token(key_id="second"))
        assert provider.looks == 2
        assert await known.caller_of(provider.token()) is None  # whose key is gone, whatever was remembered


async def test_what_is_under_way_when_a_token_has_expired_ends() -> None:
    async with providing() as provider, knowing(provider) as known:
        caller = await known.caller_of(provider.token(exp=int(time.time()) - LEEWAY + 20))
    assert isinstance(caller, ExpiringCaller)
    expired = caller.model_copy(update={"expires": time.time() - GRACE})

    with anyio.fail_after(10), KnownCallers().serving(expired):
        await anyio.sleep_forever()


async def test_many_at_once_are_one_look() -> None:
    async with providing() as provider, knowing(provider) as known:
        found = await asyncio.gather(*(known.caller_of(provider.token(sub=f"caller-{n}")) for n in range(50)))

    assert all(found)
    assert provider.server.log == [f"GET {METADATA}", f"GET {KEYS}"]


async def test_known_keys_are_used_while_the_provider_is_down_but_not_for_ever() -> None:
    clock = Clock()

    async with providing() as provider, knowing(provider, clock=clock) as known:
        assert await known.caller_of(provider.token())
        provider.answers[METADATA] = answering(500)
        for _ in range(3):
            clock.now += FRESH
            assert await known.caller_of(provider.token())
            await provider.server.until(lambda: known.problem is not None)
        with pytest.raises(CannotTellError):  # it may have a new key
            await known.caller_of(provider.token(key_id="second"))

        clock.now += USABLE
        with pytest.raises(CannotTellError, match="answered 500"):
            await known.caller_of(provider.token())

        provider.answers.clear()
        clock.now += AGAIN
        assert await known.caller_of(provider.token())
        assert known.problem is None


async def test_a_slow_provider_keeps_nobody_waiting_whose_key_is_known() -> None:
    clock, may_answer = Clock(), asyncio.Event()

    async def slow(wire: Wire) -> None:
        await may_answer.wait()
        await wire.answer(500)

    async with providing() as provider, knowing(provider, clock=clock) as known:
        assert await known.caller_of(provider.token())
        provider.answers[KEYS] = slow
        clock.now += FRESH
        for name in ("ann", "bob"):
            assert await known.caller_of(provider.token(sub=name))
        await provider.server.until(lambda: provider.looks == 2)
        assert not may_answer.is_set()


def answering(status: int = 200, body: bytes = b"{}", **headers: str) -> Answer:
    async def answer(wire: Wire) -> None:
        await wire.answer(status, body, **headers)

    return answer


def keys(*rows: Any) -> bytes:
    return json.dumps({"keys": rows}).encode()


SECRET = {"kty": "oct", "k": "c2VjcmV0", "kid": "first"}
HOSTILE = [
    answering(302, location="https://evil.example/keys"),
    answering(200, b"<html>"),
    answering(200, b"[" * 10_000),
    answering(200, b'{"keys": [1, null, [], {}, {"kty": "RSA"}, {"kty": ["RSA"], "kid": {}}]}'),
    answering(200, b'{"keys": {}}'),
    answering(200, keys(SECRET, SECRET | {"alg": "RS256"}, SECRET | {"alg": "HS256"})),
    answering(200, keys(public_row("first", alg="none"))),
    answering(200, keys(public_row("first", alg="HS256"))),
    answering(200, keys(public_row("first", alg=["RS256"]))),
    answering(200, keys(public_row("first", use="enc"))),
    answering(200, keys(public_row("first", key_ops=["encrypt"]))),
    answering(200, keys(*([{"kid": "x"}] * 200), public_row("first"))),
    answering(200, b" " * MAX_SIZE + keys(public_row("first"))),
    answering(200, keys(public_row("first")), content_encoding="gzip"),
]


@pytest.mark.parametrize("said", HOSTILE)
async def test_keys_that_cannot_be_trusted_open_nothing(said: Answer) -> None:
    async with providing() as provider:
        provider.answers[KEYS] = said
        async with knowing(provider) as known:
            with pytest.raises(CannotTellError):
                await known.caller_of(provider.token())


METADATA_OF_OTHERS = [
    {"issuer": "https://evil.example", "jwks_uri": "KEYS"},
    {"jwks_uri": "KEYS"},
    {"issuer": "ISSUER"},
    {"issuer": "ISSUER", "jwks_uri": 7},
    {"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"},
    {"issuer": "ISSUER", "jwks_uri": "http://keys.example.com/keys"},
    {"issuer": "ISSUER", "jwks_uri": "https://user:password@keys.example.com/"},
]


@pytest.mark.parametrize("said", METADATA_OF_OTHERS)
async def test_metadata_of_another_or_without_a_safe_address_of_keys_are_not_heeded(said: dict[str, Any]) -> None:
    async with providing() as provider:
        text = json.dumps(said).replace("ISSUER", provider.issuer).replace("KEYS", f"{provider.server.url}{KEYS}")
        provider.answers[METADATA] = answering(200, text.encode())
        async with knowing(provider) as known:
            with pytest.raises(CannotTellError):
                await known.caller_of(provider.token())

    assert provider.looks == 0


async def test_the_address_of_the_keys_can_be_set_and_the_other_metadata_are_found() -> None:
    async with providing() as provider:
        provider.answers[METADATA] = answering(404)
        assert await caller_of(provider, provider.token(), jwks_url=f"{provider.server.url}{KEYS}")
        assert provider.server.log == [f"GET {KEYS}"]

        said = {"issuer": provider.issuer, "jwks_uri": f"{provider.server.url}{KEYS}"}
        provider.answers["/.well-known/oauth-authorization-server/realms/shop"] = answering(
            200, json.dumps(said).encode()
        )
        assert await caller_of(provider, provider.token())


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"audience": ""}, "audience"),
        ({"issuer": "http://idp.example.com"}, "issuer"),
        ({"issuer": "idp.example.com"}, "issuer"),
        ({"jwks_url": "http://idp.example.com/keys"}, "jwks_url"),
        ({"algorithms": "RS256,none"}, "algorithms"),
        ({"algorithms": "HS256"}, "algorithms"),  # whose key would have to be a secret
    ],
)
def test_a_provider_by_which_nobody_could_be_known_is_refused(more: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=f"identity_provider_{named} "):
        provider_of(settings_of(**{"issuer": "https://idp.example.com", **more}))
