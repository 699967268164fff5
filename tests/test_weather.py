"""The server when Sentry is limited, slow, or comes back: as the one who waits sees it."""

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from standins.sockets import Request, Server, Wire, listening
from wire import Era, bare_environment, connected_to, data_of, error_of, served_http

PROJECTS = b'[{"id": "1", "slug": "shop"}]'


async def test_a_waiting_client_is_told_why(era: Era) -> None:
    answers = iter([503, 429, 200])

    async def handle(_: Request, wire: Wire) -> None:
        status = next(answers)
        await wire.answer(status, PROJECTS if status == 200 else b'{"detail": "busy"}')

    told: list[str] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async with listening(handle) as sentry, connected_to(sentry.url, era=era) as client:
        result = await client.call_tool("list_projects", {}, progress_callback=tell)

    assert data_of(result)["projects"][0]["slug"] == "shop"
    assert len(told) == 2
    assert "status 503" in told[0]
    assert "limits the rate" in told[1]
    assert all("then trying again" in message for message in told)


async def test_a_wait_beyond_the_deadline_is_told_at_once(era: Era) -> None:
    async def handle(_: Request, wire: Wire) -> None:
        await wire.answer(429, b'{"detail": "slow down"}', Retry_After="3600")

    async with listening(handle) as sentry, connected_to(sentry.url, era=era) as client:
        with anyio.fail_after(10):
            error = error_of(await client.call_tool("list_projects", {}))

    assert (error["error"], error["details"]["retry_after"]) == ("rate_limited", 3600)
    assert error["details"]["sentry"] == "slow down"
    assert len(sentry.requests) == 1


async def test_cancelling_a_call_ends_its_request_at_once(era: Era) -> None:
    async def handle(_: Request, __: Wire) -> None:
        await anyio.sleep_forever()

    async with listening(handle) as sentry, connected_to(sentry.url, era=era) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "list_projects")
            await sentry.until(lambda: len(sentry.requests) == 1)
            tasks.cancel_scope.cancel()
        await sentry.until(lambda: sentry.abandoned == 1)


async def test_the_server_recovers_with_sentry() -> None:
    working = False

    async def handle(_: Request, wire: Wire) -> None:
        await wire.answer(200 if working else 500, PROJECTS if working else b"<h1>Internal Server Error</h1>")

    async with listening(handle) as sentry, connected_to(sentry.url) as client:
        error = error_of(await client.call_tool("list_projects", {}))
        working = True
        projects = data_of(await client.call_tool("list_projects", {}))

    assert (error["error"], error["status_code"]) == ("sentry_unavailable", 500)
    assert projects["projects"][0]["slug"] == "shop"


@pytest.mark.parametrize("hostile", [b"null", b"[]", b"5", b'"text"', b"[[[]]]", b'{"id": NaN}', b"[" * 100_000])
async def test_a_lying_sentry_is_a_failure_and_not_the_end(hostile: bytes) -> None:
    async def handle(_: Request, wire: Wire) -> None:
        await wire.answer(200, hostile)

    calls: list[tuple[str, dict[str, object]]] = [
        ("list_issues", {}),
        ("get_issue", {"issue": "5"}),
        ("get_events", {"issue": "5"}),
        ("get_event", {"event": "0" * 32}),
        ("get_stacktrace", {"issue": "5"}),
        ("update_issue", {"issue": "5", "status": "resolved"}),
        ("list_projects", {}),
        ("get_project", {"project": "shop"}),
        ("list_releases", {}),
        ("get_release", {"release": "1.0"}),
        ("get_tag_values", {"issue": "5", "tag": "plan"}),
    ]
    async with listening(handle) as sentry, connected_to(sentry.url) as client:
        for tool, arguments in calls:
            result = await client.call_tool(tool, arguments)
            if result.is_error:
                assert error_of(result)["error"] in {"bad_response", "not_found", "unsupported"}, tool


async def test_a_session_over_http_survives_the_fall_of_sentry() -> None:
    async def handle(_: Request, wire: Wire) -> None:
        wire.reset()

    server: Server
    async with listening(handle) as server:
        environment = {
            **bare_environment(),
            "SENTRY_URL": server.url,
            "SENTRY_ORG": "acme",
            "SENTRY_AUTH_TOKEN": "none",
            "SENTRY_MCP_TIMEOUT": "3",
            "SENTRY_MCP_STRUCTURED_CONTENT": "true",
        }
        async with (
            served_http(environment) as url,
            Client(streamable_http_client(url), mode="legacy") as client,
        ):
            for _ in range(2):
                assert error_of(await client.call_tool("list_projects", {}))["error"] == "unreachable"
            assert (await client.list_tools()).tools
