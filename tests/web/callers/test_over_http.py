"""What a client meets that shows an identity provider's token, or none, to a server on a real socket."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest
from calling import LIST_TOOLS, OF_LIST_TOOLS, bearing, calling
from mcp.shared.auth import ProtectedResourceMetadata
from standins.forged import forged
from standins.identity_provider import AUDIENCE, METADATA, Provider, providing
from standins.sockets import Wire
from wire import ERAS, Sentry, served_http, text_of

from application import Application
from settings import load_settings
from web.calls import Calls

READ_ONLY = {"list_issues", "get_issue"}


def environment(provider: Provider, **more: str) -> dict[str, str]:
    named = {"ISSUER": provider.issuer, "AUDIENCE": AUDIENCE, **more}
    return {f"SENTRY_MCP_IDENTITY_PROVIDER_{name}": value for name, value in named.items()}


def challenge(answer: httpx.Response) -> dict[str, str]:
    """The parts of WWW-Authenticate."""
    shown = answer.headers["www-authenticate"]
    assert shown.startswith("Bearer ")
    return dict(re.findall(r'(\w+)="([^"]*)"', shown))


async def post(http: httpx.AsyncClient, url: str, **headers: str) -> httpx.Response:
    return await http.post(url, json=LIST_TOOLS, headers={**OF_LIST_TOOLS, **headers})


async def test_a_provider_knows_callers_and_clients_are_told_of_it(sentry: Sentry) -> None:
    async with (
        providing() as provider,
        served_http(sentry.environment(**environment(provider))) as url,
        httpx.AsyncClient() as http,
    ):
        # Whoever shows no token is told where to get one, and for what.
        unknown = await post(http, url)
        assert unknown.status_code == 401
        said = challenge(unknown)
        assert "error" not in said
        assert said["scope"] == "issues:read issues:write alerts:read alerts:write"
        metadata = await http.get(said["resource_metadata"])
        assert metadata.json() == {
            "resource": url,
            "authorization_servers": [provider.issuer],
            "scopes_supported": said["scope"].split(),
            "bearer_methods_supported": ["header"],
            "resource_name": "Sentry MCP server",
        }
        assert ProtectedResourceMetadata.model_validate_json(metadata.text)  # as a client of the SDK's reads them
        base = url.removesuffix("/mcp")
        assert (await http.get(f"{base}/.well-known/oauth-protected-resource")).json() == metadata.json()

        for kind, token in {**forged(provider), "1 MB": "a" * 1_000_000}.items():
            try:
                refused = await post(http, url, **bearing(token))
            except httpx.WriteError:  # it was hung up on
                continue
            assert refused.status_code in (400, 401, 431), kind
            assert token not in refused.text + str(refused.headers), kind
            if refused.status_code == 401:
                assert challenge(refused)["error"] == "invalid_token"
        twice = await http.post(url, json=LIST_TOOLS, headers=[*bearing(provider.token()).items()] * 2)
        assert twice.status_code == 400

        # A token without any scope of ours is known, and opens nothing.
        powerless = await post(http, url, **bearing(provider.token(scope="openid profile")))
        assert powerless.status_code == 403
        assert challenge(powerless)["error"] == "insufficient_scope"
        assert challenge(powerless)["scope"] == said["scope"]
        assert challenge(powerless)["resource_metadata"] == said["resource_metadata"]

        # What a token grants is there, in both eras, and nothing else.
        for era in ERAS:
            async with calling(url, era, bearing(provider.token())) as client:
                tools = {tool.name for tool in (await client.list_tools()).tools}
                assert tools >= READ_ONLY
                assert "update_issue" not in tools
                assert "Unknown tool" in text_of(await client.call_tool("update_issue", {"issue": "1"}))
                assert not (await client.call_tool("list_issues", {})).is_error
            async with calling(url, era, bearing(provider.token(scope=["issues:read", "issues:write"]))) as client:
                assert "update_issue" in {tool.name for tool in (await client.list_tools()).tools}


async def test_where_the_keys_cannot_be_had_a_client_is_told_when_to_try_again(sentry: Sentry) -> None:
    async def down(wire: Wire) -> None:
        await wire.answer(500)

    async with providing() as provider:
        provider.answers[METADATA] = down
        async with (
            served_http(sentry.environment(**environment(provider))) as url,
            httpx.AsyncClient() as http,
        ):
            answer = await post(http, url, **bearing(provider.token()))
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert json.loads(answer.text)["status_code"] == 503
            assert (await post(http, url, **bearing("smcp_unknown"))).status_code == 401


@asynccontextmanager
async def asking(**more: str) -> AsyncGenerator[httpx.AsyncClient]:
    """Of a server's app in this process."""
    app = Application(load_settings(environment={"SENTRY_AUTH_TOKEN": "none", **more})).http_app(Calls())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://[::1]:7") as http,
    ):
        yield http


@pytest.mark.parametrize(
    ("more", "base", "path"),
    [
        ({}, "http://[::1]:7", "/mcp"),
        ({"PUBLIC_URL": "https://mcp.example.com"}, "https://mcp.example.com", "/mcp"),
        ({"PUBLIC_URL": "https://mcp.example.com/sentry/"}, "https://mcp.example.com/sentry", "/sentry/mcp"),
        ({"PUBLIC_URL": "https://mcp.example.com/sentry/mcp"}, "https://mcp.example.com/sentry", "/sentry/mcp"),
        ({"PATH_PREFIX": "/sentry"}, "http://[::1]:7/sentry", "/sentry/mcp"),
    ],
)
async def test_metadata_name_the_address_that_clients_see(more: dict[str, str], base: str, path: str) -> None:
    named = {"IDENTITY_PROVIDER_ISSUER": "https://idp.example.com/", "IDENTITY_PROVIDER_AUDIENCE": AUDIENCE, **more}

    async with asking(**{f"SENTRY_MCP_{name}": value for name, value in named.items()}) as http:
        told = challenge(await http.get("/mcp"))["resource_metadata"]
        said = [
            (await http.get(f"/.well-known/oauth-protected-resource{place}")).json() for place in ("", "/mcp", path)
        ]

    assert told == f"{base}/.well-known/oauth-protected-resource/mcp"
    assert [one["resource"] for one in said] == [f"{base}/mcp"] * 3
    assert said[0]["authorization_servers"] == ["https://idp.example.com/"]


async def test_a_host_that_is_none_is_not_repeated() -> None:
    provider = {"ISSUER": "https://idp.example.com", "AUDIENCE": AUDIENCE}

    async with asking(**{f"SENTRY_MCP_IDENTITY_PROVIDER_{name}": value for name, value in provider.items()}) as http:
        for host in ('x", error="x', "x/y", "x?", "x@y", ""):
            answer = await http.get("/mcp", headers={"Host": host})
            assert "resource_metadata" not in challenge(answer)
            metadata = await http.get("/.well-known/oauth-protected-resource", headers={"Host": host})
            assert metadata.status_code == 400


async def test_without_a_provider_there_are_no_metadata() -> None:
    async with asking() as http:
        assert (await http.get("/.well-known/oauth-protected-resource")).status_code == 404
