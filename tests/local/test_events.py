"""Events of issues and projects, one or many, and the stack traces in them."""

from typing import Any

import pytest
from sending import Local, ago, failure, frame


async def entry(local: Local, kind: str) -> Any:
    event = await local.get("issues/1/events/latest/")
    return next(found["data"] for found in event["entries"] if found["type"] == kind)


async def test_events_are_listed_newest_first_in_short(local: Local) -> None:
    for hours in (1, 3, 2):
        await local.send(failure(value=f"{hours} hours", timestamp=ago(hours=hours), user={"id": hours}))
    rows = await local.get("issues/1/events/")
    assert [row["title"] for row in rows] == ["ValueError: 1 hours", "ValueError: 2 hours", "ValueError: 3 hours"]
    row = rows[0]
    assert "entries" not in row
    assert (row["event.type"], row["groupID"], row["projectID"], row["message"]) == ("error", "1", "1", "")
    assert (row["location"], row["culprit"]) == ("shop/cart.py", "shop.cart in checkout")
    assert row["user"]["id"] == "1"
    assert {"key": "user", "value": "id:1"} in row["tags"]
    full = await local.get("issues/1/events/", full="true")
    assert [found["type"] for found in full[0]["entries"]] == ["exception"]
    assert await local.get("/api/0/projects/local/app/events/") == rows


async def test_events_are_paged_searched_and_filtered(local: Local) -> None:
    for number in range(5):
        environment = "staging" if number % 2 else "production"
        await local.send(failure(value=f"case {number}", environment=environment, timestamp=ago(hours=number)))
    first = await local.call("GET", "issues/1/events/", per_page=2)
    assert [row["title"][-1] for row in first.json()] == ["0", "1"]
    following = await local.client.get(first.links["next"]["url"])
    assert [row["title"][-1] for row in following.json()] == ["2", "3"]
    last = await local.client.get(following.links["next"]["url"])
    assert [row["title"][-1] for row in last.json()] == ["4"]
    assert last.links["next"]["results"] == "false"
    staging = await local.get("issues/1/events/", environment="staging")
    assert [row["title"][-1] for row in staging] == ["1", "3"]
    found = await local.get("issues/1/events/", query="case 3 is:unresolved")
    assert [row["title"][-1] for row in found] == ["3"]
    assert len(await local.get("issues/1/events/", statsPeriod="90m")) == 2
    assert (await local.refusal("issues/1/events/", query="timestamp:x"))[0] == 400


async def test_latest_oldest_and_their_neighbours(local: Local) -> None:
    ids = [await local.send(failure(timestamp=ago(hours=hours), environment=f"e{hours}")) for hours in (3, 1, 2)]
    oldest, latest, between = ids
    assert (await local.get("issues/1/events/latest/"))["id"] == latest
    assert (await local.get("issues/1/events/recommended/"))["id"] == latest
    assert (await local.get("issues/1/events/oldest/"))["id"] == oldest
    assert (await local.get("issues/1/events/latest/", environment="e2"))["id"] == between
    event = await local.get(f"issues/1/events/{between}/")
    assert (event["previousEventID"], event["nextEventID"]) == (oldest, latest)
    assert (await local.get("issues/1/events/oldest/"))["previousEventID"] is None
    assert (await local.get("issues/1/events/latest/"))["nextEventID"] is None
    assert await local.refusal("issues/1/events/latest/", environment="e9") == (404, {"detail": "Event not found"})


async def test_an_event_has_what_the_api_promises(local: Local) -> None:
    event_id = await local.send(
        failure(
            message="while checking out",
            extra={"cart": 3},
            contexts={"browser": {"name": "Chrome", "version": "78"}, "odd": 5},
            modules={"httpx": "0.28"},
            sdk={"name": "sentry.python", "version": "2.75"},
            dist="7",
            release="shop@1.0",
            user={"id": 1, "name": "Bob", "geo": {"city": "Oslo"}, "plan": "free", "data": {"a": 1}},
        )
    )
    event = await local.get(f"issues/1/events/{event_id}/")
    assert event["context"] == {"cart": 3}
    assert event["contexts"] == {"browser": {"type": "browser", "name": "Chrome", "version": "78"}}
    assert event["packages"] == {"httpx": "0.28"}
    assert event["sdk"] == {"name": "sentry.python", "version": "2.75"}
    assert (event["dist"], event["type"], event["platform"]) == ("7", "error", "python")
    assert event["release"]["version"] == "shop@1.0"
    assert event["user"]["geo"] == {"city": "Oslo"}
    assert event["user"]["data"] == {"plan": "free", "a": 1}
    assert event["message"] == "while checking out"
    assert event["size"] > 100
    assert len(event["fingerprints"][0]) == 32
    assert event["dateReceived"][:10] == ago()[:10]
    assert {"key": "browser", "value": "Chrome 78"} in event["tags"]
    for path in (f"eventids/{event_id}/", f"eventids/{event_id.upper()}/"):
        found = await local.get(path)
        assert (found["organizationSlug"], found["projectSlug"], found["groupId"]) == ("local", "app", "1")
        assert found["event"]["id"] == found["eventId"] == event_id
    assert await local.get(f"/api/0/projects/local/app/events/{event_id}/") == event
    (hashed,) = await local.get("issues/1/hashes/")
    assert hashed["id"] == event["fingerprints"][0]
    assert hashed["latestEvent"]["id"] == event_id
    (hashed,) = await local.get("issues/1/hashes/", full="false")
    assert "entries" not in hashed["latestEvent"]


async def test_frames_are_shown_as_the_api_has_them(local: Local) -> None:
    ours = frame(
        "charge", lineno=12, colno=3, abs_path="/srv/shop/cart.py", vars={"order": 7},
        pre_context=["a", "b"], context_line="c", post_context=["d"], instruction_addr="0x1",
    )  # fmt: skip
    library = frame("send", "http.client", in_app=False, context_line="x", lineno=1, pre_context=["y", None])
    await local.send(failure(frames=[library, ours]))
    data = await entry(local, "exception")
    assert data["hasSystemFrames"] is True
    theirs, shown = data["values"][0]["stacktrace"]["frames"]
    assert shown["context"] == [[10, "a"], [11, "b"], [12, "c"], [13, "d"]]
    assert (shown["lineNo"], shown["colNo"], shown["inApp"]) == (12, 3, True)
    assert (shown["absPath"], shown["instructionAddr"], shown["vars"]) == ("/srv/shop/cart.py", "0x1", {"order": 7})
    assert theirs["context"] == [[0, "y"], [1, ""], [2, "x"]]
    assert theirs["inApp"] is False


async def test_frames_of_one_kind_only_have_no_system_frames(local: Local) -> None:
    await local.send(failure(frames=[frame("a"), frame("b")]))
    data = await entry(local, "exception")
    assert data["hasSystemFrames"] is False
    assert [shown["inApp"] for shown in data["values"][0]["stacktrace"]["frames"]] == [True, True]


async def test_a_long_stack_keeps_both_ends(local: Local) -> None:
    stack = [frame("main"), *(frame("visit", lineno=number) for number in range(3000)), frame("last")]
    await local.send(failure(frames=stack))
    stacktrace = (await entry(local, "exception"))["values"][0]["stacktrace"]
    assert len(stacktrace["frames"]) == 250
    assert stacktrace["framesOmitted"] == [125, 2877]
    assert (stacktrace["frames"][0]["function"], stacktrace["frames"][-1]["function"]) == ("main", "last")


async def test_threads_stacks_and_messages_are_entries(local: Local) -> None:
    stack = {"frames": [frame("work")], "registers": {"rip": "0x1"}}
    threads = {"values": [{"id": 1, "name": "main", "current": True, "crashed": False, "stacktrace": stack}, {"id": 2}]}
    await local.send({"message": "stuck", "threads": threads, "stacktrace": stack})
    main, other = (await entry(local, "threads"))["values"]
    assert (main["name"], main["current"], other["stacktrace"]) == ("main", True, None)
    assert (await entry(local, "stacktrace"))["registers"] == {"rip": "0x1"}
    assert await entry(local, "message") == {"formatted": "stuck", "message": "stuck", "params": None}
    assert (await local.get("issues/1/"))["culprit"] == "shop.cart in work"


async def test_a_request_is_shown_in_pairs_without_its_secrets(local: Local) -> None:
    await local.send(
        failure(
            request={
                "url": "https://shop.example.com/pay",
                "method": "POST",
                "query_string": "?a=1&password=hunter2&b=",
                "headers": {"Authorization": "Bearer abc", "Content-Type": "application/x-www-form-urlencoded"},
                "cookies": "session=abc; theme=dark",
                "data": "card=1&secret=x",
                "env": {"REMOTE_ADDR": "10.0.0.1"},
            }
        )
    )
    request = await entry(local, "request")
    assert request["query"] == [["a", "1"], ["password", "[Filtered]"], ["b", ""]]
    assert request["headers"][0] == ["Authorization", "[Filtered]"]
    assert request["cookies"] == [["session", "abc"], ["theme", "dark"]]
    assert request["data"] == {"card": "1", "secret": "[Filtered]"}
    assert request["inferredContentType"] == "application/x-www-form-urlencoded"
    assert request["env"] == {"REMOTE_ADDR": "10.0.0.1"}


async def test_a_json_body_and_a_query_in_the_url_are_taken_apart(local: Local) -> None:
    request = {
        "url": "https://a.b/c?token=1&api_key=x#top",
        "data": '{"password": "x", "n": [1]}',
        "cookies": {"a": "b"},
    }
    await local.send(failure(request=request))
    shown = await entry(local, "request")
    assert (shown["url"], shown["query"]) == ("https://a.b/c", [["token", "1"], ["api_key", "[Filtered]"]])
    assert shown["data"] == {"password": "[Filtered]", "n": [1]}
    assert shown["cookies"] == [["a", "b"]]
    assert shown["inferredContentType"] == "application/json"


async def test_breadcrumbs_come_as_a_list_or_as_values(local: Local) -> None:
    crumb = {"timestamp": 1795562726.873, "category": "query", "message": "SELECT", "data": {"ms": 3, "password": "x"}}
    for number, crumbs in enumerate(([crumb], {"values": [crumb]}), 1):
        await local.send(failure(f"E{number}", "x", breadcrumbs=crumbs))
        event = await local.get(f"issues/{number}/events/latest/")
        shown = next(found["data"]["values"] for found in event["entries"] if found["type"] == "breadcrumbs")[0]
        assert (shown["type"], shown["level"], shown["category"]) == ("default", "info", "query")
        assert shown["timestamp"] == "2026-11-24T23:25:26.873Z"
        assert shown["data"] == {"ms": 3, "password": "[Filtered]"}


@pytest.mark.parametrize("path", ["issues/1/events/{}/", "/api/0/projects/local/app/events/{}/"])
async def test_an_event_that_is_not_there_is_told_in_json(local: Local, path: str) -> None:
    await local.send(failure())
    for named in ("0" * 32, "bogus"):
        assert await local.refusal(path.format(named)) == (404, {"detail": "Event not found"})
    assert await local.refusal(f"eventids/{'0' * 32}/") == (404, {"detail": "The requested resource does not exist"})
    assert await local.refusal("eventids/bogus/") == (404, {"detail": "The requested resource does not exist"})


async def test_an_event_of_another_issue_is_not_found_in_this_one(local: Local) -> None:
    await local.send(failure("A", "x"))
    other = await local.send(failure("B", "x"))
    assert (await local.refusal(f"issues/1/events/{other}/"))[0] == 404
