"""Who sees what: tokens, scopes, organizations and their projects."""

from typing import Any

import httpx
import pytest
from sending import Local, connect, failure

from local import Store
from local.app import ROUTES

GONE = (404, {"detail": "The requested resource does not exist"})
PATH = {
    "item": "a" * 16,
    "organization": "local", "project": "app", "issue": "1", "event": "0" * 32, "key": "level", "version": "1",
    "trace": "a" * 32,
    "team": "local",
}  # fmt: skip


@pytest.mark.parametrize("authorization", ["", "Basic abc", "Bearer", "Bearer ", "abc"])
async def test_no_token_is_told(local: Local, authorization: str) -> None:
    response = await local.client.get(local.url("issues/"), headers={"Authorization": authorization})
    assert response.status_code == 401
    assert response.json() == {"detail": "Authentication credentials were not provided."}


@pytest.mark.parametrize("token", ["wrong", "sntryu_" + "0" * 64, "\xff"])
async def test_a_wrong_token_is_told(local: Local, token: str) -> None:
    headers = [(b"authorization", b"bearer " + token.encode("latin-1"))]
    response = await local.client.get(local.url("issues/"), headers=headers)
    assert (response.status_code, response.json()) == (401, {"detail": "Invalid token"})


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_every_route_wants_its_scope(store: Store, route: Any) -> None:
    others = [scope for scope in ("event:read", "project:read", "org:read") if scope not in route.scopes]
    async with connect(store, store.create_token("local", others)) as client:
        response = await client.request(route.method, route.path.format(**PATH), json={})
    assert response.status_code == 403
    assert response.json() == {"detail": "You do not have permission to perform this action."}


OF_AN_ORGANIZATION = [route for route in ROUTES if "{organization}" in route.path or "{issue}" in route.path]
ROOT = "/api/0/"
LISTS = ["/api/0/organizations/", "/api/0/projects/"]


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_of_no_organization_holds_what_the_token_sees(local: Local, path: str) -> None:
    async with connect(local.store, local.store.create_organization("other")) as stranger:
        local.store.create_project("other", "theirs")
        rows = (await stranger.get(path)).json()
    assert {row["slug"] for row in rows} in ({"other"}, {"theirs"})


async def test_the_root_tells_a_token_its_own_scopes(store: Store) -> None:
    async with connect(store, store.create_token("local", ["event:read"])) as reader:
        told = (await reader.get(ROOT)).json()
    assert told["auth"] == {"scopes": ["event:read"]}


@pytest.mark.parametrize("route", OF_AN_ORGANIZATION, ids=lambda route: f"{route.method} {route.path}")
async def test_every_route_is_of_the_tokens_own_organization(local: Local, route: Any) -> None:
    await local.send(failure(release="1"))
    async with connect(local.store, local.store.create_organization("other")) as stranger:
        response = await stranger.request(route.method, route.path.format(**PATH), json={"text": "x", "version": "1"})
    assert (response.status_code, response.json()) == GONE


async def test_another_organizations_event_is_not_found(local: Local) -> None:
    token = local.store.create_organization("other")
    project = local.store.create_project("other", "app")
    event_id = await local.send(failure(), project=project)
    assert await local.refusal(f"eventids/{event_id}/") == GONE
    assert await local.refusal("issues/1/") == GONE
    assert await local.get("issues/", query=event_id) == []
    assert await local.get("issues/", query="") == []
    assert (await local.refusal("issues/", project=str(project)))[0] == 403
    assert (await local.call("PUT", "issues/?id=1", {"status": "resolved"})).status_code == 204
    async with connect(local.store, token) as client:
        response = await client.get(f"/api/0/organizations/other/eventids/{event_id}/")
        assert response.json()["groupId"] == "1"
        assert [row["slug"] for row in (await client.get("/api/0/organizations/")).json()] == ["other"]


async def test_a_token_that_may_only_read_may_not_change(local: Local) -> None:
    await local.send(failure())
    async with connect(local.store, local.store.create_token("local", ["event:read"])) as reader:
        assert (await reader.get(local.url("issues/1/"))).status_code == 200
        assert (await reader.put(local.url("issues/1/"), json={"status": "resolved"})).status_code == 403
        assert (await reader.get(local.url("releases/"))).status_code == 403


async def test_organizations_say_where_they_are(local: Local) -> None:
    (row,) = await local.get("/api/0/organizations/")
    assert (row["id"], row["slug"], row["name"]) == ("1", "local", "Local")
    assert row["links"] == {"organizationUrl": "http://sentry.local", "regionUrl": ""}
    found = await local.get("/api/0/organizations/1/")
    assert found["links"] == row["links"]
    assert [project["slug"] for project in found["projects"]] == ["app"]
    assert found["teams"] == [{"id": "1", "slug": "local", "name": "Local"}]
    assert "event:read" in found["access"]


async def test_projects_are_listed_searched_and_paged(local: Local) -> None:
    for slug in ("shop-web", "shop-api"):
        local.store.create_project("local", slug, platform="node", name=slug.upper())
    await local.send(failure(environment="production"))

    async def slugs(path: str, **query: Any) -> list[str]:
        return [row["slug"] for row in await local.get(path, **query)]

    assert await slugs("projects/") == ["app", "shop-api", "shop-web"]
    assert await slugs("projects/", query="SHOP") == ["shop-api", "shop-web"]
    assert await slugs("/api/0/projects/") == ["app", "shop-api", "shop-web"]
    assert (await local.get("/api/0/projects/"))[0]["organization"]["slug"] == "local"
    first = await local.call("GET", "projects/", per_page=2)
    assert first.links["previous"]["results"] == "false"
    second = await local.client.get(first.links["next"]["url"])
    assert [row["slug"] for row in second.json()] == ["shop-web"]
    back = await local.client.get(second.links["previous"]["url"])
    assert [row["slug"] for row in back.json()] == ["app", "shop-api"]


async def test_a_project_has_what_the_api_promises(local: Local) -> None:
    await local.send(failure(environment="production", release="1"))
    by_slug, by_id = await local.get("/api/0/projects/local/app/"), await local.get("/api/0/projects/local/1/")
    assert by_slug == by_id
    assert (by_slug["id"], by_slug["name"], by_slug["platform"]) == ("1", "App", "python")
    assert by_slug["environments"] == ["production"]
    assert by_slug["latestRelease"]["version"] == "1"
    assert by_slug["organization"]["slug"] == "local"
    assert by_slug["firstEvent"]
    assert by_slug["teams"] == [{"id": "1", "slug": "local", "name": "Local"}]
    assert await local.refusal("/api/0/projects/local/nope/") == GONE


@pytest.mark.parametrize(
    "path", ["/api/0/nope/", "/api/0/organizations/local/nope/", "/api/0/organizations/local/issues", "/"]
)
async def test_a_route_that_is_not_there_is_no_object_that_is_not_there(local: Local, path: str) -> None:
    response = await local.client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


async def test_a_method_that_is_not_there_is_told(local: Local) -> None:
    assert await local.refusal("issues/1/", "DELETE") == (405, {"detail": 'Method "DELETE" not allowed.'})


async def test_a_page_of_bad_size_is_refused(local: Local) -> None:
    assert (await local.refusal("projects/", per_page="0"))[0] == 400
    assert (await local.refusal("projects/", cursor="x"))[0] == 400


async def test_an_encoded_slash_stays_in_its_segment(local: Local) -> None:
    await local.send(failure(release="a/b"))
    assert (await local.get("releases/a%2Fb/"))["version"] == "a/b"
    response = await local.client.get(local.url("releases/a/b/"))
    assert response.status_code == 404
    assert (await local.call("GET", "issues/..%2F..%2Fprojects/")).status_code == 404


async def test_the_app_works_without_the_raw_path() -> None:
    """Some servers give ASGI apps no raw_path."""
    store = Store.open(None)
    async with connect(store) as client:
        app: Any = client._transport.app  # type: ignore[attr-defined]  # pyright: ignore  # the app inside
        transport = httpx.ASGITransport(_without_raw_path(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=client.headers) as plain:
            assert (await plain.get("/api/0/organizations/local/issues/")).status_code == 200
    store.close()


def _without_raw_path(app: Any) -> Any:
    async def call(scope: Any, receive: Any, send: Any) -> None:
        await app({key: value for key, value in scope.items() if key != "raw_path"}, receive, send)

    return call
