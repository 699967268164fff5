"""A trace: its tree of spans with the errors in it, and how much it has of each."""

from itertools import pairwise
from typing import Any

import pytest
from sending import TRACE, Local, ago, envelope, failure, log, seconds_ago, span, typed

Node = dict[str, Any]
GONE = (404, {"detail": "The requested resource does not exist"})


def error(span_id: str | None = None, **more: Any) -> Node:
    return failure(contexts={"trace": {"trace_id": TRACE, "span_id": span_id}}, transaction="/pay", **more)


def outline(nodes: list[Node]) -> list[Any]:
    """Names and their children."""
    return [
        [node["description"], *outline(node["children"])] if node.get("children") else node["description"]
        for node in nodes
    ]


async def test_spans_are_a_tree_with_the_errors_in_them(local: Local) -> None:
    start = seconds_ago(seconds=60)
    await local.send_items(
        "span",
        span("SELECT 2", span_id="c" * 16, parent_span_id="a" * 16, start_timestamp=start + 0.03),
        span(
            "GET /pay", span_id="a" * 16, took=100, is_segment=True, start_timestamp=start,
            attributes=typed(
                sentry__op="http.server", sentry__sdk__name="sentry.python", sentry__release="shop@1",
                measurements__lcp=20.5, browser__web_vital__lcp__value=21.5, rows=3,
            ),
        ),
        span("SELECT 1", span_id="b" * 16, parent_span_id="a" * 16, start_timestamp=start + 0.01),
    )  # fmt: skip
    event_id = await local.send(error("b" * 16, level="fatal"))
    (root,) = await local.get(f"trace/{TRACE}/", additional_attributes=["rows", "release", "nothing"])
    first, second = root.pop("children")
    assert root == {
        "event_type": "span", "event_id": "a" * 16, "transaction_id": "a" * 16, "parent_span_id": None,
        "is_transaction": True, "op": "http.server", "name": "GET /pay", "description": "GET /pay",
        "transaction": "GET /pay", "project_id": 1, "project_slug": "app", "start_timestamp": pytest.approx(start),
        "end_timestamp": pytest.approx(start + 0.1), "duration": pytest.approx(100, abs=0.01),
        "sdk_name": "sentry.python", "profile_id": "", "profiler_id": "", "measurements": {"measurements.lcp": 20.5},
        "browser_web_vital": {"browser.web_vital.lcp.value": 21.5}, "mobile_app_vital": {}, "errors": [],
        "occurrences": [], "additional_attributes": {"rows": 3, "release": "shop@1"},
    }  # fmt: skip
    assert (first["description"], second["description"]) == ("SELECT 1", "SELECT 2")
    (failed,) = first["errors"]
    assert failed.pop("start_timestamp") == failed.pop("end_timestamp")
    assert failed == {
        "event_type": "error", "event_id": event_id, "issue_id": 1, "issue_type": 1, "short_id": "APP-1",
        "project_id": 1, "project_slug": "app", "level": "fatal", "culprit": "/pay", "transaction": "/pay",
        "description": "ValueError: bad coupon",
    }  # fmt: skip
    assert second["errors"] == []


async def test_an_error_whose_span_is_unknown_is_a_root(local: Local) -> None:
    await local.send_items("span", span("GET /", span_id="a" * 16))
    await local.send(error("e" * 16), error(None))
    roots = await local.get(f"trace/{TRACE}/")
    assert [root["event_type"] for root in roots] == ["span", "error", "error"]


async def test_spans_of_several_projects_and_forms_make_one_tree(local: Local) -> None:
    other = local.store.create_project("local", "other")
    start = seconds_ago(seconds=10)
    await local.send_items("span", span("GET /", span_id="a" * 16))
    await local.send_items("span", span("call", span_id="b" * 16, parent_span_id="a" * 16), project=other)
    alone = {"trace_id": TRACE, "span_id": "c" * 16, "parent_span_id": "b" * 16, "description": "paint"}
    await local.post(envelope({**alone, "start_timestamp": start, "timestamp": start + 1}, "span"))
    assert outline(await local.get(f"trace/{TRACE}/")) == [["GET /", ["call", "paint"]]]
    assert outline(await local.get(f"trace/{TRACE}/", project=str(other))) == ["call"]
    assert await local.get(f"trace/{TRACE}/", project="-1", end=ago(hours=2), start=ago(hours=3)) == []


async def test_a_trace_in_circles_and_of_any_depth_has_each_span_once(local: Local) -> None:
    names = [f"{number:016x}" for number in range(1, 1_001)]
    await local.send_items(
        "span", *(span(name, span_id=name, parent_span_id=parent) for parent, name in pairwise(["f" * 16, *names]))
    )
    await local.send_items(
        "span",
        span("x", span_id="a" * 16, parent_span_id="b" * 16),
        span("y", span_id="b" * 16, parent_span_id="a" * 16),
        span("z", span_id="c" * 16, parent_span_id="c" * 16),
    )
    waiting = await local.get(f"trace/{TRACE}/")
    seen: list[str] = []
    while waiting:
        node = waiting.pop()
        seen.append(node["event_id"])
        waiting += node["children"]
    assert sorted(seen) == sorted([*names, "a" * 16, "b" * 16, "c" * 16])


async def test_what_a_trace_has_is_counted(local: Local) -> None:
    await local.send_items(
        "span",
        span("GET /", span_id="a" * 16, is_segment=True, attributes=typed(sentry__op="http.server")),
        *(span(attributes=typed(sentry__op="db", sentry__segment__id="a" * 16)) for _ in range(3)),
    )
    await local.send_items("log", log("one"), log("two"), log("elsewhere", trace_id="f" * 32))
    await local.send(error("a" * 16), failure())
    assert await local.get(f"trace-meta/{TRACE}/") == {
        "spansCount": 4, "errorsCount": 1, "logsCount": 2, "metricsCount": 0, "performanceIssuesCount": 0,
        "spansCountMap": {"db": 3, "http.server": 1},
        "transactionChildCountMap": [{"transaction.event_id": "a" * 16, "count()": 4}],
    }  # fmt: skip


async def test_the_logs_of_a_trace_are_listed(local: Local) -> None:
    other = local.store.create_project("local", "other")
    await local.send_items("log", log("one", timestamp=seconds_ago(seconds=20)), log("elsewhere", trace_id="f" * 32))
    await local.send_items("log", log("two", "error", timestamp=seconds_ago(seconds=10)), project=other)

    async def logs(**query: Any) -> list[str]:
        return [row["message"] for row in (await local.get("trace-logs/", **query))["data"]]

    assert await logs(traceId=TRACE, per_page=1000, statsPeriod="14d") == ["two", "one"]
    assert await logs(traceId=TRACE, sort="timestamp") == ["one", "two"]
    assert await logs(traceId=TRACE, query="project:app") == ["one"]
    assert await logs(traceId=TRACE, query="severity:error or message:elsewhere") == ["two"]
    assert await logs(traceId=[TRACE, "f" * 32], query="!message:two", sort="message") == ["elsewhere", "one"]
    body = await local.get("trace-logs/", traceId=TRACE, query="one")
    assert set(body["meta"]) == {"fields"}  # the CLI refuses units that are null
    (row,) = body["data"]
    assert len(row["id"]) == 32
    assert row["timestamp_precise"] > 0
    assert (row["sentry.item_id"], row["project.id"], row["trace"]) == (row["id"], 1, TRACE)
    assert (row["severity"], row["severity_number"]) == ("info", 9)


@pytest.mark.parametrize(
    "query", [{}, {"traceId": "abc"}, {"traceId": [TRACE, "0"]}, {"traceId": TRACE, "sort": "-payload_size"},
              {"traceId": TRACE, "per_page": 1001}]
)  # fmt: skip
async def test_what_cannot_be_asked_of_the_logs_of_a_trace_is_refused(local: Local, query: Any) -> None:
    assert (await local.refusal("trace-logs/", **query))[0] == 400


async def test_a_trace_that_nobody_knows_is_empty_and_what_is_none_is_not_found(local: Local) -> None:
    assert await local.get(f"trace/{TRACE}/") == []
    assert (await local.get(f"trace-meta/{TRACE}/"))["spansCount"] == 0
    for path in ("trace", "trace-meta"):
        for named in ("x" * 32, "0" * 32, "abc", "'"):
            assert await local.refusal(f"{path}/{named}/") == GONE


async def test_another_organizations_trace_is_not_seen(local: Local) -> None:
    local.store.create_organization("other")
    project = local.store.create_project("other", "app")
    await local.send_items("span", span(), project=project)
    await local.send_items("log", log("x"), project=project)
    await local.send(error(), project=project)
    assert await local.get(f"trace/{TRACE}/") == []
    meta = await local.get(f"trace-meta/{TRACE}/")
    assert (meta["spansCount"], meta["logsCount"], meta["errorsCount"]) == (0, 0, 0)
    for dataset in ("errors", "spans", "logs"):
        assert await local.explore(dataset, "count()") == [{"count()": 0}]
        assert (await local.refusal("events/", dataset=dataset, field="count()", project=str(project)))[0] == 403
