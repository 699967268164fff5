"""What is told of each call over HTTP, in both eras: a line, figures, and the request's ID."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from broken import low_stock
from prometheus_client.parser import text_string_to_metric_families
from services import ADMINS, ENGINES, SENTRYS, Service, service
from standins.sockets import Request, Wire, listening
from wire import ERAS, Era, Sentry

from local import Embedded

PREFIX = "/sentry"
UNKNOWN = "smcp_nobodys-0aB1cD2eF3gH4iJ5kL6m"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory, embedded: Embedded) -> AsyncGenerator[Service]:
    token = embedded.store.create_organization("org-calls")
    project = embedded.store.create_project("org-calls", "shop", platform="python")
    Sentry(embedded, "org-calls", token, project).capture(low_stock)
    environment = {
        "SENTRY_ORG": "org-calls",
        "SENTRY_AUTH_TOKEN": token,
        "SENTRY_MCP_PATH_PREFIX": PREFIX,
        "SENTRY_MCP_TRUSTED_PROXIES": "10.9.8.7,127.0.0.0/8",
    }
    async with service(tmp_path_factory.mktemp("calls"), embedded.url, **environment) as served:
        yield served


async def metrics(server: Service) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Samples by name, as Prometheus reads them."""
    answer = await server.get("/metrics", ADMINS)
    assert answer.status_code == 200
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


async def test_each_call_has_a_line_and_is_counted(server: Service) -> None:
    for era in ERAS:
        async with server.client(era) as client:
            assert not (await client.call_tool("list_projects", {})).is_error
            assert (await client.call_tool("get_issue", {"issue": "999999"})).is_error
            assert (await client.call_tool(f"x{SENTRYS}", {})).is_error
            await client.read_resource("sentry://projects")
    assert (await server.get("/mcp")).status_code == 401
    assert (await server.get(f"/{ENGINES}", ENGINES)).status_code == 404

    told = await server.logged()
    calls = [(line["protocol"], line.get("name"), line["outcome"]) for line in told if line["route"] == "tools/call"]
    for version in ("2026-07-28", "2025-11-25"):
        assert (version, "list_projects", "ok") in calls
        assert (version, "get_issue", "not_found") in calls
        assert (version, None, "refused") in calls
    assert {line["caller"] for line in told if line["route"] == "tools/call"} == {"engine"}
    one = next(line for line in told if line.get("name") == "list_projects")
    assert one["duration_ms"] > 0
    assert one["bytes_in"] > 50
    assert one["bytes_out"] > 100
    refused = next(line for line in told if line["outcome"] == "unauthorized")
    assert (refused["status"], refused["route"], "caller" in refused) == (401, "GET /mcp", False)
    assert next(line for line in told if line["status"] == 404)["route"] == "GET other"
    assert ENGINES not in (log := server.log.read_text())
    assert SENTRYS not in log

    found = await metrics(server)
    counted = {(labels["route"], labels["name"], labels["outcome"]): n for labels, n in found["sentry_mcp_calls_total"]}
    assert counted["tools/call", "list_projects", "ok"] == 2
    assert counted["tools/call", "get_issue", "not_found"] == 2
    assert counted["tools/call", "", "refused"] == 2
    assert counted["resources/read", "project_list", "ok"] == 2
    assert counted["GET other", "", "not_found"] == 1
    names = {name for _, name, _ in counted}
    assert names <= {"", "list_projects", "get_issue", "project_list"}
    let_in = sum(n for (route, _, outcome), n in counted.items() if outcome != "unauthorized" and "health" not in route)
    assert ({"caller": "engine"}, let_in) in found["sentry_mcp_caller_calls_total"]
    requests = {(labels["method"], labels["outcome"]): n for labels, n in found["sentry_mcp_sentry_requests_total"]}
    assert requests["GET", "ok"] >= 2
    assert requests["GET", "not_found"] >= 2
    reads = {labels["result"]: n for labels, n in found["sentry_mcp_cache_reads_total"]}
    assert set(reads) == {"hit", "joined", "miss"}
    assert found["sentry_mcp_calls_in_flight"][0][1] == 0
    in_all = found["sentry_mcp_sentry_request_duration_seconds_count"][0][1]
    assert in_all == sum(requests.values())
    assert found["process_resident_memory_bytes"][0][1] > 1_000_000


async def test_a_change_is_logged_where_no_file_is_named(server: Service) -> None:
    await server.call("auto", "update_issue", issue="SHOP-1", status="resolved")

    (record,) = await server.logged("sentry_mcp.audit")
    entry = record["audit"]
    assert record["message"] == "change"  # and not the same once more
    assert (entry["caller"], entry["action"], entry["outcome"]) == ("engine", "update_issue", "done")
    assert (entry["before"]["status"], entry["after"]["status"]) == ("unresolved", "resolved")


async def test_metrics_are_for_those_who_may(server: Service) -> None:
    nobody, engine = await server.get("/metrics"), await server.get("/metrics", ENGINES)

    assert nobody.status_code == 401
    assert engine.status_code == 403
    assert 'scope="admin"' in engine.headers["WWW-Authenticate"]
    open_metrics = await server.get("/metrics", ADMINS, Accept="application/openmetrics-text; version=1.0.0")
    assert open_metrics.text.endswith("# EOF\n")


async def test_a_request_has_the_id_that_it_brings_where_that_may_be_repeated(server: Service) -> None:
    async def id_of(*given: str) -> str:
        headers = [(b"X-Request-ID", value.encode()) for value in given]
        answer = await server.http.get(f"{server.url}/health", headers=headers)
        return answer.headers["X-Request-ID"]

    for good in ("7", "b3f1c2d4-0000-4000-8000-123456789abc", "trace:1.2_3-4", "y-" * 32):
        assert await id_of(good) == good
    for bad in ("", "a" * 65, "a b", "é", "a;b", "-x", ENGINES, SENTRYS, UNKNOWN, "5e17a90c" * 8):
        assert re.fullmatch("[0-9a-f]{32}", await id_of(bad)), bad
    assert re.fullmatch("[0-9a-f]{32}", await id_of("one", "two"))
    assert re.fullmatch("[0-9a-f]{32}", await id_of())

    await server.get("/mcp", **{"X-Request-ID": "known-1"})
    assert (await server.logged())[-1]["request_id"] == "known-1"


@pytest.mark.parametrize("era", ERAS)
async def test_below_its_prefix_and_without_it(server: Service, era: Era) -> None:
    for path in ("/mcp", f"{PREFIX}/mcp"):
        async with server.client(era, path=path) as client:
            assert not (await client.call_tool("list_projects", {})).is_error
    for path in ("/health", "/ready", "/metrics"):
        assert (await server.get(PREFIX + path, ADMINS)).status_code == 200
    assert (await server.get(f"{PREFIX}/mcp")).status_code == 401
    assert (await server.get(f"{PREFIX}x/health", ENGINES)).status_code == 404
    assert (await server.get(f"{PREFIX}{PREFIX}/health", ENGINES)).status_code == 404


async def test_the_client_behind_a_trusted_proxy_is_the_last_that_none_vouches_for(server: Service) -> None:
    for forwarded, client in [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.9.8.7", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("2001:db8::7", "2001:db8::7"),
        (SENTRYS, None),
    ]:
        await server.get("/mcp", **{"X-Forwarded-For": forwarded})
        assert (await server.logged())[-1].get("client") == client


async def test_nobody_else_s_forwarded_headers_are_believed(tmp_path: Path) -> None:
    environment = {"FORWARDED_ALLOW_IPS": "*", "SENTRY_MCP_TRUSTED_PROXIES": "10.9.8.7"}
    async with service(tmp_path, "http://127.0.0.1:9", **environment) as server:
        await server.get("/mcp", **{"X-Forwarded-For": "203.0.113.9, 10.9.8.7", "X-Forwarded-Proto": "https"})
        await server.get("/health")  # by now the line is written, which follows an answer
        assert (await server.logged())[-1]["client"] == "127.0.0.1"


async def test_a_call_whose_client_leaves_did_not_go_well(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def answer(request: Request, wire: Wire) -> None:
        if "/projects/" in request.path:
            left.set()
            await asyncio.Event().wait()
        await wire.answer(body=b"[]")

    async with listening(answer) as sentry, service(tmp_path, sentry.url) as server:
        for era in ERAS:
            left.clear()
            async with server.client(era) as client:
                call = asyncio.create_task(client.call_tool("get_project", {"project": "shop"}))
                await left.wait()
                call.cancel()
                await asyncio.wait([call])
        while len(told := [line for line in await server.logged() if line["route"] == "tools/call"]) < len(ERAS):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.05)
    assert {line["outcome"] for line in told} == {"cancelled"}
