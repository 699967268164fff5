"""Events and stack traces as a model meets them."""

import pytest
from broken import checkout, low_stock, parse
from wire import Era, Sentry, connected, data_of, error_of, text_of

UNKNOWN = "0123456789abcdef0123456789abcdef"
CONTRACT = {"filename", "function", "lineno", "context_line", "pre_context", "post_context"}


async def test_get_events_returns_a_row_for_each_event_newest_first(sentry: Sentry, era: Era) -> None:
    first = sentry.capture(checkout, release="shop@1.0", user={"id": "1", "username": "ada"})
    second = sentry.capture(checkout, release="shop@2.0")

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("get_events", {"issue": "SHOP-1"})

    rows = data_of(result)["events"]
    assert [row["id"] for row in rows] == [second, first]
    assert [row["release"] for row in rows] == ["shop@2.0", "shop@1.0"]
    assert rows[1]["user"] == "ada"
    assert first in text_of(result)


async def test_get_events_pages_and_searches(sentry: Sentry) -> None:
    events = [sentry.capture(checkout, tags={"plan": "pro" if number else "free"}) for number in range(4)]

    async with connected(sentry) as client:
        page = data_of(await client.call_tool("get_events", {"issue": "SHOP-1", "limit": 3}))
        arguments = {"issue": "SHOP-1", "limit": 3, "cursor": page["next_cursor"]}
        rest = data_of(await client.call_tool("get_events", arguments))
        free = data_of(await client.call_tool("get_events", {"issue": "SHOP-1", "query": "plan:free"}))

    assert [row["id"] for row in page["events"] + rest["events"]] == events[::-1]
    assert "next_cursor" not in rest
    assert [row["id"] for row in free["events"]] == events[:1]


async def test_get_events_of_nothing_is_not_found(sentry: Sentry) -> None:
    async with connected(sentry) as client:
        error = error_of(await client.call_tool("get_events", {"issue": "999999"}))

    assert error["error"] == "not_found"


async def test_get_event_needs_only_its_id(sentry: Sentry, era: Era) -> None:
    event = sentry.capture(checkout, user={"id": "1", "username": "ada"}, tags={"plan": "pro"})

    async with connected(sentry, era=era) as client:
        result = await client.call_tool("get_event", {"event": event})
        dashed = f"{event[:8]}-{event[8:12]}-{event[12:16]}-{event[16:20]}-{event[20:]}"
        again = await client.call_tool("get_event", {"event": dashed.upper()})
        in_project = await client.call_tool("get_event", {"event": event, "project": "shop"})
        latest = await client.call_tool("get_event", {"event": "latest", "issue": "SHOP-1"})

    found = data_of(result)
    assert found["event_id"] == event
    assert found["tags"]["plan"] == "pro"
    assert found["user"]["username"] == "ada"
    assert found["breadcrumbs"][-1]["message"] == "about to break"
    assert data_of(again) == data_of(in_project) == data_of(latest) == found
    assert "CheckoutError: no such coupon: SUMMER" in text_of(result)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"event": UNKNOWN}, "not_found", UNKNOWN),
        ({"event": UNKNOWN, "issue": "SHOP-1"}, "not_found", UNKNOWN),
        ({"event": UNKNOWN, "project": "shop"}, "not_found", UNKNOWN),
        ({"event": "latest"}, "invalid_request", "Give the issue too"),
        ({"event": "../../issues/1"}, "invalid_request", "is not an event"),
        ({"event": "newest", "issue": "SHOP-1"}, "invalid_request", "is not an event"),
        ({"event": UNKNOWN, "project": ".."}, "invalid_request", "is not a project slug"),
        ({"event": "x" * 1_000_000}, "invalid_request", "at most 10000"),
        ({}, "invalid_request", "event: field required"),
        ({"event": UNKNOWN, "max_tokens": 1}, "invalid_request", "max_tokens: input should be greater"),
    ],
)
async def test_get_event_says_what_is_wrong(
    sentry: Sentry, arguments: dict[str, object], error: str, words: str
) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        failed = error_of(await client.call_tool("get_event", arguments))

    assert failed["error"] == error
    assert words in failed["message"]


async def test_get_issue_with_an_event_that_is_not_there_is_an_error(sentry: Sentry) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        result = await client.call_tool("get_issue", {"issue": "SHOP-1", "event": UNKNOWN})

    assert result.is_error, text_of(result)
    assert f"Event {UNKNOWN} of issue SHOP-1 was not found" in text_of(result)
    assert "CheckoutError" not in text_of(result)


async def test_get_issue_by_the_url_of_an_event_that_is_not_there_has_the_issue_and_says_so(sentry: Sentry) -> None:
    sentry.capture(checkout)
    async with connected(sentry) as client:
        number = data_of(await client.call_tool("get_issue", {"issue": "SHOP-1"}))["id"]
        url = f"{sentry.embedded.url}/organizations/{sentry.organization}/issues/{number}/events/{UNKNOWN}/"
        result = await client.call_tool("get_issue", {"issue": url})

    assert f"Event {UNKNOWN} of issue {number} was not found" in data_of(result)["missing"]["event"]
    ours, _, _ = text_of(result).partition("Text between")
    assert ours.startswith("Issue SHOP-1: unresolved")
    assert f"\nevent could not be fetched: Event {UNKNOWN} of issue {number} was not found." in ours


async def test_an_event_of_another_organization_is_not_found(sentry: Sentry) -> None:
    token = sentry.store.create_organization(f"{sentry.organization}-other")
    project = sentry.store.create_project(f"{sentry.organization}-other", "secret")
    event = Sentry(sentry.embedded, "", token, project).capture(checkout)

    async with connected(sentry) as client:
        for tool in ("get_event", "get_stacktrace"):
            assert error_of(await client.call_tool(tool, {"event": event}))["error"] == "not_found"


async def test_get_events_returns_stack_traces_through_get_stacktrace(sentry: Sentry, era: Era) -> None:
    event = sentry.capture(checkout)

    async with connected(sentry, era=era) as client:
        by_event = data_of(await client.call_tool("get_stacktrace", {"event": event}))
        by_issue = data_of(await client.call_tool("get_stacktrace", {"issue": "SHOP-1"}))

    frames = by_event["stacktrace"]["frames"]
    assert set(by_event) >= {"issue_id", "event_id", "stacktrace"}
    assert by_event["event_id"] == event
    assert all(set(frame) >= CONTRACT for frame in frames)
    assert [frame["function"] for frame in frames][-1] == "checkout"
    assert frames[-1]["lineno"] > 0
    assert frames[-1]["pre_context"]
    assert by_issue == by_event


async def test_a_stack_trace_without_frames_keeps_its_shape(sentry: Sentry) -> None:
    event = sentry.capture(low_stock)

    async with connected(sentry) as client:
        result = await client.call_tool("get_stacktrace", {"event": event})

    assert set(data_of(result)) >= {"issue_id", "event_id", "stacktrace"}
    assert isinstance(data_of(result)["stacktrace"]["frames"], list)


async def test_get_stacktrace_shows_library_frames_when_asked(sentry: Sentry) -> None:
    event = sentry.capture(parse)

    async with connected(sentry) as client:
        ours = data_of(await client.call_tool("get_stacktrace", {"event": event}))
        every = data_of(await client.call_tool("get_stacktrace", {"event": event, "frames": "all"}))

    assert len(every["stacktrace"]["frames"]) > len(ours["stacktrace"]["frames"])
    crash, folded = every["stacktrace"]["frames"][-1], ours["stacktrace"]["frames"][-1]
    assert "library calls" in folded.pop("folded")
    assert folded == crash


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, "invalid_request", "Give an event, or an issue"),
        ({"event": UNKNOWN}, "not_found", UNKNOWN),
        ({"issue": "SHOP-99"}, "not_found", "SHOP-99"),
        ({"issue": "SHOP-1", "frames": "some"}, "invalid_request", "frames: input should be 'app' or 'all'"),
        ({"evnt": UNKNOWN}, "invalid_request", "Did you mean event?"),
    ],
)
async def test_get_stacktrace_says_what_is_wrong(
    sentry: Sentry, arguments: dict[str, object], error: str, words: str
) -> None:
    async with connected(sentry) as client:
        failed = error_of(await client.call_tool("get_stacktrace", arguments))

    assert failed["error"] == error
    assert words in failed["message"]
