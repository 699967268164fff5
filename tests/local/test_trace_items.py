"""What is taken in of transactions, spans and logs, and what is left out."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from sending import TRACE, Local, container, envelope, failure, log, seconds_ago, span, typed

HERE = Path(__file__).parent
RECORDED = {"start": "2026-11-30T00:00:00", "end": "2026-12-01T00:00:00"}
"""The day on which the envelopes were recorded."""


def recorded(name: str) -> bytes:
    return (HERE / "envelopes" / f"{name}.envelope").read_bytes()


def transaction(**more: Any) -> dict[str, Any]:
    """A transaction of 100 ms with two children, one in the other."""
    start = seconds_ago(seconds=30)
    child = {"trace_id": TRACE, "op": "db", "description": "SELECT 1", "status": "ok", "data": {"db.system": "sqlite"}}
    return {
        "type": "transaction",
        "event_id": uuid.uuid4().hex,
        "transaction": "/checkout",
        "contexts": {
            "trace": {"trace_id": TRACE, "span_id": "a" * 16, "op": "http.server", "status": "internal_error"}
        },
        "start_timestamp": start,
        "timestamp": start + 0.1,
        "release": "shop@1",
        "environment": "production",
        "user": {"id": 7, "email": "bob@example.com"},
        "tags": {"region": "eu"},
        "measurements": {"lcp": {"value": 20.5, "unit": "millisecond"}},
        "sdk": {"name": "sentry.python", "version": "2"},
        "spans": [
            {
                **child,
                "span_id": "b" * 16,
                "parent_span_id": "a" * 16,
                "start_timestamp": start + 0.01,
                "timestamp": start + 0.05,
            },
            {
                **child,
                "span_id": "c" * 16,
                "parent_span_id": "b" * 16,
                "start_timestamp": start + 0.02,
                "timestamp": start + 0.03,
            },
        ],
        **more,
    }


async def test_a_transaction_is_a_span_with_its_children(local: Local) -> None:
    sent = transaction()
    response = await local.post(envelope(sent, "transaction", event_id=sent["event_id"]))
    assert response.json() == {"id": sent["event_id"]}
    rows = await local.explore(
        "spans",
        *("id", "parent_span", "span.op", "span.description", "span.status", "is_transaction", "transaction"),
        *("transaction.event_id", "release", "environment", "user", "sdk.name", "region", "measurements.lcp"),
        sort="id",
    )
    everywhere = {
        "transaction": "/checkout", "transaction.event_id": sent["event_id"], "release": "shop@1",
        "environment": "production", "user": "id:7", "sdk.name": "sentry.python",
    }  # fmt: skip
    assert rows[0] == {
        **everywhere, "id": "a" * 16, "parent_span": None, "span.op": "http.server", "is_transaction": True,
        "span.description": "/checkout", "span.status": "internal_error", "region": "eu", "measurements.lcp": 20.5,
    }  # fmt: skip
    assert rows[1] == {
        **everywhere, "id": "b" * 16, "parent_span": "a" * 16, "span.op": "db", "is_transaction": False,
        "span.description": "SELECT 1", "span.status": "ok", "region": None, "measurements.lcp": None,
    }  # fmt: skip
    assert rows[2]["parent_span"] == "b" * 16
    assert local.store.received() == {"event": 0, "transaction": 1}
    assert await local.get("issues/", query="") == []


async def test_self_time_is_the_time_in_which_no_child_ran(local: Local) -> None:
    await local.post(envelope(transaction(), "transaction"))
    rows = await local.explore("spans", "id", "span.duration", "span.self_time", sort="id")
    assert [(round(row["span.duration"]), round(row["span.self_time"])) for row in rows] == [
        (100, 60),
        (40, 30),
        (10, 10),
    ]


async def test_a_span_alone_takes_what_it_lacks_from_the_envelope(local: Local) -> None:
    start = seconds_ago(minutes=1)
    alone = {
        "trace_id": TRACE, "span_id": "d" * 16, "parent_span_id": "a" * 16, "op": "ui.webvital.cls",
        "origin": "auto.http", "description": "main > img", "start_timestamp": start,
        "timestamp": start + 0.25, "segment_id": "e" * 16,
        "data": {"sentry.release": "shop@2", "sentry.transaction": "/cart", "user.id": "9", "count": 3},
        "measurements": {"cls": {"value": 0.1, "unit": ""}},
    }  # fmt: skip
    await local.post(envelope(alone, "span", trace={"environment": "production", "release": "shop@1"}))
    (row,) = await local.explore(
        "spans",
        *("id", "span.op", "span.duration", "span.description", "release", "environment", "transaction", "user"),
        *("count", "measurements.cls", "is_transaction", "transaction.span_id", "origin"),
    )
    assert row == {
        "id": "d" * 16, "span.op": "ui.webvital.cls", "span.duration": 250, "span.description": "main > img",
        "release": "shop@2", "environment": "production", "transaction": "/cart", "user": "id:9", "count": 3,
        "measurements.cls": 0.1, "is_transaction": False, "transaction.span_id": "e" * 16, "origin": "auto.http",
    }  # fmt: skip


async def test_spans_and_logs_of_nodes_sdk_are_read(local: Local) -> None:
    assert (await local.post(recorded("node-11-spans"))).status_code == 200
    assert (await local.post(recorded("node-11-logs"))).status_code == 200
    fields = ("span.op", "span.description", "transaction", "is_transaction", "release", "environment", "rows", "trace")
    query, root = await local.explore("spans", *fields, sort="span.op", **RECORDED)
    trace = "cad05602bf944b05881985cf173b5eeb"
    assert query == {
        "span.op": "db.query", "span.description": "SELECT * FROM stock WHERE sku = ?", "transaction": "GET /checkout",
        "is_transaction": False, "release": "shop@2.0.0", "environment": "production", "rows": 3, "trace": trace,
    }  # fmt: skip
    assert (root["span.op"], root["is_transaction"]) == ("http.server", True)
    (found,) = await local.explore(
        "logs",
        "severity",
        "severity_number",
        "message",
        "trace",
        "span_id",
        "sku",
        "left",
        "hot",
        "release",
        **RECORDED,
    )
    assert found == {
        "severity": "warn", "severity_number": 13, "message": "stock is low", "trace": trace,
        "span_id": "80e48e11f3318c41", "sku": "SKU-7", "left": 2, "hot": "true", "release": "shop@2.0.0",
    }  # fmt: skip
    assert local.store.received() == {"event": 0, "log": 1, "span": 1}


async def test_spans_that_pythons_sdk_streams_are_read(local: Local) -> None:
    assert (await local.post(recorded("python-2.75-spans"))).status_code == 200
    fields = ("span.op", "span.description", "transaction", "is_transaction", "release", "environment", "sdk.name")
    query, root = await local.explore("spans", *fields, sort="span.op", **RECORDED)
    everywhere = {
        "transaction": "GET /x", "release": "shop@1", "environment": "production", "sdk.name": "sentry.python",
    }  # fmt: skip
    assert query == {**everywhere, "span.op": "db", "span.description": "SELECT 1", "is_transaction": False}
    assert root == {**everywhere, "span.op": "http.server", "span.description": "GET /x", "is_transaction": True}


async def test_a_transaction_of_nodes_sdk_is_read(local: Local) -> None:
    assert (await local.post(recorded("node-10-transaction"))).status_code == 200
    query, root = await local.explore(
        "spans", "span.op", "span.status", "platform", "os.name", sort="span.op", **RECORDED
    )
    assert query == {"span.op": "db.query", "span.status": "ok", "platform": "node", "os.name": "Debian"}
    assert root["span.op"] == "http.server"


async def test_logs_are_kept_in_the_order_in_which_they_were_written(local: Local) -> None:
    at = seconds_ago(minutes=1)
    sequence = [log(str(n), timestamp=at, attributes=typed(sentry__timestamp__sequence=n)) for n in range(3)]
    await local.send_items("log", *reversed(sequence))
    rows = await local.explore("logs", "message", "timestamp_precise", sort="timestamp_precise")
    assert [row["message"] for row in rows] == ["0", "1", "2"]
    assert len({row["timestamp_precise"] for row in rows}) == 3


@pytest.mark.parametrize(("sort", "words"), [("timestamp", "012"), ("-timestamp", "210")])
async def test_logs_of_one_millisecond_stand_in_the_order_that_is_asked_for(
    local: Local, sort: str, words: str
) -> None:
    at = seconds_ago(minutes=1)
    await local.send_items("log", *(log(str(n), timestamp=at) for n in range(3)))
    rows = await local.explore("logs", "message", "timestamp", sort=sort)
    assert "".join(row["message"] for row in rows) == words


@pytest.mark.parametrize(
    ("level", "severity", "number"),
    [
        ("trace", "trace", 1),
        ("warning", "warn", 13),
        ("critical", "fatal", 21),
        ("bogus", "info", 9),
        (None, "info", 9),
    ],
)
async def test_a_level_is_a_severity_with_its_number(local: Local, level: Any, severity: str, number: int) -> None:
    await local.send_items("log", log("x", level))
    assert await local.explore("logs", "severity", "severity_number") == [
        {"severity": severity, "severity_number": number}
    ]


async def test_a_span_that_comes_twice_is_kept_once(local: Local) -> None:
    once = span(span_id="a" * 16)
    await local.send_items("span", once, once)
    await local.send_items("span", once)
    assert await local.explore("spans", "count()") == [{"count()": 1}]
    assert local.store.received()["span"] == 2


async def test_secrets_in_attributes_are_filtered(local: Local) -> None:
    attributes = typed(password="hunter2", card="4111 1111 1111 1111", nested={"api_key": "sk-1", "a": [1]}, fine="ok")
    await local.send_items("span", span(attributes=attributes))
    await local.send_items("log", log("x", attributes=attributes))
    for dataset in ("spans", "logs"):
        (row,) = await local.explore(dataset, "password", "card", "nested", "fine")
        assert row == {
            "password": "[Filtered]",
            "card": "[Filtered]",
            "nested": '{"api_key": "[Filtered]", "a": [1]}',
            "fine": "ok",
        }


NESTED = json.loads('{"a":' * 700 + "1" + "}" * 700)
NOW = seconds_ago(seconds=5)

HOSTILE: list[Any] = [
    {},
    [],
    None,
    "text",
    {"items": None},
    {"items": {"a": 1}},
    {"items": [None, 1, "x", [], {}]},
    {"items": [{"trace_id": None, "span_id": {}, "start_timestamp": [], "end_timestamp": "never", "body": {}}]},
    {"items": [span(span_id="0" * 16), span(trace_id="x" * 32), span(took=-5), log("")]},
    {"items": [span(start_timestamp=1e300), log("x", timestamp=1e300), log("x", timestamp=-(10**40))]},
    {"items": [span(start_timestamp=4e9), log("to come", timestamp=4e9)]},
    {"contexts": {"trace": {}}, "spans": [{}]},
    {"contexts": [], "transaction": {}, "spans": {"a": 1}, "measurements": 5, "tags": "x"},
    {"trace_id": TRACE, "span_id": "a" * 15, "start_timestamp": NOW, "timestamp": NOW},
]


@pytest.mark.parametrize("kind", ["transaction", "span", "log", "spans"])
@pytest.mark.parametrize("payload", [*HOSTILE, b"{", b"[" * 100_000, b"\xff"], ids=lambda sent: str(sent)[:30])
async def test_what_is_no_span_or_log_is_left_out_and_counted(local: Local, kind: str, payload: Any) -> None:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    header = {"type": kind.removesuffix("s"), "length": len(raw)}
    if kind in ("spans", "log"):
        header["content_type"] = f"application/vnd.sentry.items.{'span.v2' if kind == 'spans' else 'log'}+json"
    response = await local.post(b"{}\n" + json.dumps(header).encode() + b"\n" + raw + b"\n")
    assert response.status_code == 200, response.text
    assert local.store.received() == {"event": 0, kind.removesuffix("s"): 1}
    meta = await local.get(f"trace-meta/{TRACE}/")
    assert (meta["spansCount"], meta["logsCount"]) == (0, 0)


ODD: list[dict[str, Any]] = [
    {"attributes": None, "status": [], "name": {"a": 1}, "parent_span_id": "x", "is_segment": "yes"},
    {"attributes": {"a" * 100_000: "b" * 1_000_000, "\ud800": "\x00", "": 1, "x": NESTED, "y": [NESTED]}},
    {"attributes": {str(n): {"value": "v" * 10_000, "type": "string"} for n in range(1_000)}},
    {"attributes": {"n": 10**400, "f": 1e308, "b": {"value": None}, "sentry.op": {"value": [1]}}},
    {"attributes": {"sentry.op": "o" * 100_000, "sentry.release": "r" * 100_000, "user.id": {"value": "u" * 9999}}},
    {"name": "n" * 1_000_000, "body": "b" * 1_000_000, "level": "\udfff", "severity_number": -(10**30)},
    {"attributes": {"sentry.timestamp.sequence": {"value": -5}, "sentry.severity_number": {"value": "x"}}},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ",".join(odd))
async def test_odd_fields_are_bounded_and_can_be_read_again(local: Local, odd: dict[str, Any]) -> None:
    assert (await local.post(container("span", {**span(span_id="a" * 16), **odd}))).status_code == 200
    assert (await local.post(container("log", {**log("x"), **odd}))).status_code == 200
    for dataset, fields in (
        ("spans", ["id", "span.op", "release", "user", "n", "f"]),
        ("logs", ["id", "message", "n"]),
    ):
        (row,) = await local.explore(dataset, *fields)
        assert row["id"]
        await local.get("trace-items/attributes/", dataset=dataset)
    assert len(await local.get(f"trace/{TRACE}/")) == 1
    with local.store.reading() as connection:
        (largest,) = connection.execute(
            "SELECT MAX(LENGTH(attributes) + LENGTH(name) + LENGTH(op)) FROM spans"
        ).fetchone()
        (longest,) = connection.execute("SELECT MAX(LENGTH(attributes) + LENGTH(message)) FROM logs").fetchone()
    assert max(largest, longest) < 1_500_000


async def test_of_one_item_only_so_many_are_kept_as_sdks_send(local: Local) -> None:
    await local.send_items("span", *(span() for _ in range(1_200)))
    await local.send_items("log", *(log(str(n)) for n in range(1_200)))
    many = transaction()
    many["spans"] = [{**many["spans"][0], "span_id": f"{n:016x}"} for n in range(1, 1_300)]
    await local.post(envelope(many, "transaction"))
    assert await local.explore("spans", "count()") == [{"count()": 2_001}]
    assert await local.explore("logs", "count()") == [{"count()": 1_000}]


async def test_an_error_beside_spans_is_recorded_with_them(local: Local) -> None:
    error = json.dumps({"message": "lost", "event_id": "f" * 32}).encode()
    body = container("span", span(), event_id="f" * 32) + b'{"type":"event"}\n' + error + b"\n"
    assert (await local.post(body)).json() == {"id": "f" * 32}
    assert local.store.received() == {"event": 1, "span": 1}
    assert await local.titles() == ["lost"]


async def test_an_item_of_more_values_than_a_server_reads_is_left_out(local: Local) -> None:
    many = b'{"items":[' + b"{}," * 600_000 + b"{}]}"
    header = json.dumps({"type": "log", "length": len(many), "item_count": 1}).encode()
    assert (await local.post(b"{}\n" + header + b"\n" + many)).status_code == 200
    assert (await local.post(envelope({"extra": {"many": [[]] * 300_000}}))).status_code == 400
    assert local.store.received() == {"event": 0, "log": 1}


async def test_an_error_is_in_its_trace_however_its_sdk_writes_the_id(local: Local) -> None:
    await local.send(failure(contexts={"trace": {"trace_id": TRACE.upper(), "span_id": "B" * 16}}))
    (found,) = await local.explore("errors", "trace", "trace.span", query=f"trace:{TRACE}")
    assert found == {"trace": TRACE, "trace.span": "b" * 16}


IDENTIFIER = "9643624130346480"
"""Of a span, as an SDK made it: its digits pass the check of card numbers."""


async def test_an_identifier_that_could_be_a_card_number_is_none(local: Local) -> None:
    sent = transaction()
    sent["contexts"]["trace"]["span_id"] = sent["spans"][0]["parent_span_id"] = IDENTIFIER
    sent["spans"][1]["data"] = {"thread.id": IDENTIFIER, "paid with": IDENTIFIER}
    await local.post(envelope(sent, "transaction"))
    await local.send_items("span", span("alone", span_id=IDENTIFIER, trace_id="f" * 32))
    await local.send_items("log", log("hello", attributes=typed(**{"sentry.trace.parent_span_id": IDENTIFIER})))
    await local.send(failure(contexts={"trace": {"trace_id": TRACE, "span_id": IDENTIFIER}}))
    rows = await local.explore("spans", "span_id", "parent_span", "thread.id", "paid with", query=f"trace:{TRACE}")
    assert sorted(tuple(row.values()) for row in rows) == [
        (IDENTIFIER, None, None, None),
        ("b" * 16, IDENTIFIER, None, None),
        ("c" * 16, "b" * 16, IDENTIFIER, "[Filtered]"),
    ]
    assert await local.explore("spans", "span_id", query="span.name:alone") == [{"span_id": IDENTIFIER}]
    assert await local.explore("logs", "span_id") == [{"span_id": IDENTIFIER}]
    assert await local.explore("errors", "trace.span") == [{"trace.span": IDENTIFIER}]
