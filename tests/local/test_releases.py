"""Releases with their commits and deploys, and which commits an event points at."""

from typing import Any

import pytest
from sending import Local, ago, failure, frame

VERSION = "shop/web@1.0.0-rc.1+build/7"
ENCODED = "shop%2Fweb%401.0.0-rc.1%2Bbuild%2F7"

COMMITS: list[dict[str, Any]] = [
    {
        "id": "b" * 40,
        "repository": "acme/shop",
        "message": "Charge in cents",
        "author_name": "Ann",
        "author_email": "ann@example.com",
        "timestamp": "2026-01-02T10:00:00Z",
        "patch_set": [{"path": "src/shop/cart.py", "type": "M"}, {"path": "README.md", "type": "A"}],
    },
    {"id": "a" * 40, "message": "Tidy up", "author_email": "bob@example.com", "timestamp": "2026-01-01T10:00:00+02:00"},
]


async def test_an_event_creates_its_release(local: Local) -> None:
    await local.send(failure(release=VERSION, timestamp=ago(hours=3)))
    await local.send(failure(release=VERSION, timestamp=ago(hours=1)))
    release = await local.get(f"releases/{ENCODED}/")
    assert release["version"] == VERSION
    assert release["dateCreated"][:13] == release["firstEvent"][:13] == ago(hours=3)[:13]
    assert release["lastEvent"][:13] == ago(hours=1)[:13]
    assert (release["newGroups"], release["commitCount"], release["lastCommit"], release["authors"]) == (1, 0, None, [])
    assert release["projects"][0]["slug"] == "app"
    assert release["versionInfo"]["package"] == "shop/web"


async def test_releases_are_listed_newest_first(local: Local) -> None:
    other = local.store.create_project("local", "shop-web")
    for hours, version in ((3, "shop@1.0"), (1, "shop@1.1"), (2, "SHOP@1.05")):
        await local.send(failure(release=version, timestamp=ago(hours=hours)))
    await local.send(failure(release="web@7"), project=other)

    async def versions(**query: Any) -> list[str]:
        return [row["version"] for row in await local.get("releases/", **query)]

    assert await versions() == ["web@7", "shop@1.1", "SHOP@1.05", "shop@1.0"]
    assert await versions(query="shop@") == ["shop@1.1", "SHOP@1.05", "shop@1.0"]
    assert await versions(query="1_1") == []
    assert await versions(project="shop-web") == ["web@7"]
    first = await local.call("GET", "releases/", per_page=3)
    following = await local.client.get(first.links["next"]["url"])
    assert [row["version"] for row in following.json()] == ["shop@1.0"]
    project = await local.get("/api/0/projects/local/app/")
    assert project["latestRelease"]["version"] == "shop@1.1"


async def test_a_release_is_created_with_commits_as_sentry_cli_does(local: Local) -> None:
    body = {"version": VERSION, "projects": ["app"], "ref": "main", "url": "https://ci/7", "commits": COMMITS}
    response = await local.call("POST", "releases/", body)
    assert response.status_code == 201
    release = response.json()
    assert (release["commitCount"], release["ref"], release["url"]) == (2, "main", "https://ci/7")
    assert release["lastCommit"]["id"] == "b" * 40
    assert release["lastCommit"]["author"] == {"name": "Ann", "email": "ann@example.com"}
    assert [author["email"] for author in release["authors"]] == ["ann@example.com", "bob@example.com"]
    assert (await local.call("POST", "releases/", body)).status_code == 208
    commits = await local.get(f"releases/{ENCODED}/commits/")
    assert [commit["message"] for commit in commits] == ["Charge in cents", "Tidy up"]
    assert commits[1]["dateCreated"] == "2026-01-01T08:00:00.000Z"
    assert commits[0]["releases"][0]["version"] == VERSION
    assert [row["id"][0] for row in await local.get(f"releases/{ENCODED}/commits/", per_page=1)] == ["b"]


async def test_a_release_is_changed(local: Local) -> None:
    await local.add("releases/", version="1", projects=["app"])
    release = await local.put("releases/1/", dateReleased="2026-01-31T10:00:00Z", commits=COMMITS[1:], ref="v1")
    assert (release["dateReleased"], release["commitCount"], release["ref"]) == ("2026-01-31T10:00:00.000Z", 1, "v1")
    assert (await local.put("releases/1/", commits=[]))["commitCount"] == 0
    assert (await local.get("releases/1/"))["ref"] == "v1"


async def test_deploys_are_added_and_read(local: Local) -> None:
    await local.add("releases/", version="1", projects=["app"])
    deploy = await local.add("releases/1/deploys/", environment="production", name="blue", dateStarted="2026-01-01")
    assert (deploy["environment"], deploy["name"], deploy["dateStarted"]) == (
        "production", "blue", "2026-01-01T00:00:00.000Z",
    )  # fmt: skip
    await local.add("releases/1/deploys/", environment="staging", dateFinished="2026-01-01T00:00:00Z")
    assert [row["environment"] for row in await local.get("releases/1/deploys/")] == ["production", "staging"]
    release = await local.get("releases/1/")
    assert (release["deployCount"], release["lastDeploy"]["environment"]) == (2, "production")
    assert (await local.refusal("releases/1/deploys/", "POST", {}))[1] == {"environment": ["This field is required."]}


NO_RELEASES: list[tuple[dict[str, Any], str]] = [
    ({"projects": ["app"]}, "version"),
    ({"version": "1"}, "projects"),
    ({"version": "1", "projects": ["nope"]}, "projects"),
    ({"version": " 1", "projects": ["app"]}, "version"),
    ({"version": "..", "projects": ["app"]}, "version"),
    ({"version": "x" * 201, "projects": ["app"]}, "version"),
    ({"version": "1", "projects": ["app"], "commits": [{}]}, "commits"),
    ({"version": "1", "projects": ["app"], "commits": "x"}, "commits"),
    ({"version": "1", "projects": ["app"], "dateReleased": "soon"}, "dateReleased"),
]


@pytest.mark.parametrize(("body", "field"), NO_RELEASES)
async def test_what_cannot_be_a_release_is_refused_by_its_field(local: Local, body: Any, field: str) -> None:
    status, answer = await local.refusal("releases/", "POST", body)
    assert (status, list(answer)) == (400, [field])
    assert await local.get("releases/") == []


async def test_a_release_that_is_not_there_is_told_in_json(local: Local) -> None:
    for path in ("releases/nope/", "releases/nope/commits/", "releases/nope/deploys/"):
        assert await local.refusal(path) == (404, {"detail": "The requested resource does not exist"})


async def suspects(local: Local, event_id: str) -> Any:
    return (await local.get(f"/api/0/projects/local/app/events/{event_id}/committers/"))["committers"]


async def test_commits_that_touched_a_file_of_the_trace_are_suspects(local: Local) -> None:
    await local.add("releases/", version="1", projects=["app"], commits=COMMITS)
    event_id = await local.send(failure(release="1"))
    (committer,) = await suspects(local, event_id)
    assert committer["author"]["email"] == "ann@example.com"
    assert [commit["message"] for commit in committer["commits"]] == ["Charge in cents"]


async def test_commits_of_one_author_stand_together(local: Local) -> None:
    again = {**COMMITS[0], "id": "c" * 40, "message": "Charge again"}
    await local.add("releases/", version="1", projects=["app"], commits=[*COMMITS, again])
    (committer,) = await suspects(local, await local.send(failure(release="1")))
    assert [commit["message"] for commit in committer["commits"]] == ["Charge in cents", "Charge again"]


async def test_an_event_without_a_release_points_at_the_first_of_its_issue(local: Local) -> None:
    await local.add("releases/", version="1", projects=["app"], commits=COMMITS)
    await local.send(failure(release="1", timestamp=ago(hours=1)))
    assert len(await suspects(local, await local.send(failure()))) == 1


async def test_other_files_and_library_frames_have_no_suspects(local: Local) -> None:
    await local.add("releases/", version="1", projects=["app"], commits=COMMITS)
    elsewhere = [frame("f", "shop.orders"), frame("g", "shop.cart", in_app=False)]
    assert await suspects(local, await local.send(failure(release="1", frames=elsewhere))) == []
    assert await suspects(local, await local.send({"message": "x", "release": "1"})) == []
    assert await suspects(local, await local.send(failure(release="2"))) == []
    assert (await local.refusal("/api/0/projects/local/app/events/" + "0" * 32 + "/committers/"))[0] == 404


@pytest.mark.parametrize(
    ("version", "short", "description", "components"),
    [
        ("shop@1.2.3", "shop@1.2.3", "1.2.3", 3),
        ("1.2", "1.2", "1.2", 2),
        ("shop@1.2.3-beta+45", "shop@1.2.3-beta+45", "1.2.3-beta+45", 3),
        ("f" * 40, "f" * 12, "f" * 12, None),
        ("nightly", "nightly", "nightly", None),
    ],
)
async def test_a_version_is_taken_apart(
    local: Local, version: str, short: str, description: str, components: int | None
) -> None:
    release = await local.add("releases/", version=version, projects=["1"])
    assert release["shortVersion"] == short
    assert release["versionInfo"]["description"] == description
    assert release["versionInfo"]["version"].get("components") == components
