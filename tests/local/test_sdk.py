"""A real program with Sentry's Python SDK, over a real socket."""

import asyncio
import logging
import socket
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import sentry_sdk
import sentry_sdk.logger
from sending import capture
from sentry_sdk.integrations.logging import EventHandler
from sentry_sdk.utils import event_from_exception

from local import Embedded, Store, serve


@pytest.fixture
async def embedded() -> AsyncGenerator[Embedded]:
    with closing(Store.open(None)) as store:
        async with serve(store) as served:
            yield served


async def get(embedded: Embedded, path: str, **query: Any) -> Any:
    async with httpx.AsyncClient(
        base_url=f"{embedded.url}/api/0/organizations/local/", headers={"Authorization": f"Bearer {embedded.token}"}
    ) as client:
        response = await client.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()


def charge(order: int, *, password: str = "hunter2") -> None:
    card = {"number": "4111 1111 1111 1111", "holder": "Bob"}
    raise ValueError(f"order {order} of {card['holder']} was declined")


def checkout(order: int) -> None:
    try:
        charge(order)
    except ValueError as error:
        raise RuntimeError(f"checkout of {order} failed") from error


def captured(order: int) -> None:
    try:
        checkout(order)
    except RuntimeError as error:
        sentry_sdk.capture_exception(error)


async def test_an_exception_is_an_issue_with_its_cause_source_and_locals(embedded: Embedded) -> None:
    def program() -> None:
        sentry_sdk.set_user({"id": "102", "email": "bob@example.com"})
        sentry_sdk.set_tag("region", "eu-west")
        sentry_sdk.set_context("cart", {"items": 3, "api_key": "sk-1234"})
        sentry_sdk.add_breadcrumb(category="cart", message="added SKU-7", data={"sku": "SKU-7"})
        captured(1001)

    await capture(embedded, program, release="shop@1.4.2", environment="production", server_name="web-1")
    (issue,) = await get(embedded, "issues/")
    assert issue["title"] == "RuntimeError: checkout of 1001 failed"
    assert issue["shortId"] == "APP-1"
    assert issue["level"] == "error"
    assert issue["metadata"]["function"] == "checkout"
    event = await get(embedded, f"issues/{issue['id']}/events/latest/")
    cause, raised = next(entry for entry in event["entries"] if entry["type"] == "exception")["data"]["values"]
    assert (cause["type"], raised["type"]) == ("ValueError", "RuntimeError")
    last = cause["stacktrace"]["frames"][-1]
    assert last["function"] == "charge"
    assert last["absPath"] == str(Path(__file__))
    line = next(source for number, source in last["context"] if number == last["lineNo"])
    assert line.strip().startswith("raise ValueError(")
    assert last["vars"]["order"] == "1001"
    assert last["vars"]["password"] == "[Filtered]"
    assert last["vars"]["card"]["holder"] == "'Bob'"
    assert event["user"]["email"] == "bob@example.com"
    assert event["contexts"]["cart"] == {"type": "cart", "items": 3, "api_key": "[Filtered]"}
    assert event["release"]["version"] == "shop@1.4.2"
    assert event["sdk"]["name"] == "sentry.python"
    tags = {tag["key"]: tag["value"] for tag in event["tags"]}
    assert tags["environment"] == "production"
    assert tags["region"] == "eu-west"
    assert tags["user"] == "id:102"
    assert tags["handled"] == "yes"
    crumbs = next(entry for entry in event["entries"] if entry["type"] == "breadcrumbs")["data"]["values"]
    assert crumbs[0]["data"] == {"sku": "SKU-7"}


async def test_the_same_error_with_other_numbers_is_the_same_issue(embedded: Embedded) -> None:
    def program() -> None:
        for order in range(5):
            sentry_sdk.set_user({"id": str(order % 2)})
            captured(order)

    await capture(embedded, program)
    (issue,) = await get(embedded, "issues/")
    assert (issue["count"], issue["userCount"]) == ("5", 2)


async def test_a_recursion_is_one_issue_however_deep(embedded: Embedded) -> None:
    def sink(depth: int) -> None:
        if depth == 0:
            raise ValueError("at the bottom")
        sink(depth - 1)

    def program() -> None:
        for depth in (3, 30, 300):
            try:
                sink(depth)
            except ValueError as error:
                sentry_sdk.capture_exception(error)

    await capture(embedded, program)
    (issue,) = await get(embedded, "issues/")
    assert issue["count"] == "3"


async def test_a_log_record_is_grouped_by_its_template(embedded: Embedded) -> None:
    def program() -> None:
        handler = EventHandler(level=logging.ERROR)
        for order in ("a", "b"):
            record = logging.LogRecord("shop", logging.ERROR, __file__, 1, "order %s lost", (order,), None)
            handler.emit(record)

    await capture(embedded, program)
    (issue,) = await get(embedded, "issues/")
    assert (issue["title"], issue["count"], issue["logger"]) == ("order b lost", "2", "shop")
    event = await get(embedded, f"issues/{issue['id']}/events/oldest/")
    message = next(entry for entry in event["entries"] if entry["type"] == "message")["data"]
    assert message == {"formatted": "order a lost", "message": "order %s lost", "params": ["a"]}


async def test_an_unhandled_exception_says_so(embedded: Embedded) -> None:
    def program() -> None:
        try:
            charge(1)
        except ValueError as error:
            event, hint = event_from_exception(error, mechanism={"type": "excepthook", "handled": False})
            sentry_sdk.capture_event(event, hint)

    await capture(embedded, program)
    (issue,) = await get(embedded, "issues/", query="error.unhandled:true")
    assert issue["isUnhandled"] is True


async def test_spans_logs_and_errors_are_one_trace(embedded: Embedded) -> None:
    def program() -> None:
        with sentry_sdk.start_transaction(op="http.server", name="GET /checkout"):
            for number in range(3):
                with sentry_sdk.start_span(op="db", name=f"SELECT {number}") as child:
                    child.set_data("rows", number)
            request()

    def request() -> None:
        sentry_sdk.logger.warning(
            "stock of {sku} is low", sku="SKU-7", attributes={"left": 2, "ratio": 0.5, "hot": True}
        )
        captured(1001)

    await capture(
        embedded, program, release="shop@1.4.2", environment="production",
        traces_sample_rate=1.0, enable_logs=True,
    )  # fmt: skip
    fields = ["trace", "span.op", "span.description", "is_transaction", "transaction", "release", "environment", "rows"]
    rows = (await get(embedded, "events/", dataset="spans", field=fields, sort="span.description"))["data"]
    trace = rows[0].pop("trace")
    everywhere = {"transaction": "GET /checkout", "release": "shop@1.4.2", "environment": "production"}
    assert rows[0] == {
        **everywhere, "span.op": "http.server", "span.description": "GET /checkout", "is_transaction": True,
        "rows": None,
    }  # fmt: skip
    assert rows[3] == {
        **everywhere, "span.op": "db", "span.description": "SELECT 2", "is_transaction": False, "rows": 2,
        "trace": trace,
    }  # fmt: skip
    (root,) = await get(embedded, f"trace/{trace}/")
    assert [child["description"] for child in root["children"]] == ["SELECT 0", "SELECT 1", "SELECT 2"]
    assert [(error["short_id"], error["event_type"]) for error in root["errors"]] == [("APP-1", "error")]
    fields = ["severity", "message", "message.template", "left", "ratio", "hot", "span_id", "release"]
    (found,) = (await get(embedded, "events/", dataset="logs", field=fields, query=f"trace:{trace}"))["data"]
    assert found.pop("span_id") == root["event_id"]
    assert found == {
        "severity": "warn", "message": "stock of SKU-7 is low", "message.template": "stock of {sku} is low", "left": 2,
        "ratio": 0.5, "hot": "true", "release": "shop@1.4.2",
    }  # fmt: skip
    meta = await get(embedded, f"trace-meta/{trace}/")
    assert (meta["spansCount"], meta["errorsCount"], meta["logsCount"]) == (4, 1, 1)


async def test_ten_programs_at_once_lose_nothing(embedded: Embedded) -> None:
    def program() -> None:
        for order in range(20):
            captured(order)

    await asyncio.gather(*[capture(embedded, program) for _ in range(10)])
    (issue,) = await get(embedded, "issues/")
    assert issue["count"] == "200"
    assert embedded.store.received()["event"] == 200


async def test_an_answer_does_not_wait_for_the_clients_acknowledgement(embedded: Embedded) -> None:
    """Nagle's algorithm would hold the second packet of each answer back for 40 ms."""

    def ask() -> list[float]:
        took: list[float] = []
        with socket.create_connection(("127.0.0.1", int(embedded.url.rpartition(":")[2]))) as connection:
            answer = connection.makefile("rb")
            for _ in range(30):
                began = time.perf_counter()
                connection.sendall(b"POST /api/1/envelope/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{}\n")
                length = 0
                while (line := answer.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                answer.read(length)
                took.append(time.perf_counter() - began)
        return took

    assert statistics.median(await asyncio.to_thread(ask)) < 0.035


async def test_only_loopback_is_served() -> None:
    with closing(Store.open(None)) as store:
        for host in ("0.0.0.0", "192.168.1.5", "example.com"):
            with pytest.raises(ValueError, match="loopback only"):
                async with serve(store, host=host):
                    pass
        async with serve(store, host="localhost") as embedded:
            assert (await get(embedded, "issues/")) == []


async def test_a_port_that_is_taken_is_an_error() -> None:
    with closing(Store.open(None)) as store, socket.create_server(("127.0.0.1", 0)) as taken:
        serving = serve(store, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await serving.__aenter__()


async def test_the_version_six_loopback_is_served_in_brackets() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")
    with closing(Store.open(None)) as store:
        async with serve(store, host="::1") as embedded:
            assert embedded.url.startswith("http://[::1]:")
            assert await get(embedded, "issues/") == []


async def test_the_dsn_of_a_project_that_is_not_there_is_a_key_error(embedded: Embedded) -> None:
    assert embedded.dsn("app") == embedded.dsn("1") == embedded.dsn()
    with pytest.raises(KeyError):
        embedded.dsn("nope")


async def test_serving_again_after_the_end_gives_the_same_issues() -> None:
    with closing(Store.open(None)) as store:
        async with serve(store) as first:
            await capture(first, lambda: captured(1))
        async with serve(store) as second:
            assert len(await get(second, "issues/")) == 1
