"""What other people's clients ask, as they ask it: the official MCP server (`sentry mcp`) and sentry-cli 3."""

import json
from pathlib import Path
from typing import Any

import pytest
from sending import TRACE, Local, connect, failure, log, span, typed

from local import ALL_SCOPES, Store

PROJECT = "/api/0/projects/local/app/"


async def test_who_asks_is_told(local: Local) -> None:
    index = await local.get("/api/0/")
    assert (index["version"], index["user"]["email"]) == ("0", "developer@local.invalid")
    assert index["auth"]["scopes"] == sorted(index["auth"]["scopes"])
    for path in ("/api/0/auth/", "/api/0/users/me/"):
        user = await local.get(path)
        assert (user["id"], user["name"], user["email"]) == ("1", "Local Developer", "developer@local.invalid")
        assert user["isAuthenticated"] is True


async def test_no_region_without_tls_is_told(local: Local) -> None:
    for links in ((await local.get("/api/0/organizations/"))[0]["links"], (await local.get(""))["links"]):
        assert links == {"organizationUrl": "http://sentry.local", "regionUrl": ""}
    assert await local.get("/api/0/users/me/regions/") == {"regions": []}
    over_tls = await local.client.get("https://sentry.local" + local.url(""))
    assert over_tls.json()["links"]["regionUrl"] == "https://sentry.local"


async def test_organizations_are_found_by_a_part_of_their_name(local: Local) -> None:
    assert [row["slug"] for row in await local.get("/api/0/organizations/", query="LOC", per_page=25)] == ["local"]
    assert await local.get("/api/0/organizations/", query="nope") == []
    (row,) = await local.get("/api/0/organizations/")
    assert (row["requireEmailVerification"], row["require2FA"], row["isEarlyAdopter"]) == (False, False, False)


async def test_activities_hold_what_was_done_and_said(local: Local) -> None:
    await local.send(failure())
    await local.put("issues/APP-1/", status="resolved")
    await local.add("issues/APP-1/notes/", text="done")
    for path in ("issues/APP-1/activities/", "/api/0/issues/1/activities/"):
        told = await local.get(path)
        assert [row["type"] for row in told["activity"]] == ["note", "set_resolved", "first_seen"]
    assert set(told["activity"][0]) == {"id", "type", "user", "sentry_app", "data", "dateCreated"}
    assert told["activity"][0]["data"] == {"text": "done"}


async def test_all_values_of_a_tag_are_listed(local: Local) -> None:
    for value, times in (("ann", 1), ("bob", 3), ("cy", 2)):
        await local.send(*(failure(tags={"customer": value}, environment=value) for _ in range(times)))

    async def values(**query: Any) -> list[str]:
        return [row["value"] for row in await local.get("issues/1/tags/customer/values/", **query)]

    assert await values() == ["ann", "bob", "cy"]
    assert await values(sort="count") == ["bob", "cy", "ann"]
    assert await values(sort="date") == ["cy", "bob", "ann"]
    assert await values(environment="bob") == ["bob"]
    assert await values(sort="count", per_page=1) == ["bob"]
    (row,) = await local.get("issues/1/tags/customer/values/", environment="bob")
    assert (row["key"], row["name"], row["count"]) == ("customer", "bob", 3)
    assert row["firstSeen"] <= row["lastSeen"]
    assert await local.get("issues/1/tags/nope/values/") == []
    assert (await local.refusal("issues/1/tags/customer/values/", sort="x"))[0] == 400


SEARCH: dict[str, Any] = {
    "dataset": "errors",
    "field": ["title", "count()"],
    "orderby": "-count()",
    "query": "level:error",
    "statsPeriod": "7d",
}


async def test_a_search_is_said_to_be_valid_before_it_is_made(local: Local) -> None:
    assert await local.get("events/validate/", **SEARCH) == {
        "valid": True,
        "projects": [{"valid": True, "error": None}],
        "dataset": [{"name": "errors", "valid": True, "error": None}],
        "environment": [{"valid": True, "error": None}],
        "field": [
            {"name": "title", "valid": True, "error": None, "attrType": "string"},
            {"name": "count()", "valid": True, "error": None, "attrType": "number"},
        ],
        "orderby": [{"name": "-count()", "valid": True, "error": None, "attrType": "number"}],
        "query": {"valid": True, "error": None, "fields": []},
    }


@pytest.mark.parametrize(
    ("more", "part", "error"),
    [
        ({"orderby": "timestamp"}, "orderby", "Orderby must also be a selected field"),
        ({"dataset": "nope"}, "dataset", "dataset must be one of: discover, errors, logs, ourlogs, spans"),
        ({"field": ["nope(x)", "count()"]}, "field", "Unknown function nope"),
    ],
)
async def test_what_is_wrong_with_a_search_is_told_by_its_part(local: Local, more: Any, part: str, error: str) -> None:
    status, said = await local.refusal("events/validate/", **{**SEARCH, **more})
    assert (status, said["valid"]) == (400, False)
    assert [row["error"] for row in said[part] if not row["valid"]] == [error]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ('"', "Error parsing search query: Parse error"),
        ("(level:error", "Error parsing search query: Parse error"),
        ("timestamp:soon", "Error parsing search query"),
        ("nope(x):>1", "Unknown function nope"),
        ("level:error OR count():>1", "Error parsing search query: Conditions on aggregates"),
    ],
)
async def test_what_is_wrong_with_a_query_is_told(local: Local, query: str, error: str) -> None:
    status, said = await local.refusal("events/validate/", **{**SEARCH, "query": query})
    assert (status, said["query"]["valid"]) == (400, False)
    assert said["query"]["error"].startswith(error)


SPANS: dict[str, Any] = {"dataset": "spans", "field": ["span.op", "p95(span.duration)", "any.attribute"]}


async def test_what_a_search_asks_for_has_its_type_and_may_be_sorted_by_another_name(local: Local) -> None:
    query = "(span.op:db OR has:cart) p95(span.duration):>1s"
    said = await local.get("events/validate/", **SPANS, orderby="-p95_span_duration", query=query)
    assert [row["attrType"] for row in said["field"]] == ["string", "number", "string"]
    assert said["orderby"] == [{"name": "-p95_span_duration", "valid": True, "error": None, "attrType": "number"}]
    assert [row["name"] for row in said["query"]["fields"]] == ["p95(span.duration)"]
    answer = await local.get("events/", **SPANS, sort="-p95_span_duration", query=query)
    assert answer["data"] == []


async def test_a_period_and_a_project_that_are_none_are_refused_as_everywhere(local: Local) -> None:
    assert (await local.refusal("events/validate/", statsPeriod="soon"))[0] == 400
    assert (await local.refusal("events/validate/", project="nope"))[0] == 403


ABSENT: list[tuple[str, Any]] = [
    ("repos/", []),
    ("monitors/", []),
    ("uptime/", []),
    ("workflows/", []),
    ("dashboards/", []),
    ("integrations/", []),
    ("agents/conversations/", []),
    ("replays/", {"data": []}),
    ("replay-count/", {}),
    ("issues/1/external-issues/", []),
    ("issues/1/integrations/", []),
    ("issues/1/user-reports/", []),
    ("issues/1/autofix/", {"autofix": None}),
    (PROJECT + "events/latest/attachments/", []),
]


@pytest.mark.parametrize(("path", "answer"), ABSENT)
async def test_what_is_not_held_here_is_none_and_no_failure(local: Local, path: str, answer: Any) -> None:
    await local.send(failure())
    assert await local.get(path, per_page=25) == answer


async def test_spans_have_their_description_by_the_name_that_the_cli_asks_for(local: Local) -> None:
    await local.send_items("span", span("SELECT 1"), span("SELECT 2"))
    assert await local.explore("spans", "description", sort="description") == [
        {"description": "SELECT 1"}, {"description": "SELECT 2"}
    ]  # fmt: skip
    assert await local.explore("spans", "span.description", query='description:"SELECT 2"') == [
        {"span.description": "SELECT 2"}
    ]
    listed = await local.get("trace-items/attributes/", dataset="spans", substringMatch="description")
    assert [row["name"] for row in listed] == ["span.description"]


async def test_a_span_and_a_log_have_all_their_attributes(local: Local) -> None:
    sent = typed(sentry__op="db", sentry__release="shop@1", db__rows=3, cold=True, left=2, plan="pro")
    await local.send_items("span", span("SELECT 1", span_id="a" * 16, took=100, attributes=sent))
    await local.send_items("log", log("stock is low", "warn", attributes=typed(ratio=0.5), span_id="a" * 16))

    async def attributes(item: str, kind: str) -> dict[str, Any]:
        found = await local.get(PROJECT + f"trace-items/{item}/", trace_id=TRACE, item_type=kind)
        assert set(found) == {"itemId", "timestamp", "attributes", "meta", "links"}
        assert (found["itemId"], found["timestamp"][-1]) == (item, "Z")
        return {row["name"]: (row["type"], row["value"]) for row in found["attributes"]}

    of_span = await attributes("a" * 16, "spans")
    assert of_span.pop("span.duration") == ("float", pytest.approx(100, abs=0.01))
    for name, expected in {
        "id": ("str", "a" * 16), "trace": ("str", TRACE), "span.op": ("str", "db"), "release": ("str", "shop@1"),
        "span.description": ("str", "SELECT 1"), "project": ("str", "app"), "is_transaction": ("bool", False),
        "db.rows": ("int", "3"), "tags[left,number]": ("int", "2"), "tags[cold,boolean]": ("bool", True),
        "plan": ("str", "pro"),
    }.items():  # fmt: skip
        assert of_span[name] == expected, name
    assert not {"description", "span_id", "project.name", "parent_span"} & set(of_span)
    ((row),) = await local.explore("logs", "sentry.item_id")
    of_log = await attributes(str(row["sentry.item_id"]), "logs")
    assert (of_log["message"], of_log["severity"]) == (("str", "stock is low"), ("str", "warn"))
    assert of_log["tags[ratio,number]"] == ("float", 0.5)


@pytest.mark.parametrize(
    ("item", "query", "status"),
    [
        ("a" * 16, {"trace_id": TRACE, "item_type": "logs"}, 404),
        ("b" * 16, {"trace_id": TRACE, "item_type": "spans"}, 404),
        ("a" * 16, {"trace_id": "f" * 32, "item_type": "spans"}, 404),
        ("a" * 16, {"trace_id": "x", "item_type": "spans"}, 400),
        ("a" * 16, {"trace_id": TRACE, "item_type": "metrics"}, 400),
        ("a" * 16, {}, 400),
    ],
)
async def test_a_span_that_is_none_has_no_attributes(local: Local, item: str, query: Any, status: int) -> None:
    await local.send_items("span", span(span_id="a" * 16))
    refused = await local.refusal(PROJECT + f"trace-items/{item}/", **query)
    assert (refused[0], set(refused[1])) == (status, {"detail"})


async def test_a_span_is_of_its_project(local: Local) -> None:
    local.store.create_project("local", "other")
    await local.send_items("span", span(span_id="a" * 16))
    path = "/api/0/projects/local/other/trace-items/" + "a" * 16 + "/"
    assert (await local.refusal(path, trace_id=TRACE, item_type="spans"))[0] == 404


async def test_a_frame_leads_to_no_repository(local: Local) -> None:
    link = await local.get(PROJECT + "stacktrace-link/", file="shop/cart.py")
    assert (link["sourceUrl"], link["config"], link["error"]) == (None, None, "no_code_mappings_for_project")


async def test_releases_of_a_project_are_its_own(local: Local) -> None:
    local.store.create_project("local", "web")
    created = await local.call("POST", PROJECT + "releases/", {"version": "shop@1"})
    assert (created.status_code, [row["slug"] for row in created.json()["projects"]]) == (201, ["app"])
    assert (await local.call("POST", PROJECT + "releases/", {"version": "shop@1"})).status_code == 208
    assert [row["version"] for row in await local.get(PROJECT + "releases/", per_page=26)] == ["shop@1"]
    assert await local.get("/api/0/projects/local/web/releases/") == []
    assert (await local.put(PROJECT + "releases/shop@1/", ref="main"))["ref"] == "main"
    assert (await local.get(PROJECT + "releases/shop@1/"))["version"] == "shop@1"
    assert await local.get(PROJECT + "releases/shop@1/commits/") == []
    assert (await local.refusal("/api/0/projects/local/web/releases/shop@1/"))[0] == 404
    assert (await local.refusal("/api/0/projects/local/nope/releases/", "POST", {"version": "1"}))[0] == 404


COMMIT = {
    "patch_set": [{"path": "a.py", "type": "M"}],
    "repository": "origin",
    "author_name": "Ann",
    "author_email": "ann@example.com",
    "timestamp": "2026-11-30T20:59:22Z",
    "message": "Charge in cents\n\nFixes APP-1\n",
    "id": "6" * 40,
}


async def test_sentry_cli_makes_a_release(local: Local) -> None:
    """`sentry-cli releases new`, `set-commits --auto`, `finalize`."""
    await local.send(failure())
    new = {"version": "shop@2.0.0", "projects": ["app"], "dateStarted": "2026-11-30T20:59:22.884610512Z"}
    assert (await local.call("POST", "releases/", new)).status_code == 201
    assert await local.get("repos/", cursor="") == []
    again = await local.call("POST", "releases/", {"version": "shop@2.0.0", "projects": ["app"]})
    assert again.status_code == 208
    assert await local.get("releases/shop@2.0.0/previous-with-commits/") == {}
    assert (await local.put("releases/shop@2.0.0/", commits=[COMMIT]))["commitCount"] == 1
    final = await local.put("releases/shop@2.0.0/", projects=["app"], dateReleased="2026-11-30T20:59:22.974219840Z")
    assert final["dateReleased"] == "2026-11-30T20:59:22.974Z"
    assert (await local.get("issues/APP-1/"))["status"] == "resolved"
    await local.add("releases/", version="shop@2.1.0", projects=["app"])
    previous = await local.get("releases/shop@2.1.0/previous-with-commits/")
    assert (previous["version"], previous["lastCommit"]["id"]) == ("shop@2.0.0", "6" * 40)
    assert (await local.refusal("releases/nope/previous-with-commits/"))[0] == 404


async def test_a_release_without_issues_is_deleted(local: Local) -> None:
    await local.send(failure(release="1"))
    await local.add("releases/", version="2", projects=["app"], commits=[COMMIT])
    assert (await local.get("issues/APP-1/"))["statusDetails"]["inRelease"] == "2"
    assert (await local.call("DELETE", "releases/2/")).status_code == 204
    assert (await local.refusal("releases/2/"))[0] == 404
    assert (await local.get("issues/APP-1/"))["statusDetails"] == {}
    status, said = await local.refusal("releases/1/", "DELETE")
    assert (status, "referenced by active issues" in said["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"status": "archived"}, "status"), ({"refs": [{"repository": "acme/shop", "commit": "HEAD"}]}, "refs")],
)
async def test_what_a_release_cannot_be_here_is_told(local: Local, body: Any, field: str) -> None:
    await local.add("releases/", version="1", projects=["app"])
    status, said = await local.refusal("releases/", "POST", {"version": "1", "projects": [], **body})
    assert (status, list(said)) == (400, [field])


async def test_sentry_cli_changes_issues_by_id_and_by_status(local: Local) -> None:
    """`sentry-cli issues mute -i 2`, `issues resolve --status muted`."""
    await local.send(failure("A"), failure("B"), failure("C"))
    url = PROJECT + "issues/"
    assert (await local.call("PUT", url + "?id=2", {"status": "muted", "snoozeDuration": None})).status_code == 200
    assert await local.titles("is:ignored") == ["B: bad coupon"]
    assert (await local.call("PUT", url + "?status=muted", {"status": "resolved"})).status_code == 200
    assert await local.titles("is:resolved") == ["B: bad coupon"]
    assert (await local.call("PUT", url + "?status=muted", {"status": "resolved"})).status_code == 204
    assert (await local.call("PUT", url + "?status=x", {"status": "resolved"})).status_code == 400


async def test_sentry_cli_sends_an_envelope_with_its_own_event(local: Local) -> None:
    """`sentry-cli send-envelope`: the ID stands in the envelope's header alone."""
    event = {"message": "hello from cli", "level": "error", "tags": {"a": "b"}}
    payload = json.dumps(event).encode()
    item = b'{"type":"event","length":%d,"content_type":"application/json"}' % len(payload)
    answer = await local.post(b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n%b\n%b\n' % (item, payload))
    assert answer.json() == {"id": "9ec79c33ec9942ab8353589fcb2e04dc"}
    assert await local.titles() == ["hello from cli"]


async def test_the_token_of_a_file_may_do_what_there_was_not_when_it_was_made(tmp_path: Path) -> None:
    older = Store.open(tmp_path / "errors.db")
    with older.writing() as connection:
        connection.execute("UPDATE tokens SET scopes = 'org:read'")
    reader = older.create_token("local", ["org:read"])
    older.close()
    newer = Store.open(tmp_path / "errors.db")
    callers = [newer.caller(newer.token), newer.caller(reader)]
    newer.close()
    scopes = [caller.scopes for caller in callers if caller]
    assert scopes == [frozenset(ALL_SCOPES), {"org:read"}]


async def test_a_token_that_may_only_read_makes_nothing(local: Local) -> None:
    token = local.store.create_token("local", ["project:read", "org:read"])
    async with connect(local.store, token) as reader:
        for path in (local.url("teams/"), "/api/0/teams/local/local/projects/", local.url("releases/")):
            assert (await reader.post(path, json={"name": "x", "version": "1"})).status_code == 403
