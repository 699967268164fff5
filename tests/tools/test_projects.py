"""Projects as a model meets them."""

import pytest
from wire import Era, Sentry, connected, data_of, error_of, text_of


async def test_list_projects_returns_those_of_the_organization(sentry: Sentry, era: Era) -> None:
    sentry.store.create_project(sentry.organization, "web", platform="javascript")

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("list_projects", {})

    rows = {row["slug"]: row.get("platform") for row in data_of(result)["projects"]}
    assert rows == {"shop": "python", "web": "javascript"}
    assert "web | javascript" in text_of(result)


async def test_list_projects_finds_out_the_only_organization(sentry: Sentry) -> None:
    async with connected(sentry, SENTRY_ORG="") as client:
        rows = data_of(await client.call_tool("list_projects", {}))["projects"]

    assert [row["slug"] for row in rows] == ["shop"]


async def test_get_project_returns_one(sentry: Sentry, era: Era) -> None:
    async with connected(sentry, era=era) as client:
        result = await client.call_tool("get_project", {"project": "shop"})

    project = data_of(result)
    assert (project["slug"], project["platform"]) == ("shop", "python")
    assert "Project shop" in text_of(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "error"),
    [
        ("get_project", {"project": "nothing"}, "not_found"),
        ("get_project", {"project": "shop", "organization": "elsewhere"}, "not_found"),
        ("list_projects", {"organization": "elsewhere"}, "not_found"),
        ("get_project", {"project": "../shop"}, "invalid_request"),
        ("get_project", {"project": "shop", "organization": "a/b"}, "invalid_request"),
        ("get_project", {"project": 5.5}, "not_found"),
        ("get_project", {}, "invalid_request"),
        ("list_projects", {"organisation": "x"}, "invalid_request"),
        ("list_projects", {"organization": "x" * 1_000_000}, "invalid_request"),
    ],
)
async def test_what_is_wrong_with_a_project_is_told(
    sentry: Sentry, tool: str, arguments: dict[str, object], error: str
) -> None:
    async with connected(sentry) as client:
        failed = error_of(await client.call_tool(tool, arguments))

    assert failed["error"] == error
    assert len(failed["message"]) < 500
