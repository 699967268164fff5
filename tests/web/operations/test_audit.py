"""Who changed what is on the disk before Sentry is asked, and what became of it after."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from services import ENGINES, SENTRYS, Service, service
from standins.sockets import Request, Wire, listening
from wire import ERAS, ROOT, Era, bare_environment, text_of

from application import build_server
from settings import SettingsError, load_settings

ISSUE = {
    "id": "5",
    "shortId": "SHOP-1",
    "title": "Boom",
    "status": "unresolved",
    "project": {"id": "1", "slug": "shop"},
}


class OneIssue:
    """A Sentry of one issue, which takes changes, or fails at them, or does not answer them."""

    def __init__(self) -> None:
        self.status = 200
        self.is_silent = False

    async def __call__(self, request: Request, wire: Wire) -> None:
        if request.method == "GET":
            await wire.answer(body=json.dumps(ISSUE).encode())
            return
        if self.is_silent:
            await asyncio.Event().wait()
        changed = {**ISSUE, "status": "resolved", "assignedTo": {"type": "user", "id": "7", "name": "Ann Lee"}}
        await wire.answer(self.status, json.dumps(changed if self.status < 300 else {"detail": "no"}).encode())


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


async def resolve(server: Service, **more: str) -> str:
    return text_of(await server.call("auto", "update_issue", issue="5", status="resolved", **more))


async def test_a_change_has_a_line_before_it_and_one_after_also_where_the_server_is_killed(tmp_path: Path) -> None:
    sentry, audit = OneIssue(), tmp_path / "audit.jsonl"
    audit.write_text('{"cut off": ')  # by a crash
    audit.chmod(0o600)
    async with (
        listening(sentry) as listener,
        service(tmp_path, listener.url, SENTRY_MCP_AUDIT_FILE=str(audit)) as server,
    ):
        for era in ERAS:
            async with server.client(era, **{"X-Request-ID": f"request-{era}"}) as client:
                result = await client.call_tool(
                    "update_issue", {"issue": "5", "status": "resolved", "comment": f"Fixed, says {ENGINES}"}
                )
                assert not result.is_error
        first, *rest = audit.read_text().splitlines()
        assert first == '{"cut off": '
        found = [json.loads(line) for line in rest]
        assert [(entry["stage"], entry.get("action")) for entry in found] == 2 * [
            ("asked", "update_issue"),
            ("answered", None),
            ("asked", "add_comment"),
            ("answered", None),
        ]
        asked, answered, comment, commented = found[4:]
        assert asked["change"] == answered["change"] != comment["change"] == commented["change"]
        assert asked["caller"] == "engine"
        assert asked["request_id"] == "request-legacy"
        assert asked["route"] == "2025-11-25 tools/call update_issue"
        assert found[0]["route"] == "2026-07-28 tools/call update_issue"
        assert asked["issue"] == {"named": "5", "id": "5", "short_id": "SHOP-1", "project": "shop"}
        assert asked["asked"] == {"status": "resolved"}
        assert (asked["before"]["status"], answered["after"]["status"]) == ("unresolved", "resolved")
        assert answered["after"]["assigned_to"]["id"] == "7"
        assert answered["outcome"] == commented["outcome"] == "done"
        assert comment["asked"]["comment"].startswith("Fixed, says ")
        assert ENGINES not in audit.read_text()

        audit.rename(moved := tmp_path / "audit.jsonl.1")  # as logrotate does
        sentry.status = 403
        await resolve(server)
        sentry.status = 502
        await resolve(server)
        assert [entry["outcome"] for entry in entries(audit) if entry["stage"] == "answered"] == ["not_done", "unknown"]
        assert entries(audit)[1]["error"] == "forbidden"
        assert len(moved.read_text().splitlines()) == 1 + len(found)
        assert audit.stat().st_mode & 0o777 == 0o600

        sentry.is_silent, before = True, len(listener.requests)
        call = asyncio.create_task(resolve(server))
        await listener.until(lambda: any(request.method == "PUT" for request in listener.requests[before:]))
        server.process.kill()
        await asyncio.wait([call])
        assert call.exception() is not None
    last = entries(audit)[-1]
    assert (last["stage"], last["caller"], last["asked"]) == ("asked", "engine", {"status": "resolved"})


async def test_no_change_is_made_that_cannot_be_told(tmp_path: Path) -> None:
    async with (
        listening(OneIssue()) as listener,
        service(tmp_path, listener.url, SENTRY_MCP_AUDIT_FILE="/dev/full") as server,
    ):
        told = await resolve(server, comment="Fixed")
        ready = await server.get("/ready")

        assert told.startswith("audit_unavailable: Nothing was changed: the audit log of this server cannot be written")
        assert {request.method for request in listener.requests} == {"GET"}
        assert "No space left on device" in server.log.read_text()
        assert ready.json()["checks"]["audit_file"]["problem"] == "cannot be written"
        headers = {"Authorization": f"Bearer {ENGINES}"}
        refused = await server.http.put(f"{server.url}/issues/5", json={"status": "resolved"}, headers=headers)
        assert (refused.status_code, refused.json()["status_code"], refused.json()["details"]) == (503, 503, {})


async def test_a_change_that_a_server_which_stops_does_not_wait_for_is_told_to_who_asked(tmp_path: Path) -> None:
    sentry, audit = OneIssue(), tmp_path / "audit.jsonl"
    sentry.is_silent = True

    async def put(server: Service) -> str:
        headers = {"Authorization": f"Bearer {ENGINES}"}
        answer = await server.http.put(f"{server.url}/issues/5", json={"status": "resolved"}, headers=headers)
        assert (answer.status_code, answer.json()["details"]) == (503, {"outcome": "unknown"})
        return str(answer.json()["message"])

    async def call(server: Service, era: Era) -> str:
        async with server.client(era) as client:
            with pytest.raises(MCPError) as told:
                await client.call_tool("update_issue", {"issue": "5", "status": "resolved"})
            return told.value.error.message

    async with (
        listening(sentry) as listener,
        service(tmp_path, listener.url, SENTRY_MCP_AUDIT_FILE=str(audit)) as server,
    ):
        calls = [asyncio.create_task(asked) for asked in (put(server), *(call(server, era) for era in ERAS))]
        await listener.until(lambda: sum(request.method == "PUT" for request in listener.requests) == len(calls))
        server.process.terminate()
        for told in await asyncio.gather(*calls):
            assert told.endswith("what was to be changed, if anything, may have been.")
        await server.process.wait()
        found = [json.loads(line) for line in server.lines if '"sentry_mcp.calls"' in line]
    assert [entry["outcome"] for entry in entries(audit) if entry["stage"] == "answered"] == ["unknown"] * 3
    assert {entry["route"] for entry in found if entry["outcome"] == "cancelled"} >= {"PUT /issues/{issue}"}
    assert sum(entry.get("name") == "update_issue" for entry in found) == len(ERAS)


async def test_a_change_over_rest_is_told_by_its_route(tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    async with (
        listening(OneIssue()) as listener,
        service(tmp_path, listener.url, SENTRY_MCP_AUDIT_FILE=str(audit)) as server,
    ):
        headers = {"Authorization": f"Bearer {ENGINES}"}
        await server.http.put(f"{server.url}/issues/5", json={"status": "resolved"}, headers=headers)
    assert entries(audit)[0]["route"] == "PUT /issues/{issue}"


def test_a_file_that_cannot_be_opened_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^audit_file: '.*' cannot be written \(Is a directory\)$"):
        build_server(load_settings(environment={"SENTRY_MCP_AUDIT_FILE": str(tmp_path)}))


async def test_over_a_pipe_too(tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    async with listening(OneIssue()) as listener:
        environment = {
            **bare_environment(),
            "SENTRY_URL": listener.url,
            "SENTRY_ORG": "acme",
            "SENTRY_AUTH_TOKEN": SENTRYS,
            "SENTRY_MCP_AUDIT_FILE": str(audit),
        }
        parameters = StdioServerParameters(command=sys.executable, args=[str(ROOT / "server.py")], env=environment)
        async with Client(stdio_client(parameters)) as client:
            await client.call_tool("update_issue", {"issue": "5", "status": "resolved"})
    asked, answered = entries(audit)
    assert (asked["caller"], asked["route"], answered["outcome"]) == ("local", "stdio", "done")
