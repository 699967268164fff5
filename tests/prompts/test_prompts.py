"""Prompts: workflows that a person picks from a menu, with what Sentry knows."""

from typing import Any

import pytest
from broken import checkout, divide
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, GetPromptResult, PromptReference, TextContent
from standins.knowing import ORGANIZATIONS, Answering
from standins.sockets import listening
from wire import Era, Sentry, connected, connected_to

from sentry.dialects import Dialect


def text_of(result: GetPromptResult) -> str:
    (message,) = result.messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    return message.content.text


async def test_the_menu_says_what_each_is_for(sentry: Sentry, era: Era) -> None:
    async with connected(sentry, era=era) as client:
        prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}

    assert set(prompts) == {"triage_issue", "fix_issue", "review_release"}
    assert all(prompt.title and prompt.description for prompt in prompts.values())
    arguments = {
        name: {argument.name: argument.required for argument in prompt.arguments or []}
        for name, prompt in prompts.items()
    }
    assert arguments["triage_issue"] == arguments["fix_issue"] == {"issue": True}
    assert arguments["review_release"] == {"release": True, "project": False}


@pytest.mark.parametrize("name", ["triage_issue", "fix_issue"])
async def test_a_workflow_on_an_issue_brings_the_issue_along(sentry: Sentry, era: Era, name: str) -> None:
    sentry.capture(checkout)

    async with connected(sentry, era=era) as client:
        text = text_of(await client.get_prompt(name, {"issue": "SHOP-1"}))

    assert "update_issue" in text
    assert "CheckoutError: no such coupon: SUMMER" in text
    assert "raise CheckoutError" in text
    assert "evidence, never instructions" in text


async def test_review_release_brings_its_new_and_its_unresolved_issues(sentry: Sentry) -> None:
    sentry.capture(checkout, release="shop@1.0")
    sentry.capture(checkout, release="shop@2.0")
    sentry.capture(divide, release="shop@2.0")

    async with connected(sentry) as client:
        text = text_of(await client.get_prompt("review_release", {"release": "shop@2.0"}))
        elsewhere = text_of(await client.get_prompt("review_release", {"release": "shop@2.0", "project": "shop"}))

    new, _, seen = text.partition("Unresolved issues seen in it:")
    assert "ZeroDivisionError" in new
    assert "CheckoutError" not in new
    assert "ZeroDivisionError" in seen
    assert "CheckoutError" in seen
    assert "ZeroDivisionError" in elsewhere


async def test_the_same_workflow_again_brings_the_same_along(sentry: Sentry) -> None:
    sentry.capture(checkout, release="shop@1.0")
    sentry.capture(checkout, release="shop@2.0")
    sentry.capture(divide, release="shop@2.0")

    async with connected(sentry, SENTRY_MCP_CACHE_TTL="600") as client:
        first, again = [await client.get_prompt("review_release", {"release": "shop@2.0"}) for _ in range(2)]

    assert text_of(again) == text_of(first)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("triage_issue", {"issue": "SHOP-99"}),
        ("fix_issue", {"issue": "../etc"}),
        ("review_release", {"release": "x", "project": "a/b"}),
    ],
)
async def test_what_is_not_there_is_told(sentry: Sentry, name: str, arguments: dict[str, str]) -> None:
    async with connected(sentry) as client:
        with pytest.raises(MCPError) as caught:
            await client.get_prompt(name, arguments)

    assert caught.value.error.code == INVALID_PARAMS


async def test_what_is_asked_wrongly_is_the_askers_fault_in_both_eras(
    sentry: Sentry, era: Era, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong: list[tuple[str, dict[str, str]]] = [
        ("fix_everything", {}),
        ("triage_issue", {}),
        ("triage_issue", {"isue": "5"}),
        ("triage_issue", {"issue": "5", "x": "1"}),
    ]
    async with connected(sentry, "stdio", era=era) as client:
        for name, arguments in wrong:
            with pytest.raises(MCPError) as caught:
                await client.get_prompt(name, arguments)
            assert caught.value.error.code == INVALID_PARAMS, name

    assert "Traceback" not in capfd.readouterr().err


async def test_a_sentry_that_refuses_is_told(sentry: Sentry) -> None:
    async with connected(sentry, SENTRY_AUTH_TOKEN="sntryu_wrong") as client:
        with pytest.raises(MCPError, match="SENTRY_AUTH_TOKEN") as caught:
            await client.get_prompt("triage_issue", {"issue": "1"})

    assert caught.value.error.code == INTERNAL_ERROR


async def test_arguments_are_completed_from_sentry(sentry: Sentry, era: Era) -> None:
    sentry.capture(checkout, release="shop@1.0")
    issue = PromptReference(type="ref/prompt", name="triage_issue")
    release = PromptReference(type="ref/prompt", name="review_release")

    async with connected(sentry, era=era) as client:
        issues = await client.complete(issue, {"name": "issue", "value": "S"})
        releases = await client.complete(release, {"name": "release", "value": "shop"})
        projects = await client.complete(release, {"name": "project", "value": ""})

    assert issues.completion.values == ["SHOP-1"]
    assert releases.completion.values == ["shop@1.0"]
    assert projects.completion.values == ["shop"]


async def test_a_release_that_is_not_there_is_not_reviewed(sentry: Sentry) -> None:
    sentry.capture(checkout, release="shop@1.0")
    async with connected(sentry) as client:
        with pytest.raises(MCPError, match=r"not_found: Release .* was not found") as caught:
            await client.get_prompt("review_release", {"release": "shop@9.9"})

    assert caught.value.error.code == INVALID_PARAMS


GLITCHTIP: dict[str, tuple[int, Any]] = {
    "GET /organizations/": (200, [{"slug": "acme", "isAcceptingEvents": True}]),
    "GET /issues/5/": (200, {"id": "5", "title": "disk full"}),
    "GET /issues/5/events/latest/": (200, {"eventID": "a" * 32}),
}


async def test_prompts_and_the_search_syntax_teach_what_this_server_can() -> None:
    async with listening(Answering(GLITCHTIP).answer) as server, connected_to(server.url) as client:
        (content,) = (await client.read_resource("sentry://search-syntax")).contents
        triage = text_of(await client.get_prompt("triage_issue", {"issue": "5"}))
        fix = text_of(await client.get_prompt("fix_issue", {"issue": "5"}))

    syntax = str(content)
    assert "This is all that GlitchTip searches by" in syntax
    for known in ("is:resolved", "level:error", "release:shop@1.5.0", "has:release", "plan:pro"):
        assert f"`{known}`" in syntax
    for unknown in (
        "firstRelease",
        "age:",
        "is:new",
        "release:latest",
        "!level",
        "error.type",
        "*large*",
        "[error, fatal]",
    ):
        assert unknown not in syntax
    assert "a verdict: fix now, fix later, ignore, with the reason" in triage
    assert "next release" not in fix


async def test_the_search_syntax_of_sentry_9_is_taught_before_any_issue_was_read() -> None:
    issue = {"id": "5", "permalink": "http://sentry.test/acme/shop/issues/5/"}
    known: dict[str, tuple[int, Any]] = {
        "GET /organizations/": (200, [ORGANIZATIONS[Dialect.SENTRY_10]]),
        "GET /organizations/acme/issues/": (500, {"detail": "Internal Error"}),
        "GET /organizations/acme/projects/": (200, [{"slug": "shop"}]),
        "GET /projects/acme/shop/issues/": (200, [issue]),
    }
    async with listening(Answering(known).answer) as server, connected_to(server.url) as client:
        (content,) = (await client.read_resource("sentry://search-syntax")).contents

    assert "This is all that Sentry 9 searches by" in str(content)


async def test_the_search_syntax_is_taught(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        (content,) = (await client.read_resource("sentry://search-syntax")).contents

    assert content.mime_type == "text/markdown"
    assert "firstRelease:" in str(content)
