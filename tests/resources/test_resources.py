"""Resources: the same objects as the tools answer with, by URI."""

import json
from typing import Any

import pytest
from broken import checkout, divide
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, ResourceTemplateReference, TextResourceContents
from wire import Era, Sentry, connected, data_of, without_notice

UNKNOWN = "0123456789abcdef0123456789abcdef"


async def read(client: Client, uri: str) -> dict[str, Any]:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "application/json"
    assert str(content.uri) == uri
    return without_notice(json.loads(content.text))


async def test_the_catalogue_lists_them_all(sentry: Sentry, era: Era) -> None:
    async with connected(sentry, era=era) as client:
        plain = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates

    assert {str(resource.uri) for resource in plain} == {
        "sentry://issues",
        "sentry://projects",
        "sentry://search-syntax",
    }
    assert {template.uri_template for template in templates} == {
        "sentry://issues/{issue}",
        "sentry://issues/{issue}/events",
        "sentry://projects/{organization}/{project}",
        "sentry://projects/{organization}/{project}/issues",
        "sentry://releases/{organization}/{version}",
        "sentry://events/{event}",
        "sentry://events/{event}/stacktrace",
        "sentry://traces/{organization}/{trace}",
    }
    assert all(resource.title and resource.description for resource in plain)
    assert all(template.title and template.description for template in templates)


async def test_each_resource_is_what_its_tool_answers(sentry: Sentry, era: Era) -> None:
    event = sentry.capture(checkout)
    organization = sentry.organization
    pairs: list[tuple[str, str, dict[str, Any]]] = [
        ("sentry://issues", "list_issues", {}),
        ("sentry://issues/SHOP-1", "get_issue", {"issue": "SHOP-1"}),
        ("sentry://issues/SHOP-1/events", "get_events", {"issue": "SHOP-1"}),
        ("sentry://projects", "list_projects", {}),
        (f"sentry://projects/{organization}/shop", "get_project", {"project": "shop"}),
        (f"sentry://projects/{organization}/shop/issues", "list_issues", {"project": "shop"}),
        (f"sentry://releases/{organization}/shop%401.4.0", "get_release", {"release": "shop@1.4.0"}),
        (f"sentry://events/{event}", "get_event", {"event": event}),
        (f"sentry://events/{event}/stacktrace", "get_stacktrace", {"event": event}),
    ]

    async with connected(sentry, era=era) as client:
        for uri, tool, arguments in pairs:
            assert await read(client, uri) == data_of(await client.call_tool(tool, arguments)), uri


@pytest.mark.parametrize(
    "uri",
    [
        "sentry://nothing",
        "sentry://issues/999999",
        "sentry://issues/SHOP-99",
        "sentry://issues/SHOP-99/events",
        "sentry://issues/../projects",
        "sentry://issues/%2e%2e",
        "sentry://issues/a%2Fb",
        "sentry://issues/5%2F..%2F6/events",
        "sentry://issues/%00",
        f"sentry://issues/{'9' * 100_000}",
        f"sentry://events/{UNKNOWN}",
        f"sentry://events/{UNKNOWN}/stacktrace",
        "sentry://events/latest",
        "sentry://events/nonsense",
        "sentry://releases/elsewhere/shop%401.4.0",
        "sentry://projects/elsewhere/shop",
        "sentry://projects/elsewhere/shop/issues",
        "sentry://projects/..%2f/shop",
    ],
)
async def test_what_is_not_there_is_the_protocol_s_not_found(sentry: Sentry, era: Era, uri: str) -> None:
    async with connected(sentry, era=era) as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(uri)
        await read(client, "sentry://issues")

    assert caught.value.error.code == INVALID_PARAMS


async def test_a_resource_that_cannot_be_read_says_why(sentry: Sentry) -> None:
    async with connected(sentry, SENTRY_AUTH_TOKEN="sntryu_wrong") as client:
        with pytest.raises(MCPError, match="SENTRY_AUTH_TOKEN") as caught:
            await client.read_resource("sentry://issues")

    assert caught.value.error.code == INTERNAL_ERROR


async def test_each_uri_of_a_template_has_its_own_answer_while_answers_are_kept(sentry: Sentry) -> None:
    sentry.capture(checkout)
    sentry.capture(divide)

    async with connected(sentry, SENTRY_MCP_CACHE_TTL="600") as client:
        for _ in range(2):
            for issue in ("SHOP-1", "SHOP-2"):
                assert (await read(client, f"sentry://issues/{issue}"))["short_id"] == issue


async def test_organizations_projects_and_issues_are_completed(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout)
    sentry.store.create_project(sentry.organization, "web")
    reference = ResourceTemplateReference(type="ref/resource", uri="sentry://projects/{organization}/{project}")
    of_issue = ResourceTemplateReference(type="ref/resource", uri="sentry://issues/{issue}")

    async with connected(sentry, era=era) as client:

        async def complete(ref: ResourceTemplateReference, name: str, value: str, **chosen: str) -> list[str]:
            result = await client.complete(ref, {"name": name, "value": value}, chosen or None)
            return result.completion.values

        assert await complete(reference, "organization", "org") == [sentry.organization]
        assert await complete(reference, "project", "", organization=sentry.organization) == ["shop", "web"]
        assert await complete(reference, "project", "W", organization=sentry.organization) == ["web"]
        assert await complete(reference, "project", "", organization="elsewhere") == []
        assert await complete(of_issue, "issue", "sh") == ["SHOP-1"]
        assert await complete(of_issue, "nothing", "") == []
