"""Whatever is asked for as JSON keeps within the budget that text has, and says what it left out."""

import json
from typing import Any

import pytest
from counting import tokens as counted
from counting import tokens_of_json
from mcp.types import TextResourceContents
from specimens import large_event, recorded
from standins.knowing import Answering
from standins.sockets import listening
from wire import connected_to

from sentry.dialects import Dialect

ROWS = 100
ISSUE = {**recorded("python_issue.json"), "title": "PricingError: no price for a thing in EUR " * 5, "assignedTo": None}
KNOWN: dict[str, tuple[int, Any]] = {
    "GET /organizations/acme/issues/?": (200, [{**ISSUE, "id": str(n), "shortId": f"SHOP-{n}"} for n in range(ROWS)]),
    "GET /organizations/acme/issues/5/": (200, ISSUE),
    "GET /organizations/acme/issues/5/events/latest/": (200, large_event()),
    "GET /organizations/acme/issues/5/events/?": (
        200,
        [{"eventID": f"{n:032}", "title": "no price " * 30, "user": {"id": "x" * 90}} for n in range(ROWS)],
    ),
    "GET /organizations/acme/projects/": (
        200,
        [{"id": str(n), "slug": f"project-{n}", "name": f"The long name of project {n} " * 9} for n in range(ROWS)],
    ),
}


@pytest.mark.parametrize("tokens", [500, 1_000, 4_000])
@pytest.mark.parametrize("uri", ["issues", "issues/5", "issues/5/events", "projects"])
async def test_a_resource_keeps_within_the_budget(uri: str, tokens: int) -> None:
    async with (
        listening(Answering(KNOWN, kind=Dialect.TODAY).answer) as sentry,
        connected_to(sentry.url, SENTRY_MCP_TOKEN_BUDGET=str(tokens)) as client,
    ):
        (content,) = (await client.read_resource(f"sentry://{uri}")).contents

    assert isinstance(content, TextResourceContents)
    assert counted(content.text) <= tokens
    data = json.loads(content.text)
    rows = next((data[name] for name in ("issues", "events", "projects") if name in data), None)
    if rows is None:
        assert data["stacktrace"]["frames"], "the failing call is never left out"
        assert any("max_tokens=20000" in said for said in data["omitted"])
    else:
        assert 0 < len(rows) <= ROWS
        if len(rows) < ROWS:
            assert any(str(len(rows)) in said for said in data["omitted"])
            assert "next_cursor" not in data


@pytest.mark.parametrize("tokens", [500, 4_000])
async def test_a_tools_json_keeps_within_the_budget_with_all_that_is_said_about_it(tokens: int) -> None:
    async with (
        listening(Answering(KNOWN, kind=Dialect.TODAY).answer) as sentry,
        connected_to(sentry.url, SENTRY_MCP_TOKEN_BUDGET=str(tokens)) as client,
    ):
        for tool, arguments in (("get_issue", {"issue": "5"}), ("list_issues", {}), ("list_projects", {})):
            result = await client.call_tool(tool, arguments)
            told = {name: value for name, value in (result.meta or {}).items() if name == "untrusted"}
            assert tokens_of_json(result.structured_content, told) <= tokens, tool
