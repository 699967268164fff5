"""Teams, their projects, and the keys that SDKs send events with."""

from typing import Any

import pytest
from sending import Local, failure

from local import Embedded

TEAM = "/api/0/teams/local/local/"


async def test_teams_are_listed_with_their_projects(local: Local) -> None:
    await local.add("teams/", name="Payments")
    teams = await local.get("teams/")
    assert [(team["id"], team["slug"], team["name"]) for team in teams] == [
        ("1", "local", "Local"),
        ("2", "payments", "Payments"),
    ]
    assert (teams[0]["memberCount"], teams[0]["isMember"], teams[0]["hasAccess"]) == (1, True, True)
    assert [project["slug"] for project in teams[0]["projects"]] == ["app"]
    assert "projects" not in (await local.get("teams/", detailed="0"))[0]
    assert [team["slug"] for team in await local.get("teams/", query="PAY")] == ["payments"]
    assert [team["slug"] for team in await local.get("teams/", per_page=1)] == ["local"]
    assert [team["slug"] for team in await local.get("/api/0/projects/local/app/teams/")] == ["local", "payments"]
    assert (await local.get("/api/0/teams/local/2/"))["slug"] == "payments"
    assert (await local.refusal("/api/0/teams/local/nope/"))[0] == 404


async def test_a_new_project_takes_events_at_once(local: Local) -> None:
    project = await local.add(TEAM + "projects/", name="Web Shop", platform="node")
    assert (project["slug"], project["name"], project["platform"]) == ("web-shop", "Web Shop", "node")
    assert project["organization"]["slug"] == "local"
    (key,) = await local.get("/api/0/projects/local/web-shop/keys/")
    assert key["dsn"]["public"] == f"http://{local.store.dsn_key}@sentry.local/{project['id']}"
    await local.send(failure(), project=int(project["id"]))
    assert [row["shortId"] for row in await local.get("issues/")] == ["WEB-SHOP-1"]
    assert [row["slug"] for row in await local.get(TEAM + "projects/")] == ["app", "web-shop"]


WRONG: list[tuple[str, dict[str, Any], int, str]] = [
    (TEAM + "projects/", {}, 400, "name"),
    (TEAM + "projects/", {"slug": "web"}, 400, "name"),
    (TEAM + "projects/", {"name": "x" * 51}, 400, "name"),
    (TEAM + "projects/", {"name": "Web", "slug": "Not a slug"}, 400, "slug"),
    (TEAM + "projects/", {"name": "Web", "slug": "123"}, 400, "slug"),
    (TEAM + "projects/", {"name": "ß"}, 400, "slug"),
    (TEAM + "projects/", {"name": "App"}, 409, "slug"),
    ("teams/", {}, 400, "name"),
    ("teams/", {"name": "Local"}, 409, "detail"),
    ("teams/", {"name": ["x"]}, 400, "name"),
]


@pytest.mark.parametrize(("path", "body", "status", "field"), WRONG)
async def test_what_cannot_be_made_is_refused_by_its_field(
    local: Local, path: str, body: Any, status: int, field: str
) -> None:
    answered, said = await local.refusal(path, "POST", body)
    assert (answered, field in said) == (status, True)


async def test_a_project_is_renamed(local: Local) -> None:
    project = await local.put("/api/0/projects/local/app/", name="Shop", platform="python", slug="app")
    assert (project["name"], project["platform"], project["slug"]) == ("Shop", "python", "app")
    assert (await local.put("/api/0/projects/local/app/"))["name"] == "Shop"
    for body, field in (({"slug": "shop"}, "slug"), ({"name": "x" * 51}, "name")):
        assert list((await local.refusal("/api/0/projects/local/app/", "PUT", body))[1]) == [field]


async def test_keys_are_told_in_full(local: Local) -> None:
    local.store.create_project("local", "web")
    (key,) = await local.get("/api/0/projects/local/app/keys/")
    assert (key["id"], key["public"], key["projectId"], key["isActive"], key["rateLimit"]) == (
        local.store.dsn_key, local.store.dsn_key, 1, True, None,
    )  # fmt: skip
    assert key["dsn"]["public"] == Embedded("http://sentry.local", local.store).dsn("app")
    assert (await local.get(f"/api/0/projects/local/app/keys/{key['id']}/")) == key
    assert (await local.refusal("/api/0/projects/local/app/keys/nope/"))[0] == 404
    assert await local.get("/api/0/projects/local/app/keys/", status="inactive") == []
    assert len(await local.get("/api/0/projects/local/app/keys/", status="active")) == 1
    assert [row["projectId"] for row in await local.get("project-keys/")] == [1, 2]
    assert [row["projectId"] for row in await local.get("project-keys/", project="web")] == [2]
    assert [row["projectId"] for row in await local.get("project-keys/", per_page=1)] == [1]


async def test_environments_are_listed(local: Local) -> None:
    other = local.store.create_project("local", "web")
    await local.send(failure(environment="production"), failure(environment="staging"))
    await local.send(failure(environment="production"), project=other)
    assert [row["name"] for row in await local.get("environments/")] == ["production", "staging"]
    assert [row["name"] for row in await local.get("environments/", project=str(other))] == ["production"]
    assert [row["name"] for row in await local.get("/api/0/projects/local/web/environments/")] == ["production"]
